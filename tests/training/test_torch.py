import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from keras_litesr.models.lite import lite

BOTH_BACKENDS = (
    "test_adversarial.py",
    "test_losses.py",
    "test_metrics.py",
    "test_pixel.py",
    "test_runs.py",
)
ENLARGE = """
import sys, keras, numpy as np
from keras_litesr.models.lite import lite
assert keras.backend.backend() == "torch"
model = lite(filters=6, num_blocks=2)
model.load_weights(sys.argv[1] + "/model.weights.h5")
super_res = model(np.load(sys.argv[1] + "/low_res.npy"))
np.save(sys.argv[1] + "/super_res.npy", keras.ops.convert_to_numpy(super_res))
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        importlib.util.find_spec("torch") is None,
        reason="Torch is not installed; `pip install torch` to test training on it",
    ),
    pytest.mark.skipif(
        os.environ.get("KERAS_BACKEND") == "torch", reason="starts processes on Torch itself"
    ),
]


def _run_on_torch(*words):
    """Runs Python anew, because a backend is chosen before Keras is imported."""
    result = subprocess.run(
        [sys.executable, *map(str, words)],
        env={**os.environ, "KERAS_BACKEND": "torch", "OMP_NUM_THREADS": "1"},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, (result.stdout + result.stderr)[-8000:]


def test_training_passes_the_same_tests_on_torch():
    tests = [Path(__file__).with_name(name) for name in BOTH_BACKENDS]
    _run_on_torch("-m", "pytest", "-q", "-m", "not slow", "-p", "no:cacheprovider", *tests)


def test_weights_of_one_backend_enlarge_alike_on_the_other(tmp_path, rng):
    model = lite(filters=6, num_blocks=2)
    low_res = rng.random((2, 7, 9, 3), dtype=np.float32)
    model.save_weights(tmp_path / "model.weights.h5")
    np.save(tmp_path / "low_res.npy", low_res)
    _run_on_torch("-c", ENLARGE, tmp_path)
    expected = keras.ops.convert_to_numpy(model(low_res))
    np.testing.assert_allclose(np.load(tmp_path / "super_res.npy"), expected, atol=1e-5)
