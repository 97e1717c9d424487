import keras
import numpy as np
import pytest
from keras import layers

from keras_litesr.models.bicubic import bicubic
from keras_litesr.models.cost import cost, receptive_radius, scale_of
from keras_litesr.models.layers import PixelShuffle
from keras_litesr.models.lite import lite

FEATURE_SIZE, INPUT_CHANNELS, OUTPUT_CHANNELS, KERNEL = 10, 6, 8, 3


def cost_of(layer):
    inputs = keras.Input((None, None, INPUT_CHANNELS))
    model = keras.Model(inputs, layer(inputs))
    return cost(model, (FEATURE_SIZE, FEATURE_SIZE))[-1]


def test_the_reach_of_operations_outside_of_layers_is_not_known():
    picture = keras.Input((None, None, 3))
    wide = layers.Conv2D(3, 3, padding="same")(picture)
    with pytest.raises(ValueError, match="Expected a model of layers only, received one with add"):
        receptive_radius(keras.Model(picture, wide + picture))


def test_convolution_costs_equations_1_and_2():
    row = cost_of(layers.Conv2D(OUTPUT_CHANNELS, KERNEL, padding="same", use_bias=False))
    assert row.multiply_adds == 10 * 10 * 6 * 8 * 3 * 3
    assert row.parameters == 3 * 3 * 8 * 6
    assert row.output_size == (10, 10)


def test_separable_convolution_costs_equations_3_and_4_with_input_channels():
    row = cost_of(layers.SeparableConv2D(OUTPUT_CHANNELS, KERNEL, padding="same", use_bias=False))
    assert row.multiply_adds == 10 * 10 * 6 * 3 * 3 + 6 * 8 * 10 * 10
    assert row.parameters == 3 * 3 * 6 + 6 * 8


def test_ratio_is_equation_5():
    dense = cost_of(layers.Conv2D(OUTPUT_CHANNELS, KERNEL, padding="same"))
    separable = cost_of(layers.SeparableConv2D(OUTPUT_CHANNELS, KERNEL, padding="same"))
    expected = 1 / OUTPUT_CHANNELS + 1 / KERNEL**2
    assert separable.multiply_adds / dense.multiply_adds == pytest.approx(expected)


def test_depthwise_and_pointwise_add_up_to_the_separable():
    depthwise = cost_of(layers.DepthwiseConv2D(KERNEL, padding="same"))
    pointwise = cost_of(layers.Conv2D(OUTPUT_CHANNELS, 1))
    separable = cost_of(layers.SeparableConv2D(OUTPUT_CHANNELS, KERNEL, padding="same"))
    assert depthwise.multiply_adds + pointwise.multiply_adds == separable.multiply_adds


def test_strided_grouped_transposed_dense_and_twofold_layers_count():
    strided = layers.Conv2D(8, 3, strides=2, padding="same")
    assert cost_of(strided).multiply_adds == 5 * 5 * 9 * 6 * 8
    grouped = layers.Conv2D(8, 3, groups=2, padding="same")
    assert cost_of(grouped).multiply_adds == 10 * 10 * 9 * 3 * 8
    transposed = layers.Conv2DTranspose(8, 3, strides=2, padding="same")
    assert cost_of(transposed).multiply_adds == 10 * 10 * 9 * 6 * 8
    assert cost_of(layers.Dense(8)).multiply_adds == 10 * 10 * 6 * 8
    twofold = layers.SeparableConv2D(8, 3, depth_multiplier=2, padding="same")
    assert cost_of(twofold).multiply_adds == 10 * 10 * (12 * 9 + 12 * 8)


def test_parameters_add_up_to_keras_own_count():
    model = lite(filters=12, num_blocks=3)
    assert sum(row.parameters for row in cost(model, (8, 8))) == model.count_params()


def test_receptive_radius_by_hand_and_by_touching_one_pixel():
    assert receptive_radius(bicubic()) == 2
    assert receptive_radius(lite(filters=12, num_blocks=3)) == 1 + 3 * 1 + 1
    model = lite(filters=12, num_blocks=2, kernel_size=5)
    radius = receptive_radius(model)
    assert radius == 1 + 2 * 2 + 1
    black = np.zeros((1, 31, 31, 3), np.float32)
    dot = black.copy()
    dot[0, 15, 15] = 1
    touched = model.predict(dot, verbose=0) != model.predict(black, verbose=0)
    rows = np.flatnonzero(touched.any((0, 2, 3))) // 4
    assert rows.min() == 15 - radius
    assert rows.max() == 15 + radius


def test_layers_at_high_resolution_reach_less_far():
    inputs = keras.Input((None, None, 3))
    large = PixelShuffle(4)(layers.Conv2D(48, 3, padding="same")(inputs))
    model = keras.Model(inputs, layers.Conv2D(3, 9, padding="same")(large))
    assert receptive_radius(model) == 1 + 1


def test_dilation_widens_the_reach():
    inputs = keras.Input((None, None, 3))
    dilated = layers.Conv2D(3, 3, padding="same", dilation_rate=4)(inputs)
    assert receptive_radius(keras.Model(inputs, dilated)) == 4


@pytest.mark.parametrize(
    "layer",
    [
        layers.Conv2D(3, 3, strides=2, padding="same", name="odd"),
        layers.MaxPooling2D(name="odd"),
        layers.GlobalAveragePooling2D(keepdims=True, name="odd"),
        layers.Conv2DTranspose(3, 3, strides=2, padding="same", name="odd"),
    ],
)
def test_layers_of_unknown_reach_are_refused_by_name(layer):
    inputs = keras.Input((None, None, 3))
    with pytest.raises(ValueError, match=f"received odd, a {type(layer).__name__}"):
        receptive_radius(keras.Model(inputs, layer(inputs)))


@pytest.mark.parametrize("size", [3, (1, 3)])
def test_layers_that_cut_the_edges_off_are_refused(size):
    inputs = keras.Input((None, None, 3))
    cut = layers.Conv2D(12, size, name="odd")(inputs)
    model = keras.Model(inputs, PixelShuffle(2)(cut), name="cutting")
    with pytest.raises(ValueError, match="received odd, a Conv2D"):
        receptive_radius(model)
    with pytest.raises(ValueError, match=r"received cutting, which makes 12x1[26] of 8x8"):
        scale_of(model)


def test_a_pointwise_convolution_needs_no_padding():
    inputs = keras.Input((None, None, 3))
    model = keras.Model(inputs, PixelShuffle(2)(layers.Conv2D(12, 1)(inputs)))
    assert (receptive_radius(model), scale_of(model)) == (0, 2)


def test_a_model_of_a_fixed_size_has_a_scale():
    inputs = keras.Input((6, 12, 3))
    assert scale_of(keras.Model(inputs, PixelShuffle(2)(layers.Conv2D(12, 1)(inputs)))) == 2
    with pytest.raises(ValueError, match="makes 6x3 of 12x6"):
        scale_of(keras.Model(inputs, layers.Conv2D(3, 1, strides=2)(inputs)))


def test_a_layer_that_makes_no_picture_has_no_size():
    inputs = keras.Input((8, 8, 3))
    model = keras.Model(inputs, layers.Dense(1)(layers.Flatten()(layers.Conv2D(4, 1)(inputs))))
    assert [row.output_size for row in cost(model, (8, 8))] == [(8, 8), (8, 8), (), ()]


@pytest.mark.parametrize("scale", [0.5, 1.5])
def test_a_scale_that_is_no_whole_number_is_refused(scale):
    inputs = keras.Input((None, None, 3))
    channels = 3 if scale == 0.5 else 9 * 3
    strided = layers.Conv2D(channels, 3, strides=2, padding="same")(inputs)
    outputs = strided if scale == 0.5 else PixelShuffle(3)(strided)
    with pytest.raises(ValueError, match=rf"makes {8 * scale:.0f}x{8 * scale:.0f} of 8x8"):
        scale_of(keras.Model(inputs, outputs))


def test_a_layer_applied_three_times_is_refused_by_name():
    inputs = keras.Input((None, None, 3))
    shared = layers.Conv2D(3, 3, padding="same", name="shared")
    model = keras.Model(inputs, shared(shared(shared(inputs))))
    for read in (receptive_radius, lambda model: cost(model, (8, 8))):
        with pytest.raises(ValueError, match="received shared, which is applied 3 times"):
            read(model)


def test_a_model_within_a_model_is_refused_by_name():
    inputs = keras.Input((None, None, 3))
    inner = lite(filters=6, num_blocks=1)
    model = keras.Model(inputs, inner(inputs))
    for read in (receptive_radius, lambda model: cost(model, (8, 8))):
        with pytest.raises(ValueError, match=f"received one with {inner.name}, which is a model"):
            read(model)
