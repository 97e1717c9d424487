"""A suspect's channels brought back into the order and sign that they have in the owner's copy."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from keras_litesr.protection import networks
from keras_litesr.protection.networks import Network, Step, refuse_other_architecture
from keras_litesr.protection.ties import Part, Ties

_MOST_SWEEPS = 20


def align(suspect: Network, reference: Network) -> Network:
    """Reorders a network's channels, and turns their signs, to be as near to another as can be.

    Wires (channels that are tied, such as the residual stream) are matched one after the other,
    from the input on, by the Hungarian method on the inner products of all balanced kernels that
    touch them; then again with what was learned, until nothing changes.

    Args:
        suspect: Network of the reference's architecture.
        reference: The owner's copy. Where the mark is read afterwards, it must have been taken out
            of the reference, as otherwise every network would be turned towards the mark.

    Returns:
        The suspect with its kernels balanced and reordered.

    Raises:
        ArchitectureError: When the architectures differ.
        ImportError: When SciPy is missing.

    Reference:
        Ainsworth et al., 2023, Git Re-Basin: Merging Models modulo Permutation Symmetries,
        section 3.2, here with signs.
    """
    refuse_other_architecture(suspect, reference)
    matching = _Matching(suspect, reference)
    for _ in range(_MOST_SWEEPS):
        if not matching.sweep():
            break
    return matching.aligned()


@dataclass(frozen=True)
class _Pair:
    """A kernel of both networks, balanced: `(positions, in, out)`, or `(positions, channels)`.

    Attributes:
        ends: Numbers of the step that it takes from and of its own step.
        wanted: The reference's.
        received: The suspect's.
    """

    ends: tuple[int, int]
    wanted: np.ndarray
    received: np.ndarray

    @property
    def is_depthwise(self) -> bool:
        """Whether it keeps channels apart."""
        return self.wanted.ndim == 2


class _Matching:
    """For every wire, as far as known, the suspect's channel for each of ours, and its sign."""

    def __init__(self, suspect: Network, reference: Network):
        self.suspect = suspect
        ties, numbers = Ties(reference), range(len(reference.steps))
        self.parts = [ties.parts(number) for number in numbers]
        self.sign_parts = [ties.parts(number, signs=True) for number in numbers]
        self.sizes = {part.wire: part.size for parts in self.parts for part in parts}
        self.sign_sizes = {part.wire: part.size for parts in self.sign_parts for part in parts}
        self.pairs = list(_pairs(suspect, reference))
        pinned, upright = ties.orders.is_pinned, ties.signs.is_pinned
        self.orders = {w: np.arange(size) for w, size in self.sizes.items() if pinned(w)}
        self.signs = {w: np.ones(size) for w, size in self.sign_sizes.items() if upright(w)}
        self.free = [wire for wire in self.sizes if not pinned(wire)]
        self.free_signs = [wire for wire in self.sign_sizes if not upright(wire)]

    def sweep(self) -> bool:
        """Matches every wire once; tells whether anything changed."""
        changed = False
        for wire in self.free:
            changed |= self._match(wire)
            for sign in self._signs_on(wire):
                changed |= self._turn(sign)
        return changed

    def aligned(self) -> Network:
        """Gives the suspect as it is guessed to have been; wires never matched stay as they are."""
        pairs = iter(self.pairs)
        steps = [
            step if step.kernel is None else replace(step, kernel=self._moved(next(pairs), step))
            for step in self.suspect.steps
        ]
        return Network(tuple(steps))

    def _match(self, wire: int) -> bool:
        """Finds the best order of a wire, given the others."""
        from scipy.optimize import linear_sum_assignment

        size = self.sizes[wire]
        scores = np.zeros((size, size))
        for pair, end in self._touching(self.parts, wire):
            wanted, received = self._facing(pair, end)
            for channels in _channels(self.parts[pair.ends[end]], wire):
                scores += np.abs(wanted[:, channels].T @ received[:, channels])
        if not scores.any():
            return False
        order = linear_sum_assignment(scores, maximize=True)[1]
        return _learn(self.orders, wire, order)

    def _turn(self, wire: int) -> bool:
        """Finds the best signs of a wire, given the order of all and the signs of the others."""
        total = np.zeros(self.sign_sizes[wire])
        for pair, end in self._touching(self.sign_parts, wire):
            if not self._known(pair.ends[end], self.parts, self.orders):
                continue
            wanted, received = self._facing(pair, end)
            received = received[:, self._order(pair.ends[end])]
            if pair.is_depthwise:
                if not self._known(pair.ends[1 - end], self.sign_parts, self.signs):
                    continue
                received = received * self._sign(pair.ends[1 - end])
            evidence = np.sum(wanted * received, axis=0)
            for channels in _channels(self.sign_parts[pair.ends[end]], wire):
                total += evidence[channels]
        if not total.any():
            return False
        return _learn(self.signs, wire, np.where(total < 0, -1.0, 1.0))

    def _signs_on(self, wire: int) -> list[int]:
        """Lists the free wires of one sign that have channels on a wire of one order."""
        found = {
            sign.wire
            for parts, signs in zip(self.parts, self.sign_parts, strict=True)
            for part, sign in zip(parts, signs, strict=True)
            if part.wire == wire
        }
        return [sign for sign in self.free_signs if sign in found]

    def _touching(self, parts: list[list[Part]], wire: int) -> Iterator[tuple[_Pair, int]]:
        """Yields the kernels that touch a wire, with the end; the other end has to be known."""
        for pair in self.pairs:
            for end in (0, 1):
                far = pair.ends[1 - end]
                known = self._known(far, self.parts, self.orders) and self._known(
                    far, self.sign_parts, self.signs
                )
                touches = any(part.wire == wire for part in parts[pair.ends[end]])
                if touches and (known or pair.is_depthwise):
                    yield pair, end

    def _known(self, step: int, parts: list[list[Part]], found: dict[int, np.ndarray]) -> bool:
        return all(part.wire in found for part in parts[step])

    def _facing(self, pair: _Pair, end: int) -> tuple[np.ndarray, np.ndarray]:
        """Gives both kernels as `(others, channels of this end)`, the other end put in order."""
        if pair.is_depthwise:
            return pair.wanted, pair.received
        received = pair.received.swapaxes(1, 2) if end else pair.received
        received = received[:, :, self._order(pair.ends[1 - end])] * self._sign(pair.ends[1 - end])
        wanted = pair.wanted.swapaxes(1, 2) if end else pair.wanted
        count = wanted.shape[1]
        return (
            wanted.swapaxes(1, 2).reshape(-1, count),
            received.swapaxes(1, 2).reshape(-1, count),
        )

    def _moved(self, pair: _Pair, step: Step) -> np.ndarray:
        """Puts a kernel of the suspect in order."""
        assert step.kernel is not None
        orders, signs = map(self._order, pair.ends), map(self._sign, pair.ends)
        (takes, makes), (sign_in, sign_out) = orders, signs
        if pair.is_depthwise:
            return (pair.received[:, makes] * sign_in * sign_out).reshape(step.kernel.shape)
        kernel = pair.received[:, takes][:, :, makes] * sign_in[:, None] * sign_out
        if step.kind == networks.DEPTHWISE:
            kernel = np.diagonal(kernel.reshape(*kernel.shape[:2], *step.kernel.shape[2:]), 0, 1, 2)
            kernel = kernel.swapaxes(1, 2)
        return kernel.reshape(step.kernel.shape)

    def _order(self, step: int) -> np.ndarray:
        """Gives the suspect's channel for each of ours in a step's output."""
        return np.concatenate(
            [
                part.start + part.size * turn + self.orders.get(part.wire, np.arange(part.size))
                for part in self.parts[step]
                for turn in range(part.repeat)
            ]
        )

    def _sign(self, step: int) -> np.ndarray:
        return np.concatenate(
            [
                np.tile(self.signs.get(part.wire, np.ones(part.size)), part.repeat)
                for part in self.sign_parts[step]
            ]
        )


def _learn(known: dict[int, np.ndarray], wire: int, found: np.ndarray) -> bool:
    """Keeps what was found; tells whether it is news."""
    same = wire in known and np.array_equal(known[wire], found)
    known[wire] = found
    return not same


def _pairs(suspect: Network, reference: Network) -> Iterator[_Pair]:
    kernels = iter(suspect.kernels)
    for number, step in enumerate(reference.steps):
        if step.kernel is not None:
            ends = (step.sources[0], number)
            yield _Pair(ends, _as_matrices(step), _as_matrices(next(kernels)))


def _as_matrices(step: Step) -> np.ndarray:
    """Gives a balanced kernel with one axis of positions; one with a multiplier is made dense."""
    kernel = step.balanced
    positions, (inputs, outputs) = -1, kernel.shape[2:]
    if step.kind != networks.DEPTHWISE:
        return kernel.reshape(positions, inputs, outputs)
    if outputs == 1:
        return kernel.reshape(positions, inputs)
    dense = kernel[:, :, :, None] * np.eye(inputs)[:, :, None]
    return dense.reshape(positions, inputs, inputs * outputs)


def _channels(parts: list[Part], wire: int) -> Iterator[slice]:
    """Yields the channels of a wire, its units in order each time."""
    for part in parts:
        if part.wire == wire:
            for turn in range(part.repeat):
                start = part.start + turn * part.size
                yield slice(start, start + part.size)
