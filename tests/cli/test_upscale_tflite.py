"""`litesr upscale -m file.tflite`, and the choice of a preset's file."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from keras_litesr.zoo import folders


@pytest.fixture
def file(tmp_path):
    """A released file under a name of the user's."""
    source = folders.preset_folder("bicubic_x4") / "bicubic_x4_float32.tflite"
    path = tmp_path / "my model.tflite"
    path.write_bytes(source.read_bytes())
    return path


def test_a_file_enlarges_as_its_preset(litesr, enlarge, file, picture, tmp_path):
    photo = picture("photo.png", 21, 14)
    result = litesr("upscale", photo, "-m", file)
    assert (result.exit_code, result.stderr) == (0, "")
    large = np.asarray(Image.open(tmp_path / "photo_x4.png"))
    assert enlarge(photo, "--overwrite").exit_code == 0
    np.testing.assert_array_equal(large, np.asarray(Image.open(tmp_path / "photo_x4.png")))


def test_a_signature_can_be_asked_for(litesr, picture, tmp_path):
    from keras_litesr.protection.signing import generate_key_pair, sign

    photo, folder = picture("photo.png"), tmp_path / "mine_x4"
    shutil.copytree(folders.preset_folder("bicubic_x4"), folder)
    generate_key_pair(tmp_path / "own.pem", tmp_path / "own.pub")
    sign(folder, tmp_path / "own.pem")
    words = ["upscale", photo, "-m", folder, "--verify", "require"]
    result = litesr(*words)
    assert result.exit_code == 2
    assert "which is not trusted" in result.stderr
    assert not (tmp_path / "photo_x4.png").exists()
    assert litesr(*words, "--public-key", tmp_path / "own.pub").exit_code == 0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "whose content is empty"),
        (b"GIF89a, and no model", "whose content is something else"),
        (b"\x1c\0\0\0TFL3" + 80 * b"\xff", "no model that can be used here"),
    ],
)
def test_a_damaged_file_is_refused_in_one_line(litesr, picture, tmp_path, content, message):
    path = tmp_path / "damaged.tflite"
    path.write_bytes(content)
    result = litesr("upscale", picture("photo.png"), "-m", path)
    assert result.exit_code == 2
    assert result.stderr.startswith("litesr: ")
    assert result.stderr.count("\n") == 1
    assert str(path) in result.stderr
    assert message in result.stderr
    assert not (tmp_path / "photo_x4.png").exists()


def test_a_missing_file_and_what_belongs_to_presets_are_refused(litesr, file, picture, tmp_path):
    photo = picture("photo.png")
    for arguments, message in [
        (["-m", tmp_path / "missing.tflite"], "There is no file"),
        (["-m", file, "--runtime", "keras"], "received keras for"),
        (["-m", file, "--dtype", "int8"], "Expected a preset to choose a dtype"),
    ]:
        result = litesr("upscale", photo, *arguments)
        assert result.exit_code == 2
        assert message in result.stderr


def test_the_fastest_file_is_chosen_and_remembered(enlarge, picture, tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_LITESR_CACHE", str(tmp_path / "cache"))
    assert enlarge(picture("photo.png"), "--dtype", "fastest").exit_code == 0
    (path,) = (tmp_path / "cache/fastest").iterdir()
    assert json.loads(path.read_text())["fastest"] in ("float32", "float16", "int8")
