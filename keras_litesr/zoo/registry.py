"""Builds and loads the zoo's models."""

import os
import re
from pathlib import Path
from typing import Any

import keras

from keras_litesr.models.bicubic import bicubic
from keras_litesr.models.layers import BicubicSubpixels, PixelShuffle
from keras_litesr.models.lite import lite
from keras_litesr.models.srcnn import srcnn
from keras_litesr.models.srresnet import separable_srresnet, srresnet
from keras_litesr.models.tflite_files import is_tflite_file, open_tflite
from keras_litesr.models.tflite_model import TFLiteModel
from keras_litesr.zoo import configuration, folders, weights
from keras_litesr.zoo.checks import Checks, KeyFiles, key_files
from keras_litesr.zoo.integrity import CheckedFolder
from keras_litesr.zoo.presets import PRESETS
from keras_litesr.zoo.sizes import parameter_count

ARCHITECTURES = {
    "bicubic": bicubic,
    "lite": lite,
    "separable_srresnet": separable_srresnet,
    "srcnn": srcnn,
    "srresnet": srresnet,
}

_OUR_LAYERS = {f"keras_litesr>{c.__name__}": c for c in (BicubicSubpixels, PixelShuffle)}


def build(name: str) -> keras.Model:
    """Builds a zoo model with fresh weights, for training."""
    preset = PRESETS[name]
    return ARCHITECTURES[preset.architecture](scale=preset.scale, **preset.arguments)


def load(
    name_or_folder: str | os.PathLike[str],
    *,
    verify: str = "auto",
    trusted_keys: KeyFiles = (),
) -> keras.Model:
    """Loads a trained model.

    Files are compared with the preset's manifest before they are opened; the architecture comes
    from JSON that may name known layers only, the weights from arrays. Nothing in them runs, and
    a model cannot have more numbers than its weight file holds.

    Args:
        name_or_folder: A name from `keras_litesr.presets()`, a preset folder, or a `.tflite` file
            of any origin that enlarges RGB pictures.
        verify: `auto` checks checksums always, and the signature where a trusted key made one;
            `require` refuses what no trusted key has signed; `off` checks neither, for a folder
            that you are changing yourself.
        trusted_keys: File of a public key to trust, or several, beside the release keys of this
            package.

    Returns:
        Functional model from `(batch, height, width, 3)` to `(batch, scale * height,
        scale * width, 3)`, RGB in [0, 1], not clipped. It expects pictures that were reduced by
        an antialiased bicubic filter. It bears the preset's name, in which `_` stands for what
        TensorFlow takes in no name. From a `.tflite` file, a model without weights that hands
        its input to LiteRT: it predicts, and cannot be trained or saved.

    Raises:
        PresetError: For an unknown name, a missing, additional or altered file, a signature that
            fails, or a forbidden layer.
        TypeError: For something else than a name or path, as model or key.
        ValueError: For a `.tflite` file that is missing, damaged or of another kind; the message
            names what it takes and gives.

    Example:
        >>> model = load("bicubic_x4")
        >>> model.output_shape
        (None, None, None, 3)
    """
    if not isinstance(name_or_folder, (str, os.PathLike)):
        raise TypeError(
            "Expected the name of a model, a preset folder or a .tflite file, received "
            f"{name_or_folder!r}. keras_litesr.presets() has the names."
        )
    checks = Checks(verify, key_files(trusted_keys))
    if is_tflite_file(name_or_folder):
        checks.refuse_unsigned_file(name_or_folder)
        return TFLiteModel(open_tflite(name_or_folder))
    folder = folders.preset_folder(name_or_folder)
    files = checks.folder(folder)
    model = network(files)
    if folders.METADATA in files:
        facts = folders.parsed_metadata(files.read(folders.METADATA), folder / folders.METADATA)
        model.name = _scope_name(facts["name"])
    return model


def network(files: CheckedFolder) -> keras.Model:
    """Loads the model of a checked folder under its network's name, which presets may share.

    Operators of a `.tflite` file bear that one, so that a file stays when a preset is renamed.

    Raises:
        PresetError: As `load`.
    """
    folder = files.path
    config = configuration.parsed(files.read(folders.CONFIG), folder / folders.CONFIG)
    arrays = weights.parsed(files.read(folders.WEIGHTS), folder / folders.WEIGHTS)
    described = parameter_count(config, folder / folders.CONFIG)
    held = sum(array.size for layer in arrays.values() for array in layer)
    if described != held:
        raise folders.PresetError(
            f"{folder / folders.CONFIG} describes a model of {described:,} numbers, "
            f"{folders.WEIGHTS} holds {held:,}. Get the preset again."
        )
    model = _model_of(config, folder / folders.CONFIG)
    weights.set_arrays(model, arrays, folder / folders.WEIGHTS)
    return model


def _scope_name(name: str) -> str:
    """Makes of a preset's name one that TensorFlow can run a model under."""
    plain = re.sub(r"[^A-Za-z0-9_.-]", "_", name)
    return plain if plain[0].isalnum() else f"model{plain}"


def _model_of(config: dict[str, Any], path: Path) -> keras.Model:
    try:
        return keras.saving.deserialize_keras_object(config, custom_objects=_OUR_LAYERS)
    except Exception as error:  # Keras raises nearly every kind for a broken configuration
        raise folders.PresetError(
            f"{path} does not describe a model: {error}. Get the preset again."
        ) from error
