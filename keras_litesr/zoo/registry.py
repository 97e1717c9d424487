"""Builds, saves and loads the zoo's models."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from datetime import datetime, timezone
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras

from keras_litesr.atomic import published, write_json
from keras_litesr.models.bicubic import bicubic
from keras_litesr.models.copies import copied
from keras_litesr.models.cost import receptive_radius, scale_of
from keras_litesr.models.ends import check_ends
from keras_litesr.models.layers import BicubicSubpixels, PixelShuffle
from keras_litesr.models.lite import lite
from keras_litesr.models.srcnn import srcnn
from keras_litesr.models.srresnet import separable_srresnet, srresnet
from keras_litesr.models.tflite_files import is_tflite_file, open_tflite
from keras_litesr.models.tflite_model import TFLiteModel
from keras_litesr.zoo import configuration, folders, weights
from keras_litesr.zoo.checks import Checks, KeyFiles, key_files
from keras_litesr.zoo.contents import require_only_files
from keras_litesr.zoo.integrity import CheckedFolder
from keras_litesr.zoo.manifests import BESIDE, is_plain_name
from keras_litesr.zoo.new_folders import require_nothing_else
from keras_litesr.zoo.presets import PRESETS
from keras_litesr.zoo.sizes import parameter_count

if TYPE_CHECKING:
    from keras_litesr.zoo.cards import Card

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


def save_to_preset(
    model: keras.Model,
    folder: str | Path,
    *,
    name: str | None = None,
    training: dict[str, Any] | None = None,
    card: Card | Mapping[str, Any] | None = None,
    licence: str = "",
) -> Path:
    """Saves a model as a preset folder: configuration, metadata, weights and manifest.

    Args:
        model: Super-resolution model, functional or Sequential; its optimizer is not saved.
        folder: New, empty, or a preset's, whose earlier files are replaced or removed: its card,
            figures, pictures and `.tflite` files are not those of this one.
        name: Name in the metadata; the folder's by default.
        training: How it was trained, kept in the metadata as it is.
        card: The author's facts for the model card, see `cards.Card`; no card by default.
        licence: Identifier of the weights' licence for the metadata and the `.tflite` files that
            are made of the preset; the card's by default.

    Returns:
        The folder.

    Raises:
        PresetError: When the card lacks facts, the name is none that a model can have, the folder
            holds anything but a preset and what its manifest lists, or the model has a layer or an
            option that `load` would refuse. Nothing is written then.
        TypeError: For something else than a Keras model.
    """
    if not isinstance(model, keras.Model):
        raise TypeError(
            f"Expected a Keras model to save, received {model!r}. Build one, or load one with "
            "keras_litesr.load."
        )
    _require_ends(model)
    folder = Path(folder)
    name = name or folder.resolve().name
    if not is_plain_name(name):
        raise folders.PresetError(
            f"Expected a name that a model can have, received {name!r}. Name it mine_x4, say."
        )
    if folder.is_dir():
        require_only_files(folder)
        if not BESIDE.issuperset(os.listdir(folder)):
            require_nothing_else(folder, beside=BESIDE)
    bare = copied(model)
    config = _loadable(_portable(keras.saving.serialize_keras_object(bare)), bare.name)
    facts: dict[str, Any] = {
        "name": name,
        "scale": scale_of(bare),
        "parameter_count": bare.count_params(),
        "receptive_radius": receptive_radius(bare),
        "keras_version": keras.__version__,
        "keras_litesr_version": metadata.version("keras_litesr"),
        "date_saved": datetime.now(timezone.utc).date().isoformat(),
    }
    if training is not None:
        facts["training"] = training
    if licence:
        facts["license"] = licence
    _require_readable(facts, folder / folders.METADATA)
    if card is not None:
        from keras_litesr.zoo.cards import whole_card, write_own_card

        card = whole_card(card, facts)
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / folders.CONFIG, config)
    with published(folder / folders.WEIGHTS) as temporary:
        bare.save_weights(temporary)
    write_json(folder / folders.METADATA, facts)
    if (folder / folders.MANIFEST).is_file():
        _remove_files_of_earlier_model(folder, card)
    if card is not None:
        write_own_card(folder, card)
    folders.write_manifest(folder)
    return folder


def _require_ends(model: keras.Model) -> None:
    try:
        check_ends(model)
    except ValueError as error:
        raise folders.PresetError(str(error)) from error


def _remove_files_of_earlier_model(folder: Path, card: Card | Mapping[str, Any] | None) -> None:
    from keras_litesr.zoo.card_facts import card_of
    from keras_litesr.zoo.card_sections import CURVES, PICTURE
    from keras_litesr.zoo.cards import CARD

    named = [folder / name for name in (folders.RESULTS, CARD, PICTURE, CURVES)]
    # The new card may show the picture that lies there already.
    shown = Path(card_of(card).picture).resolve() if card else None
    for path in [*named, *folder.glob("*.tflite")]:
        if path.is_file() and path.resolve() != shown:
            path.unlink()


def _portable(config: dict[str, Any]) -> dict[str, Any]:
    """Leaves out what layers have by default, which older versions of Keras do not know."""
    for node in configuration.nodes(config):
        if node.get("module") == "keras.initializers":
            known = {name: value for name, value in node["config"].items() if value is not None}
            node["config"] = known
        if node["class_name"] == "BatchNormalization" and not node["config"].get("renorm"):
            known = {name: value for name, value in node["config"].items() if "renorm" not in name}
            node["config"] = known
    return config


def _loadable(config: dict[str, Any], name: str) -> dict[str, Any]:
    """Refuses what `load` would refuse, while the model is still there to be changed."""
    path = Path(name)
    try:
        parameter_count(configuration.parsed(json.dumps(config).encode(), path), path)
    except folders.PresetError as error:
        reason = str(error).removesuffix(" Get the preset again.")
        raise folders.PresetError(
            f"{reason} Build the model of the layers and options that the zoo's networks have, so "
            "that `load` can read it."
        ) from error
    return config


def _require_readable(facts: dict[str, Any], path: Path) -> None:
    """Refuses facts that cannot be written, or that `load` would refuse, before others are lost."""
    ways = "Give training as a dict of text and plain numbers, and the licence as text."
    try:
        folders.parsed_metadata(json.dumps(facts).encode(), path)
    except folders.PresetError as error:
        raise folders.PresetError(
            f"{str(error).removesuffix('; get the preset again.')}. {ways}"
        ) from error
    except (TypeError, ValueError, RecursionError) as error:
        raise folders.PresetError(
            f"Expected facts for {path.name} that JSON can hold, received others: {error}. {ways}"
        ) from error


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
