"""tools/picture.py: the panels in the preset's folder, and what is no preset."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from skimage import data

import keras_litesr
from keras_litesr.images.files import read
from keras_litesr.images.resize import reduce
from keras_litesr.zoo import cards, folders

TOOL = Path(__file__).parents[1] / "tools" / "picture.py"


@pytest.fixture
def zoo(tmp_path, monkeypatch):
    """Copies two models to where they may be written."""
    for name in ("bicubic_x4", "lite_tiny_x4"):
        shutil.copytree(folders.preset_folder(name), tmp_path / "saved_models" / name)
    monkeypatch.setattr(folders, "_PACKAGE", tmp_path / "keras_litesr")
    return tmp_path / "saved_models"


def test_the_portrait_stands_in_four_panels_in_the_folder_of_the_preset(
    zoo, load_tool, monkeypatch, capsys
):
    """Panels are 2 pixels of margin, twice 140 of crop, 2 of margin; a title of 22 on top."""
    folder = zoo / "lite_tiny_x4"
    (folder / cards.PICTURE).unlink()
    folders.write_manifest(folder)
    monkeypatch.setattr("sys.argv", [str(TOOL), "lite_tiny_x4"])
    load_tool("picture").main()
    assert capsys.readouterr().out == f"{folder / cards.PICTURE}\n"

    sheet = read(folders.verified(folder, cards.PICTURE)).colour
    assert sheet.shape == (280 + 22, 4 * 284, 3)
    original = data.astronaut()
    low_res = reduce(original, 4)
    expected = [
        np.kron(low_res, np.ones((4, 4, 1), np.uint8)),
        keras_litesr.upscale(low_res, model="bicubic_x4"),
        keras_litesr.upscale(low_res, model="lite_tiny_x4"),
        original,
    ]
    for panel, picture in zip(np.hsplit(sheet, 4), expected, strict=True):
        crop = picture[40:180, 150:290]
        np.testing.assert_array_equal(panel[22::2, 2:282:2], crop)
        np.testing.assert_array_equal(panel[23::2, 3:282:2], crop)
        assert panel[:22].min() < 100  # the title


def test_what_is_no_preset_is_one_line():
    done = subprocess.run([sys.executable, TOOL, "nosuch"], capture_output=True, text=True)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "There is no model named 'nosuch'" in done.stderr
