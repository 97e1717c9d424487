import keras
import numpy as np
import pytest
from keras import layers, ops

from keras_litesr.export.rewriting import split_separable


def test_split_model_computes_the_same(trained, rng):
    low_res = rng.random((2, 7, 9, 3), np.float32)
    split = split_separable(trained)
    assert not any(isinstance(layer, layers.SeparableConv2D) for layer in split.layers)
    np.testing.assert_allclose(split(low_res), trained(low_res), atol=1e-6)


def test_weights_are_copies(trained):
    before = trained.get_weights()
    split = split_separable(trained)
    split.set_weights([weight + 1 for weight in split.get_weights()])
    for old, new in zip(before, trained.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize(
    "convolution",
    [
        layers.Conv2D(6, 3, padding="same", use_bias=False),
        layers.SeparableConv2D(6, 3, padding="same", use_bias=False),
        layers.DepthwiseConv2D(3, padding="same", depth_multiplier=2, use_bias=False),
        layers.DepthwiseConv2D(3, depth_multiplier=2, bias_initializer="ones"),
    ],
)
def test_batch_normalisation_is_folded(convolution, rng):
    picture = keras.Input((None, None, 3))
    tensor = convolution(picture)
    tensor = layers.BatchNormalization(name="norm")(tensor)
    model = keras.Model(picture, layers.ReLU()(tensor))
    model.get_layer("norm").set_weights([rng.uniform(0.5, 2, 6) for _ in range(4)])
    split = split_separable(model)
    assert not any(isinstance(layer, layers.BatchNormalization) for layer in split.layers)
    low_res = rng.random((1, 5, 5, 3), np.float32)
    np.testing.assert_allclose(split(low_res), model(low_res), atol=1e-5)


def test_normalisation_that_cannot_be_folded_stays(rng):
    picture = keras.Input((None, None, 3))
    normed = layers.BatchNormalization()(picture)
    model = keras.Model(picture, layers.Add()([normed, picture]))
    low_res = rng.random((1, 5, 5, 3), np.float32)
    np.testing.assert_allclose(split_separable(model)(low_res), model(low_res), atol=1e-6)


def test_wrap_sees_every_tensor_by_name(trained):
    seen = []
    split_separable(trained, wrap=lambda tensor, name: seen.append(name) or tensor)
    assert seen[:4] == ["low_res", "shallow", "block0_expand_depthwise", "block0_expand_pointwise"]
    assert seen[-2:] == ["global_skip", "high_res"]


def test_operations_outside_of_layers_are_refused():
    picture = keras.Input((None, None, 3))
    model = keras.Model(picture, layers.ReLU()(ops.sin(picture)))
    with pytest.raises(ValueError, match="layers only, received one with sin"):
        split_separable(model)


def test_a_layer_applied_twice_is_refused_by_name():
    picture = keras.Input((None, None, 3))
    shared = layers.Conv2D(3, 3, padding="same", name="shared")
    with pytest.raises(ValueError, match="received shared, which is applied 2 times"):
        split_separable(keras.Model(picture, shared(shared(picture))))
