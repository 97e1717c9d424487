"""Which channels of a network can only be reordered, or turned in sign, together."""

from dataclasses import dataclass

from keras_litesr.protection import networks
from keras_litesr.protection.networks import Network, Step


@dataclass(frozen=True)
class Part:
    """Consecutive channels of a tensor.

    Channel `k * size + u` belongs to unit u of the wire, with k from 0 to below `repeat`; more
    than one where a pixel shuffle turns several channels into one.

    Attributes:
        wire: Number of the wire: what must be reordered and turned as one.
        start: First channel.
        size: Units of the wire.
        repeat: Channels a unit.
    """

    wire: int
    start: int
    size: int
    repeat: int


class _Wires:
    """Union-find over wires; a large wire may hang on a small one several times."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.parents: list[int] = []
        self.pinned: set[int] = set()

    def new(self, size: int) -> int:
        """Adds a wire of so many units."""
        self.parents.append(len(self.sizes))
        self.sizes.append(size)
        return self.parents[-1]

    def root(self, wire: int) -> int:
        """Finds the wire on which it hangs."""
        while self.parents[wire] != wire:
            wire = self.parents[wire]
        return wire

    def tie(self, one: int, other: int) -> None:
        """Hangs the larger on the smaller; where their sizes do not fit, neither can move."""
        small, large = sorted((self.root(one), self.root(other)), key=self.sizes.__getitem__)
        if small == large:
            return
        if not self.sizes[small] or self.sizes[large] % self.sizes[small]:
            self.pinned |= {small, large}
            return
        self.parents[large] = small
        if large in self.pinned:
            self.pinned.add(small)

    def is_pinned(self, wire: int) -> bool:
        """Tells whether its channels have to stay where they are."""
        return self.root(wire) in self.pinned


class Ties:
    """The wires of a network, found from its graph.

    Convolutions begin new wires. What keeps channels apart, such as additions and rectifiers, ties
    what it joins: so the residual stream is one wire from its first convolution to its last
    addition. A depthwise convolution keeps the order of its input, but its sign is free again. The
    network's input and output are pinned, as is all that an unknown operation touches.
    """

    def __init__(self, network: Network):
        self.signs, self.orders = _Wires(), _Wires()
        self.tensors: list[list[int]] = []
        for step in network.steps:
            self.tensors.append(self._output(step, [self.tensors[each] for each in step.sources]))
        self._pin(self.tensors[-1])

    def parts(self, step: int, *, signs: bool = False) -> list[Part]:
        """Describes the channels of a step's output.

        Args:
            step: Its number.
            signs: Whether to name wires of one sign, instead of those of one order.
        """
        wires, parts, start = self.signs if signs else self.orders, [], 0
        for wire in self.tensors[step]:
            root, channels = wires.root(wire), wires.sizes[wire]
            size = wires.sizes[root]
            parts.append(Part(root, start, size, channels // size))
            start += channels
        return parts

    def _output(self, step: Step, sources: list[list[int]]) -> list[int]:
        if step.kind == networks.POINTWISE:
            return self._joined(step, sources)
        if step.kind == networks.CONCATENATION:
            return [wire for source in sources for wire in source]
        if step.kind == networks.SHUFFLE and len(sources[0]) == 1:
            wire = self._new(step.channels)
            self._tie(wire, sources[0][0])
            return [wire]
        if step.kind == networks.DEPTHWISE and step.channels == self._channels(sources[0]):
            return [self._turned(wire) for wire in sources[0]]
        wire = self._new(step.channels)
        if step.kind not in (networks.CONVOLUTION, networks.DEPTHWISE) or step.groups > 1:
            for source in sources:
                self._pin(source)
            self._pin([wire])
        return [wire]

    def _joined(self, step: Step, sources: list[list[int]]) -> list[int]:
        """Ties tensors that are joined; one of a single channel is spread over the others."""
        wide = [source for source in sources if self._channels(source) == step.channels]
        if not wide:
            for source in sources:
                self._pin(source)
            wire = self._new(step.channels)
            self._pin([wire])
            return [wire]
        for other in wide[1:]:
            if len(other) != len(wide[0]):
                self._pin(other)
                self._pin(wide[0])
            for one, two in zip(wide[0], other, strict=False):
                self._tie(one, two)
        return wide[0]

    def _turned(self, wire: int) -> int:
        turned = self._new(self.orders.sizes[wire])
        self.orders.tie(wire, turned)
        return turned

    def _new(self, size: int) -> int:
        self.orders.new(size)
        return self.signs.new(size)

    def _tie(self, one: int, other: int) -> None:
        self.orders.tie(one, other)
        self.signs.tie(one, other)

    def _pin(self, tensor: list[int]) -> None:
        self.orders.pinned |= {self.orders.root(wire) for wire in tensor}
        self.signs.pinned |= {self.signs.root(wire) for wire in tensor}

    def _channels(self, tensor: list[int]) -> int:
        return sum(self.orders.sizes[wire] for wire in tensor)
