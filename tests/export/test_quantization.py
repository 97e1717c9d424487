import keras
import numpy as np
import pytest
from PIL import Image

from keras_litesr.export.quantization import (
    FakeQuantize,
    checked_representative,
    prepare_int8,
    representative_crops,
    rounded_with_sum,
)
from keras_litesr.images.resize import reduce
from keras_litesr.models.bicubic import bicubic
from keras_litesr.models.layers import bicubic_subpixel_kernel

GREY = np.full((16, 16, 3), 128, np.uint8)


def test_bicubic_weights_keep_their_sum_to_half_a_step():
    kernel = bicubic_subpixel_kernel(4)
    rounded = rounded_with_sum(kernel)
    steps = np.abs(kernel).max(axis=(0, 1, 2)) / 127
    error = np.abs(rounded.sum(axis=(0, 1, 2)) - kernel.sum(axis=(0, 1, 2)))
    assert np.all(error <= 0.5001 * steps)
    assert np.all(rounded[kernel == 0] == 0)
    assert np.abs(rounded - kernel).max() <= 1.001 * steps.max()
    np.testing.assert_allclose(rounded / steps, np.round(rounded / steps), atol=1e-4)


def test_rounded_weights_round_to_themselves():
    rounded = rounded_with_sum(bicubic_subpixel_kernel(4))
    np.testing.assert_allclose(rounded_with_sum(rounded), rounded, rtol=1e-6)


def test_every_stored_tensor_is_rounded_and_pixels_have_pixel_steps(trained, pictures):
    prepared = prepare_int8(trained, pictures)
    rounding = {layer.name: layer for layer in prepared.layers if isinstance(layer, FakeQuantize)}
    convolutions = [layer.name for layer in prepared.layers if "Conv2D" in type(layer).__name__]
    assert all(f"{name}_rounded" in rounding for name in convolutions)
    for name in ("low_res_rounded", "global_skip_rounded"):
        assert (rounding[name].low, rounding[name].high) == (0, 1)
    assert "high_res_rounded" not in rounding


def test_rounded_bicubic_keeps_flat_areas(pictures):
    prepared = prepare_int8(bicubic(), pictures)
    for grey in (10, 128, 250):
        enlarged = prepared(np.full((1, 8, 8, 3), grey / 255, np.float32))
        assert np.abs(np.asarray(enlarged) * 255 - grey).max() <= 1.01


def test_preparation_leaves_the_model_alone(trained, pictures):
    before = trained.get_weights()
    prepare_int8(trained, pictures)
    for old, new in zip(before, trained.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_rounding_layer_is_kept_by_a_configuration():
    layer = FakeQuantize(-0.5, 1.5)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert (again.low, again.high) == (-0.5, 1.5)
    np.testing.assert_allclose(again(np.float32([-9, 0, 9])), [-0.5, 0, 1.5], atol=0.005)


@pytest.mark.parametrize(("pictures", "received"), [(None, "none"), ([GREY] * 7, "7")])
def test_too_few_pictures_are_refused(pictures, received):
    with pytest.raises(ValueError, match=f"at least 8 .* for int8, .* received {received}"):
        checked_representative(pictures, "int8")


def test_wrong_pictures_are_refused():
    with pytest.raises(ValueError, match=r"uint8 RGB, received float32 of \(4, 4, 3\)"):
        checked_representative([np.zeros((4, 4, 3), np.float32)] * 8, "int8")


def test_few_pictures_are_warned_about():
    with pytest.warns(UserWarning, match="8 representative pictures are few"):
        checked_representative([GREY] * 8, "int8")


def test_crops_are_the_reduced_pictures(tmp_path, rng):
    pictures = rng.integers(0, 256, (3, 32, 32, 3), np.uint8)
    for index, pixels in enumerate(pictures):
        Image.fromarray(pixels).save(tmp_path / f"{index}.png")
    crops = representative_crops(tmp_path, scale=4, side=8, count=3)
    np.testing.assert_array_equal(crops, [reduce(pixels, 4) for pixels in pictures])


def test_crops_are_repeatable(tmp_path, rng):
    for index in range(3):
        pixels = rng.integers(0, 256, (50, 41 + index, 3), np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{index}.png")
    first = representative_crops(tmp_path, scale=4, side=8, count=2)
    second = representative_crops(tmp_path, scale=4, side=8, count=2)
    assert [crop.shape for crop in first] == [(8, 8, 3)] * 2
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(("small", "count"), [(1, 12), (14, 26)])
def test_a_few_small_pictures_do_not_make_all_crops_small(tmp_path, rng, small, count):
    for index, side in enumerate([40] * 12 + [16] * small):
        pixels = rng.integers(0, 256, (side, side, 3), np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{index}.png")
    warnings = []
    crops = representative_crops(tmp_path, scale=4, side=8, warn=warnings.append)
    assert len(crops) == count
    assert (min(map(len, crops)) == 8) == bool(warnings) == (small == 1)
