"""`litesr upscale --sharpness`: a dial between two presets."""

import numpy as np
import pytest

from keras_litesr.images.files import read


@pytest.mark.parametrize(("sharpness", "model"), [("0", "lite_psnr_x4"), ("1", "lite_x4")])
def test_the_ends_are_the_presets(litesr, picture, tmp_path, sharpness, model):
    path = picture("a.png", 16, 12)
    dialled = litesr("upscale", path, "-o", tmp_path / "dial.png", "--sharpness", sharpness)
    assert dialled.exit_code == 0, dialled.stderr
    assert litesr("upscale", path, "-o", tmp_path / "end.png", "-m", model).exit_code == 0
    dial, end = (read(tmp_path / name).colour for name in ("dial.png", "end.png"))
    np.testing.assert_array_equal(dial, end)


def test_the_file_says_what_was_blended(litesr, picture, tmp_path):
    assert litesr("upscale", picture("a.png"), "--sharpness", "0.5").exit_code == 0
    assert b"lite_psnr_x4 with 0.5 of lite_x4" in (tmp_path / "a_x4.png").read_bytes()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--sharpness", "1.1"], "1.1 is not in the range"),
        (["--sharpness", "much"], "much"),
        (["--sharpness", "0.5", "-m", "lite_x4"], "Leave out --model"),
        (["--sharpness", "0.5", "--dtype", "int8"], "Leave out --dtype"),
    ],
)
def test_wrong_usage_ends_with_2_before_any_work(litesr, picture, tmp_path, options, message):
    result = litesr("upscale", picture("a.png"), *options)
    assert result.exit_code == 2
    assert message in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]
