import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

BOTH_BACKENDS = ("test_adversarial.py", "test_losses.py", "test_metrics.py", "test_runs.py")


@pytest.mark.slow
@pytest.mark.skipif(
    importlib.util.find_spec("torch") is None,
    reason="Torch is not installed; `pip install torch` to test training on it",
)
def test_training_passes_the_same_tests_on_torch():
    """A backend is chosen before Keras is imported, so these tests need a process of their own."""
    if os.environ.get("KERAS_BACKEND") == "torch":
        pytest.skip("this is that process")
    folder = Path(__file__).parent
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-m", "not slow", "-p", "no:cacheprovider"]
        + [str(folder / name) for name in BOTH_BACKENDS],
        env={**os.environ, "KERAS_BACKEND": "torch"},
        cwd=folder.parents[1],
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stdout[-8000:]
