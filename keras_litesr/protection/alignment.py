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


class _Guesses:
    """What is known of wires of one kind: the suspect's channel for each of ours, or its sign."""

    def __init__(self, ties: Ties, steps: int, *, signs: bool):
        wires = ties.signs if signs else ties.orders
        self.unmoved = np.ones if signs else np.arange
        self.parts = [ties.parts(number, signs=signs) for number in range(steps)]
        self.sizes = {part.wire: part.size for parts in self.parts for part in parts}
        self.found = {w: self.unmoved(size) for w, size in self.sizes.items() if wires.is_pinned(w)}
        self.free = [wire for wire in self.sizes if wire not in self.found]

    def knows(self, step: int) -> bool:
        """Tells whether all wires of a step's output are known."""
        return all(part.wire in self.found for part in self.parts[step])

    def of(self, part: Part) -> np.ndarray:
        """Gives what is known of a part's wire, or leaves it as it is."""
        return self.found[part.wire] if part.wire in self.found else self.unmoved(part.size)

    def learn(self, wire: int, found: np.ndarray) -> bool:
        """Keeps what was found; tells whether it is news."""
        same = wire in self.found and np.array_equal(self.found[wire], found)
        self.found[wire] = found
        return not same

    def channels(self, step: int, wire: int) -> list[slice]:
        """Lists where a wire lies in a step's output, its units in order each time."""
        return [
            slice(part.start + turn * part.size, part.start + (turn + 1) * part.size)
            for part in self.parts[step]
            if part.wire == wire
            for turn in range(part.repeat)
        ]


class _Matching:
    """How the suspect's channels are to be moved, wire by wire, as far as it is known."""

    def __init__(self, suspect: Network, reference: Network):
        self.suspect = suspect
        ties, steps = Ties(reference), len(reference.steps)
        self.orders = _Guesses(ties, steps, signs=False)
        self.signs = _Guesses(ties, steps, signs=True)
        self.pairs = list(_pairs(suspect, reference))

    def sweep(self) -> bool:
        """Matches every wire once; tells whether anything changed."""
        changed = False
        for wire in self.orders.free:
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

        size = self.orders.sizes[wire]
        scores = np.zeros((size, size))
        for pair, end in self._touching(self.orders, wire):
            wanted, received = self._facing(pair, end)
            for channels in self.orders.channels(pair.ends[end], wire):
                scores += np.abs(wanted[:, channels].T @ received[:, channels])
        if not scores.any():
            return False
        return self.orders.learn(wire, linear_sum_assignment(scores, maximize=True)[1])

    def _turn(self, wire: int) -> bool:
        """Finds the best signs of a wire, given the order of all and the signs of the others."""
        total = np.zeros(self.signs.sizes[wire])
        for pair, end in self._touching(self.signs, wire):
            near, far = pair.ends[end], pair.ends[1 - end]
            if not self.orders.knows(near) or (pair.is_depthwise and not self.signs.knows(far)):
                continue
            wanted, received = self._facing(pair, end)
            received = received[:, self._order(near)]
            if pair.is_depthwise:
                received = received * self._sign(far)
            evidence = np.sum(wanted * received, axis=0)
            for channels in self.signs.channels(near, wire):
                total += evidence[channels]
        if not total.any():
            return False
        return self.signs.learn(wire, np.where(total < 0, -1.0, 1.0))

    def _signs_on(self, wire: int) -> list[int]:
        """Lists the free wires of one sign that have channels on a wire of one order."""
        found = {
            sign.wire
            for parts, signs in zip(self.orders.parts, self.signs.parts, strict=True)
            for part, sign in zip(parts, signs, strict=True)
            if part.wire == wire
        }
        return [sign for sign in self.signs.free if sign in found]

    def _touching(self, guesses: _Guesses, wire: int) -> Iterator[tuple[_Pair, int]]:
        """Yields the kernels that touch a wire, with the end; the other end has to be known."""
        for pair in self.pairs:
            for end in (0, 1):
                near, far = pair.ends[end], pair.ends[1 - end]
                known = self.orders.knows(far) and self.signs.knows(far)
                if guesses.channels(near, wire) and (known or pair.is_depthwise):
                    yield pair, end

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
        takes, makes = map(self._order, pair.ends)
        sign_in, sign_out = map(self._sign, pair.ends)
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
                part.start + part.size * turn + self.orders.of(part)
                for part in self.orders.parts[step]
                for turn in range(part.repeat)
            ]
        )

    def _sign(self, step: int) -> np.ndarray:
        return np.concatenate(
            [np.tile(self.signs.of(part), part.repeat) for part in self.signs.parts[step]]
        )


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
