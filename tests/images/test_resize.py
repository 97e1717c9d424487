"""Resizing: kernel values by hand, then Pillow as the second implementation."""

import tracemalloc

import numpy as np
import pytest
from PIL import Image

from keras_litesr.images import resize
from keras_litesr.images.pixels import to_uint16


def test_kernel_is_one_at_its_tap_and_zero_at_the_others() -> None:
    assert resize.cubic_kernel(np.array([0.0, 1.0, -1.0, 2.0, 3.0])).tolist() == [1, 0, 0, 0, 0]


def test_kernel_half_way_is_nine_sixteenths_and_minus_one_sixteenth() -> None:
    assert resize.cubic_kernel(np.array([0.5, -1.5])).tolist() == [9 / 16, -1 / 16]


@pytest.mark.parametrize("a", [-0.5, -0.75])
def test_four_taps_sum_to_one(a: float) -> None:
    for shift in np.linspace(0, 1, 9):
        taps = shift - np.arange(-1, 3)
        assert resize.cubic_kernel(taps, a).sum() == pytest.approx(1.0)


def test_shifted_enlargement_keeps_every_source_pixel_in_place(rng: np.random.Generator) -> None:
    image = rng.random((5, 6, 3), np.float32)
    enlarged = resize.enlarge_shifted(image, 4)
    assert enlarged.shape == (20, 24, 3)
    np.testing.assert_allclose(enlarged[::4, ::4], image, atol=1e-7)


def test_shifted_step_half_way_overshoots_as_a_of_minus_three_quarters_does() -> None:
    row = np.array([0, 0, 0, 1, 1, 1], np.float32)
    image = np.repeat(row[None, :, None], 3, axis=0)
    enlarged = resize.enlarge_shifted(image, 2)[0, :, 0]
    # Taps half-way, a = -0.75: -3/32, 19/32, 19/32, -3/32.
    assert enlarged[3] == pytest.approx(-3 / 32)
    assert enlarged[5] == pytest.approx(1 / 2)
    assert enlarged[7] == pytest.approx(35 / 32)


def test_shifted_enlargement_repeats_the_border(rng: np.random.Generator) -> None:
    image = rng.random((3, 4, 3), np.float32)
    framed = np.pad(image, ((2, 2), (2, 2), (0, 0)), mode="edge")
    expected = resize.enlarge_shifted(framed, 4)[8:-8, 8:-8]
    np.testing.assert_allclose(resize.enlarge_shifted(image, 4), expected, atol=1e-6)


def test_shifted_enlargement_of_one_pixel_is_constant() -> None:
    enlarged = resize.enlarge_shifted(np.full((1, 1, 3), 0.3, np.float32), 4)
    np.testing.assert_allclose(enlarged, 0.3, rtol=1e-6)


def test_constant_pictures_stay_constant() -> None:
    for dtype, value in ((np.uint8, 77), (np.uint16, 30000)):
        image = np.full((6, 9, 3), value, dtype)
        assert np.all(resize.bicubic(image, (13, 4)) == value)


@pytest.mark.parametrize("channels", [(), (3,)])
def test_eight_bit_is_pillow(rng: np.random.Generator, channels: tuple[int, ...]) -> None:
    image = rng.integers(0, 256, (17, 23, *channels), dtype=np.uint8)
    expected = Image.fromarray(image).resize((7, 31), Image.Resampling.BICUBIC)
    assert np.array_equal(resize.bicubic(image, (31, 7)), np.asarray(expected))


def test_float_is_pillow_channel_by_channel(rng: np.random.Generator) -> None:
    image = rng.random((9, 8, 2), np.float32)
    result = resize.bicubic(image, (4, 5))
    for channel in range(2):
        single = Image.fromarray(np.ascontiguousarray(image[..., channel]))
        expected = np.asarray(single.resize((5, 4), Image.Resampling.BICUBIC))
        assert np.array_equal(result[..., channel], expected)


@pytest.mark.parametrize("channels", [(), (1,), (3,), (4,)])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_dtype_and_channels_are_kept(dtype: type, channels: tuple[int, ...]) -> None:
    result = resize.bicubic(np.zeros((4, 6, *channels), dtype), (8, 3))
    assert result.shape == (8, 3, *channels)
    assert result.dtype == dtype


def test_sixteen_bit_agrees_with_eight_bit(rng: np.random.Generator) -> None:
    # Pillow rounds and clips 8 bits between its two passes, so: no overshoot, and a grey level.
    image = rng.integers(90, 160, (8, 8, 3), dtype=np.uint8)
    deep = resize.bicubic(image.astype(np.uint16) * 257, (16, 16)) / 257
    assert np.abs(deep - resize.bicubic(image, (16, 16))).max() < 1.5


def test_reduce_crops_and_equals_pillow_on_the_crop(rng: np.random.Generator) -> None:
    image = rng.integers(0, 256, (10, 13, 3), dtype=np.uint8)
    expected = Image.fromarray(image[:8, :12]).resize((3, 2), Image.Resampling.BICUBIC)
    assert np.array_equal(resize.reduce(image, 4), np.asarray(expected))


def test_enlarge_multiplies_both_sides() -> None:
    assert resize.enlarge(np.zeros((2, 3), np.uint8), 4).shape == (8, 12)


def test_crop_keeps_what_fills_the_scale() -> None:
    image = np.arange(20).reshape(4, 5)
    assert resize.crop_to_multiple(image, 3).tolist() == [[0, 1, 2], [5, 6, 7], [10, 11, 12]]


def test_an_image_smaller_than_the_scale_is_refused_with_its_size() -> None:
    with pytest.raises(ValueError, match="at least 4x4 pixels, received 9x3"):
        resize.crop_to_multiple(np.zeros((3, 9, 3)), 4)


def test_sixteen_bit_is_resized_in_float_one_channel_after_the_other(rng):
    image = rng.integers(0, 65536, (1000, 1000, 3), dtype=np.uint16)
    tracemalloc.start()
    reduced = resize.bicubic(image, (500, 500))
    beside = tracemalloc.get_traced_memory()[1] - reduced.nbytes
    tracemalloc.stop()
    assert beside < 2.5 * image.nbytes
    in_float = resize.bicubic(image.astype(np.float32) / np.float32(65535), (500, 500))
    np.testing.assert_array_equal(reduced, to_uint16(in_float))
