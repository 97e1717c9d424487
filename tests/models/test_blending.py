import keras
import numpy as np
import pytest

import keras_litesr
from keras_litesr.models.blending import blend
from keras_litesr.models.lite import lite
from keras_litesr.models.srcnn import srcnn
from keras_litesr.training.precision import layers_in


@pytest.fixture
def network(rng):
    """A small network with a value of its own in every weight."""
    model = lite(filters=6, num_blocks=1)
    model.set_weights([rng.normal(0, 0.1, array.shape) for array in model.get_weights()])
    return model


@pytest.fixture
def relative(network, rng):
    other = keras.models.clone_model(network)
    other.set_weights([w + rng.normal(0, 0.02, w.shape) for w in network.get_weights()])
    return other


def test_every_weight_lies_between(network, relative):
    blended = blend(network, relative, 0.25)
    weights = (model.get_weights() for model in (network, relative, blended))
    for first, second, between in zip(*weights, strict=True):
        np.testing.assert_allclose(between, 0.75 * first + 0.25 * second, atol=1e-6)


def test_the_ends_are_the_models_themselves_and_stay_as_they_are(network, relative):
    before = [model.get_weights() for model in (network, relative)]
    for weight, end in ((0, network), (1, relative)):
        blended = blend(network, relative, weight)
        assert blended is not end
        for made, expected in zip(blended.get_weights(), end.get_weights(), strict=True):
            np.testing.assert_array_equal(made, expected)
        blended.set_weights([0 * array for array in blended.get_weights()])
    for model, kept in zip((network, relative), before, strict=True):
        for now, then in zip(model.get_weights(), kept, strict=True):
            np.testing.assert_array_equal(now, then)


def test_a_saved_and_loaded_relative_is_none_the_stranger(network, tmp_path):
    loaded = keras_litesr.load(keras_litesr.save_to_preset(network, tmp_path / "preset"))
    assert blend(network, loaded, 0.5).count_params() == network.count_params()


def test_networks_of_one_shape_that_were_started_apart_are_refused():
    keras.utils.set_random_seed(0)
    with pytest.raises(ValueError, match="Expected relatives, one trained on from the other"):
        blend(lite(filters=24, num_blocks=2), lite(filters=24, num_blocks=2), 0.5)


def test_the_released_network_and_a_fresh_one_are_strangers():
    released = keras_litesr.load("lite_psnr_x4")
    with pytest.raises(ValueError, match=r"at least 0\.5, received -?0\.0"):
        blend(released, lite(negative_slope=0), 0.5)


@pytest.mark.parametrize(
    ("other", "layer"),
    [
        (lambda: lite(filters=6, num_blocks=2), "block1_expand"),
        (lambda: lite(filters=8, num_blocks=1), "shallow"),
        (srcnn, "shallow"),
    ],
)
def test_another_architecture_is_refused_by_its_first_other_layer(network, other, layer):
    with pytest.raises(ValueError, match=rf"parameters and .* differ in the layer {layer}\."):
        blend(network, other(), 0.5)


def test_a_slope_is_part_of_the_architecture(network):
    config = network.get_config()
    (activation,) = [row for row in config["layers"] if row["class_name"] == "LeakyReLU"]
    activation["config"]["negative_slope"] = 0.2
    steeper = keras.Model.from_config(config)
    with pytest.raises(ValueError, match="block0_activation"):
        blend(network, steeper, 0.5)


def test_a_name_is_no_model(network):
    with pytest.raises(TypeError, match="Expected two Keras models to blend, received 'lite_x4'"):
        blend(network, "lite_x4", 0.5)


def test_a_weight_beyond_the_ends_is_refused(network, relative):
    with pytest.raises(ValueError, match=r"received 1\.5"):
        blend(network, relative, 1.5)


def test_how_a_model_is_trained_is_not_its_architecture(network):
    with layers_in("mixed_bfloat16"):
        relative = lite(filters=6, num_blocks=1)
    relative.set_weights(network.get_weights())
    relative.get_layer("shallow").trainable = False
    for pair in ((network, relative), (relative, network)):
        blended = blend(*pair, 0.5)
        for made, expected in zip(blended.weights, network.weights, strict=True):
            assert made.path == expected.path
        shallow = blended.get_layer("shallow").get_weights()[0]
        np.testing.assert_array_equal(shallow, network.get_layer("shallow").get_weights()[0])
