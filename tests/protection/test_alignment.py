"""Channels that were reordered, rescaled and turned in sign, found again."""

import sys
from functools import partial

import keras
import numpy as np
import pytest
from keras import layers

from keras_litesr.models.layers import PixelShuffle
from keras_litesr.models.lite import lite
from keras_litesr.models.srresnet import srresnet
from keras_litesr.protection import carriers
from keras_litesr.protection.alignment import align
from keras_litesr.protection.disguise import disguised
from keras_litesr.protection.keys import OwnerKey
from keras_litesr.protection.networks import ArchitectureError
from keras_litesr.protection.slots import slots_of
from keras_litesr.protection.ties import Ties
from keras_litesr.protection.watermark import emptied, mark, verify


def moved_by_hand(model, random):
    """Moves every channel of a `lite` of two blocks that can be moved; the pictures stay."""
    copy = keras.models.clone_model(model)
    weights = {layer.name: layer.get_weights() for layer in model.layers}
    filters, wide = 32, 64
    stream, stream_factors = random.permutation(filters), factors(random, filters, signed=True)
    weights["shallow"] = list(moved_out(*weights["shallow"], stream, stream_factors))
    for name in ("block0_expand", "block1_expand", "subpixels"):
        depthwise, pointwise, bias = weights[name]
        inner = factors(random, filters, signed=True)[:, None]
        depthwise = depthwise[:, :, stream] / stream_factors[:, None] * inner
        weights[name] = [depthwise, pointwise[:, :, stream] / inner, bias]
        if name == "subpixels":
            break
        between, between_factors = random.permutation(wide), factors(random, wide, signed=False)
        weights[name][1:] = moved_out(*weights[name][1:], between, between_factors)
        project = name.replace("expand", "project")
        kernel, bias = weights[project]
        kernel = kernel[:, :, between] / between_factors[:, None]
        weights[project] = list(moved_out(kernel, bias, stream, stream_factors))
    for layer in copy.layers:
        layer.set_weights(weights[layer.name])
    return copy


def factors(random, size, *, signed):
    signs = random.choice([-1, 1], size) if signed else 1
    return np.exp(random.normal(0, 0.7, size)) * signs


def moved_out(kernel, bias, order, gains):
    return kernel[..., order] * gains, bias[order] * gains


def test_moved_network_paints_the_same_and_aligns_to_no_wrong_bit(marked, key, rng):
    moved = moved_by_hand(marked, rng)
    low_res = rng.random((1, 7, 8, 3), np.float32)
    np.testing.assert_allclose(moved(low_res), marked(low_res), atol=1e-5)
    assert verify(moved, key).matching < 167
    verdict = verify(moved, key, reference=marked)
    assert verdict.matching == 256
    assert (verdict.readings, verdict.aligned) == (2, True)


def test_aligned_kernels_are_those_of_the_reference(model, rng):
    network = carriers.read(model)
    aligned = align(carriers.read(moved_by_hand(model, rng)), network)
    for one, other in zip(aligned.kernels, network.kernels, strict=True):
        np.testing.assert_allclose(one.kernel, other.balanced, atol=1e-4)


def test_moved_network_is_found_through_noise(marked, key, rng):
    moved = moved_by_hand(marked, rng)
    for weight in moved.weights:
        values = weight.numpy()
        weight.assign(values * (1 + 0.2 * rng.normal(size=values.shape)))
    assert verify(moved, key, reference=marked).matching >= 250


def joined():
    """A network whose streams are joined, shuffled and multiplied."""
    low_res = keras.Input((None, None, 3))
    first = layers.Conv2D(24, 3, padding="same")(low_res)
    second = layers.Conv2D(24, 3, padding="same")(layers.ReLU()(first))
    both = layers.Concatenate()([first, second])
    wide = layers.Conv2D(64, 3, padding="same")(both)
    large = layers.LeakyReLU(0.2)(PixelShuffle(2)(wide))
    gate = layers.Conv2D(16, 1, activation="sigmoid")(large)
    product = layers.Multiply()([large, gate])
    return keras.Model(low_res, layers.Conv2D(3, 3, padding="same")(product))


@pytest.mark.parametrize("build", [partial(lite, filters=32), partial(srresnet, filters=16)])
def test_disguised_networks_align(build, lived, key, rng):
    owned = mark(lived(build(num_blocks=2)), key)
    suspect = disguised(owned, seed=3)
    low_res = rng.random((1, 6, 7, 3), np.float32)
    np.testing.assert_allclose(suspect(low_res), owned(low_res), atol=1e-3)
    network = carriers.read(owned)
    slots = slots_of(key, len(network.values))
    aligned = align(carriers.read(suspect), emptied(network, slots))
    assert slots.matching(carriers.read(suspect).values) < 250
    assert slots.matching(aligned.values) == 256


def test_channels_of_a_join_and_a_shuffle_are_moved_by_hand(lived, rng):
    model = lived(joined())
    network = carriers.read(model)
    conv1, conv2, conv3, gate, last = [layer for layer in model.layers if layer.weights]
    moved = keras.models.clone_model(model)
    twins = [layer for layer in moved.layers if layer.weights]
    one, two, out = rng.permutation(24), rng.permutation(24), rng.permutation(16)
    of_both = np.concatenate([one, 24 + two])
    of_wide = np.concatenate([16 * k + out for k in range(4)])  # channel (dy, dx, unit)
    for twin, layer, takes, gives in zip(
        twins,
        (conv1, conv2, conv3, gate, last),
        (np.arange(3), one, of_both, out, out),
        (one, two, of_wide, out, np.arange(3)),
        strict=True,
    ):
        kernel, bias = layer.get_weights()
        twin.set_weights([kernel[:, :, takes][..., gives], bias[gives]])
    low_res = rng.random((1, 6, 7, 3), np.float32)
    np.testing.assert_allclose(moved(low_res), model(low_res), atol=1e-4)
    aligned = align(carriers.read(moved), network)
    np.testing.assert_allclose(aligned.values, network.values, atol=1e-5)


def test_residual_stream_is_one_wire_and_depthwise_turns_signs(model):
    network = carriers.read(model)
    ties = Ties(network)
    names = {step.name: number for number, step in enumerate(network.steps)}
    (stream,) = ties.parts(names["shallow"])
    assert stream.size == 32 and stream.repeat == 1
    for name in ("block0_project", "block1_skip", "long_skip", "block0_expand_depthwise"):
        assert ties.parts(names[name]) == [stream]
    signs = ties.parts(names["shallow"], signs=True)
    assert ties.parts(names["block1_skip"], signs=True) == signs
    assert ties.parts(names["block0_expand_depthwise"], signs=True) != signs
    assert ties.parts(names["block0_expand"]) == ties.parts(names["block0_activation"])
    # The 48 sub-pixels are 16 times the three colours, and stay where they are.
    (colours,) = ties.parts(names["subpixels"])
    assert (colours.size, colours.repeat) == (3, 16)
    assert ties.orders.is_pinned(colours.wire) and not ties.orders.is_pinned(stream.wire)


def test_strangers_are_not_turned_towards_the_mark(lived, marked, key):
    network = carriers.read(marked)
    slots = slots_of(key, len(network.values))
    blank = emptied(network, slots)
    fair = unfair = 0
    for seed in range(20):
        stranger = carriers.read(lived(lite(filters=32, num_blocks=2), seed=100 + seed))
        fair += slots.matching(align(stranger, blank).values)
        unfair += slots.matching(align(stranger, network).values)
    # 5,120 coins: five standard deviations are 179. To the copy as it is, strangers are turned.
    assert abs(fair - 2560) < 179 < unfair - 2560


def test_wrong_keys_find_nothing_after_alignment(marked, rng):
    moved = moved_by_hand(marked, rng)
    matching = [
        verify(moved, OwnerKey(bytes([number]) * 32, "Eve"), reference=marked).matching
        for number in range(10)
    ]
    assert max(matching) < 167


def test_other_architecture_is_refused(model):
    with pytest.raises(ArchitectureError):
        align(carriers.read(lite(filters=16)), carriers.read(model))


def test_only_alignment_needs_scipy(marked, key, rng, monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy.optimize", None)
    assert verify(marked, key, reference=marked).matching == 256
    with pytest.raises(ImportError):
        verify(moved_by_hand(marked, rng), key, reference=marked)
