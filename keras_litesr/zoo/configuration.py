"""Model configurations read strictly: JSON that names known layers, and nothing that runs code."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from keras_litesr.zoo.folders import PresetError

# What a configuration may name, by module: enough for every network here, nothing that runs code.
_ALLOWED_CLASSES = {
    "keras": {"DTypePolicy"},
    "keras.initializers": {"Constant", "GlorotUniform", "HeNormal", "HeUniform", "Ones", "Zeros"},
    "keras.layers": {
        "Add",
        "BatchNormalization",
        "Conv2D",
        "DepthwiseConv2D",
        "InputLayer",
        "LeakyReLU",
        "Multiply",
        "PReLU",
        "ReLU",
        "SeparableConv2D",
    },
    "keras.src.models.functional": {"Functional"},
    "keras_litesr.models.layers": {"BicubicSubpixels", "PixelShuffle"},
    None: {"__keras_tensor__"},
}
_OF_BUILDING = ("build_config", "compile_config")
_LARGEST_NUMBER = 2**31


def parsed(content: bytes, path: Path) -> dict[str, Any]:
    """Parses a `config.json` and refuses what no network of the zoo has.

    Args:
        content: The file's bytes.
        path: Where they come from, for messages.

    Returns:
        Serialised functional model, without what Keras adds for building and compiling.

    Raises:
        PresetError: For no JSON, another kind of model, a class that is not on the list, or a
            number that no layer has.
    """
    try:
        config = json.loads(content, parse_constant=_refused_constant)
        if not isinstance(config, dict) or config.get("class_name") != "Functional":
            raise PresetError(
                f"{path} does not describe a functional Keras model. Make a preset with "
                "keras_litesr.save_to_preset(model, folder)."
            )
        _refuse_unknown_classes(config, path)
        return _checked(config)
    except (ValueError, TypeError, RecursionError) as error:
        if isinstance(error, PresetError):
            raise
        raise PresetError(
            f"{path} does not describe a model: {error}. Get the preset again."
        ) from error


def nodes(config: Any) -> Iterator[dict[str, Any]]:
    """Yields every serialised object inside a configuration, outermost first."""
    if isinstance(config, dict):
        if "class_name" in config:
            yield config
        for value in config.values():
            yield from nodes(value)
    elif isinstance(config, list):
        for value in config:
            yield from nodes(value)


def _refuse_unknown_classes(config: dict[str, Any], path: Path) -> None:
    for node in nodes(config):
        name, module = node["class_name"], node.get("module")
        known = name in _ALLOWED_CLASSES.get(module, ())
        if not known or node.get("registered_name") not in (None, name, f"keras_litesr>{name}"):
            raise PresetError(
                f"{path} names the class {module}.{name}, which the zoo does "
                "not know and so does not load. Expected the layers of the zoo's own networks."
            )


def _checked(value: Any) -> Any:
    """Refuses numbers that no layer has, and leaves out what only building and compiling need."""
    if isinstance(value, dict):
        return {key: _checked(each) for key, each in value.items() if key not in _OF_BUILDING}
    if isinstance(value, list):
        return [_checked(each) for each in value]
    if isinstance(value, (int, float)) and abs(value) > _LARGEST_NUMBER:
        raise ValueError(f"it has a number beyond {_LARGEST_NUMBER:,}")
    return value


def _refused_constant(name: str) -> None:
    raise ValueError(f"it has the number {name}")
