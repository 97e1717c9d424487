"""How large a model is, from its configuration alone.

Keras makes a layer's arrays while it reads the configuration, so a few bytes could ask for any
amount of memory. Here the parameters are counted before anything is built.
"""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from keras_litesr.zoo.folders import PresetError

_MOST_LAYERS = 1000
_LARGEST_SCALE = 16
_LARGEST_SIDE = 64
_LARGEST_WIDTH = 2**20


def parameter_count(config: dict[str, Any], path: Path) -> int:
    """Counts the numbers that a model holds, without building it.

    Args:
        config: From `configuration.parsed`.
        path: Where it comes from, for messages.

    Raises:
        PresetError: When a layer, its place or its size is not one of the zoo's networks.
    """
    layer: Any = None
    try:
        layers = config["config"]["layers"]
        _require(len(layers) <= _MOST_LAYERS, f"it has {len(layers)} layers")
        channels: dict[str, int] = {}
        total = 0
        for layer in layers:
            name, options = layer["name"], layer["config"]
            _require(isinstance(name, str) and name not in channels, "it is there twice")
            _refuse_odd_options(options)
            sources = [channels[source] for source in _sources(layer)]
            channels[name], parameters = _COUNTS[layer["class_name"]](options, *sources)
            total += parameters
        return total
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        name = layer.get("name") if isinstance(layer, dict) else layer
        reason = f"it lacks {error}" if isinstance(error, KeyError) else error
        raise PresetError(
            f"{path} does not describe a model of the zoo's kind: layer {str(name)[:80]!r}: "
            f"{reason}. Get the preset again."
        ) from error


def _sources(layer: dict[str, Any]) -> list[str]:
    """Names of the layers that a layer reads."""
    if layer["class_name"] == "InputLayer":
        return []
    (node,) = layer["inbound_nodes"]
    (arguments,) = node["args"]
    _require(set(node["kwargs"].values()) <= {None}, "it is called with options")
    tensors = arguments if isinstance(arguments, list) else [arguments]
    _require(len(tensors) > 0, "it reads nothing")
    return [tensor["config"]["keras_history"][0] for tensor in tensors]


def _refuse_odd_options(options: dict[str, Any]) -> None:
    dtype = options["dtype"]
    dtype = dtype["config"]["name"] if isinstance(dtype, dict) else dtype
    _require(dtype == "float32", f"its numbers are {dtype}, expected float32")
    _require(options.get("activation") in (None, "linear", "relu"), "its activation is unknown")
    for key, value in options.items():
        if key.endswith(("_regularizer", "_constraint")):
            _require(value is None, f"it has a {key}")


def _input(options: dict[str, Any]) -> tuple[int, int]:
    shape = options["batch_shape"]
    _require(shape == [None, None, None, 3], f"the input is {shape}, expected RGB of any size")
    return 3, 0


def _convolution(options: dict[str, Any], channels: int) -> tuple[int, int]:
    filters, groups = _whole(options, "filters"), _whole(options, "groups")
    return filters, _area(options) * channels // groups * filters + _biases(options, filters)


def _depthwise(options: dict[str, Any], channels: int) -> tuple[int, int]:
    wide = channels * _whole(options, "depth_multiplier")
    return wide, _area(options) * wide + _biases(options, wide)


def _separable(options: dict[str, Any], channels: int) -> tuple[int, int]:
    wide = channels * _whole(options, "depth_multiplier")
    filters = _whole(options, "filters")
    return filters, _area(options) * wide + wide * filters + _biases(options, filters)


def _normalisation(options: dict[str, Any], channels: int) -> tuple[int, int]:
    _require(not options.get("renorm"), "it has renorm")
    return channels, channels * (2 + bool(options["center"]) + bool(options["scale"]))


def _slopes(options: dict[str, Any], channels: int) -> tuple[int, int]:
    _require(options["shared_axes"] == [1, 2], "its slopes are not one a channel")
    return channels, channels


def _same(options: dict[str, Any], channels: int) -> tuple[int, int]:
    return channels, 0


def _merged(options: dict[str, Any], *channels: int) -> tuple[int, int]:
    _require(len(set(channels)) == 1, f"it joins {channels} channels")
    return channels[0], 0


def _shuffled(options: dict[str, Any], channels: int) -> tuple[int, int]:
    return channels // _whole(options, "scale", _LARGEST_SCALE) ** 2, 0


def _bicubic(options: dict[str, Any], channels: int) -> tuple[int, int]:
    return channels * _whole(options, "scale", _LARGEST_SCALE) ** 2, 0


_COUNTS: dict[str, Callable[..., tuple[int, int]]] = {
    "Add": _merged,
    "BatchNormalization": _normalisation,
    "BicubicSubpixels": _bicubic,
    "Conv2D": _convolution,
    "DepthwiseConv2D": _depthwise,
    "InputLayer": _input,
    "LeakyReLU": _same,
    "Multiply": _merged,
    "PReLU": _slopes,
    "PixelShuffle": _shuffled,
    "ReLU": _same,
    "SeparableConv2D": _separable,
}


def _biases(options: dict[str, Any], filters: int) -> int:
    return filters if options["use_bias"] else 0


def _area(options: dict[str, Any]) -> int:
    sides = options["kernel_size"]
    _require(isinstance(sides, list) and len(sides) == 2, "its kernel is not height and width")
    return math.prod(_whole({"side": side}, "side", _LARGEST_SIDE) for side in sides)


def _whole(options: dict[str, Any], key: str, largest: int = _LARGEST_WIDTH) -> int:
    value = options[key]
    _require(
        type(value) is int and 1 <= value <= largest,
        f"expected a whole number of 1 to {largest} as {key}, received {str(value)[:40]}",
    )
    return value


def _require(condition: bool, problem: str) -> None:
    if not condition:
        raise ValueError(problem)
