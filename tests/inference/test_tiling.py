"""Tiles join without a seam: facts that hold whatever the network."""

import tracemalloc

import numpy as np
import pytest

from keras_litesr.images.pixels import to_float, to_uint8
from keras_litesr.inference.tiling import enlarge_in_tiles_of, enlarge_tiled, spans

SIZES = [(1, 1), (1, 9), (9, 1), (2, 2), (5, 7), (12, 12), (13, 12), (17, 33), (40, 23)]
RADIUS = 3


def nearest(low_res: np.ndarray) -> np.ndarray:
    """A shift-invariant enlarger that sees its own pixel only."""
    return low_res.repeat(4, axis=1).repeat(4, axis=2)


def lopsided(low_res: np.ndarray) -> np.ndarray:
    """A convolution of radius 3, other in every direction, padded by zeros as networks are."""
    taps = {(-RADIUS, 0): 0.3, (RADIUS, 1): 0.25, (0, -RADIUS): 0.2, (2, RADIUS): 0.15, (0, 0): 0.1}
    height, width = low_res.shape[1:3]
    padded = np.pad(low_res, [(0, 0), (RADIUS, RADIUS), (RADIUS, RADIUS), (0, 0)])
    total = np.zeros_like(low_res)
    for (dy, dx), weight in taps.items():
        top, left = RADIUS + dy, RADIUS + dx
        total += np.float32(weight) * padded[:, top : top + height, left : left + width]
    return nearest(total)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("tile", "overlap"), [(12, 0), (12, 3), (9, 4), (1, 0), (256, 14)])
def test_tiles_of_a_nearest_neighbour_enlarger_join_exactly(rng, size, tile, overlap):
    picture = rng.integers(0, 256, (*size, 3), np.uint8)
    tiled = enlarge_tiled(nearest, picture, scale=4, tile=tile, overlap=overlap)
    np.testing.assert_array_equal(tiled, picture.repeat(4, axis=0).repeat(4, axis=1))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("tile", [7, 12, 16])
def test_a_convolution_whose_radius_is_the_overlap_joins_exactly(rng, size, tile):
    picture = rng.integers(0, 256, (*size, 3), np.uint8)
    whole = to_uint8(lopsided(to_float(picture)[None])[0])
    tiled = enlarge_tiled(lopsided, picture, scale=4, tile=tile, overlap=RADIUS)
    np.testing.assert_array_equal(tiled, whole)


@pytest.mark.parametrize("scale", [2, 8])
def test_a_network_of_another_scale_than_is_said_is_refused(rng, scale):
    picture = rng.integers(0, 256, (5, 7, 3), np.uint8)
    message = f"enlarges {scale} times, as is said of it, received one that makes 28x20 pixels"
    with pytest.raises(ValueError, match=message):
        enlarge_tiled(nearest, picture, scale=scale, tile=12, overlap=0)


@pytest.mark.parametrize("axis", [1, 2])
def test_a_network_that_enlarges_one_side_alone_is_refused(axis):
    picture = np.zeros((5, 7, 3), np.uint8)
    with pytest.raises(ValueError, match="enlarges 4 times"):
        enlarge_tiled(lambda x: x.repeat(4, axis), picture, scale=4, tile=12, overlap=0)


def test_one_pixel_of_overlap_too_few_is_seen(rng):
    picture = rng.integers(0, 256, (40, 40, 3), np.uint8)
    whole = to_uint8(lopsided(to_float(picture)[None])[0])
    tiled = enlarge_tiled(lopsided, picture, scale=4, tile=12, overlap=RADIUS - 1)
    assert (tiled != whole).any()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 3])
def test_depth_and_channels_stay(rng, dtype, channels):
    picture = rng.integers(0, np.iinfo(dtype).max, (9, 14, channels), dtype, endpoint=True)
    tiled = enlarge_tiled(nearest, picture, scale=4, tile=6, overlap=1)
    assert tiled.dtype == dtype
    np.testing.assert_array_equal(tiled, picture.repeat(4, axis=0).repeat(4, axis=1))


def test_values_outside_the_range_are_clipped():
    picture = np.array([[[0, 128, 255]]], np.uint8)
    tiled = enlarge_tiled(lambda low_res: nearest(low_res) * 3 - 1, picture, scale=4, tile=4,
                          overlap=0)  # fmt: skip
    assert tiled[0, 0].tolist() == [0, 129, 255]


def test_every_tile_of_a_picture_has_one_shape(rng):
    shapes = []

    def watched(low_res):
        shapes.append(low_res.shape)
        return nearest(low_res)

    picture = rng.integers(0, 256, (50, 31, 3), np.uint8)
    enlarge_tiled(watched, picture, scale=4, tile=16, overlap=2)
    # 4 x 3 tiles: (50 - 4) / 12 and (31 - 4) / 12, rounded up.
    assert shapes == 12 * [(1, 16, 13, 3)]


@pytest.mark.parametrize("size", [(33, 50), (8, 8), (5, 70), (64, 16)])
@pytest.mark.parametrize(("tile", "overlap", "step"), [(24, 3, 8), (20, 4, 4), (64, 0, 2)])
def test_tiles_begin_and_end_at_multiples_of_a_step(rng, size, tile, overlap, step):
    """As networks want that halve a picture: this one takes the mean of squares of a step."""

    def blocks(low_res):
        count, height, width, channels = low_res.shape
        assert (height % step, width % step) == (0, 0)
        squares = low_res.reshape(count, height // step, step, width // step, step, channels)
        mean = squares.mean(axis=(2, 4))
        return mean.repeat(2 * step, axis=1).repeat(2 * step, axis=2)

    pixels = rng.integers(0, 256, (*size, 3), np.uint8)
    options = {"scale": 2, "overlap": overlap, "step": step}
    large = enlarge_tiled(blocks, pixels, tile=tile, **options)
    assert large.shape == (2 * size[0], 2 * size[1], 3)
    np.testing.assert_array_equal(large, enlarge_tiled(blocks, pixels, tile=256, **options))


def test_a_picture_smaller_than_a_tile_is_not_padded(rng):
    shapes = []

    def watched(low_res):
        shapes.append(low_res.shape)
        return nearest(low_res)

    enlarge_tiled(watched, rng.integers(0, 256, (5, 3, 3), np.uint8), scale=4, tile=64, overlap=14)
    assert shapes == [(1, 5, 3, 3)]


def test_progress_counts_to_the_number_of_tiles():
    calls = []
    picture = np.zeros((20, 10, 3), np.uint8)
    enlarge_tiled(nearest, picture, scale=4, tile=5, overlap=0,
                  progress=lambda done, total: calls.append((done, total)))  # fmt: skip
    assert calls == [(done, 8) for done in range(1, 9)]


@pytest.mark.parametrize("tile", [-1, 0, 5, 6])
def test_a_tile_of_which_nothing_would_be_kept_is_refused(tile):
    with pytest.raises(ValueError, match=f"more than 6 pixels.*received {tile}.*0 for automatic"):
        enlarge_tiled(nearest, np.zeros((9, 9, 3), np.uint8), scale=4, tile=tile, overlap=3)


@pytest.mark.parametrize("tile", [7, 8, 13])
@pytest.mark.parametrize("overlap", [0, 1, 3])
def test_spans_keep_every_pixel_once_with_its_surroundings(tile, overlap):
    for length in range(1, 80):
        cut = list(spans(length, tile, overlap))
        kept = [pixel for span in cut for pixel in range(span.first, span.last)]
        assert kept == list(range(length))
        assert len({span.stop - span.start for span in cut}) == 1
        assert cut[0].stop - cut[0].start <= tile
        for span in cut:
            assert 0 <= span.start <= max(0, span.first - overlap)
            assert min(length, span.last + overlap) <= span.stop <= length


def test_memory_beside_the_output_does_not_grow_with_the_picture(rng):
    beside = []
    for side in (200, 700):
        picture = rng.integers(0, 256, (side, side, 3), np.uint8)
        tracemalloc.start()
        large = enlarge_tiled(nearest, picture, scale=4, tile=64, overlap=4)
        beside.append(tracemalloc.get_traced_memory()[1] - large.nbytes)
        tracemalloc.stop()
    assert beside[1] < 1.5 * beside[0]
    assert beside[1] < 8e6


@pytest.mark.parametrize("size", [(5, 9), (5, 8), (6, 20), (1, 1), (4, 30), (31, 9)])
def test_tiles_of_one_size_join_without_a_seam(size, rng):
    """Each result pixel is that of the picture and of its neighbours one pixel away."""
    picture = rng.integers(0, 256, (*size, 3), np.uint8)
    seen = []

    def blurred(low_res):
        seen.append(low_res.shape)
        padded = np.pad(low_res, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="edge")
        large = (padded[:, :-2, 1:-1] + padded[:, 2:, 1:-1] + padded[:, 1:-1, 2:]) / 3
        return large.repeat(2, axis=1).repeat(2, axis=2)

    tiled = enlarge_in_tiles_of(blurred, picture, size=(5, 9), scale=2, overlap=1)
    assert set(seen) == {(1, 5, 9, 3)}
    whole = to_uint8(blurred(to_float(picture)[None])[0])
    np.testing.assert_array_equal(tiled, whole)
