import numpy as np
import pytest

from keras_litesr.datasets.degradation import Pair, degrade
from keras_litesr.datasets.patches import CentreCrops, Patches, _turn
from keras_litesr.images import resize
from keras_litesr.images.pixels import to_uint8


@pytest.fixture
def pairs(rng):
    sizes = [(64, 80), (96, 72)]
    return degrade([rng.integers(0, 256, (*size, 3), dtype=np.uint8) for size in sizes], 4)


def test_a_batch_is_float_rgb_at_both_resolutions(pairs):
    low_res, high_res = Patches(pairs, patch_size=8, batch_size=3)[0]
    assert (low_res.shape, high_res.shape) == ((3, 8, 8, 3), (3, 32, 32, 3))
    assert low_res.dtype == high_res.dtype == np.float32
    assert min(low_res.min(), high_res.min()) >= 0
    assert max(low_res.max(), high_res.max()) <= 1


def test_patches_are_aligned_however_they_are_turned(pairs):
    """Reducing a high-resolution patch gives the low-resolution one, away from the border."""
    patches = Patches(pairs, patch_size=12, batch_size=24)
    for low_res, high_res in zip(*patches[0], strict=True):
        reduced = resize.reduce(to_uint8(high_res), 4)
        difference = reduced.astype(int) - to_uint8(low_res).astype(int)
        # Pillow rounds between its passes over columns and rows, which a turn exchanges.
        assert np.abs(difference[3:-3, 3:-3]).max() <= 1


def test_the_eight_turns_of_a_patch_differ_and_keep_its_pixels():
    patch = np.arange(6 * 6 * 3).reshape(6, 6, 3)
    turned = {_turn(patch, turns, mirrored).tobytes() for turns in range(4) for mirrored in (0, 1)}
    assert len(turned) == 8
    assert all(sorted(np.frombuffer(t, patch.dtype)) == list(range(patch.size)) for t in turned)


def test_a_batch_depends_on_seed_epoch_and_index_alone(pairs):
    def batch(seed, epoch, index):
        patches = Patches(pairs, patch_size=8, batch_size=2, seed=seed)
        patches.epoch = epoch
        return patches[index][0].tobytes()

    assert batch(1, 2, 3) == batch(1, 2, 3)
    assert len({batch(1, 2, 3), batch(0, 2, 3), batch(1, 0, 3), batch(1, 2, 0)}) == 4


def test_an_epoch_that_ends_makes_the_next_one_differ(pairs):
    patches = Patches(pairs, patch_size=8, batch_size=2, steps=7)
    assert len(patches) == 7
    first = patches[0][0]
    patches.on_epoch_end()
    assert not np.array_equal(patches[0][0], first)


def test_the_rest_of_an_epoch_has_its_batches_and_leaves_the_whole_alone(pairs):
    patches = Patches(pairs, patch_size=8, batch_size=2, steps=5)
    rest = patches.skipping(3)
    assert (len(rest), len(patches)) == (2, 5)
    for index in range(2):
        np.testing.assert_array_equal(rest[index][1], patches[3 + index][1])


def test_large_pictures_give_more_patches_than_small_ones():
    shapes, values = [(8, 8), (24, 24)], [0, 255]
    pairs = [
        Pair(
            np.full((*shape, 3), value, np.uint8),
            np.full((4 * shape[0], 4 * shape[1], 3), value, np.uint8),
        )
        for shape, value in zip(shapes, values, strict=True)
    ]
    low_res, _ = Patches(pairs, patch_size=8, batch_size=1000)[0]
    assert np.mean(low_res) == pytest.approx(0.9, abs=0.03)


def test_patches_come_from_every_place_of_a_picture_in_every_turn():
    numbered = np.arange(30, dtype=np.uint8).reshape(5, 6, 1).repeat(3, axis=2)
    pair = Pair(numbered, numbered.repeat(4, axis=0).repeat(4, axis=1))
    low_res, _ = Patches([pair], patch_size=4, batch_size=500)[0]
    assert set(to_uint8(low_res).min(axis=(1, 2, 3))) == {0, 1, 2, 6, 7, 8}
    assert len({patch.tobytes() for patch in low_res}) == 6 * 8


def test_pictures_smaller_than_a_patch_are_left_out_and_none_is_an_error(pairs):
    assert len(Patches(pairs, patch_size=17).pairs) == 1
    with pytest.raises(ValueError, match="at least 100x100 pixels, received 2 pictures"):
        Patches(pairs, patch_size=25)


def test_centre_crops_have_one_size_and_lie_in_the_middle(pairs):
    crops = CentreCrops(pairs)
    assert len(crops) == 2
    for index, (top, left) in enumerate([(0, 1), (4, 0)]):
        low_res, high_res = crops[index]
        assert (low_res.shape, high_res.shape) == ((1, 16, 18, 3), (1, 64, 72, 3))
        kept = pairs[index].low_res[top : top + 16, left : left + 18]
        np.testing.assert_array_equal(to_uint8(low_res[0]), kept)
        above = pairs[index].high_res[4 * top : 4 * top + 64, 4 * left : 4 * left + 72]
        np.testing.assert_array_equal(to_uint8(high_res[0]), above)


def test_no_picture_for_validation_is_an_error():
    with pytest.raises(ValueError, match="received none"):
        CentreCrops([])


def test_degrading_crops_to_a_multiple_of_the_scale(rng):
    (pair,) = degrade([rng.integers(0, 256, (13, 18, 3), dtype=np.uint8)], 4)
    assert (pair.low_res.shape, pair.high_res.shape) == ((3, 4, 3), (12, 16, 3))
    np.testing.assert_array_equal(pair.low_res, resize.reduce(pair.high_res, 4))


@pytest.mark.parametrize("dataset", [Patches, CentreCrops])
def test_pairs_of_another_scale_are_refused(pairs, dataset):
    with pytest.raises(ValueError, match=r"32x40 high.* 16x20 of pair 0 at scale 2.* 64x80"):
        dataset(pairs, scale=2)


@pytest.mark.parametrize("dataset", [Patches, CentreCrops])
@pytest.mark.parametrize("channels", [1, 4])
def test_pairs_that_are_not_rgb_are_refused(pairs, dataset, channels):
    odd = [
        Pair(*(picture[..., np.arange(channels) % 3] for picture in (pair.low_res, pair.high_res)))
        for pair in pairs
    ]
    with pytest.raises(ValueError, match=rf"RGB in pair 0, received \(16, 20, {channels}\)"):
        dataset(odd)


@pytest.mark.parametrize("option", ["patch_size", "batch_size", "steps", "seed"])
def test_numbers_that_give_no_patches_are_refused(pairs, option):
    with pytest.raises(ValueError, match="Expected patch_size, batch_size and steps of at least 1"):
        Patches(pairs, **{option: -1})
