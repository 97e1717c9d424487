"""Networks written down as steps, most of them without Keras."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from keras_litesr.protection import overlap
from keras_litesr.protection.networks import CONVOLUTION, DEPTHWISE, INPUT, POINTWISE, Network, Step
from keras_litesr.protection.resemblance import correlation, form, shuffled

CHANNELS = 16
PIXELS = Step(name="pixels", kind=INPUT, channels=3)


def chain(seed, *, channels=CHANNELS, depth=4):
    """A chain of separable convolutions: one that reads pixels, inner ones, one that paints."""
    random = np.random.default_rng(seed)
    steps = [PIXELS]
    widths = [3, *[channels] * depth, 12]
    for number, (taken, given) in enumerate(pairwise(widths)):
        depthwise = random.normal(size=(3, 3, taken, 1)).astype(np.float32)
        pointwise = random.normal(size=(1, 1, taken, given)).astype(np.float32)
        last = len(steps) - 1
        steps += [
            _step(f"{number}_depthwise", DEPTHWISE, last, taken, kernel=depthwise),
            _step(f"{number}", CONVOLUTION, last + 1, given, kernel=pointwise),
            _step(f"{number}_activation", POINTWISE, last + 2, given),
        ]
    return Network(tuple(steps))


def _step(name, kind, source, channels, **options):
    return Step(name=name, kind=kind, channels=channels, sources=(source,), **options)


def with_kernels(network, changed):
    """The same network with some kernels replaced, by name."""
    steps = [replace(step, kernel=changed.get(step.name, step.kernel)) for step in network.steps]
    return Network(tuple(steps))


def kernels(network):
    return {step.name: step.kernel for step in network.kernels}


def scrambled(kernel, random):
    """Another order, size and sign for every input and output channel."""
    inputs, outputs = kernel.shape[2:]
    taken, given = (
        random.uniform(0.2, 5, n) * random.choice([-1, 1], n) for n in (inputs, outputs)
    )
    changed = kernel * taken[:, None] * given
    return changed[:, :, random.permutation(inputs)][..., random.permutation(outputs)]


def moved(network, share, random):
    """What fine-tuning leaves: every weight a little elsewhere."""
    noise = {
        name: kernel + share * kernel.std() * random.normal(size=kernel.shape)
        for name, kernel in kernels(network).items()
    }
    return with_kernels(network, noise)


def test_the_correlation_of_a_kernel_with_itself_is_1_in_any_order_scale_and_sign(rng):
    kernel = rng.normal(size=(3, 3, 12, 20))
    assert correlation(form(kernel), form(kernel)) == pytest.approx(1, abs=1e-6)
    assert correlation(form(kernel), form(scrambled(kernel, rng))) == pytest.approx(1, abs=1e-4)


def test_the_correlation_of_strangers_is_far_from_1_and_like_that_of_shuffled_ones(rng):
    one, other = (form(rng.normal(size=(3, 3, 12, 20))) for _ in range(2))
    reached = correlation(one, other)
    strangers = [correlation(one, shuffled(other, rng)) for _ in range(8)]
    assert 0 < reached < 0.5
    assert abs(reached - np.mean(strangers)) < 0.05


def test_half_of_the_variance_leaves_a_correlation_of_the_root_of_a_half(rng):
    """Kernel and kernel plus as much noise: covariance 1, variances 1 and 2."""
    kernel = rng.normal(size=(3, 3, 32, 48))
    noisy = kernel + rng.normal(size=kernel.shape)
    assert correlation(form(kernel), form(noisy)) == pytest.approx(np.sqrt(0.5), abs=0.02)


def test_a_copy_from_which_channels_were_removed_is_found(rng):
    kernel = rng.normal(size=(3, 3, 16, 24))
    fewer = scrambled(kernel[:, :, :12, :18], rng)
    assert correlation(form(kernel), form(fewer)) > 0.98


def test_shuffling_keeps_every_inputs_weights(rng):
    kernel = rng.normal(size=(9, 4, 6))
    other = shuffled(kernel, rng)
    assert not np.array_equal(other, kernel)
    np.testing.assert_array_equal(np.sort(other, axis=2), np.sort(kernel, axis=2))


@pytest.mark.parametrize("seed", range(5))
def test_networks_from_different_seeds_show_nothing(seed):
    found = overlap.compare(chain(seed), chain(seed + 100))
    assert found.answer == overlap.NOTHING
    assert not found.identical and not found.shared
    assert len(found.likenesses) == 9
    # Of nine pairs, the middle one is no rarity.
    assert np.median([each.p_value for each in found.likenesses]) == 1
    assert found.ratio == 1


def test_a_copied_layer_is_found_where_it_was_put():
    first, second = chain(1), chain(2)
    copied = {f"2{part}": kernels(first)[f"1{part}"] for part in ("", "_depthwise")}
    found = overlap.compare(first, with_kernels(second, copied))
    assert found.answer == overlap.SHARED
    assert [(each.first, each.second) for each in found.shared] == [("1", "2")]
    assert set(found.identical) == {("1", "2"), ("1_depthwise", "2_depthwise")}
    assert found.shared[0].correlation == pytest.approx(1, abs=1e-6)
    assert found.shared[0].chance < 0.7


def test_a_copied_layer_is_found_when_scaled_flipped_and_permuted(rng):
    first, second = chain(1), chain(2)
    order = rng.permutation(CHANNELS)
    depthwise, pointwise = (kernels(first)[name] for name in ("1_depthwise", "1"))
    sizes = rng.uniform(0.2, 5, CHANNELS) * rng.choice([-1, 1], CHANNELS)
    copied = {
        "2_depthwise": (depthwise * sizes[:, None])[:, :, order],
        "2": scrambled_outputs(pointwise / sizes[:, None], rng)[:, :, order],
    }
    found = overlap.compare(first, with_kernels(second, copied))
    assert not found.identical
    assert [(each.first, each.second) for each in found.shared] == [("1", "2")]


def scrambled_outputs(kernel, random):
    return kernel[..., random.permutation(kernel.shape[3])] * random.uniform(0.2, 5)


def test_a_copy_that_was_trained_on_is_found_in_every_inner_layer(rng):
    first = chain(1)
    found = overlap.compare(first, moved(first, 0.5, rng))
    assert {(each.first, each.second) for each in found.shared} == {(n, n) for n in "123"}
    assert not found.identical


def test_what_reads_and_paints_pixels_counts_only_when_it_is_equal(rng):
    """All networks of one task resemble each other there."""
    first, second = chain(1), chain(2)
    ends = {n: kernels(first)[n] for n in ("0", "0_depthwise", "4", "4_depthwise")}
    alike = {name: kernel * rng.uniform(0.99, 1.01) for name, kernel in ends.items()}
    assert overlap.compare(first, with_kernels(second, alike)).answer == overlap.NOTHING
    assert overlap.compare(first, with_kernels(second, ends)).answer == overlap.SHARED


@pytest.mark.parametrize("fixed", [np.ones((CHANNELS, CHANNELS)), np.eye(CHANNELS)])
def test_kernels_that_anybody_may_have_are_no_evidence(fixed):
    same = {"2": fixed[None, None].astype(np.float32)}
    first, second = (with_kernels(chain(seed), same) for seed in (1, 2))
    assert not overlap.compare(first, second).identical


def test_small_differences_between_strangers_are_no_evidence(monkeypatch):
    found = iter([*[0.3] * 8, 0.33, *[0.3] * 16])
    monkeypatch.setattr(overlap, "correlation", lambda *_: next(found))
    assert overlap.compare(chain(1), chain(2)).answer == overlap.NOTHING


def test_kernels_in_groups_are_not_compared():
    grouped = [replace(step, groups=1 + (step.name == "2")) for step in chain(1).steps]
    found = overlap.compare(Network(tuple(grouped)), chain(2))
    assert {each.first for each in found.likenesses} == {"1", "3"}


def test_a_smaller_relative_is_compared_and_weighed():
    found = overlap.compare(chain(1, depth=5), chain(2, channels=8, depth=3))
    assert found.answer == overlap.NOTHING
    assert len(found.likenesses) == found.judged == 4 * 2
    assert found.ratio < 0.5


def test_nothing_can_be_told_of_networks_without_inner_kernels():
    alone = chain(1, depth=1)
    assert overlap.compare(alone, chain(2)).answer == overlap.UNKNOWN
    assert overlap.compare(chain(2), Network((PIXELS,))).ratio == 0


def convolutions(seed, *, channels=64, depth=1):
    """Full 3x3 kernels as Glorot draws them, the inner ones with the identity folded in."""
    random = np.random.default_rng(seed)
    steps = [PIXELS]
    for number, (taken, given) in enumerate(pairwise([3, *[channels] * (depth + 1), 12])):
        limit = np.sqrt(6 / (9 * taken + 9 * given))
        kernel = random.uniform(-limit, limit, (3, 3, taken, given)).astype(np.float32)
        if taken == given:
            kernel[1, 1] += np.eye(taken, dtype=np.float32)
        steps.append(_step(f"{number}", CONVOLUTION, len(steps) - 1, given, kernel=kernel))
    return Network(tuple(steps))


@pytest.mark.parametrize("depth", [1, 2])
def test_strangers_of_one_structure_with_few_kernels_are_not_called_copies(depth):
    found = overlap.compare(convolutions(1, depth=depth), convolutions(2, depth=depth))
    assert not found.shared
    assert found.judged == 0
    assert min(each.p_value for each in found.likenesses) >= 1 / 17
    assert found.answer == overlap.UNKNOWN


def test_of_few_kernels_equal_ones_are_found():
    first = convolutions(1)
    copied = with_kernels(convolutions(2), {"1": kernels(first)["1"]})
    assert overlap.compare(first, copied).answer == overlap.SHARED


def test_progress_counts_every_pair():
    seen = []
    overlap.compare(chain(1), chain(2), progress=lambda done, of: seen.append((done, of)))
    assert seen == [(n, 9) for n in range(1, 10)]


@pytest.mark.slow
def test_a_keras_model_that_was_really_trained_on_is_found():
    import keras

    from keras_litesr.models.lite import lite
    from keras_litesr.protection import carriers

    random = np.random.default_rng(0)
    keras.utils.set_random_seed(0)
    model = lite(filters=16, num_blocks=3)
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    copy.compile(keras.optimizers.Adam(1e-3), loss="mae", jit_compile=False)
    low_res = random.random((16, 8, 8, 3), np.float32)
    copy.fit(low_res, random.random((16, 32, 32, 3)), batch_size=4, epochs=5, verbose=0)
    found = overlap.compare(carriers.read(model), carriers.read(copy))
    assert {f"block{n}_{part}" for n in range(3) for part in ("expand", "project")} == {
        each.first for each in found.shared if each.first == each.second
    }
    stranger = lite(filters=16, num_blocks=3)
    assert overlap.compare(carriers.read(model), carriers.read(stranger)).answer == overlap.NOTHING
