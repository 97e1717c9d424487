import numpy as np
import pytest

from keras_litesr.evaluation import metrics
from keras_litesr.evaluation.protocols import PAPER, PROTOCOLS, SHARPNESS, STANDARD
from keras_litesr.images.colour import luma

SCALE = 4


@pytest.fixture
def pictures(rng):
    return rng.integers(0, 256, (2, 40, 36, 3), np.uint8)


def test_names_lead_to_protocols():
    assert PROTOCOLS == {"standard": STANDARD, "paper": PAPER, "sharpness": SHARPNESS}


def test_grey_offset():
    """Fifty-one of 255 grey levels are 0.2 in RGB, and 219/255 of that in luma."""
    dark = np.full((32, 32, 3), 51, np.uint8)
    assert PAPER.measure(dark, dark + 51, SCALE)["psnr"] == pytest.approx(-20 * np.log10(0.2))
    expected = -20 * np.log10(0.2 * 219 / 255)
    assert STANDARD.measure(dark, dark + 51, SCALE)["psnr"] == pytest.approx(expected)


def test_standard_measures_luma_inside_the_border(pictures):
    inside = [luma(image[4:-4, 4:-4] / 255) for image in pictures]
    measured = STANDARD.measure(*pictures, SCALE)
    assert measured == pytest.approx({"psnr": metrics.psnr(*inside), "ssim": metrics.ssim(*inside)})


def test_only_paper_sees_the_border(pictures):
    reference = pictures[0]
    restored = reference.copy()
    restored[:4], restored[-4:], restored[:, :4], restored[:, -4:] = 0, 0, 0, 0
    assert STANDARD.measure(reference, restored, SCALE)["psnr"] == float("inf")
    assert SHARPNESS.measure(reference, restored, SCALE) == {"high_frequency_energy": 1, "gmsd": 0}
    assert PAPER.measure(reference, restored, SCALE)["psnr"] < 20


def test_paper_measures_rgb(pictures):
    assert PAPER.measure(*pictures, SCALE) == pytest.approx(
        {"psnr": metrics.psnr(*pictures), "ssim": metrics.ssim_uniform(*pictures)}
    )


@pytest.mark.parametrize("protocol", PROTOCOLS.values(), ids=PROTOCOLS)
@pytest.mark.parametrize("offset", [-0.4, 0.4])
def test_floats_are_rounded_to_uint8(pictures, protocol, offset):
    reference, restored = pictures
    unrounded = (restored + offset) / 255
    expected = protocol.measure(reference, restored, SCALE)
    assert protocol.measure(reference, unrounded, SCALE) == expected


@pytest.mark.parametrize("protocol", PROTOCOLS.values(), ids=PROTOCOLS)
def test_floats_of_0_to_255_are_refused(pictures, protocol):
    with pytest.raises(ValueError, match="Divide by 255"):
        protocol.measure(*(image.astype(np.float32) for image in pictures), SCALE)


@pytest.mark.parametrize("protocol", PROTOCOLS.values(), ids=PROTOCOLS)
def test_grey_pictures_are_refused(protocol):
    with pytest.raises(ValueError, match=r"received \(32, 32\). Make grey pictures RGB"):
        protocol.measure(np.zeros((32, 32), np.uint8), np.zeros((32, 32), np.uint8), SCALE)


def test_pictures_of_nothing_but_border_are_refused():
    small = np.zeros((8, 30, 3), np.uint8)
    with pytest.raises(ValueError, match=r"more than 8 pixels a side.*received 30x8"):
        STANDARD.measure(small, small, SCALE)


@pytest.mark.parametrize("scale", [1, 4])
@pytest.mark.parametrize("protocol", PROTOCOLS.values(), ids=list(PROTOCOLS))
def test_the_smallest_side_is_the_smallest(protocol, scale, rng):
    side = protocol.smallest_side(scale)
    picture = rng.integers(0, 256, (side, side + 9, 3), np.uint8)
    assert all(
        np.isfinite(value) for value in protocol.measure(picture, 255 - picture, scale).values()
    )
    with pytest.raises(ValueError, match="Leave such small images out"):
        protocol.measure(picture[1:], picture[1:], scale)
