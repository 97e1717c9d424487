"""tools/teach.py, with the one teacher whose answers are known: bicubic."""

import shutil
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
from keras_litesr.zoo.folders import PresetError, preset_folder

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


@pytest.mark.parametrize("start", ["name", "folder", "file", "run"])
def test_weights_of_a_deeper_network_are_no_teacher(start, load_tool, tmp_path):
    folder = preset_folder("lite_psnr_x4")
    shutil.copyfile(folder / "model.weights.h5", tmp_path / "best.weights.h5")
    starts = {"name": "lite_psnr_x4", "folder": folder, "file": folder / "model.weights.h5"}
    with pytest.raises(PresetError, match=r"another network|layer"):
        load_tool("teach")._runtime("lite_small_x4", str(starts.get(start, tmp_path)))


def test_a_folder_called_as_the_teacher_does_not_teach(load_tool, tmp_path, monkeypatch):
    (tmp_path / "lite_tiny_x4").mkdir()
    monkeypatch.chdir(tmp_path)
    load_tool("teach")._runtime("lite_tiny_x4", None)
    with pytest.raises(PresetError, match=r"received './lite_tiny_x4'"):
        load_tool("teach")._runtime("lite_tiny_x4", "./lite_tiny_x4")


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
