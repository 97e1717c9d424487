"""Cross-layer equalisation: channels of one tensor brought to one range, the function unchanged."""

from collections.abc import Mapping

import keras
import numpy as np
from keras import layers

_HOMOGENEOUS = (layers.Add, layers.LeakyReLU, layers.PReLU, layers.ReLU)


def equalize(model: keras.Model, spread: Mapping[str, np.ndarray]) -> None:
    """Rescales weights in place so that the channels of each tensor reach equally far.

    A tensor has one step size for all of its channels, so a channel with a small range gets few
    of the 256 levels. Where only convolutions, additions and leaky rectifiers touch a channel, it
    can be multiplied by a constant when it is made and divided by it where it is used. The
    residual stream is one such channel from its first convolution to its last addition.

    Args:
        model: Result of `split_separable`.
        spread: Range of every channel by layer name, `(channels,)`.

    Reference:
        Nagel et al., 2019, Data-Free Quantization Through Weight Equalization and Bias
        Correction, section 4.1 (here with measured ranges, and through residual additions).
    """
    groups = _groups(model)
    for members in groups:
        factor = _factor([spread[layer.name] for layer in members])
        made = {id(layer.output) for layer in members}
        for layer in members:
            if not isinstance(layer, _HOMOGENEOUS):
                _scale_output(layer, factor)
        for layer in model.layers:
            if id(layer.input) in made and not isinstance(layer, _HOMOGENEOUS):
                _scale_input(layer, 1 / factor)


def _groups(model: keras.Model) -> list[list[keras.Layer]]:
    """Finds the sets of layers whose outputs must share their factors and are free to do so."""
    parent = {id(layer.output): id(layer.output) for layer in model.layers}

    def root(tensor: int) -> int:
        while parent[tensor] != tensor:
            tensor = parent[tensor]
        return tensor

    fixed = {id(model.output)}
    for layer in model.layers:
        touched = [id(tensor) for tensor in keras.tree.flatten(layer.input)] + [id(layer.output)]
        if _is_homogeneous(layer):
            for tensor in touched:
                parent[root(tensor)] = root(touched[0])
        elif not _is_linear_convolution(layer):
            fixed.update(touched)
    fixed = {root(tensor) for tensor in fixed}
    groups: dict[int, list[keras.Layer]] = {}
    for layer in model.layers:
        if root(id(layer.output)) not in fixed:
            groups.setdefault(root(id(layer.output)), []).append(layer)
    return list(groups.values())


def _factor(spreads: list[np.ndarray]) -> np.ndarray:
    """Averages, over the tensors of a group, how far each channel is from the widest one."""
    relative = [np.maximum(spread, 1e-3 * spread.max() + 1e-12) for spread in spreads]
    relative = [np.log(spread / spread.max()) for spread in relative]
    return np.exp(-np.mean(relative, axis=0)).astype(np.float32)


def _is_homogeneous(layer: keras.Layer) -> bool:
    """Tells whether a channel that goes in multiplied comes out multiplied alike."""
    tensors = [*keras.tree.flatten(layer.input), layer.output]
    broadcasts = len({tensor.shape[-1] for tensor in tensors}) > 1
    bends_elsewhere = (
        getattr(layer, "threshold", 0) or getattr(layer, "max_value", None) is not None
    )
    return isinstance(layer, _HOMOGENEOUS) and not broadcasts and not bends_elsewhere


def _is_linear_convolution(layer: keras.Layer) -> bool:
    convolves = isinstance(layer, (layers.Conv2D, layers.DepthwiseConv2D))
    return (
        convolves
        and getattr(layer, "groups", 1) == 1
        and layer.activation is keras.activations.linear
    )


def _scale_output(layer: keras.Layer, factor: np.ndarray) -> None:
    kernel, *bias = layer.get_weights()
    is_depthwise = isinstance(layer, layers.DepthwiseConv2D)
    kernel = kernel * (factor.reshape(kernel.shape[2:]) if is_depthwise else factor)
    layer.set_weights([kernel, *(values * factor for values in bias)])


def _scale_input(layer: keras.Layer, factor: np.ndarray) -> None:
    kernel, *bias = layer.get_weights()
    layer.set_weights([kernel * factor[:, None], *bias])
