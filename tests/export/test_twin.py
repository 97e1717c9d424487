"""The `tf_keras` twin computes the same, and its weights find their way back."""

import os

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from keras_litesr.export.rewriting import split_separable
from keras_litesr.models.lite import lite
from keras_litesr.models.srcnn import srcnn
from keras_litesr.models.srresnet import srresnet

legacy = pytest.importorskip(
    "keras_litesr.export.legacy", reason="needs the extra compress", exc_type=ImportError
)
from keras_litesr.export.twin import twin, weights_back  # noqa: E402


@pytest.fixture(scope="module")
def trained_twin(trained):
    return twin(trained)


@pytest.mark.parametrize("size", [(1, 1), (7, 5)])
def test_twin_of_lite_computes_the_same(trained, trained_twin, size, rng):
    low_res = rng.random((2, *size, 3), np.float32)
    assert np.abs(trained_twin(low_res).numpy() - np.asarray(trained(low_res))).max() < 1e-5


def test_batch_normalisation_and_prelu_have_their_part(rng):
    model = srresnet(scale=2, filters=4, num_blocks=1)
    for layer in model.layers:
        if isinstance(layer, (layers.BatchNormalization, layers.PReLU)):
            layer.set_weights([rng.uniform(0.5, 1.5, w.shape) for w in layer.get_weights()])
    low_res = rng.random((1, 5, 6, 3), np.float32)
    assert np.abs(twin(model)(low_res).numpy() - np.asarray(model(low_res))).max() < 1e-5


def test_activations_inside_convolutions_are_kept(rng):
    model = srcnn(scale=2)
    low_res = rng.random((1, 3, 4, 3), np.float32)
    assert np.abs(twin(model)(low_res).numpy() - np.asarray(model(low_res))).max() < 1e-5


def test_changed_weights_come_back_and_the_model_stays(trained):
    before = trained.get_weights()
    changed = twin(trained)
    changed.set_weights([2 * weight for weight in changed.get_weights()])
    for old, new, kept in zip(
        before, weights_back(changed, trained).get_weights(), trained.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(new, 2 * old)
        np.testing.assert_array_equal(kept, old)


def test_the_rounded_bicubic_kernel_comes_back_with_the_weights(trained, trained_twin):
    source = keras.models.clone_model(trained)
    source.get_layer("bicubic").kernel = source.get_layer("bicubic").kernel + 1
    np.testing.assert_array_equal(
        weights_back(trained_twin, source).get_layer("bicubic").kernel,
        source.get_layer("bicubic").kernel,
    )


def test_normalisation_has_no_way_back():
    model = srresnet(scale=2, filters=4, num_blocks=1)
    with pytest.raises(ValueError, match="received block0_normalisation1, which the twin has fold"):
        weights_back(twin(model), model)


def test_convolutions_without_bias_have_a_way_back():
    picture = keras.Input((None, None, 3))
    wide = layers.SeparableConv2D(4, 3, use_bias=False)(picture)
    model = keras.Model(picture, layers.Conv2D(3, 1, use_bias=False, name="plain")(wide))
    changed = twin(model)
    changed.set_weights([weight + 1 for weight in changed.get_weights()])
    for old, new in zip(
        model.get_weights(), weights_back(changed, model).get_weights(), strict=True
    ):
        np.testing.assert_array_equal(new, old + 1)


def test_a_bias_without_a_place_is_refused():
    picture = keras.Input((None, None, 3))
    model = keras.Model(picture, layers.Conv2D(3, 1, use_bias=False, name="plain")(picture))
    changed = twin(split_separable(model))
    changed.set_weights([weight + 1 for weight in changed.get_weights()])
    with pytest.raises(ValueError, match="Expected a layer with a bias, received plain"):
        weights_back(changed, model)


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (layers.MaxPooling2D(name="pool"), "received pool, a MaxPooling2D"),
        (layers.Conv2D(3, 1, activation="gelu", name="odd"), "received gelu in odd"),
    ],
)
def test_what_the_twin_does_not_know_is_refused(layer, message):
    picture = keras.Input((None, None, 3))
    with pytest.raises(ValueError, match=message):
        twin(keras.Model(picture, layer(picture)))


def test_the_rest_of_the_process_stays_with_keras_3():
    assert tf.keras.Model is keras.Model
    assert legacy.tf_keras.Model is not keras.Model
    assert "TF_USE_LEGACY_KERAS" not in os.environ


def test_twin_has_the_layers_of_the_split_model():
    names = [layer.name for layer in twin(lite(filters=3, num_blocks=1)).layers]
    assert names[:4] == ["low_res", "shallow", "block0_expand_depthwise", "block0_expand_pointwise"]
