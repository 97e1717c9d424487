"""Preset folders on disk: where they are, and whether their files are what was released."""

import difflib
import hashlib
import json
from pathlib import Path

from keras_litesr.zoo.presets import PRESETS

MANIFEST = "SHA256SUMS"
CONFIG = "config.json"
METADATA = "metadata.json"
WEIGHTS = "model.weights.h5"
RESULTS = "results.json"
_FACTS = ("name", "scale", "parameter_count", "receptive_radius", "date_saved")

_PACKAGE = Path(__file__).resolve().parents[1]


class PresetError(ValueError):
    """A preset that does not exist, is incomplete, or is not what its manifest says."""


def preset_folder(name_or_folder: str | Path) -> Path:
    """Finds the folder of a preset.

    Args:
        name_or_folder: A name from `presets()`, or a folder that holds a `config.json`.

    Returns:
        The folder, which exists.

    Raises:
        PresetError: For an unknown name (with the nearest ones) or a folder without a preset.
    """
    if str(name_or_folder) in PRESETS:
        return _bundled_folder(str(name_or_folder))
    folder = Path(name_or_folder)
    if (folder / CONFIG).is_file():
        return folder
    if folder.is_dir():
        raise PresetError(
            f"{folder} holds no {CONFIG}, so it is no preset folder. Make one with "
            "keras_litesr.save_to_preset(model, folder)."
        )
    near = difflib.get_close_matches(str(name_or_folder), PRESETS, n=3, cutoff=0.4)
    hint = f"Did you mean {' or '.join(near)}?" if near else f"The zoo has {', '.join(PRESETS)}."
    raise PresetError(f"There is no model named {str(name_or_folder)!r}. {hint}")


def verified(folder: Path, file_name: str) -> Path:
    """Returns the path of a preset's file after comparing it with the manifest.

    Raises:
        PresetError: When the file is missing, not listed, or has another SHA-256 (both are named).
    """
    path = folder / file_name
    expected = manifest(folder).get(file_name)
    if expected is None:
        raise PresetError(f"{folder / MANIFEST} does not list {file_name}; get the preset again.")
    if not path.is_file():
        raise PresetError(
            f"{path} is missing although the manifest lists it; get the preset again."
        )
    received = sha256(path)
    if received != expected:
        raise PresetError(
            f"{path} is not the file that was released: expected SHA-256 {expected}, received "
            f"{received}. Get the preset again, and do not use this file."
        )
    return path


def manifest(folder: Path) -> dict[str, str]:
    """Reads `SHA256SUMS`, the format of the `sha256sum` tool, as file name to hash."""
    path = folder / MANIFEST
    if not path.is_file():
        raise PresetError(f"{path} is missing, so nothing can be checked; get the preset again.")
    lines = [line.split(maxsplit=1) for line in path.read_text().splitlines() if line.strip()]
    if any(len(line) != 2 or len(line[0]) != 64 for line in lines):
        raise PresetError(f"{path} is not a list of SHA-256 and file name; get the preset again.")
    return {name.lstrip("*"): digest for digest, name in lines}


def write_manifest(folder: Path) -> None:
    """Writes `SHA256SUMS` over every other file of the folder."""
    files = sorted(p for p in folder.iterdir() if p.is_file() and p.name != MANIFEST)
    (folder / MANIFEST).write_text("".join(f"{sha256(path)}  {path.name}\n" for path in files))


def sha256(path: Path) -> str:
    """Hashes a file, in hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def metadata(folder: Path) -> dict:
    """Reads the preset's verified `metadata.json`: name, date, scale, parameters and more.

    Raises:
        PresetError: When it is no JSON object, or a fact is missing that other parts rely on.
    """
    path = verified(folder, METADATA)
    try:
        facts = json.loads(path.read_text())
        missing = [name for name in _FACTS if name not in facts]
    except (ValueError, TypeError) as error:
        raise PresetError(f"{path} is no JSON object ({error}); get the preset again.") from error
    if missing:
        raise PresetError(f"{path} does not say {', '.join(missing)}; get the preset again.")
    return facts


def results(folder: Path) -> dict:
    """Reads the preset's verified `results.json`, or gives an empty one where there is none."""
    if RESULTS not in manifest(folder):
        return {}
    return json.loads(verified(folder, RESULTS).read_text())


def _bundled_folder(name: str) -> Path:
    # An installed package carries the folders inside; a checkout has them beside the package.
    for root in (_PACKAGE / "saved_models", _PACKAGE.parent / "saved_models"):
        if (root / name / CONFIG).is_file():
            return root / name
    raise PresetError(
        f"The weights of {name} are not installed. Install the package again, or train them with "
        f"`tools/train.py {name} --data FOLDER`."
    )
