"""Preset folders on disk: where they are, and whether their files are what was released."""

import difflib
import hashlib
import json
import os
from pathlib import Path
from typing import Any

from keras_litesr.atomic import published
from keras_litesr.zoo.addresses import is_address
from keras_litesr.zoo.contents import require_only_files
from keras_litesr.zoo.manifests import (
    BESIDE,
    MANIFEST,
    SIGNATURE,
    PresetError,
    is_plain_name,
    parsed_manifest,
    unchecked,
)
from keras_litesr.zoo.presets import PRESETS, Preset

CONFIG = "config.json"
METADATA = "metadata.json"
WEIGHTS = "model.weights.h5"
RESULTS = "results.json"
_OF_RUN = "best.weights.h5"

# What the metadata must say: texts, and whole numbers in a range.
_FACTS: dict[str, type | range] = {
    "name": str,
    "scale": range(1, 17),
    "parameter_count": range(2**40 + 1),
    "receptive_radius": range(1001),
    "date_saved": str,
}
# What they may say beside, each read by its own part.
_PARTS: dict[str, type] = {"license": str, "training": dict, "card": dict, "commitment": dict}

_PACKAGE = Path(__file__).resolve().parents[1]


def preset_folder(name_or_folder: str | os.PathLike[str]) -> Path:
    """Finds the folder of a preset.

    Args:
        name_or_folder: A name from `presets()`, a folder that holds a `config.json`, or an
            address on a hub such as `hf://user/name@revision`, which is downloaded once. A `Path`
            is never taken for a name: a folder may be called as a model of the zoo is.

    Returns:
        The folder, which exists.

    Raises:
        PresetError: For an unknown name (with the nearest ones), a folder without a preset, or an
            address that cannot be resolved.
    """
    named = os.fspath(name_or_folder)
    if is_address(named):
        from keras_litesr.zoo.sharing import cached_preset

        return cached_preset(named)
    if isinstance(name_or_folder, str) and name_or_folder in PRESETS:
        return _bundled_folder(name_or_folder)
    folder = Path(name_or_folder)
    if (folder / CONFIG).is_file():
        return folder
    if folder.is_dir():
        raise _no_preset(folder)
    if folder.is_file():
        raise PresetError(
            f"There is no model named {named!r}; it is a file. Expected here: a name from "
            "`litesr list` or a preset folder. `litesr upscale` and `litesr evaluate` take .tflite "
            "files too. Of a Keras model, keras_litesr.save_to_preset makes a preset."
        )
    if named in PRESETS:
        raise PresetError(
            f"There is no folder {folder}. For the zoo's model of that name give a str, not a Path."
        )
    near = difflib.get_close_matches(named, PRESETS, n=3, cutoff=0.4)
    hint = f"Did you mean {' or '.join(near)}?" if near else f"The zoo has {', '.join(PRESETS)}."
    raise PresetError(f"There is no model named {named!r}. {hint}")


def _no_preset(folder: Path) -> PresetError:
    run = folder / _OF_RUN
    way = (
        f"`litesr share save {run} --architecture PRESET --card card.json --data FOLDER -o NEW`; "
        "`litesr share save --help` shows a card"
        if run.is_file()
        else "keras_litesr.save_to_preset(model, folder)"
    )
    return PresetError(
        f"{folder} holds no {CONFIG}, so it is no preset folder. Make one with {way}."
    )


def verified(folder: Path, file_name: str) -> Path:
    """Returns the path of a preset's file after comparing it with the manifest.

    Raises:
        PresetError: When the file is missing, not listed, or has another SHA-256 (both are named).
    """
    read(folder, file_name, manifest(folder).get(file_name))
    return folder / file_name


def read(folder: Path, file_name: str, expected: str | None) -> bytes:
    """Reads a preset's file once and compares what was read with its hash.

    Args:
        folder: Preset folder.
        file_name: Plain name of the file.
        expected: SHA-256 in hex; None when the manifest does not list the file.

    Raises:
        PresetError: When the file is missing, not listed, a link, too large, or has another
            SHA-256 (both are named).
    """
    if expected is None:
        raise PresetError(f"{folder / MANIFEST} does not list {file_name}; get the preset again.")
    content = unchecked(folder, file_name)
    received = hashlib.sha256(content).hexdigest()
    if received != expected:
        raise PresetError(
            f"{folder / file_name} is not the file that was released: expected SHA-256 {expected}, "
            f"received {received}. Get the preset again, and do not use this file."
        )
    return content


def manifest(folder: Path) -> dict[str, str]:
    """Reads `SHA256SUMS`, the format of the `sha256sum` tool, as file name to hash.

    Raises:
        PresetError: When it is missing, no such list, or names a file outside of the folder.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise PresetError(f"{path} is missing, so nothing can be checked; get the preset again.")
    return parsed_manifest(unchecked(folder, MANIFEST), path)


def write_manifest(folder: Path) -> None:
    """Writes `SHA256SUMS` over every other file of the folder.

    A signature that the folder had is removed when it no longer fits.

    Raises:
        PresetError: For a folder with subfolders, links or secret keys, which a preset has not.
    """
    require_only_files(folder)
    beside = {*BESIDE, MANIFEST, SIGNATURE}
    paths = sorted(path for path in folder.iterdir() if path.name not in beside)
    content = "".join(f"{sha256(path)}  {path.name}\n" for path in paths).encode()
    path = folder / MANIFEST
    if path.is_file() and path.read_bytes() == content:
        return
    (folder / SIGNATURE).unlink(missing_ok=True)
    with published(path) as temporary:
        temporary.write_bytes(content)


def sha256(path: Path) -> str:
    """Hashes a file, in hex."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(2**20):
            digest.update(block)
    return digest.hexdigest()


def metadata(folder: Path) -> dict[str, Any]:
    """Reads the preset's verified `metadata.json`: name, date, scale, parameters and more.

    Raises:
        PresetError: When it is no JSON object, or a fact is missing that other parts rely on.
    """
    content = read(folder, METADATA, manifest(folder).get(METADATA))
    return parsed_metadata(content, folder / METADATA)


def parsed_metadata(content: bytes, path: Path) -> dict[str, Any]:
    """Parses the content of a `metadata.json`; `path` names it in messages.

    Raises:
        PresetError: As `metadata`.
    """
    facts = _json_object(content, path)
    missing = [name for name in _FACTS if name not in facts]
    if missing:
        raise PresetError(f"{path} does not say {', '.join(missing)}; get the preset again.")
    said = {name: kind for name, kind in {**_FACTS, **_PARTS}.items() if name in facts}
    odd = [name for name, kind in said.items() if not _fits(facts[name], kind)]
    if not odd and not is_plain_name(facts["name"]):
        odd = ["name"]
    if odd:
        raise PresetError(
            f"{path} says that {odd[0]} is {str(facts[odd[0]])[:80]!r}, which no model has; get "
            "the preset again."
        )
    return facts


def results(folder: Path) -> dict[str, Any]:
    """Reads the preset's verified `results.json`, or gives an empty one where there is none."""
    expected = manifest(folder).get(RESULTS)
    if expected is None:
        return {}
    return _json_object(read(folder, RESULTS, expected), folder / RESULTS)


def _fits(value: Any, kind: type | range) -> bool:
    if isinstance(kind, range):
        return type(value) is int and value in kind
    return isinstance(value, kind)


def _json_object(content: bytes, path: Path) -> dict[str, Any]:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise PresetError(f"{path} is no JSON object ({error}); get the preset again.") from error
    if not isinstance(found, dict):
        raise PresetError(f"{path} is no JSON object; get the preset again.")
    return found


def presets() -> dict[str, Preset]:
    """Returns the rows of the zoo's models that are installed, by name.

    Example:
        >>> "lite_x4" in presets()
        True
    """
    return {name: PRESETS[name] for name in released()}


def released() -> list[str]:
    """Names the zoo's presets whose weights are installed, in the zoo's order."""
    return [name for name in PRESETS if _bundled(name) is not None]


def _bundled_folder(name: str) -> Path:
    folder = _bundled(name)
    if folder is None:
        raise PresetError(
            f"The weights of {name} are not installed. Install the package again, or train them "
            f"with `tools/train.py {name} --data FOLDER`."
        )
    return folder


def _bundled(name: str) -> Path | None:
    # An installed package carries the folders inside; a checkout has them beside the package.
    roots = (_PACKAGE / "saved_models", _PACKAGE.parent / "saved_models")
    return next((root / name for root in roots if (root / name / CONFIG).is_file()), None)
