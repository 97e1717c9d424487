import numpy as np
import pytest

from keras_litesr.evaluation.contact_sheet import (
    Scene,
    _figures,
    _panel,
    contact_sheet,
    most_detailed,
)
from keras_litesr.evaluation.protocols import STANDARD
from keras_litesr.images.resize import enlarge, reduce

WHITE = 255


def scene(original, **restored):
    return Scene(title="a", original=original, low_res=reduce(original, 4), restored=restored)


@pytest.fixture
def picture():
    """Flat grey but for a chequered square of 16 pixels at (32, 48)."""
    picture = np.full((96, 128, 3), 120, np.uint8)
    picture[32:48, 48:64] = 255 * (np.indices((16, 16)).sum(axis=0) % 8 < 4)[..., None]
    return picture


def test_the_square_with_the_detail_is_found():
    picture = np.zeros((40, 60, 3), np.uint8)
    picture[20, 30] = 255
    top, left = most_detailed(picture, 3)
    assert (top, left) == (19, 29)


def test_flat_pictures_have_the_first_square():
    assert most_detailed(np.zeros((9, 9, 3), np.uint8), 4) == (0, 0)


def test_a_picture_smaller_than_the_crop_is_refused():
    with pytest.raises(ValueError, match="at least 5x5 pixels, received 9x4"):
        most_detailed(np.zeros((4, 9, 3), np.uint8), 5)


def test_the_crop_of_each_method_is_zoomed_in_its_place(picture):
    """Panels are 4 pixels of margin, 3 * 16 of crop, 4 of margin; a strip of 22 on top."""
    inverted = 255 - picture
    sheet = contact_sheet([scene(picture, bicubic=enlarge(reduce(picture, 4), 4), odd=inverted)],
                          side=16, zoom=3)  # fmt: skip
    whole = round(128 * 48 / 96) + 8
    assert sheet.shape == (48 + 44, whole + 4 * 56, 3)
    panels = [
        sheet[22 : 22 + 48, start + 4 : start + 52] for start in range(whole, sheet.shape[1], 56)
    ]
    low_res, _, odd, original = panels
    crop = picture[32:48, 48:64]
    np.testing.assert_array_equal(original, crop.repeat(3, axis=0).repeat(3, axis=1))
    np.testing.assert_array_equal(odd, 255 - original)
    np.testing.assert_array_equal(low_res[::12, ::12], reduce(picture, 4)[8:12, 12:16])


def test_the_crop_is_framed_in_the_whole_picture(picture):
    sheet = contact_sheet([scene(picture)], side=16, zoom=3)
    red = (sheet == (230, 60, 20)).all(axis=2)
    rows, columns = np.nonzero(red)
    assert (rows.min() - 22, columns.min() - 4) == (16, 24)  # the corner (32, 48) at half size
    assert (rows.max() - 22, columns.max() - 4) == (24, 32)


def test_figures_are_those_of_the_standard_protocol(picture):
    blurred = enlarge(reduce(picture, 4), 4)
    measured = STANDARD.measure(picture, blurred, 4)
    text = _figures(scene(picture, blurred=blurred), blurred)
    psnr, ssim = text.split(" / ")
    assert (len(psnr.split(".")[1]), len(ssim.split(".")[1])) == (2, 4)
    assert float(psnr) == pytest.approx(measured["psnr"], abs=0.0051)
    assert float(ssim) == pytest.approx(measured["ssim"], abs=0.000051)


def test_each_method_has_its_own_figures_under_it(picture):
    """As in the paper's Fig. 2; they are of the whole picture, not of the crop."""
    methods = {"soft": enlarge(reduce(picture, 4), 4), "odd": 255 - picture}
    crop = np.s_[32:48, 48:64]
    sheet = contact_sheet([scene(picture, **methods)], side=16, zoom=3)
    for (name, restored), end in zip(methods.items(), (-2 * 56, -56), strict=True):
        measured = STANDARD.measure(picture, restored, 4)
        text = f"{measured['psnr']:.2f} / {measured['ssim']:.4f}"
        zoomed = restored[crop].repeat(3, axis=0).repeat(3, axis=1)
        np.testing.assert_array_equal(sheet[:, end - 56 : end], _panel(name, zoomed, text))


def test_figures_stand_under_methods_alone(picture):
    sheet = contact_sheet([scene(picture, same=picture)], side=16, zoom=3)
    strip = sheet[22 + 48 :]
    assert strip[:, -112:-56].min() < 100  # the method's
    assert strip[:, -56:].min() == WHITE  # the original's


def test_shorter_lines_end_in_white(picture):
    sheet = contact_sheet([scene(picture), scene(picture, same=picture)], side=16, zoom=3)
    assert sheet[: 48 + 44, -56:].min() == WHITE


def test_no_picture_is_no_sheet():
    with pytest.raises(ValueError, match="at least one picture"):
        contact_sheet([])
