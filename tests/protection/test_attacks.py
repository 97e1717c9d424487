"""Attacks as functions, on models built on the spot."""

import keras
import numpy as np
import pytest

from keras_litesr.models.lite import lite
from keras_litesr.models.srresnet import srresnet
from keras_litesr.protection import attacks, false_alarms, keys, watermark
from keras_litesr.protection.disguise import disguised
from keras_litesr.protection.verdict import Verdict

KEY = keys.OwnerKey(bytes(range(32)), "Ada Lovelace")


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    return lite(filters=48, num_blocks=1)


@pytest.fixture(scope="module")
def marked(model):
    return watermark.mark(model, KEY)


def dense(weights, bias):
    """A model of one 1x1 convolution with the weights given."""
    low_res = keras.Input((None, None, 3))
    layer = keras.layers.Conv2D(len(bias), 1)
    network = keras.Model(low_res, layer(low_res))
    layer.set_weights([np.reshape(weights, (1, 1, 3, len(bias))).astype("float32"), bias])
    return network


def outputs(model, low_res):
    return keras.ops.convert_to_numpy(model(low_res))


def test_pruning_sets_the_smallest_weights_to_zero_and_leaves_biases():
    network = dense([1, -6, 2, 5, -3, 4], np.array([0.1, 0.2], np.float32))
    kernel, bias = attacks.pruned(network, 0.5).get_weights()
    assert kernel.ravel().tolist() == [0, -6, 0, 5, 0, 4]
    assert bias.tolist() == network.get_weights()[1].tolist()
    assert network.get_weights()[0].ravel().tolist() == [1, -6, 2, 5, -3, 4]


def test_slopes_of_a_prelu_are_no_kernel():
    low_res = keras.Input((None, None, 3))
    slopes = keras.layers.PReLU(shared_axes=[1, 2], alpha_initializer="ones")
    network = keras.Model(low_res, slopes(low_res))
    assert np.all(attacks.pruned(network, 0.7).get_weights()[0] == 1)


@pytest.mark.parametrize("share", [-0.1, 1.0])
def test_pruning_everything_is_refused(model, share):
    with pytest.raises(ValueError, match=f"received {share}"):
        attacks.pruned(model, share)


def test_noise_has_the_size_asked_for_and_grows_in_one_direction(model):
    small, large = (attacks.noisy(model, amount, seed=3) for amount in (0.1, 0.2))
    for before, one, two in zip(*(m.get_weights() for m in (model, small, large)), strict=True):
        if before.ndim < 3:
            np.testing.assert_array_equal(one, before)
            continue
        np.testing.assert_allclose(two - before, 2 * (one - before), atol=1e-6)
        if before.size > 1000:
            assert np.std(one - before) == pytest.approx(0.1 * before.std(), rel=0.1)


def test_the_noise_that_costs_half_a_decibel_is_found(model):
    """Each hundredth of noise costs 0.1 dB of a quality made for this test."""
    kernel = model.get_layer("block0_project").get_weights()[0]

    def quality(attacked):
        moved = attacked.get_layer("block0_project").get_weights()[0] - kernel
        return 30 - 10 * float(np.std(moved) / kernel.std())

    attacked, amount = attacks.noisy_costing(model, quality, cost=0.5)
    assert quality(attacked) == pytest.approx(29.5, abs=0.02)
    assert amount == pytest.approx(0.05, rel=0.1)


def test_a_quality_that_no_noise_lowers_is_reported(model):
    with pytest.raises(ValueError, match="wanted 29\\.50 dB"):
        attacks.noisy_costing(model, lambda attacked: 30.0)


def test_training_on_changes_a_copy(model):
    def fit(copy):
        copy.set_weights([weight + 1 for weight in copy.get_weights()])

    before = model.get_weights()
    trained = attacks.trained_on(model, fit).get_weights()
    for old, kept, new in zip(before, model.get_weights(), trained, strict=True):
        np.testing.assert_array_equal(kept, old)
        np.testing.assert_allclose(new, old + 1)


@pytest.mark.parametrize("build", [lambda: lite(filters=8, num_blocks=2),
                                   lambda: srresnet(filters=4, num_blocks=1)])  # fmt: skip
def test_a_disguised_model_paints_the_same_with_other_weights(build, rng):
    keras.utils.set_random_seed(1)
    network = build()
    random = np.random.default_rng(0)
    # Every vector starts with equal numbers, whose order nobody could see.
    network.set_weights([w + 0.1 * random.random(w.shape) for w in network.get_weights()])
    low_res = rng.random((1, 6, 7, 3), np.float32)
    other = disguised(network, seed=5)
    np.testing.assert_allclose(outputs(other, low_res), outputs(network, low_res), 1e-5, 1e-5)
    moved = zip(network.get_weights(), other.get_weights(), strict=True)
    kernels = [(a, b) for a, b in moved if a.ndim == 4]
    assert sum(not np.allclose(a, b, atol=1e-3) for a, b in kernels) >= len(kernels) - 4


def test_a_disguise_flips_signs_on_the_stream_and_none_behind_a_rectifier():
    network = lite(filters=8, num_blocks=1)
    network.get_layer("shallow").set_weights(
        [np.ones_like(w) for w in network.get_layer("shallow").get_weights()]
    )
    expand = network.get_layer("block0_expand")
    expand.set_weights([np.ones_like(w) for w in expand.get_weights()])
    other = disguised(network, seed=0)
    assert (other.get_layer("shallow").get_weights()[1] < 0).any()
    assert (other.get_layer("block0_expand").get_weights()[2] > 0).all()


def test_every_bit_of_a_disguised_model_is_read_after_alignment(marked):
    suspect = disguised(marked, seed=2)
    direct = watermark.verify(suspect, KEY, committed=True)
    aligned = watermark.verify(suspect, KEY, reference=marked, committed=True)
    assert direct.answer == "not shown"
    assert (aligned.matching, aligned.answer) == (256, "marked")


def test_half_of_the_weights_are_enough_for_the_mark(marked):
    verdict = watermark.verify(attacks.pruned(marked, 0.5), KEY, committed=True)
    assert verdict.accuracy >= 0.98


def test_wrong_keys_raise_no_alarm_on_a_marked_model_and_the_right_one_does(marked):
    wrong = false_alarms.read_with(marked, false_alarms.wrong_keys(200))
    chance = false_alarms.chance_of(wrong)
    assert (chance.readings, chance.alarms) == (200, 0)
    assert 140 < chance.highest < 167
    assert chance.uniformity > 0.01
    assert false_alarms.chance_of(false_alarms.read_with(marked, iter([KEY]))).alarms == 1


def test_wrong_keys_are_many_and_the_same_every_time():
    first, second = (list(false_alarms.wrong_keys(3)) for _ in range(2))
    assert first == second
    assert len({key.secret for key in first + list(false_alarms.wrong_keys(3, seed=1))}) == 6


def test_readings_that_favour_the_key_are_found_not_to_be_chance():
    random = np.random.default_rng(0)
    fair = [Verdict(int(k), 256) for k in random.binomial(256, 0.5, 1000)]
    biased = [Verdict(int(k), 256) for k in random.binomial(256, 0.53, 1000)]
    assert false_alarms.chance_of(fair).uniformity > 0.01
    assert false_alarms.chance_of(biased).uniformity < 1e-6


def test_a_full_match_is_an_alarm_of_that_probability():
    chance = false_alarms.chance_of([Verdict(256, 256), Verdict(128, 256)])
    assert (chance.alarms, chance.highest) == (1, 256)
    assert chance.lowest_p_value == 2.0**-256
