import keras
import numpy as np
import pytest

from keras_litesr.models.lite import lite
from keras_litesr.training.metrics import luma_psnr
from keras_litesr.training.pixel import compile_for_pixels
from keras_litesr.training.recipes import Recipe


def _rate(recipe, step):
    model = lite(filters=3, num_blocks=0)
    compile_for_pixels(model, recipe)
    model.optimizer.iterations.assign(step)
    return float(model.optimizer.learning_rate)


def test_the_rate_rises_in_a_line_and_falls_as_a_cosine():
    recipe = Recipe(steps=110, warmup_steps=10, learning_rate=0.02)
    rates = [_rate(recipe, step) for step in (0, 5, 10, 60, 110)]
    np.testing.assert_allclose(rates, [0, 0.01, 0.02, 0.01, 0], atol=1e-8)


def test_validation_leaves_out_as_many_border_pixels_as_the_scale(rng):
    model = lite(scale=2, filters=3, num_blocks=0)
    compile_for_pixels(model, Recipe(steps=1), scale=2)
    low_res, high_res = rng.random((1, 6, 6, 3), np.float32), rng.random((1, 12, 12, 3), np.float32)
    psnr = model.test_on_batch(low_res, high_res, return_dict=True)["psnr"]
    made = model.predict_on_batch(low_res)
    assert psnr == pytest.approx(float(luma_psnr(high_res, made, border=2)[0]), rel=1e-5)


def test_training_lowers_the_loss_with_epochs_of_any_number_of_steps(tiny_run):
    """12 steps are one execution of ten and one of two."""
    parts = tiny_run(steps=24, epoch_steps=12, run_eagerly=False)
    history = parts.model.fit(parts.patches, epochs=2, shuffle=False, verbose=0).history
    assert int(parts.model.optimizer.iterations) == 24
    assert history["loss"][1] < history["loss"][0]


def test_fit_shows_every_epoch_its_own_batches_and_counts_as_a_resumed_run_does(tiny_run):
    def epochs_seen(first_epoch):
        parts, seen = tiny_run(), []
        parts.patches.epoch = first_epoch
        watch = keras.callbacks.LambdaCallback(
            on_train_batch_end=lambda batch, logs: seen.append(parts.patches.epoch)
        )
        parts.model.fit(
            parts.patches,
            initial_epoch=first_epoch,
            epochs=2,
            shuffle=False,
            verbose=0,
            callbacks=[watch],
        )
        return sorted(set(seen))

    first, second = epochs_seen(0)
    assert epochs_seen(1) == [second] != [first]


def test_grey_or_integer_originals_are_refused(tiny_run):
    low_res, high_res = tiny_run().patches[0]
    model = tiny_run().model
    with pytest.raises(ValueError, match="Make grey pictures RGB"):
        model.train_on_batch(low_res, high_res[..., :1])
    with pytest.raises(TypeError, match="received uint8"):
        model.train_on_batch(low_res, np.uint8(255 * high_res))
