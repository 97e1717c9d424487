import keras
import numpy as np
import pytest
from keras import layers

from keras_litesr.export.calibration import channel_reach
from keras_litesr.export.equalization import equalize
from keras_litesr.export.rewriting import split_separable


def unevenness(reach):
    return float(np.log(reach / reach.max()).std())


def test_function_stays_and_channels_become_even(trained, pictures, rng):
    plain = split_separable(trained)
    before = channel_reach(plain, pictures)
    equalize(plain, before)
    after = channel_reach(plain, pictures)
    low_res = rng.random((1, 9, 9, 3), np.float32)
    np.testing.assert_allclose(plain(low_res), trained(low_res), atol=1e-5)
    assert unevenness(after["block0_expand_depthwise"]) < 1e-3
    for name in ("block0_expand_pointwise", "block0_activation", "block1_skip", "long_skip"):
        assert unevenness(after[name]) < unevenness(before[name])


def test_pixels_keep_their_range(trained, pictures):
    plain = split_separable(trained)
    before = channel_reach(plain, pictures)
    equalize(plain, before)
    after = channel_reach(plain, pictures)
    for name in ("low_res", "bicubic", "subpixels_pointwise", "global_skip"):
        np.testing.assert_allclose(after[name], before[name], rtol=1e-4)


def test_two_channels_by_hand():
    picture = keras.Input((None, None, 3))
    first = layers.Conv2D(2, 1, name="first")
    second = layers.Conv2D(3, 1, name="second")
    model = keras.Model(picture, second(layers.LeakyReLU(0.1, name="leaky")(first(picture))))
    kernels = first.get_weights()[0], second.get_weights()[0]
    reach = np.array([1.0, 4.0])
    equalize(model, {"first": reach, "leaky": reach})
    np.testing.assert_allclose(first.get_weights()[0], kernels[0] * [4, 1], rtol=1e-6)
    np.testing.assert_allclose(
        second.get_weights()[0], kernels[1] / np.array([4, 1])[:, None], rtol=1e-6
    )


def reach_of(model):
    """Makes up a reach for every tensor whose channels differ."""
    return {layer.name: np.arange(1.0, layer.output.shape[-1] + 1) for layer in model.layers}


@pytest.mark.parametrize("options", [{"threshold": 0.5}, {"max_value": 0.2}])
def test_a_rectifier_that_bends_elsewhere_than_at_zero_stays_as_it_is(options, rng):
    picture = keras.Input((None, None, 3))
    bent = layers.ReLU(**options)(layers.Conv2D(4, 3, padding="same")(picture))
    model = keras.Model(picture, layers.Conv2D(3, 1)(bent))
    low_res = rng.random((1, 9, 9, 3), np.float32)
    before = model(low_res)
    equalize(model, reach_of(model))
    np.testing.assert_allclose(model(low_res), before, atol=1e-5)


def test_an_addition_that_broadcasts_stays_as_it_is(rng):
    picture = keras.Input((None, None, 3))
    wide, narrow = layers.Conv2D(4, 1)(picture), layers.Conv2D(1, 1)(picture)
    model = keras.Model(picture, layers.Conv2D(3, 1)(layers.Add()([wide, narrow])))
    low_res = rng.random((1, 9, 9, 3), np.float32)
    before = model(low_res)
    equalize(model, reach_of(model))
    np.testing.assert_allclose(model(low_res), before, atol=1e-5)
