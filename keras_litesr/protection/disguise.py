"""The same function in other weights: what a thief can do at no cost to a model."""

from dataclasses import dataclass

import keras
import numpy as np
from keras import layers

from keras_litesr.models.copies import copied

_RECTIFIERS = (layers.LeakyReLU, layers.ReLU, layers.PReLU)
_PER_CHANNEL = (layers.PReLU, layers.BatchNormalization)
_SPREAD = 0.5


@dataclass
class _Channels:
    """Channels that can only be moved together.

    Attributes:
        size: How many.
        pinned: Whether they have to stay as they are.
        rigid: Whether a normalisation, whose epsilon has a size, forbids to scale them.
        positive: Whether a rectifier forbids to flip their signs.
    """

    size: int
    pinned: bool = False
    rigid: bool = False
    positive: bool = False

    def join(self, other: "_Channels") -> None:
        """Takes over what is forbidden to others that are moved with them."""
        self.pinned |= other.pinned
        self.rigid |= other.rigid
        self.positive |= other.positive


@dataclass(frozen=True)
class _Move:
    """Channel `i` becomes the former channel `order[i]`, times `factors[i]`."""

    order: np.ndarray
    factors: np.ndarray


def disguised(model: keras.Model, *, seed: int = 0) -> keras.Model:
    """Permutes, rescales and flips all channels that can be, so that the pictures stay the same.

    The residual stream is one set of channels, moved as a whole; behind a rectifier channels are
    scaled by positive factors only, at a batch normalisation not at all; inside a separable
    convolution they are scaled once more. What passes through layers of other kinds stays as it is.

    Args:
        model: Functional model; it stays as it is.
        seed: Of orders, factors and signs.

    Returns:
        A copy that computes the same, up to rounding.
    """
    copy = copied(model)
    random = np.random.default_rng(seed)
    wiring = _Wiring(copy)
    moves = {root: _draw(wiring.found[root], random) for root in wiring.roots()}
    for layer in copy.layers:
        if _is_linear(layer) or isinstance(layer, _PER_CHANNEL):
            takes, gives = (moves[wiring.root(id(t))] for t in (layer.input, layer.output))
            layer.set_weights(_moved(layer, takes, gives, random))
    return copy


class _Wiring:
    """Which tensors of a model share their channels; a tensor stands for itself by its id."""

    def __init__(self, model: keras.Model):
        self.found: dict[int, _Channels] = {}
        self.parents: dict[int, int] = {}
        for layer in model.layers:
            for tensor in keras.tree.flatten(layer.output):
                self.found[id(tensor)] = _Channels(tensor.shape[-1])
        for layer in model.layers:
            self._connect(layer)
        for tensor in [*model.inputs, *model.outputs]:
            self._of(tensor).pinned = True

    def root(self, tensor: int) -> int:
        """Finds the tensor that stands for all of its channels."""
        while tensor in self.parents:
            tensor = self.parents[tensor]
        return tensor

    def roots(self) -> list[int]:
        """Lists one tensor for each set of channels."""
        return [tensor for tensor in self.found if tensor not in self.parents]

    def _connect(self, layer: keras.Layer) -> None:
        if isinstance(layer, layers.InputLayer) or _is_linear(layer):
            return
        sources = keras.tree.flatten(layer.input)
        tensors = [*sources, *keras.tree.flatten(layer.output)]
        if isinstance(layer, (*_RECTIFIERS, layers.Add, layers.BatchNormalization)):
            for source in sources:
                self._tie(source, layer.output)
            channels = self._of(layer.output)
            channels.positive |= isinstance(layer, _RECTIFIERS)
            channels.rigid |= isinstance(layer, layers.BatchNormalization)
            return
        for tensor in tensors:
            self._of(tensor).pinned = True

    def _of(self, tensor: keras.KerasTensor) -> _Channels:
        return self.found[self.root(id(tensor))]

    def _tie(self, one: keras.KerasTensor, other: keras.KerasTensor) -> None:
        first, second = self.root(id(one)), self.root(id(other))
        if first == second:
            return
        self.parents[first] = second
        self.found[second].join(self.found[first])


def _is_linear(layer: keras.Layer) -> bool:
    """Tells a convolution whose inputs and outputs can be moved apart."""
    return (
        isinstance(layer, (layers.Conv2D, layers.SeparableConv2D))
        and layer.activation is keras.activations.linear
        and getattr(layer, "groups", 1) == 1
    )


def _draw(channels: _Channels, random: np.random.Generator) -> _Move:
    size = channels.size
    if channels.pinned:
        return _Move(np.arange(size), np.ones(size))
    factors = np.ones(size) if channels.rigid else _factors(size, random)
    return _Move(random.permutation(size), np.abs(factors) if channels.positive else factors)


def _factors(size: int, random: np.random.Generator) -> np.ndarray:
    return np.exp(_SPREAD * random.normal(size=size)) * random.choice([-1, 1], size)


def _moved(
    layer: keras.Layer, takes: _Move, gives: _Move, random: np.random.Generator
) -> list[np.ndarray]:
    """Gives the weights of a layer whose input and output channels were moved."""
    if isinstance(layer, _PER_CHANNEL):
        return [vector[..., gives.order] for vector in layer.get_weights()]
    *kernels, bias = layer.get_weights() if layer.use_bias else [*layer.get_weights(), None]
    if len(kernels) == 2:
        depthwise, pointwise = kernels
        _, _, channels, multiplier = depthwise.shape
        inner = _factors(channels * multiplier, random).reshape(channels, multiplier)
        depthwise = depthwise[:, :, takes.order] * inner / takes.factors[:, None]
        rows = pointwise.reshape(channels, multiplier, -1)[takes.order] / inner[:, :, None]
        pointwise = rows.reshape(pointwise.shape)[..., gives.order] * gives.factors
        kernels = [depthwise, pointwise]
    else:
        kernel = kernels[0][:, :, takes.order] / takes.factors[:, None]
        kernels = [kernel[..., gives.order] * gives.factors]
    return kernels if bias is None else [*kernels, bias[gives.order] * gives.factors]
