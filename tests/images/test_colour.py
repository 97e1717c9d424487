"""Luma: the standard's own numbers."""

import numpy as np
import pytest
from PIL import Image

from keras_litesr.images.colour import luma


@pytest.mark.parametrize(
    ("rgb", "expected"),
    [
        ((0, 0, 0), 16.0),
        ((1, 1, 1), 235.0),
        ((1, 0, 0), 81.481),
        ((0, 1, 0), 144.553),
        ((0, 0, 1), 40.966),
    ],
)
def test_luma_of_the_primaries(rgb: tuple[int, int, int], expected: float) -> None:
    assert luma(np.array(rgb)) * 255 == pytest.approx(expected, abs=1e-9)


def test_grey_is_linear_between_black_and_white() -> None:
    assert luma(np.full(3, 0.5)) * 255 == pytest.approx((16 + 235) / 2)


def test_shape_loses_the_last_axis_and_result_is_float64() -> None:
    result = luma(np.zeros((2, 4, 5, 3), np.float32))
    assert result.shape == (2, 4, 5)
    assert result.dtype == np.float64


def test_agrees_with_the_full_range_luma_of_pillow(rng: np.random.Generator) -> None:
    rgb = rng.integers(0, 256, (16, 16, 3), dtype=np.uint8)
    full_range = np.asarray(Image.fromarray(rgb).convert("L"), np.float64)
    studio_range = luma(rgb / 255.0) * 255
    assert np.abs(16 + full_range * 219 / 255 - studio_range).max() < 1.0
