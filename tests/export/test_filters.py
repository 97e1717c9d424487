"""Whole filters removed."""

import keras
import numpy as np
import pytest
from keras import layers

from keras_litesr.export.filters import passages, remove_filters
from keras_litesr.models.bicubic import bicubic
from keras_litesr.models.lite import lite
from keras_litesr.models.srresnet import srresnet
from keras_litesr.zoo.registry import load
from keras_litesr.zoo.saving import save_to_preset


def chain(user):
    """A picture through four channels, of which the third is always 0.7, into `user`."""
    picture = keras.Input((None, None, 3))
    wide = layers.Conv2D(4, 1, name="wide")(picture)
    wide = layers.PReLU(shared_axes=[1, 2], name="slopes")(wide)
    model = keras.Model(picture, user(wide))
    generator = np.random.default_rng(5)
    kernel = generator.normal(0, 1, (1, 1, 3, 4))
    kernel[..., 2] = 0
    model.get_layer("wide").set_weights([kernel, np.float32([0.5, 0.4, 0.7, 0.3])])
    model.get_layer("slopes").set_weights([np.full((1, 1, 4), 0.2)])
    return model


@pytest.mark.parametrize(
    "user",
    [
        layers.Conv2D(2, 1, name="narrow"),
        layers.Conv2D(2, 3, padding="valid", name="narrow"),
        layers.SeparableConv2D(2, 3, padding="valid", name="narrow"),
        layers.Conv2D(2, 3, padding="valid", use_bias=False, name="narrow"),
        layers.SeparableConv2D(2, 3, padding="valid", use_bias=False, name="narrow"),
    ],
)
def test_a_constant_channel_goes_first_and_is_not_missed(user, pictures, rng):
    model = chain(user)
    smaller = remove_filters(model, pictures, keep=0.75)
    assert smaller.get_layer("wide").filters == 3
    np.testing.assert_array_equal(
        smaller.get_layer("wide").get_weights()[0],
        np.delete(model.get_layer("wide").get_weights()[0], 2, axis=-1),
    )
    low_res = rng.random((1, 5, 6, 3), np.float32)
    np.testing.assert_allclose(smaller(low_res), model(low_res), atol=1e-5)


def test_half_of_the_wide_channels_of_lite_are_gone(trained, pictures):
    smaller = remove_filters(trained, pictures, keep=0.5)
    # Each of 2 blocks loses 12 of 24 wide channels: 12 weights before, a bias, 12 weights behind.
    assert trained.count_params() - smaller.count_params() == 2 * 12 * (12 + 1 + 12)
    assert [layer.name for layer in smaller.layers] == [layer.name for layer in trained.layers]


def test_all_kept_is_the_same_function(trained, pictures, rng):
    low_res = rng.random((1, 5, 7, 3), np.float32)
    same = remove_filters(trained, pictures, keep=1)
    np.testing.assert_allclose(same(low_res), trained(low_res), atol=1e-6)


def test_the_residual_stream_keeps_its_width():
    assert [(place.maker.name, place.user.name) for place in passages(lite(num_blocks=2))] == [
        ("block0_expand", "block0_project"),
        ("block1_expand", "block1_project"),
    ]


def test_normalisation_between_is_folded_first(pictures, rng):
    model = srresnet(scale=2, filters=4, num_blocks=1)
    smaller = remove_filters(model, pictures, keep=0.5)
    assert smaller.get_layer("block0_conv1").filters == 2
    assert smaller.get_layer("block0_conv2").filters == 4
    assert smaller(rng.random((1, 4, 4, 3), np.float32)).shape == (1, 8, 8, 3)


def test_the_smaller_model_is_a_preset(trained, pictures, tmp_path, rng):
    smaller = remove_filters(trained, pictures, keep=0.3)
    low_res = rng.random((1, 5, 7, 3), np.float32)
    again = load(save_to_preset(smaller, tmp_path / "small_x4"))
    np.testing.assert_allclose(again(low_res), smaller(low_res), atol=1e-6)
    assert again.get_layer("block1_expand").filters == 7


@pytest.mark.parametrize(("keep", "received"), [(0, "received 0"), (1.5, "received 1.5")])
def test_odd_shares_are_refused(trained, pictures, keep, received):
    with pytest.raises(ValueError, match=f"above 0 and at most 1, {received}"):
        remove_filters(trained, pictures, keep=keep)


def test_what_cannot_lose_filters_is_refused(trained, pictures):
    with pytest.raises(ValueError, match="received bicubic_x4, which has none"):
        remove_filters(bicubic(), pictures)
    with pytest.raises(ValueError, match="Expected pictures to judge the filters on"):
        remove_filters(trained, [])


def test_a_layer_applied_twice_is_refused_by_name(pictures):
    picture = keras.Input((None, None, 3))
    shared = layers.Conv2D(3, 3, padding="same", name="shared")
    with pytest.raises(ValueError, match="received shared, which is applied 2 times"):
        remove_filters(keras.Model(picture, shared(shared(picture))), pictures)
