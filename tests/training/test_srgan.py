import math
import warnings

import keras
import numpy as np
import pytest
from keras import layers

from keras_litesr.models.lite import lite
from keras_litesr.training import losses
from keras_litesr.training.srgan import SRGAN, content_features

LOGGED = {"loss", "pixel_loss", "critic_loss", "real_probability", "fake_probability", "psnr"}


def _numbers(variables):
    return [keras.ops.convert_to_numpy(variable).copy() for variable in variables]


def _equal(first, second):
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def _judge():
    """Returns a discriminator of one convolution with batch norm."""
    picture = keras.Input((32, 32, 3))
    stream = layers.BatchNormalization()(layers.Conv2D(4, 4, strides=4)(picture))
    return keras.Model(picture, layers.Dense(1)(layers.Flatten()(layers.LeakyReLU()(stream))))


def _gan(**options):
    keras.utils.set_random_seed(0)
    gan = SRGAN(lite(filters=3, num_blocks=1), _judge())
    gan.compile(**{"run_eagerly": True, **options})
    return gan


def mean_absolute_error(high_res, super_res):
    """Has the name of one of Keras' own losses."""
    return 2 * losses.mse(high_res, super_res)


@pytest.fixture
def batch(tiny_run):
    return tiny_run().patches[0]


def test_losses_of_given_logits():
    """A logit of 0 is a probability of a half: -log 0.5 each; log 3 is three quarters."""
    half, sure = np.zeros((2, 1)), np.full((2, 1), math.log(3))
    assert float(losses.sigmoid_loss(half)) == pytest.approx(math.log(2))
    assert float(losses.sigmoid_loss(sure)) == pytest.approx(-math.log(0.75))
    assert float(losses.sigmoid_loss(-sure)) == pytest.approx(-math.log(0.25))
    total = losses.discriminator_loss(sure, half)
    assert float(total) == pytest.approx(-math.log(0.75) + math.log(2))
    assert float(losses.sigmoid_loss(np.full((1, 1), -200.0))) == pytest.approx(200)


def test_a_step_moves_both_networks_and_logs_every_term(batch):
    gan = _gan()
    generator, judge = _numbers(gan.generator.variables), _numbers(gan.critic.variables)
    logs = gan.train_on_batch(*batch, return_dict=True)
    assert logs.keys() == LOGGED
    assert not _equal(generator, _numbers(gan.generator.variables))
    # Its moving statistics move as well as what is trained.
    assert not any(
        np.array_equal(a, b) for a, b in zip(judge, _numbers(gan.critic.variables), strict=True)
    )


def test_the_logged_losses_are_those_of_an_undecided_discriminator(batch):
    """All weights of its last layer are 0, so both probabilities are a half, and stay near it."""
    gan = _gan(critic_optimizer=keras.optimizers.SGD(0.0), adversarial_weight=0.5, pixel_weight=2.0)
    dense = gan.critic.layers[-1]
    dense.set_weights([np.zeros_like(weight) for weight in dense.get_weights()])
    low_res, high_res = batch
    mse = float(np.mean(np.square(_numbers([gan.generator(low_res)])[0] - high_res)))
    logs = gan.train_on_batch(*batch, return_dict=True)
    assert logs["critic_loss"] == pytest.approx(2 * math.log(2))
    assert logs["real_probability"] == logs["fake_probability"] == pytest.approx(0.5)
    assert logs["pixel_loss"] == pytest.approx(mse, rel=1e-4)
    assert logs["loss"] == pytest.approx(0.5 * math.log(2) + 2 * mse, rel=1e-4)


def test_the_discriminator_learns_to_tell(batch):
    gan = _gan(critic_steps=8, critic_optimizer=keras.optimizers.Adam(1e-2))
    first = gan.train_on_batch(*batch, return_dict=True)
    gan.reset_metrics()
    second = gan.train_on_batch(*batch, return_dict=True)
    assert second["critic_loss"] < first["critic_loss"]
    assert second["real_probability"] > second["fake_probability"]


def test_a_network_of_the_users_makes_the_content_loss(batch):
    """Features that are twice the picture, divided by 4: a quarter of the mean squared error."""
    picture = keras.Input((None, None, 3))
    twice = keras.Model(picture, layers.Rescaling(2.0)(picture))
    content = content_features(twice, divisor=4.0)
    low_res, high_res = batch
    assert not twice.trainable
    expected = _numbers([losses.mse(high_res, high_res / 3)])[0] / 4
    np.testing.assert_allclose(_numbers([content(high_res, high_res / 3)])[0], expected, rtol=1e-5)
    gan = _gan(pixel_loss=content)
    assert np.isfinite(gan.train_on_batch(low_res, high_res, return_dict=True)["loss"])


def test_a_saved_model_trains_on_as_if_it_had_not_been_saved(batch, tmp_path):
    gan = _gan()
    gan.train_on_batch(*batch)
    gan.save(tmp_path / "gan.keras")
    again = keras.models.load_model(tmp_path / "gan.keras")
    again.run_eagerly = True
    for model in (gan, again):
        model.train_on_batch(*batch)
    assert _equal(_numbers(gan.generator.variables), _numbers(again.generator.variables))
    assert _equal(_numbers(gan.critic.variables), _numbers(again.critic.variables))


@pytest.mark.filterwarnings("ignore:The pixel loss cannot be saved")
@pytest.mark.parametrize("kind", ["features", "namesake"])
def test_a_loss_that_is_not_registered_is_loaded_as_the_default(kind, tmp_path):
    features = content_features(lite(filters=3, num_blocks=1))
    loss = {"features": features, "namesake": mean_absolute_error}[kind]
    gan = _gan(pixel_loss=loss, pixel_weight=3.0)
    # `pytest.warns` would repeat what Torch's arrays make NumPy warn of, as an error.
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        gan.get_compile_config()
    assert any("pixel loss cannot be saved" in str(warning.message) for warning in caught)
    gan.save(tmp_path / "gan.keras")
    again = keras.models.load_model(tmp_path / "gan.keras")
    assert (again.pixel_loss, again.pixel_weight) == (losses.mse, 3.0)
    assert gan.pixel_loss is loss


@pytest.mark.parametrize("loss", [losses.charbonnier, keras.losses.mean_absolute_error])
def test_a_loss_that_keras_knows_is_saved(loss, tmp_path):
    _gan(pixel_loss=loss).save(tmp_path / "gan.keras")
    assert keras.models.load_model(tmp_path / "gan.keras").pixel_loss is loss


def test_fit_traces_and_validates(tiny_run):
    parts = tiny_run()
    gan = _gan(run_eagerly=False)
    history = gan.fit(parts.patches, validation_data=parts.validation, verbose=0).history
    assert history.keys() == LOGGED | {"val_loss", "val_psnr"}


@pytest.mark.parametrize("run_eagerly", [True, False])
def test_a_step_counts_its_batch_once_in_the_generators_moving_statistics(run_eagerly, batch):
    """Of a mean of 1 the moving mean, which begins at 0, takes a hundredth."""
    low_res = keras.Input((None, None, 3))
    normalised = layers.BatchNormalization(momentum=0.99, name="normalised")(low_res)
    gan = SRGAN(keras.Model(low_res, layers.UpSampling2D(4)(normalised)), _judge())
    gan.compile(run_eagerly=run_eagerly)
    ones = [np.ones_like(pictures) for pictures in batch]
    gan.train_on_batch(*ones)
    (mean, _) = _numbers(gan.generator.get_layer("normalised").non_trainable_variables)
    np.testing.assert_allclose(mean, 0.01, rtol=1e-5)
    gan.train_on_batch(*ones)
    (mean, _) = _numbers(gan.generator.get_layer("normalised").non_trainable_variables)
    np.testing.assert_allclose(mean, 0.0199, rtol=1e-5)
