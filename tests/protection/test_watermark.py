"""The mark put in and read, and what chance reads where there is none."""

import hashlib

import keras
import numpy as np
import pytest
from scipy import stats

from keras_litesr.models.lite import lite
from keras_litesr.protection import attacks, carriers, embedding, keras_graph
from keras_litesr.protection.embedding import KeepMark, shift
from keras_litesr.protection.keys import OwnerKey
from keras_litesr.protection.networks import ArchitectureError
from keras_litesr.protection.slots import Slots, TooFewWeightsError, slots_of
from keras_litesr.protection.verdict import MARKED, NOT_SHOWN, Verdict
from keras_litesr.protection.watermark import emptied, mark, verify
from keras_litesr.zoo.registry import load
from keras_litesr.zoo.saving import save_to_preset


def numbered_key(number, name="Ada"):
    return OwnerKey(hashlib.sha256(str(number).encode()).digest(), name)


def read(model, key):
    values = carriers.read(model).values
    return slots_of(key, len(values)).read(values)


def copy_of(model):
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    return copy


class Noise(keras.utils.PyDataset):
    """Pairs of noise, on which nothing can be learnt but what the penalty asks."""

    def __len__(self):
        return 5

    def __getitem__(self, index):
        random = np.random.default_rng(index)
        return random.random((2, 6, 6, 3), np.float32), random.random((2, 24, 24, 3), np.float32)


def test_slots_read_by_hand():
    index = np.array([0, 0, 0, 0, 255], np.uint8)
    wanted = np.ones(256, np.float32)
    wanted[255] = -1
    slots = Slots(index, np.array([1, -1, 1, 1, 1], np.float32), wanted)
    said = slots.read(np.array([3.0, 1.0, 2.0, 4.0, 5.0]))
    assert said[0] == (3 - 1 + 2 + 4) / 2  # four weights: divided by the root of 4
    assert said[255] == -5
    assert slots.matching(np.array([3.0, 1.0, 2.0, 4.0, 5.0])) == 1  # empty slots do not count


def test_spread_raises_each_slot_by_its_amount_with_the_least_change(key, rng):
    slots, values = slots_of(key, 10_000), rng.normal(size=10_000)
    amounts = rng.normal(size=256)
    change = slots.spread(amounts)
    np.testing.assert_allclose(slots.read(values + change), slots.read(values) + amounts)
    # As the slots' directions are orthogonal and of length 1, the change is as long as the amounts.
    assert np.linalg.norm(change) == pytest.approx(np.linalg.norm(amounts))


def test_slots_are_the_same_everywhere(key):
    slots = slots_of(key, 8192)
    assert slots.index[:8].tolist() == list(key.stream("mark slots", 8))
    signs = "".join("01"[int(sign < 0)] for sign in slots.signs[:8])
    assert int(signs, 2) == key.stream("mark signs", 1)[0]
    assert slots.wanted[:8].tolist() == [-1, 1, -1, -1, -1, -1, -1, 1]  # "A" is 0x41
    np.testing.assert_array_equal(slots.wanted[:128], slots.wanted[128:])


def test_a_key_made_for_a_suspect_is_not_enough_without_a_commitment(rng):
    """Of the names, the one that fits best: each character is chosen for its sixteen slots."""
    values = rng.normal(size=10_000)
    characters = np.frombuffer(bytes(range(33, 127)), np.uint8)
    bits = 2.0 * np.unpackbits(characters[:, None], axis=1) - 1
    best = 0
    for number in range(200):
        slots = slots_of(numbered_key(number), len(values))
        said = np.sign(slots.wanted * slots.read(values)).reshape(2, 16, 8).sum(axis=0)
        name = "".join(chr(characters[np.argmax(bits @ byte)]) for byte in said)
        made = numbered_key(number, name)
        verdict = Verdict(slots_of(made, len(values)).matching(values), 256)
        assert verdict.answer == NOT_SHOWN
        best = max(best, verdict.matching)
    assert best > 185  # far beyond the chance of one key: it was searched for


def test_ten_thousand_wrong_keys_match_by_chance_alone(marked):
    values = carriers.read(marked).values
    counts = np.array(
        [slots_of(numbered_key(number), len(values)).matching(values) for number in range(10_000)]
    )
    assert counts.max() < 167  # no false alarm
    # Counts are whole numbers: a uniform share of each one's probability makes p-values uniform.
    share = np.random.default_rng(0).random(counts.size)
    p_values = stats.binom.sf(counts, 256, 0.5) + share * stats.binom.pmf(counts, 256, 0.5)
    assert stats.kstest(p_values, "uniform").pvalue > 0.01


def test_right_key_finds_nothing_in_unmarked_models(key):
    models = (lite(filters=32, num_blocks=2) for _ in range(10))
    matching = [verify(model, key).matching for model in models]
    # Of 2,560 fair coins, within five standard deviations of half.
    assert abs(sum(matching) - 1280) < 5 * np.sqrt(2560) / 2


def test_mark_gives_every_slot_its_margin_and_leaves_the_model(model, marked, key):
    before = verify(model, key)
    assert before.answer == NOT_SHOWN and before.matching < 167
    assert read(marked, key).min() > 1.99
    assert verify(marked, key).matching == 256
    assert verify(marked, key).answer == MARKED
    assert verify(model, key) == before


def test_mark_changes_depthwise_kernels_and_biases_not_at_all(model, marked):
    for old, new in zip(model.weights, marked.weights, strict=True):
        same = np.array_equal(old.numpy(), new.numpy())
        assert same == ("depthwise" in old.path or "bias" in old.path)


def test_no_bit_is_lost_in_a_preset_folder(marked, key, tmp_path):
    folder = save_to_preset(marked, tmp_path / "marked")
    assert verify(load(folder), key).matching == 256
    assert verify(str(folder), key).matching == 256


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float32", "float16", "dynamic", "int8"])
def test_no_bit_is_lost_in_tflite(dtype, files, key, other_key):
    assert verify(files(dtype), key).matching == 256
    assert verify(files(dtype), other_key).answer == NOT_SHOWN


def test_pruned_model_keeps_its_mark(marked, key):
    pruned = copy_of(marked)
    for weight in pruned.weights:
        values = weight.numpy()
        weight.assign(np.where(np.abs(values) < np.median(np.abs(values)), 0, values))
    assert verify(pruned, key).accuracy >= 0.98


@pytest.mark.parametrize("batches", [None, Noise()])
def test_zeros_of_a_pruned_model_stay(model, key, batches):
    pruned = attacks.pruned(model, 0.5)
    made = mark(pruned, key, batches, steps=2)
    assert verify(made, key).matching == 256
    assert read(made, key).min() > 0.9 * 1.99
    for old, new in zip(pruned.weights, made.weights, strict=True):
        if len(old.shape) == 4:
            assert not new.numpy()[old.numpy() == 0].any()


def test_too_few_weights_that_are_not_zero_are_told(model, key):
    with pytest.raises(UserWarning, match="the zeros are filled"):
        mark(attacks.pruned(model, 0.95), key)


def test_second_mark_leaves_the_first(marked, key, other_key):
    twice = mark(marked, other_key)
    assert verify(twice, other_key).matching == 256
    assert verify(twice, key, committed=True).p_value < 1e-6


def test_name_is_part_of_what_is_read(marked, key):
    # "Ada Lovelace" and "Ada Lovelacd" differ in one bit, which is written twice.
    assert verify(marked, OwnerKey(key.secret, "Ada Lovelacd")).matching == 254


def test_small_model_is_refused_and_told_what_fits(key):
    # A full kernel of 3x3x3x8, pointwise ones of 8x16, 16x8 and 8x48: 856 weights, 26 slots of 32.
    with pytest.raises(TooFewWeightsError, match="received 856, in which 26 slots would fit"):
        mark(lite(filters=8, num_blocks=1), key)


def test_other_architecture_is_refused_with_a_reference(marked, key):
    with pytest.raises(ArchitectureError, match="Expected the architecture of the reference"):
        verify(lite(filters=32, num_blocks=3), key, reference=marked)


def test_emptied_network_says_nothing(marked, key):
    network = carriers.read(marked)
    slots = slots_of(key, len(network.values))
    assert np.abs(slots.read(emptied(network, slots).values)).max() < 0.1
    assert np.corrcoef(emptied(network, slots).values, network.values)[0, 1] > 0.9


def test_a_suspect_is_not_turned_towards_the_mark(model, marked, key, monkeypatch):
    said = []

    def look(network, reference):
        said.extend(slots_of(key, len(reference.values)).read(reference.values))
        return network

    monkeypatch.setattr("keras_litesr.protection.alignment.align", look)
    verify(model, key, reference=marked)
    assert len(said) == 256 and np.abs(said).max() < 0.1


def test_penalty_is_the_mean_lack_and_lasts_as_long_as_the_training(model, key):
    trained, shown = copy_of(model), []

    class Look(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            shown.append(float(sum(self.model.losses)))

    lack = np.maximum(3.0 - read(trained, key), 0).mean()
    trained.compile(keras.optimizers.Adam(1e-3), loss="mae", run_eagerly=True)
    keep = KeepMark(key, margin=3.0, weight=0.5)
    trained.fit(Noise(), epochs=4, verbose=0, callbacks=[keep, Look()])
    assert shown == [pytest.approx(0.5 * lack, rel=1e-5)]
    assert read(trained, key).mean() > read(model, key).mean() + 0.5
    # What was added for the training is gone, and the model is what it was.
    assert trained.losses == []
    assert trained.get_config() == model.get_config()


def test_the_channels_are_looked_at_by_steps_not_by_calls(model, key, monkeypatch):
    looks, shares = [], embedding._Placed.shares
    monkeypatch.setattr(
        embedding._Placed, "shares", lambda self: looks.append(self) or shares(self)
    )
    trained = copy_of(model)
    trained.compile("sgd", loss="mae", steps_per_execution=5, jit_compile=False)
    trained.fit(Noise(), epochs=2, verbose=0, callbacks=[KeepMark(key, refresh_steps=5)])
    assert len(looks) == 1 + 2 + 2  # at the start, after five steps each, after both epochs


@pytest.mark.slow
def test_kept_mark_joins_a_model_that_was_trained_before_and_keeps_its_regulariser(model, key):
    trained = copy_of(model)
    kernel = keras_graph.carrier_places(trained)[0].variable
    kernel.regularizer = keras.regularizers.L2(1e-3)
    own = float(trained.losses[0])
    trained.compile("sgd", loss="mae", jit_compile=False)
    trained.fit(Noise(), epochs=1, verbose=0)
    before = read(trained, key).mean()
    trained.compile(keras.optimizers.Adam(3e-3), loss="mae", jit_compile=False)
    trained.fit(Noise(), epochs=3, verbose=0, callbacks=[KeepMark(key, margin=3.0, weight=0.5)])
    assert read(trained, key).mean() > before + 0.3
    assert float(trained.losses[0]) == pytest.approx(own, rel=0.5)


@pytest.mark.slow
def test_mark_with_pictures_learns_to_answer_as_before(model, marked, key):
    seen = []
    count = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: seen.append(batch)
    )
    trained = mark(model, key, Noise(), steps=18, learning_rate=1e-3, callbacks=[count])
    assert len(seen) == 20  # whole epochs of five
    assert read(trained, key).min() > 0.9 * 1.99
    low_res = Noise()[0][0]
    lost, left = (np.abs(each(low_res) - model(low_res)).mean() for each in (marked, trained))
    assert left < 0.8 * lost


def test_shift_marks_normed_networks(lived, key):
    from keras_litesr.models.srresnet import srresnet

    model = lived(srresnet(filters=16, num_blocks=2))
    shift(model, key, margin=2.0)
    assert read(model, key).min() > 1.99
