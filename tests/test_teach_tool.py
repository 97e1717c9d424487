"""tools/teach.py, with the one teacher whose answers are known: bicubic."""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from keras_litesr.datasets import packs
from keras_litesr.datasets.packs import load_pack
from keras_litesr.images.resize import enlarge, reduce

TOOL = Path(__file__).parents[1] / "tools" / "teach.py"


@pytest.fixture
def picture(tmp_path, rng):
    pixels = rng.integers(0, 256, (32, 48, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    return pixels


def _teach(folder, *words):
    command = [sys.executable, TOOL, "bicubic_x4", "--data", folder, "-o", folder / "taught.npz"]
    return subprocess.run([*command, *words], capture_output=True, text=True)


@pytest.mark.slow
@pytest.mark.parametrize("share", [0, 0.75, 1])
def test_pictures_lie_between_original_and_answer(picture, tmp_path, share):
    done = _teach(tmp_path, "--share", str(share))
    assert done.returncode == 0, done.stderr
    (taught,) = load_pack(tmp_path / "taught.npz")
    answer = enlarge(reduce(picture, 4), 4).astype(float)
    expected = share * answer + (1 - share) * picture
    # Pillow rounds between its two passes, the network does not.
    assert np.abs(taught - expected).mean() <= share
    assert np.abs(taught - expected).max() <= 4 * share


@pytest.mark.parametrize("start", ["run", "run/best.weights.h5"])
def test_a_run_of_another_preset_is_no_start(picture, tmp_path, start):
    (tmp_path / "run").mkdir()
    (tmp_path / "run/best.weights.h5").touch()
    (tmp_path / "run/recipe.json").write_text('{"preset": "lite_large_x4"}')
    done = _teach(tmp_path, "--start-from", tmp_path / start)
    assert (done.returncode, "Name lite_large_x4 as the teacher" in done.stderr) == (2, True)


def test_another_preset_is_no_start(picture, tmp_path):
    done = _teach(tmp_path, "--start-from", "lite_large_x4")
    assert (done.returncode, "Name lite_large_x4 as the teacher" in done.stderr) == (2, True)


@pytest.mark.parametrize("what", ["place", "size"])
def test_what_cannot_be_saved_is_refused_before_the_answers(
    what, picture, tmp_path, load_tool, monkeypatch, capsys
):
    def refuse(*_, **__):
        raise OSError("Read-only file system")

    if what == "place":
        monkeypatch.setattr(tempfile, "NamedTemporaryFile", refuse)
    else:
        monkeypatch.setattr(packs, "LARGEST_BYTES", picture.nbytes - 1)
    tool = load_tool("teach")
    monkeypatch.setattr(tool, "_runtime", lambda *_: pytest.fail("the answers began"))
    words = ["bicubic_x4", "--data", str(tmp_path), "-o", str(tmp_path / "taught.npz")]
    monkeypatch.setattr("sys.argv", ["teach.py", *words])
    with pytest.raises(SystemExit) as end:
        tool.main()
    assert end.value.code == 2
    message = {"place": "Read-only file system", "size": "Take fewer or smaller ones"}[what]
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--share", "2"], "share from 0 to 1, received 2"),
        (["--data", "nowhere"], "nowhere"),
        (["-o", "missing/taught.npz"], "The folder missing does not exist"),
    ],
)
def test_what_cannot_be_taught_is_said_in_one_line(picture, tmp_path, words, reason):
    done = _teach(tmp_path, *words)
    assert (done.returncode, reason in done.stderr.splitlines()[-1]) == (2, True)
    assert not (tmp_path / "taught.npz").exists()
