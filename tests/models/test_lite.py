import keras
import numpy as np
import pytest

from keras_litesr.models.bicubic import bicubic
from keras_litesr.models.lite import lite


def test_parameter_count_is_the_sum_by_hand():
    # shallow: 9*48 depthwise + 48*48 pointwise + 48; block: 9*48 + 48*96 + 96 + 96*48 + 48;
    # subpixels: 9*48 + 48*48 + 48.
    assert lite(filters=48, num_blocks=12).count_params() == 2784 + 12 * 9792 + 2784


def test_blocks_take_several_kernel_sizes_in_turn():
    model = lite(filters=3, num_blocks=4, kernel_size=(3, 5, 7))
    kernels = [model.get_layer(f"block{index}_expand").kernel_size for index in range(4)]
    assert kernels == [(3, 3), (5, 5), (7, 7), (3, 3)]


def test_without_its_learned_part_it_is_the_bicubic_enlargement(rng):
    model = lite(num_blocks=1, filters=12)
    model.get_layer("subpixels").set_weights(
        [np.zeros_like(weight) for weight in model.get_layer("subpixels").get_weights()]
    )
    low_res = rng.random((2, 5, 7, 3), np.float32)
    expected = bicubic().predict(low_res, verbose=0)
    np.testing.assert_allclose(model.predict(low_res, verbose=0), expected, atol=1e-6)


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("size", [(1, 1), (1, 9), (7, 5)])
def test_any_size_becomes_scale_times_as_large(scale, size):
    model = lite(scale=scale, filters=12, num_blocks=1)
    enlarged = model.predict(np.zeros((1, *size, 3), np.float32), verbose=0)
    assert enlarged.shape == (1, scale * size[0], scale * size[1], 3)


def test_clones_and_saves_with_equal_output(tmp_path, rng):
    model = lite(filters=12, num_blocks=2)
    low_res = rng.random((1, 6, 6, 3), np.float32)
    expected = model.predict(low_res, verbose=0)
    clone = keras.models.clone_model(model)
    clone.set_weights(model.get_weights())
    model.save(tmp_path / "model.keras")
    for twin in (clone, keras.models.load_model(tmp_path / "model.keras")):
        np.testing.assert_allclose(twin.predict(low_res, verbose=0), expected, atol=1e-6)


def test_has_neither_lambda_nor_prelu():
    kinds = {type(layer).__name__ for layer in lite(filters=12, num_blocks=1).layers}
    assert kinds == {
        "Add",
        "BicubicSubpixels",
        "Conv2D",
        "InputLayer",
        "LeakyReLU",
        "PixelShuffle",
        "SeparableConv2D",
    }


def test_first_layer_has_filters_enough_for_any_width():
    depthwise, pointwise, _ = lite(filters=32, num_blocks=1).get_layer("shallow").get_weights()
    assert depthwise.shape == (3, 3, 3, 11)
    assert pointwise.shape == (1, 1, 33, 32)
