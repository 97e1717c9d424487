import importlib.util
import os
import re
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from keras_litesr.training import pixel
from keras_litesr.training.pace import Pace
from keras_litesr.training.progress import Progress
from keras_litesr.training.recipes import RECIPES, Recipe
from keras_litesr.zoo.presets import PRESETS

TOOL = Path(__file__).parents[1] / "tools" / "train.py"


@pytest.fixture
def train(monkeypatch):
    """Runs the tool on a network of one block under the name `small`; returns its exit code."""
    network = {"filters": 3, "num_blocks": 1}
    monkeypatch.setitem(PRESETS, "small", replace(PRESETS["lite_x4"], arguments=network))
    compiled = pixel.compile_for_pixels

    def compile_to_run_eagerly(model, *arguments, **options):
        compiled(model, *arguments, **options)
        model.run_eagerly = True  # A few steps take less time than tracing would.

    monkeypatch.setattr(pixel, "compile_for_pixels", compile_to_run_eagerly)
    recipe = Recipe(steps=4, epoch_steps=2, batch_size=2, patch_size=8, warmup_steps=1)
    monkeypatch.setitem(RECIPES, "small", recipe)
    spec = importlib.util.spec_from_file_location("train_tool", TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["tools/train.py", "small", *map(str, words)])
        return module.main()

    return run


@pytest.fixture
def photos(tmp_path, rng):
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(10):
        pixels = rng.integers(0, 256, (40, 44, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")
    return folder


def test_a_folder_of_photos_becomes_weights(train, photos, tmp_path, capsys):
    Image.new("RGB", (3, 3)).save(photos / "stamp.png")
    out = tmp_path / "run"
    assert train("--data", photos, "--out", out) == 0
    said = capsys.readouterr().out
    assert "left out: 1 of 11 pictures, smaller than 32x32 pixels" in said
    assert "9 training and 1 validation pictures" in said
    assert "finished: 4 steps" in said
    assert (out / "best.weights.h5").exists()
    assert train("--data", photos, "--out", out, "--resume") == 0
    assert "finished: 4 steps" in capsys.readouterr().out
    assert train("--data", photos, "--out", out) == 2
    assert "already holds a run" in capsys.readouterr().err
    assert train("--data", photos, "--out", out, "--resume", "--steps", 8) == 2
    assert re.search("steps 4,.* received steps 8,", capsys.readouterr().err)


def test_a_time_is_filled_with_whole_epochs_and_stays_laid_when_resumed(
    train, photos, tmp_path, capsys, monkeypatch
):
    def measured(*_, **__):
        return Pace(step_seconds=5, validation_seconds=10)

    monkeypatch.setattr("keras_litesr.training.pace.measure_pace", measured)
    words = ["--data", photos, "--out", tmp_path / "run", "--minutes", 1]
    assert train(*words) == 0
    assert "finished: 6 steps" in capsys.readouterr().out
    assert train(*words, "--resume") == 0
    assert "finished: 6 steps" in capsys.readouterr().out


def test_control_c_says_how_to_go_on_and_the_run_goes_on(
    train, photos, tmp_path, capsys, monkeypatch
):
    signal.signal(signal.SIGINT, signal.default_int_handler)
    on_epoch_end = Progress.on_epoch_end

    def press(self, epoch, logs=None):
        on_epoch_end(self, epoch, logs)
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(Progress, "on_epoch_end", press)
    out = tmp_path / "run with a space"
    assert train("--data", photos, "--validation", photos, "--out", out, "--seed", 3) == 130
    said = capsys.readouterr().err
    assert "holds everything up to the end of the last epoch" in said
    assert f"--out '{out}' --seed 3 --resume" in said
    monkeypatch.undo()


def test_control_c_before_the_first_checkpoint_says_so(
    train, photos, tmp_path, capsys, monkeypatch
):
    def press(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("keras_litesr.datasets.sources.load_folders", press)
    assert train("--data", photos, "--out", tmp_path / "run", "--resume") == 130
    assert "Nothing was saved yet" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--data", "nowhere"], "nowhere"),
        (["--data", "{photos}", "--resume", "--out", "nowhere"], "nothing to resume"),
        (["--data", "{photos}", "--patch-size", "12"], "at least 10 pictures"),
        (["--data", "{photos}", "--validation", "{empty}"], "found none"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(
    words, message, train, photos, tmp_path, capsys, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    places = {"photos": photos, "empty": tmp_path / "empty"}
    assert train(*[word.format(**places) for word in words]) == 2
    line = capsys.readouterr().err
    assert line.startswith("train.py: ")
    assert message in line
    assert line.count("\n") == 1


def test_an_unknown_recipe_and_a_senseless_number_are_refused_before_tensorflow_is_imported():
    for words in (["lite_x5", "--data", "."], ["lite_x4", "--data", ".", "--steps", "0"]):
        code = (
            f"import sys, runpy; sys.argv = ['train.py', *{words!r}]\n"
            f"try: runpy.run_path({str(TOOL)!r}, run_name='__main__')\n"
            "except SystemExit as stop: print(stop.code, 'tensorflow' in sys.modules)"
        )
        result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert result.stdout == "2 False\n", result.stderr


def test_help_shows_examples(train, capsys):
    with pytest.raises(SystemExit):
        train("--help")
    assert "tools/train.py lite_x4 --data photos --resume" in capsys.readouterr().out
