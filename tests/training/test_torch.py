import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from keras_litesr.datasets.packs import save_pack
from keras_litesr.models.lite import lite

BOTH_BACKENDS = (
    "test_adversarial.py",
    "test_distillation.py",
    "test_losses.py",
    "test_metrics.py",
    "test_pixel.py",
    "test_runs.py",
    "test_samples.py",
    "test_srgan.py",
    "test_starts.py",
    "test_trainers.py",
)
TRAIN_WITHOUT_TENSORFLOW = """
import sys

for name in ("tensorflow", "tensorboard", "tensorflow_datasets"):
    sys.modules[name] = None  # Importing it fails, and nobody finds it.
from dataclasses import replace
from keras_litesr.cli.main import main
from keras_litesr.training.recipes import RECIPES
from keras_litesr.zoo.presets import PRESETS

network = {"filters": 3, "num_blocks": 1}
for name in ("lite_tiny_x4", "lite_x4"):
    PRESETS[name] = replace(PRESETS[name], arguments=network)
    RECIPES[name] = replace(RECIPES[name], batch_size=2, patch_size=8, start="")
main(["train", *sys.argv[1:]], standalone_mode=False)
assert sys.modules["tensorflow"] is None
"""
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


def test_a_killed_training_goes_on_bit_for_bit_on_torch_as_well():
    test = "test_killed_by_the_system_a_run_goes_on_bit_for_bit[pixel]"
    file = Path(__file__).with_name("test_runs.py")
    _run_on_torch("-m", "pytest", "-q", "-p", "no:cacheprovider", f"{file}::{test}")


def test_weights_of_one_backend_enlarge_alike_on_the_other(tmp_path, rng):
    model = lite(filters=6, num_blocks=2)
    low_res = rng.random((2, 7, 9, 3), dtype=np.float32)
    model.save_weights(tmp_path / "model.weights.h5")
    np.save(tmp_path / "low_res.npy", low_res)
    _run_on_torch("-c", ENLARGE, tmp_path)
    expected = keras.ops.convert_to_numpy(model(low_res))
    np.testing.assert_allclose(np.load(tmp_path / "super_res.npy"), expected, atol=1e-5)


def test_litesr_train_needs_no_tensorflow(tmp_path, rng):
    pack, out = tmp_path / "photos.npz", tmp_path / "run"
    save_pack([rng.integers(0, 256, (48, 40, 3), dtype=np.uint8) for _ in range(10)], pack)
    options = ["--images", pack, "--backend", "torch", "--steps", 3]
    for recipe, words in (("lite_tiny_x4", []), ("lite_x4", ["--start-from", out])):
        folder = out if recipe == "lite_tiny_x4" else tmp_path / "gan"
        _run_on_torch("-c", TRAIN_WITHOUT_TENSORFLOW, recipe, *options, *words, "--out", folder)
        assert (folder / "last.weights.h5").exists()
    # What Torch trained, TensorFlow loads.
    lite(filters=3, num_blocks=1).load_weights(tmp_path / "gan" / "best.weights.h5")
