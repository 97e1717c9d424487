"""A network as the protection sees it: its steps in an order that no export changes."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np

from keras_litesr.protection.balance import balanced

INPUT, CONVOLUTION, DEPTHWISE = "input", "convolution", "depthwise"
POINTWISE, SHUFFLE, CONCATENATION, OTHER = "pointwise", "shuffle", "concatenation", "other"

_LEAST_PER_CHANNEL = 4
_FLAT = 0.05

Node = TypeVar("Node", bound=Hashable)


class ArchitectureError(ValueError):
    """A network that cannot be read, or is not the one that was expected."""


@dataclass(frozen=True)
class Step:
    """One operation of a network.

    Attributes:
        name: As in the model or file; names may be forged and decide nothing.
        kind: `input`, `convolution` (dense layers too), `depthwise`, `pointwise` (keeps channels
            apart), `shuffle` (depth to space), `concatenation` or `other`.
        channels: Of its output.
        sources: Numbers of the steps whose outputs it takes.
        kernel: `(height, width, in, out)` float32 of a convolution, `(height, width, channels,
            multiplier)` of a depthwise one, else None. A batch norm behind it is folded in.
        groups: Of a convolution.
        block: Side of a shuffle.
        again: Whether an earlier step has the same kernel, as in a layer that is called twice.
    """

    name: str
    kind: str
    channels: int
    sources: tuple[int, ...] = ()
    kernel: np.ndarray | None = None
    groups: int = 1
    block: int = 1
    again: bool = False

    @property
    def is_carrier(self) -> bool:
        """Whether it bears the mark.

        Depthwise kernels do not, as every one of their few weights counts much for the picture;
        nor do those of which little is left when every channel has been scaled to one size.
        """
        if self.kernel is None or self.kind != CONVOLUTION or self.again:
            return False
        height, width, inputs, outputs = self.kernel.shape
        return height * width * min(inputs, outputs // self.groups) >= _LEAST_PER_CHANNEL

    @cached_property
    def balanced(self) -> np.ndarray:
        """The kernel with all of its input and output channels scaled to one size."""
        if self.kernel is None:
            raise ValueError(f"Expected a step with a kernel, received {self.name}, a {self.kind}.")
        if self.kind == DEPTHWISE:
            squares = np.mean(np.square(self.kernel, dtype=np.float64), axis=(0, 1))
            return self.kernel / np.sqrt(np.where(squares, squares, 1))
        return balanced(self.kernel, groups=self.groups)


@dataclass(frozen=True)
class Network:
    """A network's steps; sources come before what uses them, the last step is the output.

    Attributes:
        steps: In the order of a walk from the output, inputs first, which a TFLite file has in
            common with the Keras model it was made from.
    """

    steps: tuple[Step, ...]

    @property
    def kernels(self) -> list[Step]:
        """The steps with a kernel."""
        return [step for step in self.steps if step.kernel is not None]

    @cached_property
    def carriers(self) -> list[Step]:
        """The steps that bear the mark."""
        return [step for step in self.steps if step.is_carrier]

    @cached_property
    def values(self) -> np.ndarray:
        """All carrier weights, balanced, in one `(weights,)` vector of mean square 1."""
        parts = [step.balanced.ravel() for step in self.carriers]
        return np.concatenate(parts) if parts else np.zeros(0)


def refuse_other_architecture(suspect: Network, reference: Network) -> None:
    """Compares the kernels of two networks.

    Raises:
        ArchitectureError: When they differ in number, kind or shape; the message names the first.
    """
    received, expected = ([_form(step) for step in each.kernels] for each in (suspect, reference))
    if received == expected:
        return
    pairs = zip(received, expected, strict=False)
    different = [index for index, (one, other) in enumerate(pairs) if one != other]
    index = different[0] if different else min(len(received), len(expected))
    raise ArchitectureError(
        f"Expected the architecture of the reference, {len(expected)} kernels with "
        f"{_described(expected, index)} as number {index + 1}, received {len(received)} with "
        f"{_described(received, index)}. Its weights cannot be compared one by one; name the "
        "reference that the suspect may come from."
    )


def depthwise(name: str, sources: tuple[int, ...], kernel: np.ndarray) -> Step:
    """Describes a depthwise convolution; the multiplier runs fastest among its outputs."""
    return Step(name, DEPTHWISE, kernel.shape[2] * kernel.shape[3], sources, kernel)


def convolution(
    name: str, sources: tuple[int, ...], kernel: np.ndarray, *, groups: int = 1
) -> Step:
    """Describes a convolution; a fixed interpolation becomes a step without a kernel."""
    if paints_flat(kernel):
        return Step(name, OTHER, kernel.shape[3], sources)
    return Step(name, CONVOLUTION, kernel.shape[3], sources, kernel, groups)


def paints_flat(kernel: np.ndarray) -> bool:
    """Tells whether a kernel is a fixed interpolation: flat colours come out as they went in.

    The bicubic skip is such a kernel, in a file no different from a trained one. Nothing can be
    written into it, and Keras does not count it among the weights.
    """
    colours, subpixels = kernel.shape[2:]
    if colours != 3 or subpixels % 3:
        return False
    sums = kernel.sum(axis=(0, 1), dtype=np.float64)
    return bool(np.abs(sums - np.tile(np.eye(3), subpixels // 3)).max() < _FLAT)


def post_order(ends: Iterable[Node], sources: Callable[[Node], Sequence[Node]]) -> list[Node]:
    """Lists what the ends depend on, each node once, behind its sources, these in their order."""
    order: list[Node] = []
    seen: set[Node] = set()
    for end in ends:
        path = [end]
        while path:
            missing = [node for node in sources(path[-1]) if node not in seen]
            if missing:
                path.append(missing[0])
                continue
            node = path.pop()
            if node not in seen:
                seen.add(node)
                order.append(node)
    return order


def _form(step: Step) -> tuple:
    shape = () if step.kernel is None else step.kernel.shape
    return step.kind, *shape, step.groups


def _described(forms: list[tuple], index: int) -> str:
    if index >= len(forms):
        return "none"
    kind, *shape, _ = forms[index]
    return f"a {kind} kernel of {'x'.join(map(str, shape))}"
