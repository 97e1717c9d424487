"""What two networks share: equal kernels, and kernels more alike than strangers are."""

import hashlib
import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

import numpy as np

from keras_litesr.protection.networks import CONVOLUTION, DEPTHWISE, Network, Step
from keras_litesr.protection.resemblance import correlation, form, shuffled

LIMIT = 1e-6
SHARED = "shared weights"
NOTHING = "no evidence of shared weights"
UNKNOWN = "could not tell"

_LEAST_CHANNELS = 8
# Of kernels with fewer different numbers, two may be equal by design: one that shifts the mean,
# copies channels or interpolates.
_LEAST_NUMBERS = 16
_SHUFFLED_PAIRS = 16
# Fewer do not show how much trained strangers of these shapes have in common.
_LEAST_PAIRS = 8
# Strangers that were trained spread more than shuffled kernels do, and no fewer decimals are sure.
_LEAST_SPREAD = 0.015
_SURE = 1e-12
# From the median absolute deviation to the standard deviation of a normal distribution.
_TO_SIGMA = 1.4826

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Likeness:
    """A kernel of one network beside one of the other.

    Attributes:
        first: Name of the kernel in the first network.
        second: Name of the kernel in the second network.
        correlation: Their best normalised correlation, in [0, 1].
        chance: The highest that shuffled kernels of the same shapes reached.
        p_value: Probability that strangers are as much alike anywhere in the two networks; no
            smaller figure than 1e-12 is given, since the tails of the null are not known so far.
            With fewer than 8 pairs of these shapes there is no null but the 16 shuffled kernels,
            which have lost what strangers of one structure share, so no figure is below 1/17.
    """

    first: str
    second: str
    correlation: float
    chance: float
    p_value: float


@dataclass(frozen=True)
class Overlap:
    """Result of a comparison.

    Attributes:
        identical: Names of the kernels, one of each network, whose numbers are all equal.
        likenesses: Every pair that could be compared, the most alike first.
        judged: Number of pairs with enough others of their shapes to be told from strangers.
        weights: Number of weights in the kernels of each network.
    """

    identical: tuple[tuple[str, str], ...]
    likenesses: tuple[Likeness, ...]
    judged: int
    weights: tuple[int, int]

    @property
    def shared(self) -> tuple[Likeness, ...]:
        """The pairs that are too much alike for strangers."""
        return tuple(each for each in self.likenesses if each.p_value <= LIMIT)

    @property
    def ratio(self) -> float:
        """Weights of the second network for one of the first; infinite for none."""
        first, second = self.weights
        return second / first if first else math.inf

    @property
    def answer(self) -> str:
        """`shared weights`, `no evidence of shared weights`, or `could not tell`.

        It could not be told when no kernel could be compared with any, or only with too few.
        """
        if self.identical or self.shared:
            return SHARED
        return NOTHING if self.judged else UNKNOWN


def compare(
    first: Network, second: Network, *, seed: int = 0, progress: Progress | None = None
) -> Overlap:
    """Compares every kernel of one network with every kernel of another.

    A separable convolution counts as the full kernel that it stands for. Kernels are comparable
    when they have the same height and width, and alike beyond strangers only where at least 8 pairs
    have their shapes: fewer do not show what strangers have in common. What reads or paints pixels
    is compared for equal numbers only: its channels have a meaning, so that all networks of one
    task resemble each other there. A fine-tuned, quantised, rescaled or permuted copy is found; one
    that was trained from scratch on the other's answers shares no weights and shows nothing.

    Args:
        first: From `carriers.read`.
        second: The same.
        seed: Of the shuffled kernels.
        progress: Called with the numbers of pairs done and in all.
    """
    kernels = [_inner(each) for each in (first, second)]
    groups: dict[tuple, list[tuple[Kernel, Kernel]]] = defaultdict(list)
    for one, other in product(*kernels):
        if len(one.form) == len(other.form):
            groups[one.form.shape, other.form.shape].append((one, other))
    comparison = _Comparison(sum(map(len, groups.values())), seed, progress)
    found = [likeness for pairs in groups.values() for likeness in comparison.of(pairs)]
    found.sort(key=lambda each: (each.p_value, -each.correlation))
    weights = _weights(first), _weights(second)
    judged = sum(len(pairs) for pairs in groups.values() if len(pairs) >= _LEAST_PAIRS)
    return Overlap(_identical(first, second), tuple(found), judged, weights)


class Kernel(NamedTuple):
    """A kernel by name, in the form of `resemblance.form`."""

    name: str
    form: np.ndarray


class _Comparison:
    """Compares pairs of equal shapes, some of many."""

    def __init__(self, pairs: int, seed: int, progress: Progress | None):
        self.pairs, self.progress = pairs, progress
        self.random = np.random.default_rng(seed)
        self.done = 0

    def of(self, pairs: Sequence[tuple[Kernel, Kernel]]) -> list[Likeness]:
        """Judges each pair against strangers of the same shapes."""
        reached = [self._correlation(one, other) for one, other in pairs]
        drawn = self.random.integers(len(pairs), size=_SHUFFLED_PAIRS)
        strangers = [self._of_strangers(*pairs[number]) for number in drawn]
        # Of many pairs nearly all are strangers, trained ones, even where every layer was copied.
        null = np.array([*strangers, *reached])
        centre = float(np.median(null))
        least = _SURE if len(pairs) >= _LEAST_PAIRS else 1 / (1 + _SHUFFLED_PAIRS)
        spread = max(_TO_SIGMA * float(np.median(np.abs(null - centre))), _LEAST_SPREAD)
        return [
            Likeness(
                one.name,
                other.name,
                value,
                max(strangers),
                self._p_value((value - centre) / spread, least),
            )
            for (one, other), value in zip(pairs, reached, strict=True)
        ]

    def _correlation(self, one: Kernel, other: Kernel) -> float:
        self.done += 1
        if self.progress is not None:
            self.progress(self.done, self.pairs)
        return correlation(one.form, other.form)

    def _of_strangers(self, one: Kernel, other: Kernel) -> float:
        return correlation(one.form, shuffled(other.form, self.random))

    def _p_value(self, deviations: float, least: float) -> float:
        tail = math.erfc(deviations / math.sqrt(2)) / 2
        return min(1.0, max(self.pairs * tail, least))


def _inner(network: Network) -> list[Kernel]:
    """Gives the kernels between others, each as the full kernel that it stands for."""
    steps = network.steps
    behind, before = ([False] * len(steps) for _ in range(2))
    for number, step in enumerate(steps):
        behind[number] = any(_mixes(steps[s]) or behind[s] for s in step.sources)
    for number in reversed(range(len(steps))):
        for source in steps[number].sources:
            before[source] = before[source] or before[number] or _mixes(steps[number])
    found = []
    for number, step in enumerate(steps):
        if _mixes(step) and behind[number] and before[number] and step.groups == 1:
            kernel = _full_kernel(steps, step)
            if min(kernel.shape[2:]) >= _LEAST_CHANNELS:
                found.append(Kernel(_name(step), form(kernel)))
    return found


def _mixes(step: Step) -> bool:
    return step.kind == CONVOLUTION and step.kernel is not None


def _full_kernel(steps: Sequence[Step], step: Step) -> np.ndarray:
    """Multiplies a 1x1 kernel with the depthwise one before it."""
    kernel, source = step.kernel, steps[step.sources[0]]
    assert kernel is not None
    if kernel.shape[:2] != (1, 1) or source.kind != DEPTHWISE or source.kernel is None:
        return kernel
    depthwise = source.kernel.reshape(*source.kernel.shape[:2], -1, 1)
    return depthwise * kernel


def _identical(first: Network, second: Network) -> tuple[tuple[str, str], ...]:
    hashes = {_hash(step): _name(step) for step in first.kernels if _is_learnt(step)}
    pairs = [(hashes.get(_hash(step)), _name(step)) for step in second.kernels]
    return tuple((one, other) for one, other in pairs if one is not None)


def _hash(step: Step) -> str:
    content = np.ascontiguousarray(step.kernel, "<f4")
    return hashlib.sha256(str(content.shape).encode() + content.tobytes()).hexdigest()


def _is_learnt(step: Step) -> bool:
    """Leaves out kernels of few different numbers, which any two networks may have."""
    return step.kernel is not None and np.unique(step.kernel).size >= _LEAST_NUMBERS


def _weights(network: Network) -> int:
    return sum(step.kernel.size for step in network.kernels if step.kernel is not None)


def _name(step: Step) -> str:
    """Shortens a name; converters join those of all fused operations."""
    return step.name.split(";")[0]
