"""Builds, saves and loads the zoo's models."""

import json
from datetime import datetime, timezone
from importlib import metadata
from pathlib import Path
from typing import Any

import keras

from keras_litesr.atomic import published, write_json
from keras_litesr.models.bicubic import bicubic
from keras_litesr.models.cost import receptive_radius, scale_of
from keras_litesr.models.layers import BicubicSubpixels, PixelShuffle
from keras_litesr.models.lite import lite
from keras_litesr.zoo import folders
from keras_litesr.zoo.presets import PRESETS
from keras_litesr.zoo.weights import load_weights

ARCHITECTURES = {"bicubic": bicubic, "lite": lite}

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
_OUR_LAYERS = {f"keras_litesr>{c.__name__}": c for c in (BicubicSubpixels, PixelShuffle)}


def build(name: str) -> keras.Model:
    """Builds a zoo model with fresh weights, for training."""
    preset = PRESETS[name]
    return ARCHITECTURES[preset.architecture](scale=preset.scale, **preset.arguments)


def load(name_or_folder: str | Path) -> keras.Model:
    """Loads a trained model.

    Files are compared with the preset's manifest before they are opened; the architecture comes
    from JSON that may name known layers only, the weights from arrays. Nothing in them runs.

    Args:
        name_or_folder: A name from `keras_litesr.presets()` or a preset folder.

    Returns:
        Functional model from `(batch, height, width, 3)` to `(batch, scale * height,
        scale * width, 3)`, RGB in [0, 1], not clipped. It expects pictures that were reduced by
        an antialiased bicubic filter.

    Raises:
        PresetError: For an unknown name, a missing or altered file, or a forbidden layer.

    Example:
        >>> model = load("bicubic_x4")
        >>> model.output_shape
        (None, None, None, 3)
    """
    folder = folders.preset_folder(name_or_folder)
    config = json.loads(folders.verified(folder, folders.CONFIG).read_text())
    weights = folders.verified(folder, folders.WEIGHTS)
    model = _model_of(config, folder / folders.CONFIG)
    load_weights(model, weights)
    return model


def save_to_preset(
    model: keras.Model,
    folder: str | Path,
    *,
    name: str | None = None,
    training: dict[str, Any] | None = None,
) -> Path:
    """Saves a model as a preset folder: configuration, metadata, weights and manifest.

    Args:
        model: Functional super-resolution model; its optimizer is not saved.
        folder: Made if missing; files of an earlier model are replaced.
        name: Name in the metadata; the folder's by default.
        training: How it was trained, kept in the metadata as it is.

    Returns:
        The folder.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    bare = model.__class__.from_config(model.get_config())
    bare.set_weights(model.get_weights())
    write_json(folder / folders.CONFIG, _portable(keras.saving.serialize_keras_object(bare)))
    with published(folder / folders.WEIGHTS) as temporary:
        bare.save_weights(temporary)
    facts: dict[str, Any] = {
        "name": name or folder.name,
        "scale": scale_of(bare),
        "parameter_count": bare.count_params(),
        "receptive_radius": receptive_radius(bare),
        "keras_version": keras.__version__,
        "keras_litesr_version": metadata.version("keras_litesr"),
        "date_saved": datetime.now(timezone.utc).date().isoformat(),
    }
    if training is not None:
        facts["training"] = training
    write_json(folder / folders.METADATA, facts)
    folders.write_manifest(folder)
    return folder


def _portable(config: dict[str, Any]) -> dict[str, Any]:
    """Leaves out what initializers have by default, which older versions of Keras do not know."""
    for node in _nodes(config):
        if node.get("module") == "keras.initializers":
            known = {name: value for name, value in node["config"].items() if value is not None}
            node["config"] = known
    return config


def _model_of(config, path: Path) -> keras.Model:
    if not isinstance(config, dict) or config.get("class_name") != "Functional":
        raise folders.PresetError(
            f"{path} does not describe a functional Keras model. Make a preset with "
            "keras_litesr.save_to_preset(model, folder)."
        )
    _refuse_unknown_classes(config, path)
    try:
        return keras.saving.deserialize_keras_object(config, custom_objects=_OUR_LAYERS)
    except Exception as error:  # Keras raises nearly every kind for a broken configuration
        raise folders.PresetError(
            f"{path} does not describe a model: {error}. Get the preset again."
        ) from error


def _refuse_unknown_classes(config, path: Path) -> None:
    for node in _nodes(config):
        name, module = node["class_name"], node.get("module")
        known = name in _ALLOWED_CLASSES.get(module, ())
        if not known or node.get("registered_name") not in (None, name, f"keras_litesr>{name}"):
            raise folders.PresetError(
                f"{path} names the class {module}.{name}, which the zoo does "
                "not know and so does not load. Expected the layers of the zoo's own networks."
            )


def _nodes(config):
    if isinstance(config, dict):
        if "class_name" in config:
            yield config
        for value in config.values():
            yield from _nodes(value)
    elif isinstance(config, list):
        for value in config:
            yield from _nodes(value)
