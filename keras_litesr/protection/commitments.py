"""Commitments in preset folders: a hash that fixes an owner's key without giving it away."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from keras_litesr.atomic import write_json
from keras_litesr.protection.keys import OwnerKey
from keras_litesr.protection.slots import SLOTS
from keras_litesr.zoo import folders
from keras_litesr.zoo.manifests import is_sha256

FACT = "commitment"
_SCHEME = "keras_litesr 1: SHA-256 of label, secret and payload"


def write(folder: str | Path, key: OwnerKey, marking: Mapping[str, Any] | None = None) -> None:
    """Adds a key's commitment to the metadata of a preset folder, and renews the manifest.

    Args:
        folder: Preset folder; its metadata keep their other facts.
        key: The owner's.
        marking: How the mark was put in, for the model card: `margin`, `steps` of training, its
            `seed` unless that is 0, and `validation_psnr` before and after in dB where it was
            measured.

    Raises:
        PresetError: When the folder's metadata are not in order.
    """
    folder = Path(folder)
    facts = folders.metadata(folder)
    facts[FACT] = {"scheme": _SCHEME, "sha256": key.commitment, "slots": SLOTS}
    if marking is not None:
        facts[FACT]["marking"] = dict(marking)
    write_json(folder / folders.METADATA, facts)
    folders.write_manifest(folder)


def read(folder: str | Path) -> str | None:
    """Reads the commitment of a preset folder.

    What it proves depends on who can say since when the folder has been public.

    Returns:
        SHA-256 in hex, or None where there is none.

    Raises:
        PresetError: When the metadata are not in order, or name a commitment of another kind.
    """
    folder = Path(folder)
    facts = folders.metadata(folder).get(FACT)
    if facts is None:
        return None
    digest = facts.get("sha256") if isinstance(facts, dict) else None
    if not is_sha256(digest) or facts.get("scheme") != _SCHEME:
        raise folders.PresetError(
            f"Expected a commitment of the scheme {_SCHEME!r} in {folder / folders.METADATA}, "
            f"received {json.dumps(facts)}. Use the version of litesr that wrote it."
        )
    return digest
