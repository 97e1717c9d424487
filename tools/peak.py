"""The speed of a float32 matrix multiplication, of which networks reach a share."""

import os
import subprocess
import sys

# Libraries of linear algebra read these when they are loaded, so a process of its own has to.
_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
_PROGRAM = """\
from keras_litesr.evaluation.machine import matrix_multiply_peak
print(matrix_multiply_peak())
"""


def matrix_multiply_peak(threads: int) -> float:
    """Measures the best speed on as many threads as the networks get, in GFLOP/s."""
    environment = {**os.environ, **dict.fromkeys(_VARIABLES, str(threads))}
    finished = subprocess.run(
        [sys.executable, "-c", _PROGRAM],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    return float(finished.stdout)
