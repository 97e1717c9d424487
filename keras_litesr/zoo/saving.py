"""Saves models as preset folders."""

import json
import os
from collections.abc import Mapping
from datetime import datetime, timezone
from importlib import metadata
from pathlib import Path
from typing import Any

import keras

from keras_litesr.atomic import published, write_json
from keras_litesr.models.copies import copied
from keras_litesr.models.cost import receptive_radius, scale_of
from keras_litesr.models.ends import check_ends
from keras_litesr.models.single_use import check_layers_only
from keras_litesr.zoo import configuration, folders
from keras_litesr.zoo.card_sections import CURVES, PICTURE
from keras_litesr.zoo.cards import CARD, Card, whole_card, write_own_card
from keras_litesr.zoo.contents import require_only_files
from keras_litesr.zoo.manifests import BESIDE, is_plain_name
from keras_litesr.zoo.new_folders import require_nothing_else
from keras_litesr.zoo.sizes import parameter_count


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
        ValueError: When `check_ends` refuses the model, or it has a layer that is applied more
            than once, a model within, or operations outside of layers; likewise.
    """
    check_ends(model)
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
    check_layers_only(bare)
    config = _loadable(_portable(keras.saving.serialize_keras_object(bare)), bare.name)
    facts = _facts(bare, name)
    if training is not None:
        facts["training"] = training
    if licence:
        facts["license"] = licence
    _require_readable(facts, folder / folders.METADATA)
    own_card = None if card is None else whole_card(card, facts)
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / folders.CONFIG, config)
    with published(folder / folders.WEIGHTS) as temporary:
        bare.save_weights(temporary)
    write_json(folder / folders.METADATA, facts)
    if (folder / folders.MANIFEST).is_file():
        _remove_files_of_earlier_model(folder, own_card)
    if own_card is not None:
        write_own_card(folder, own_card)
    folders.write_manifest(folder)
    return folder


def _facts(model: keras.Model, name: str) -> dict[str, Any]:
    return {
        "name": name,
        "scale": scale_of(model),
        "parameter_count": model.count_params(),
        "receptive_radius": receptive_radius(model),
        "keras_version": keras.__version__,
        "keras_litesr_version": metadata.version("keras_litesr"),
        "date_saved": datetime.now(timezone.utc).date().isoformat(),
    }


def _remove_files_of_earlier_model(folder: Path, card: Card | None) -> None:
    named = [folder / name for name in (folders.RESULTS, CARD, PICTURE, CURVES)]
    # The new card may show the picture that lies there already.
    shown = Path(card.picture).resolve() if card else None
    for path in [*named, *folder.glob("*.tflite")]:
        if path.is_file() and path.resolve() != shown:
            path.unlink()


def _portable(config: dict[str, Any]) -> dict[str, Any]:
    """Leaves out what layers have by default, which older versions of Keras do not know."""
    for node in configuration.nodes(config):
        options = node["config"]
        if node.get("module") == "keras.initializers":
            node["config"] = {name: each for name, each in options.items() if each is not None}
        if node["class_name"] == "BatchNormalization" and not options.get("renorm"):
            node["config"] = {name: each for name, each in options.items() if "renorm" not in name}
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
