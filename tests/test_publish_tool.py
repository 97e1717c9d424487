"""tools/publish.py, on a run that was begun by hand."""

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from keras_litesr.training.recipes import RECIPES
from keras_litesr.zoo import registry
from keras_litesr.zoo.presets import PRESETS

TOOL = Path(__file__).parents[1] / "tools" / "publish.py"


@pytest.fixture
def run(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    registry.build("lite_tiny_x4").save_weights(folder / "best.weights.h5")
    facts = {
        "recipe": {**asdict(RECIPES["lite_tiny_x4"]), "preset": "lite_tiny_x4", "seed": 3},
        "progress": {"step": 40_000, "seconds": 90.0},
        "best": {"step": 39_500, "psnr": 29.5},
    }
    for name, content in facts.items():
        (folder / f"{name}.json").write_text(json.dumps(content))
    return folder


def publish(preset, run, target):
    words = ["--run", run, "--command", "a command", "--hardware", "a machine"]
    command = [sys.executable, TOOL, preset, *words, "--saved-models", target]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.mark.slow
def test_a_run_becomes_a_preset_that_says_how_it_was_trained(run, tmp_path):
    done = publish("lite_tiny_x4", run, tmp_path / "saved")
    assert done.returncode == 0, done.stderr
    facts = json.loads((tmp_path / "saved/lite_tiny_x4/metadata.json").read_text())
    assert facts["license"] == PRESETS["lite_tiny_x4"].licence
    training = facts["training"]
    assert (training["command"], training["hardware"]) == ("a command", "a machine")
    assert (training["steps"], training["minutes"], training["best_step"]) == (40_000, 1.5, 39_500)
    assert (training["validation_psnr"], training["seed"]) == (29.5, 3)
    trained = registry.build("lite_tiny_x4")
    trained.load_weights(run / "best.weights.h5")
    released = registry.load(tmp_path / "saved/lite_tiny_x4")
    assert released.count_params() == 25_168
    for one, other in zip(released.get_weights(), trained.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_target_that_is_no_preset_folder_is_one_line(load_tool, tmp_path, monkeypatch, capsys):
    (tmp_path / "bicubic_x4/drafts").mkdir(parents=True)
    monkeypatch.setattr("sys.argv", [str(TOOL), "bicubic_x4", "--saved-models", str(tmp_path)])
    with pytest.raises(SystemExit) as end:
        load_tool("publish").main()
    assert end.value.code == 2
    failed = capsys.readouterr()
    assert failed.err.startswith("publish.py: Expected only files in the preset folder")
    assert failed.err.count("\n") == 1
    assert not failed.out


@pytest.mark.slow
@pytest.mark.parametrize(
    ("preset", "folder", "message"),
    [
        ("lite_psnr_x4", "run", "a run of lite_psnr_x4, received one of lite_tiny_x4"),
        ("lite_tiny_x4", "nowhere", "nowhere/recipe.json"),
    ],
)
def test_another_presets_run_or_none_is_one_line(preset, folder, message, run, tmp_path):
    failed = publish(preset, tmp_path / folder, tmp_path / "saved")
    assert failed.returncode == 2
    assert message in failed.stderr
    assert failed.stderr.count("\n") == 1
    assert not (tmp_path / "saved").exists()
