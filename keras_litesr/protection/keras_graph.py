"""The steps of a Keras model."""

from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np
from keras import layers

from keras_litesr.protection import networks
from keras_litesr.protection.networks import ArchitectureError, Network, Step

# By name, as `keras.ops` has operations beside the layers that do the same.
_NAMES = (
    "Activation Add Average AveragePooling2D BatchNormalization Clip Cropping2D Divide Dropout ELU "
    "Elu Gelu HardSigmoid HardSwish LeakyReLU LeakyRelu MaxPooling2D Maximum Minimum Multiply "
    "PReLU Pad ReLU Relu Relu6 Rescaling Sigmoid Silu Softplus SpatialDropout2D Subtract Tanh "
    "UpSampling2D ZeroPadding2D"
)
_POINTWISE = frozenset(_NAMES.split())
_SHUFFLES = {"PixelShuffle": "scale", "DepthToSpace": "block_size"}


@dataclass(frozen=True)
class Place:
    """Where a step's kernel lies in the model.

    Attributes:
        variable: The Keras variable.
        swapped: Whether it has its output channels before its input channels.
        norm: The batch normalisation behind it, which converters fold into it, or None.
        groups: Of the convolution.
    """

    variable: Any
    swapped: bool = False
    norm: layers.BatchNormalization | None = None
    groups: int = 1

    @property
    def kernel(self) -> np.ndarray:
        """The kernel as `Step.kernel` has it."""
        array = keras.ops.convert_to_numpy(self.variable)
        array = array.reshape((1,) * (4 - array.ndim) + array.shape)
        return (array.swapaxes(2, 3) if self.swapped else array) * self.gain

    @property
    def gain(self) -> np.ndarray:
        """By what the folded normalisation multiplies, an output channel each or one for all."""
        if self.norm is None:
            return np.ones(1, np.float32)
        variance = keras.ops.convert_to_numpy(self.norm.moving_variance)
        gain = 1 / np.sqrt(variance + self.norm.epsilon)
        return gain * keras.ops.convert_to_numpy(self.norm.gamma) if self.norm.scale else gain

    def in_variable(self, array: np.ndarray) -> np.ndarray:
        """Brings an array of the shape of `Step.kernel` into that of the variable."""
        return (array.swapaxes(2, 3) if self.swapped else array).reshape(self.variable.shape)


def network(model: keras.Model) -> Network:
    """Reads the steps of a functional or sequential model; nested ones are taken apart.

    Raises:
        ArchitectureError: When the model is of another kind.
    """
    return Network(tuple(step for step, _ in _read(model)))


def carrier_places(model: keras.Model) -> list[Place]:
    """Finds where `network(model).carriers` lie, in their order."""
    return [place for step, place in _read(model) if step.is_carrier and place is not None]


def _read(model: keras.Model) -> list[tuple[Step, Place | None]]:
    found: list[tuple[Step, Place | None]] = []
    _add_steps(model, {}, found)
    seen: set[int] = set()
    for index, (step, place) in enumerate(found):
        if place is not None:
            found[index] = replace(step, again=id(place.variable) in seen), place
            seen.add(id(place.variable))
    return found


def _add_steps(model: keras.Model, numbers: dict[int, int], found: list) -> int:
    """Appends a model's steps, given the step numbers of its input tensors; returns the last's."""
    if not isinstance(model, keras.Model) or not getattr(model, "outputs", None):
        raise ArchitectureError(
            f"Expected a functional Keras model, received {type(model).__name__}. Pass the network "
            "itself, as `keras_litesr.load` returns it."
        )
    nodes = networks.post_order((_node(tensor) for tensor in model.outputs), _sources)
    for node in nodes:
        if id(node.output_tensors[0]) in numbers:
            continue
        sources = tuple(numbers[id(tensor)] for tensor in node.input_tensors)
        if isinstance(node.operation, keras.Model):
            inputs = zip(node.operation.inputs, sources, strict=True)
            last = _add_steps(node.operation, {id(t): number for t, number in inputs}, found)
        else:
            found += _steps(node, sources, _only_reader(node, nodes), len(found))
            last = len(found) - 1
        numbers |= {id(tensor): last for tensor in node.output_tensors}
    return numbers[id(model.outputs[-1])]


def _node(tensor: keras.KerasTensor) -> Any:
    """Finds the call that made a tensor; a layer that is called twice has two."""
    history = tensor._keras_history
    return history.operation._inbound_nodes[history.node_index]


def _sources(node: Any) -> list:
    return [_node(tensor) for tensor in node.input_tensors]


def _only_reader(node: Any, nodes: list) -> Any:
    readers = [
        each.operation
        for each in nodes
        if any(tensor is node.output_tensors[0] for tensor in each.input_tensors)
    ]
    return readers[0] if len(readers) == 1 else None


def _steps(
    node: Any, sources: tuple[int, ...], behind: Any, number: int
) -> list[tuple[Step, Place | None]]:
    """Describes a layer: as one step, or as the two of a separable convolution."""
    layer = node.operation
    if isinstance(layer, layers.SeparableConv2D):
        place = Place(layer.depthwise_kernel)
        step = networks.depthwise(f"{layer.name}_depthwise", sources, place.kernel)
        return [(step, place), _convolution(layer, layer.pointwise_kernel, (number,), behind)]
    if isinstance(layer, layers.DepthwiseConv2D):
        place = Place(layer.kernel)
        return [(networks.depthwise(layer.name, sources, place.kernel), place)]
    if isinstance(layer, (layers.Conv2D, layers.Conv2DTranspose, layers.Dense)):
        return [_convolution(layer, layer.kernel, sources, behind)]
    channels = node.output_tensors[0].shape[-1]
    return [(Step(layer.name, _kind(layer), channels, sources, block=_block(layer)), None)]


def _convolution(
    layer: Any, variable: Any, sources: tuple[int, ...], behind: Any
) -> tuple[Step, Place | None]:
    linear = layer.activation is keras.activations.linear
    folded = linear and isinstance(behind, layers.BatchNormalization)
    place = Place(
        variable,
        swapped=isinstance(layer, layers.Conv2DTranspose),
        norm=behind if folded else None,
        groups=getattr(layer, "groups", 1),
    )
    step = networks.convolution(layer.name, sources, place.kernel, groups=place.groups)
    return step, place


def _kind(layer: Any) -> str:
    kind = type(layer).__name__
    if kind == "InputLayer":
        return networks.INPUT
    if kind in _SHUFFLES:
        return networks.SHUFFLE
    if kind == "Concatenate":
        return networks.CONCATENATION
    return networks.POINTWISE if kind in _POINTWISE else networks.OTHER


def _block(layer: Any) -> int:
    return int(getattr(layer, _SHUFFLES.get(type(layer).__name__, ""), 1))
