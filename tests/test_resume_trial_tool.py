"""tools/resume_trial.py, on two runs made by hand and on small patches of noise."""

import subprocess
import sys

import h5py
import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def tool(load_tool):
    return load_tool("resume_trial")


@pytest.fixture
def run(tmp_path):
    def make(name, weights):
        folder = tmp_path / name
        folder.mkdir()
        for file in ("last.weights.h5", "best.weights.h5"):
            with h5py.File(folder / file, "w") as content:
                content["layers/first/0"] = np.asarray(weights)
                content["layers/second/0"] = np.zeros(3)
        return folder

    return make


def test_runs_that_end_alike_have_equal_arrays(tool, run):
    row = tool._compared(run("whole", [1.0, 2.0]), run("killed", [1.0, 2.0]))
    assert row == {"arrays": 4, "equal arrays": 4, "largest difference": "0.0e+00"}


def test_the_largest_difference_is_told(tool, run):
    row = tool._compared(run("whole", [1.0, 2.0]), run("killed", [1.0, 2.25]))
    assert row == {"arrays": 4, "equal arrays": 2, "largest difference": "2.5e-01"}


def test_arrays_that_only_one_run_has_are_named(tool, run):
    whole, killed = run("whole", [1.0]), run("killed", [1.0])
    with h5py.File(killed / "last.weights.h5", "a") as content:
        content["layers/third/0"] = np.zeros(1)
    with pytest.raises(SystemExit, match=r"last\.weights\.h5 holds layers/third/0"):
        tool._compared(whole, killed)


_SAVING = """
import pathlib, sys, time
run = pathlib.Path(sys.argv[1])
(run / "progress.json").write_text('{"step": 500}')
time.sleep(0.3)
(run / "last.weights.h5").touch()
time.sleep(60)
"""


@pytest.fixture
def kill(tool, tmp_path, monkeypatch):
    monkeypatch.setattr(tool, "_SECONDS_INTO_THE_EPOCH", 0)

    def kill(*, steps):
        command = [sys.executable, "-c", _SAVING, str(tmp_path)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        return tool._kill_in_second_epoch(process, tmp_path, steps)

    return kill


def test_a_run_is_killed_once_its_weights_are_there(kill, tmp_path):
    assert kill(steps=1000) == 500
    assert (tmp_path / "last.weights.h5").exists()


def test_a_run_that_had_saved_its_end_is_refused(kill):
    with pytest.raises(SystemExit, match="ended before it could be killed"):
        kill(steps=500)


@pytest.mark.slow
def test_a_run_that_is_killed_ends_like_one_that_is_not(tool, tmp_path, rng, capsys):
    places = []
    for option in ("--data", "--validation"):
        folder = tmp_path / option.strip("-")
        folder.mkdir()
        pixels = rng.integers(0, 256, (48, 48, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / "noise.png")
        places += [option, str(folder)]
    status = tool.main(["lite_tiny_x4", *places, "--batch-size", "1", "--patch-size", "4"])
    header, _, row = (line.split("|")[1:-1] for line in capsys.readouterr().out.splitlines())
    facts = dict(
        zip((name.strip() for name in header), (cell.strip() for cell in row), strict=True)
    )
    assert facts["steps"] == "1000" and facts["resumed from"] == "500"
    assert int(facts["arrays"]) > 50
    assert facts["equal arrays"] == facts["arrays"]
    assert status == 0
