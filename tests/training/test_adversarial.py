import keras
import numpy as np
import pytest

from keras_litesr.models.critic import critic
from keras_litesr.models.lite import lite
from keras_litesr.training import losses
from keras_litesr.training.adversarial import WGANGP
from keras_litesr.training.checkpoints import restore
from keras_litesr.training.precision import layers_in
from keras_litesr.training.runs import train
from keras_litesr.training.srgan import SRGAN

LOGGED = {
    "loss",
    "pixel_loss",
    "critic_loss",
    "wasserstein_distance",
    "gradient_penalty",
    "gradient_norm",
    "psnr",
}


def _gan(*, use_ema=False, **options):
    keras.utils.set_random_seed(0)
    gan = WGANGP(lite(filters=3, num_blocks=1), critic(filters=4, num_stages=2))
    optimizer = keras.optimizers.Adam(1e-3, beta_1=0.0, beta_2=0.9, use_ema=use_ema)
    gan.compile(optimizer, **{"critic_warmup_steps": 0, "run_eagerly": True, **options})
    return gan


def _numbers(variables):
    return [keras.ops.convert_to_numpy(variable).copy() for variable in variables]


def _equal(first, second):
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


@pytest.fixture
def batch(tiny_run):
    return tiny_run().patches[0]


def test_a_step_moves_both_networks_and_logs_every_term(batch):
    gan = _gan()
    generator, judge = _numbers(gan.generator.variables), _numbers(gan.critic.variables)
    logs = gan.train_on_batch(*batch, return_dict=True)
    assert logs.keys() == LOGGED
    assert all(np.isfinite(value) for value in logs.values())
    assert not _equal(generator, _numbers(gan.generator.variables))
    assert not _equal(judge, _numbers(gan.critic.variables))


def test_the_critic_takes_its_steps_for_each_of_the_generators(batch):
    gan = _gan(critic_steps=3)
    for _ in range(2):
        gan.train_on_batch(*batch)
    assert int(gan.optimizer.iterations) == 2
    assert int(gan.critic_optimizer.iterations) == 6


def test_the_logged_losses_are_eq_9_and_the_critics(batch):
    gan = _gan(critic_steps=1, adversarial_weight=0.2, pixel_weight=3.0)
    low_res, high_res = batch
    super_res = gan.generator(low_res)
    scores = _numbers([gan.critic(high_res), gan.critic(super_res)])
    distance = float(np.mean(scores[0]) - np.mean(scores[1]))
    pixel = float(np.mean(_numbers([losses.l2(high_res, super_res)])))
    logs = gan.train_on_batch(*batch, return_dict=True)
    assert logs["wasserstein_distance"] == pytest.approx(distance, abs=1e-5)
    assert logs["critic_loss"] == pytest.approx(10 * logs["gradient_penalty"] - distance, abs=1e-4)
    assert logs["pixel_loss"] == pytest.approx(pixel, abs=1e-5)
    # The critic has moved before the generator's turn, the generator after it.
    fresh = _gan()
    score = float(np.mean(_numbers([gan.critic(fresh.generator(low_res))])))
    assert logs["loss"] == pytest.approx(0.2 * -score + 3 * pixel, abs=1e-5)


def test_while_the_critic_warms_up_the_generator_learns_from_pixels_alone(batch):
    gan = _gan(critic_warmup_steps=1, adversarial_weight=100.0)
    first = gan.train_on_batch(*batch, return_dict=True)
    assert first["loss"] == pytest.approx(first["pixel_loss"], rel=1e-6)
    gan.reset_metrics()
    second = gan.train_on_batch(*batch, return_dict=True)
    assert abs(second["loss"] - second["pixel_loss"]) > 1e-4


def test_the_critic_learns_to_tell_and_its_slope_nears_1(batch):
    fresh = _gan(critic_steps=1).train_on_batch(*batch, return_dict=True)
    gan = _gan(critic_steps=8, critic_optimizer=keras.optimizers.Adam(1e-2))
    first = gan.train_on_batch(*batch, return_dict=True)
    gan.reset_metrics()
    second = gan.train_on_batch(*batch, return_dict=True)
    assert second["critic_loss"] < first["critic_loss"]
    assert second["gradient_penalty"] < 1
    for _ in range(2):
        gan.reset_metrics()
        later = gan.train_on_batch(*batch, return_dict=True)
    # Without the penalty the slope would be 9 by now, and grow on.
    assert abs(later["gradient_norm"] - 1) < abs(fresh["gradient_norm"] - 1)


@pytest.mark.parametrize("kind", [WGANGP, SRGAN])
def test_without_a_pixel_loss_the_generator_learns_to_please_the_critic(kind, batch):
    keras.utils.set_random_seed(0)
    gan = kind(lite(filters=3, num_blocks=1), critic(filters=4, num_stages=2))
    optimizers = keras.optimizers.SGD(1e-2), keras.optimizers.SGD(0.0)
    gan.compile(*optimizers, adversarial_weight=1.0, pixel_weight=0.0, critic_warmup_steps=0)
    gan.run_eagerly = True

    def score():
        return float(np.mean(_numbers([gan.critic(gan(batch[0]))])))

    before = score()
    gan.train_on_batch(*batch)
    assert score() > before


def test_where_the_penalty_is_taken_depends_on_seed_step_and_picture_alone():
    def places(seed, step):
        gan = WGANGP(lite(filters=3, num_blocks=0), critic(filters=2, num_stages=1), seed=seed)
        gan.compile()
        gan.critic_optimizer.iterations.assign(step)
        return np.ravel(_numbers([gan._draw_share(3)])).tolist()

    assert places(0, 1) == places(0, 1)
    assert len({*places(0, 0), *places(0, 1), *places(5, 0)}) == 9


def test_the_generators_pixel_loss_falls_without_an_adversary(batch):
    gan = _gan(adversarial_weight=0.0)
    received = []
    for _ in range(3):
        gan.reset_metrics()
        received.append(gan.train_on_batch(*batch, return_dict=True)["pixel_loss"])
    assert received[-1] < received[0]


def test_fit_validates_and_takes_batches_of_any_size(tiny_run):
    parts = tiny_run()
    gan = _gan(run_eagerly=False)
    history = gan.fit(parts.patches, validation_data=parts.validation, verbose=0).history
    assert history.keys() == LOGGED | {"val_loss", "val_psnr"}
    low_res, high_res = parts.patches[0]
    gan.fit(
        np.concatenate([low_res, low_res[:1]]),
        np.concatenate([high_res, high_res[:1]]),
        batch_size=2,
        verbose=0,
    )


def test_called_it_is_its_generator(batch):
    gan = _gan()
    low_res, _ = batch
    np.testing.assert_array_equal(*_numbers([gan(low_res), gan.generator(low_res)]))


def test_a_run_keeps_the_averaged_generator_and_resumes_both_networks(tiny_run, tmp_path):
    def run(folder, epochs, resume=False):
        parts = tiny_run()
        parts.model = _gan(use_ema=True)
        if resume:  # What it ends with comes from the checkpoint.
            fresh = parts.model.get_weights()
            parts.model.set_weights([np.zeros_like(weight) for weight in fresh])
        if epochs == 1:
            fit = parts.model.fit
            parts.model.fit = lambda *a, **k: fit(*a, **{**k, "epochs": 1})
        train(**vars(parts), folder=folder, resume=resume)
        return parts.model

    whole = run(tmp_path / "whole", 2)
    run(tmp_path / "halved", 1)
    resumed = run(tmp_path / "halved", 2, resume=True)
    for part in ("generator", "critic"):
        first, second = getattr(whole, part), getattr(resumed, part)
        assert _equal(_numbers(first.variables), _numbers(second.variables))
    assert _equal(
        _numbers(whole.critic_optimizer.variables), _numbers(resumed.critic_optimizer.variables)
    )
    released = lite(filters=3, num_blocks=1)
    released.load_weights(tmp_path / "whole" / "best.weights.h5")
    assert _equal(_numbers(released.variables), _numbers(whole.generator.variables))
    trained = _gan(use_ema=True)
    restore(trained, tmp_path / "whole" / "last.weights.h5")
    assert not _equal(_numbers(released.variables), _numbers(trained.generator.variables))


def test_a_saved_model_trains_on_as_if_it_had_not_been_saved(batch, tmp_path):
    gan = _gan(pixel_loss=losses.charbonnier, critic_steps=1)
    gan.train_on_batch(*batch)
    gan.save(tmp_path / "gan.keras")
    again = keras.models.load_model(tmp_path / "gan.keras")
    again.run_eagerly = True
    for model in (gan, again):
        model.train_on_batch(*batch)
    assert again.pixel_loss is losses.charbonnier
    assert _equal(_numbers(gan.generator.variables), _numbers(again.generator.variables))
    assert _equal(_numbers(gan.critic.variables), _numbers(again.critic.variables))


def test_senseless_settings_are_refused():
    with pytest.raises(ValueError, match="received 0"):
        _gan(critic_steps=0)
    optimizer = keras.optimizers.Adam()
    gan = WGANGP(lite(filters=3, num_blocks=0), critic(filters=2, num_stages=1))
    with pytest.raises(ValueError, match="one for both"):
        gan.compile(optimizer, optimizer)
    with pytest.raises(ValueError, match="received `optimizer`"):
        gan.compile(optimizer="adam")
    with pytest.raises(ValueError, match=r"received 1\.5"):
        gan.compile(critic_steps=1.5)
    with pytest.raises(ValueError, match="received 'mae'"):
        gan.compile(pixel_loss="mae")


def test_optimizers_and_the_pixel_loss_may_be_names():
    gan = WGANGP(lite(filters=3, num_blocks=0), critic(filters=2, num_stages=1))
    gan.compile("sgd", "sgd", pixel_loss="charbonnier")
    assert gan.optimizer is not gan.critic_optimizer
    for optimizer in (gan.optimizer, gan.critic_optimizer):
        assert isinstance(optimizer, keras.optimizers.SGD)
    assert gan.pixel_loss is losses.charbonnier


def test_what_is_exported_is_the_generator(monkeypatch):
    gan, exported = _gan(), []
    monkeypatch.setattr(gan.generator, "export", lambda path, **how: exported.append((path, how)))
    gan.export("model", format="onnx")
    assert exported == [("model", {"format": "onnx"})]


def test_jax_is_refused_by_name(monkeypatch):
    gan = WGANGP(lite(filters=3, num_blocks=0), critic(filters=2, num_stages=1))
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(NotImplementedError, match="received jax"):
        gan.compile()


def test_what_the_generators_layers_ask_for_counts_in_its_loss():
    import keras

    from keras_litesr.models.critic import critic

    rng = np.random.default_rng(3)
    low_res, high_res = (rng.random((2, side, side, 3), np.float32) for side in (4, 16))

    def logged(asked):
        keras.utils.set_random_seed(0)
        inputs = keras.Input((None, None, 3))
        layer = keras.layers.Conv2D(3, 1, kernel_regularizer=lambda kernel: asked)
        generator = keras.Model(inputs, keras.layers.UpSampling2D(4)(layer(inputs)))
        model = WGANGP(generator, critic(filters=4, num_stages=2))
        model.compile(critic_warmup_steps=5)
        return model.train_on_batch(low_res, high_res, return_dict=True)["loss"]

    assert float(logged(7.0)) - float(logged(0.0)) == pytest.approx(7, abs=1e-4)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
@pytest.mark.parametrize("kind", [WGANGP, SRGAN])
def test_under_a_policy_of_half_precision_a_step_is_as_long_as_in_float32(kind, policy, batch):
    def moved(policy):
        keras.utils.set_random_seed(0)
        with layers_in(policy):
            low_res = keras.Input((None, None, 3))
            conv = keras.layers.Conv2D(3, 1)
            generator = keras.Model(low_res, keras.layers.UpSampling2D(4)(conv(low_res)))
            gan = kind(generator, critic(filters=4, num_stages=2))
            gan.compile(*(keras.optimizers.SGD(0.1) for _ in "gc"), critic_warmup_steps=0)
        gan.run_eagerly = True
        before = gan.get_weights()
        gan.train_on_batch(*batch)
        steps = [
            np.abs(new - old).max() for new, old in zip(gan.get_weights(), before, strict=True)
        ]
        return steps[:2], max(steps[2:])

    received, expected = moved(policy), moved("float32")
    np.testing.assert_allclose(received[0], expected[0], rtol=0.2)
    # Of the critic's steps in float16 the first are left out until its scale fits.
    assert expected[1] / 10 < received[1] < expected[1] * 2


def test_both_networks_are_told_that_they_train(batch):
    told = {"generator": [], "critic": []}

    class Spy(keras.layers.Layer):
        def call(self, inputs, training=False):
            told[self.name].append(training)
            return inputs

    low_res = keras.Input((None, None, 3))
    conv = keras.layers.Conv2D(3, 1)(Spy(name="generator")(low_res))
    generator = keras.Model(low_res, keras.layers.UpSampling2D(4)(conv))
    picture = keras.Input((None, None, 3))
    mean = keras.layers.GlobalAveragePooling2D()(Spy(name="critic")(picture))
    gan = WGANGP(generator, keras.Model(picture, keras.layers.Dense(1)(mean)))
    gan.compile(critic_steps=1, run_eagerly=True)
    for calls in told.values():
        calls.clear()
    gan.train_on_batch(*batch)
    assert told == {"generator": [True] * 2, "critic": [True] * 4}


def test_an_uncompiled_gan_is_saved_and_summed_up_whole(tmp_path):
    gan = WGANGP(lite(filters=3, num_blocks=0), critic(filters=2, num_stages=1))
    gan.save(tmp_path / "gan.keras")
    again = keras.models.load_model(tmp_path / "gan.keras")
    assert _equal(gan.get_weights(), again.get_weights())
    lines = []
    gan.summary(print_fn=lambda text, **_: lines.append(text))
    totals = [each.count_params() for each in (gan.generator, gan.critic)]
    assert all(f"Total params: {total:,}" in "\n".join(lines) for total in totals)


def test_what_a_gan_would_not_heed_is_refused(batch):
    with pytest.raises(ValueError, match="received loss, metrics"):
        _gan(metrics=["mae"], loss="mae")
    for step in ("train_on_batch", "test_on_batch"):
        with pytest.raises(ValueError, match="sample weights"):
            getattr(_gan(), step)(*batch, sample_weight=np.ones(2))
        with pytest.raises(ValueError, match="the former alone"):
            getattr(_gan(), step)(batch[0])
