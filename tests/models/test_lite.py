import keras
import numpy as np
import pytest

from keras_litesr.models.bicubic import bicubic
from keras_litesr.models.cost import cost, multiply_adds
from keras_litesr.models.lite import lite


def test_parameter_count_is_the_sum_by_hand():
    # shallow: 9*3*48 + 48; block: 9*48 + 48*96 + 96 + 96*48 + 48;
    # subpixels: 9*48 + 48*48 + 48.
    assert lite(filters=48, num_blocks=12).count_params() == 1344 + 12 * 9792 + 2784


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


def test_a_slope_of_zero_makes_plain_rectifiers():
    kinds = [type(layer).__name__ for layer in lite(filters=3, negative_slope=0).layers]
    assert kinds.count("ReLU") == 12
    assert "LeakyReLU" not in kinds
    leaky = lite(filters=3, negative_slope=0.3).get_layer("block0_activation")
    assert leaky.negative_slope == pytest.approx(0.3)


def test_first_convolution_is_a_full_one_and_cheaper_than_a_separable_one():
    network = lite(filters=32, num_blocks=1)
    picture = keras.Input((None, None, 3))
    separable = keras.layers.SeparableConv2D(32, 3, depth_multiplier=11, padding="same")
    separated = keras.Model(picture, separable(picture))
    full = next(row for row in cost(network, (8, 8)) if row.name == "shallow")
    assert full.multiply_adds == 8 * 8 * 9 * 3 * 32
    assert full.multiply_adds < multiply_adds(separated, (8, 8))


@pytest.mark.parametrize("kernel_size", [4, (3, 2), ()])
def test_a_kernel_without_a_centre_is_refused(kernel_size):
    with pytest.raises(ValueError, match="Expected odd kernel sizes"):
        lite(filters=3, num_blocks=1, kernel_size=kernel_size)
