"""How alike two kernels are when their channels may stand in any order, scale and sign."""

from typing import NamedTuple

import numpy as np

from keras_litesr.protection.balance import balanced

_MOST_TURNS = 6
_WORTHWHILE = 1e-3
_VOTES = 5


class Matching(NamedTuple):
    """Which channel of one kernel stands for which of another.

    Attributes:
        first: `(channels,)` numbers of channels in the first kernel.
        second: Those of the second kernel that are matched with them.
        signs: `(channels,)` 1 or -1, by which the second kernel's are multiplied.
    """

    first: np.ndarray
    second: np.ndarray
    signs: np.ndarray


def form(kernel: np.ndarray) -> np.ndarray:
    """Brings a kernel into the form that `correlation` compares.

    Args:
        kernel: `(height, width, in, out)`.

    Returns:
        `(height * width, in, out)` float32, every channel scaled to one size.
    """
    return balanced(kernel).reshape(-1, *kernel.shape[2:]).astype(np.float32)


def correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Searches for the order and signs of channels in which two kernels correlate best.

    Of kernels with different numbers of channels, as many are compared as the smaller one has, so
    that a copy from which channels were removed is found as well. The search goes from two starts,
    the order as it is and an order by what the channels hold, and matches inputs and outputs by
    turns; it finds copies, not always the very best order of strangers.

    Args:
        first: `(taps, in, out)`, from `form`.
        second: The same number of taps.

    Returns:
        Normalised correlation in [0, 1]: 1 for copies, and above 0 for strangers too, because the
        best order is chosen. Compare it with that of `shuffled` kernels.
    """
    as_it_is = _refined(first, second, _in_order(first, second))
    if as_it_is > 1 - _WORTHWHILE:
        return as_it_is
    return max(as_it_is, _refined(first, second, _by_content(first, second)))


def shuffled(kernel: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Makes a kernel that nobody copied: the outputs of every input change places at random.

    Every input channel keeps its weights and its spatial pattern; what is lost is which channels
    belong together, which is all that `correlation` has to go by.

    Args:
        kernel: `(taps, in, out)`.
        random: Source of the order.
    """
    order = np.argsort(random.random(kernel.shape[1:]), axis=1)
    return np.take_along_axis(kernel, order[None], axis=2)


def _refined(first: np.ndarray, second: np.ndarray, inputs: Matching) -> float:
    """Matches outputs and inputs by turns as long as it helps."""
    best = 0.0
    for _ in range(_MOST_TURNS):
        outputs = _matched(np.take(first, inputs.first, 1), _signed(second, inputs, 1), 2)
        inputs = _matched(np.take(first, outputs.first, 2), _signed(second, outputs, 2), 1)
        reached = _agreement(first, second, inputs, outputs)
        if reached < best + _WORTHWHILE:
            break
        best = reached
    return max(best, reached)


def _in_order(first: np.ndarray, second: np.ndarray) -> Matching:
    count = min(first.shape[1], second.shape[1])
    return Matching(np.arange(count), np.arange(count), np.ones(count, np.float32))


def _by_content(first: np.ndarray, second: np.ndarray) -> Matching:
    """Matches inputs without knowing order or signs of the outputs, nor their own."""
    outputs = _assigned(_profiles(first, second) @ _profiles(second, first).T)
    rows, columns = np.take(first, outputs.first, 2), np.take(second, outputs.second, 2)
    sizes = _channels(np.abs(rows), 1), _channels(np.abs(columns), 1)
    common = (sizes[0].mean(axis=0) + sizes[1].mean(axis=0)) / 2
    inputs = _assigned(_unit(sizes[0] - common) @ _unit(sizes[1] - common).T)
    products = np.sum(rows[:, inputs.first] * columns[:, inputs.second], axis=0)
    signs = products[np.argmax(np.abs(products).sum(axis=1))]
    for _ in range(_VOTES):  # Inputs vote on the outputs' signs, then outputs on the inputs'.
        votes = products @ np.sign(signs)
        signs = np.sign(votes) @ products
    return inputs._replace(signs=np.where(votes < 0, -1, 1).astype(np.float32))


def _profiles(kernel: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Describes outputs by their weights in order of size, which no order of inputs changes."""
    count = min(kernel.shape[1], other.shape[1])
    sizes = np.sort(np.abs(kernel), axis=1)
    places = np.linspace(0, kernel.shape[1] - 1, count).round().astype(int)
    profiles = _channels(sizes[:, places], 2)
    return _unit(profiles - profiles.mean(axis=0))


def _matched(first: np.ndarray, second: np.ndarray, axis: int) -> Matching:
    cosines = _unit(_channels(first, axis)) @ _unit(_channels(second, axis)).T
    matching = _assigned(np.abs(cosines))
    chosen = cosines[matching.first, matching.second]
    return matching._replace(signs=np.where(chosen < 0, -1, 1).astype(np.float32))


def _assigned(gains: np.ndarray) -> Matching:
    """Chooses the pairs, each channel in one, with the largest sum of gains."""
    from scipy.optimize import linear_sum_assignment

    rows, columns = linear_sum_assignment(gains, maximize=True)
    return Matching(rows, columns, np.ones(len(rows), np.float32))


def _agreement(first: np.ndarray, second: np.ndarray, inputs: Matching, outputs: Matching) -> float:
    rows = np.take(np.take(first, inputs.first, 1), outputs.first, 2)
    columns = _signed(_signed(second, inputs, 1), outputs, 2)
    size = np.linalg.norm(rows) * np.linalg.norm(columns)
    return min(1.0, float(abs(np.sum(rows * columns)) / size)) if size else 0.0


def _signed(kernel: np.ndarray, matching: Matching, axis: int) -> np.ndarray:
    shape = [1, 1, 1]
    shape[axis] = -1
    return np.take(kernel, matching.second, axis) * matching.signs.reshape(shape)


def _channels(kernel: np.ndarray, axis: int) -> np.ndarray:
    return np.moveaxis(kernel, axis, 0).reshape(kernel.shape[axis], -1)


def _unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
