"""Whether a preset folder can be published: complete, with a whole card, and unaltered."""

import re
from pathlib import Path
from typing import Any

from keras_litesr.models.tflite_metadata import read_metadata
from keras_litesr.zoo import configuration, folders
from keras_litesr.zoo.card_figures import figures
from keras_litesr.zoo.cards import CARD
from keras_litesr.zoo.contents import promised_dtype, require_no_secret_key
from keras_litesr.zoo.folders import PresetError
from keras_litesr.zoo.hubs import client
from keras_litesr.zoo.integrity import listed_folder, require_signed, signature_of
from keras_litesr.zoo.manifests import BESIDE, is_sha256

_HEAD = re.compile(r"---\n(.*?)\n---\n", re.DOTALL)
_MEASURED = ("float32", "float16", "int8")
_SECTIONS = ("Use", "Limits", "Figures", "Licence")
_UNFINISHED = re.compile(r"\b(TODO|FIXME|TBD|XXX)\b|more information needed|lorem ipsum", re.I)


def problems(folder: Path) -> list[str]:
    """Lists everything that keeps a preset folder from being published.

    Args:
        folder: Preset folder; nothing in it is run.

    Returns:
        A sentence for each problem; empty when the folder is complete and unaltered.

    Raises:
        PresetError: When the reader for YAML is missing, which comes with the extra `[hub]`.
    """
    folder = Path(folder)
    client("yaml")  # Without it, what is missing would be found in every card.
    if not folder.is_dir():
        return [f"There is no folder {folder}."]
    try:
        listed = list(folders.manifest(folder))
    except PresetError as error:
        return [str(error)]
    found = _missing(listed) + _strangers(folder, listed)
    for name in listed:
        try:
            require_no_secret_key(folders.verified(folder, name))
        except PresetError as error:
            found.append(str(error))
    # What is not what its manifest says is not worth being read.
    return found or _in_signature(folder) + _content(folder)


def published_files(folder: Path) -> list[Path]:
    """Names the files of a folder without problems that are uploaded."""
    names = [*folders.manifest(folder), folders.MANIFEST]
    if (folder / folders.SIGNATURE).is_file():
        names.append(folders.SIGNATURE)
    return [folder / name for name in names]


def head_of(folder: Path) -> dict[str, Any]:
    """Reads the YAML head of a folder's card.

    Raises:
        PresetError: When there is none, or it is no YAML mapping.
    """
    path = folder / CARD
    match = _HEAD.match(path.read_text(encoding="utf-8"))
    yaml = client("yaml")
    try:
        head = yaml.safe_load(match[1]) if match else None
    except Exception as error:  # PyYAML raises nearly every kind for odd tags and deep nesting
        raise PresetError(
            f"The head of {path} is no YAML: {' '.join(str(error).split())}."
        ) from error
    if not isinstance(head, dict):
        raise PresetError(
            f"{path} does not begin with a YAML head. Make it with litesr share save."
        )
    return head


def _missing(listed: list[str]) -> list[str]:
    needed = (folders.CONFIG, folders.METADATA, folders.WEIGHTS, folders.RESULTS, CARD)
    found = [f"{name} is missing in {folders.MANIFEST}." for name in needed if name not in listed]
    if not any(name.endswith("_float32.tflite") for name in listed):
        found.append("There is no NAME_float32.tflite, which runs without TensorFlow.")
    return found


def _strangers(folder: Path, listed: list[str]) -> list[str]:
    known = {*listed, folders.MANIFEST, folders.SIGNATURE}
    found = []
    for path in sorted(path for path in folder.iterdir() if path.name not in BESIDE):
        if path.name not in known:
            found.append(
                f"{path.name} is not in {folders.MANIFEST}; remove it, or save the folder anew."
            )
        elif path.is_symlink() or not path.is_file():
            found.append(f"{path.name} is no file but a link or a folder; save the folder anew.")
    return found


def _in_signature(folder: Path) -> list[str]:
    try:
        envelope = signature_of(folder)
        if envelope is not None:
            require_signed(listed_folder(folder), envelope)
    except PresetError as error:
        return [str(error)]
    return []


def _content(folder: Path) -> list[str]:
    try:
        facts, measured = folders.metadata(folder), folders.results(folder)
        configuration.parsed((folder / folders.CONFIG).read_bytes(), folder / folders.CONFIG)
        head, text = head_of(folder), (folder / CARD).read_text(encoding="utf-8")
    except ValueError as error:  # PresetError, and what is no UTF-8
        return [str(error)]
    found = _in_tflite(folder, facts)
    found += in_results(facts, measured) or _unmeasured(folder, facts, measured)
    found += _in_head(head, facts)
    found += _in_commitment(facts)
    return found + _in_text(folder, text, has_weights=bool(facts["parameter_count"]))


def _in_tflite(folder: Path, facts: dict[str, Any]) -> list[str]:
    found = []
    for path in sorted(folder.glob("*.tflite")):
        try:
            said = read_metadata(path)
        except ValueError as error:
            found.append(str(error))
            continue
        if said.get("source_sha256") != folders.manifest(folder)[folders.WEIGHTS]:
            found.append(f"{path.name} was not made from {folders.WEIGHTS}; convert it again.")
        else:
            found += _in_facts(path.name, said, facts)
        licences = said.get("license"), facts.get("license")
        if None not in licences and licences[0] != licences[1]:
            found.append(
                f"{path.name} says the licence {licences[0]}, {folders.METADATA} says "
                f"{licences[1]}; convert it again."
            )
    return found


def _in_facts(name: str, said: dict[str, Any], facts: dict[str, Any]) -> list[str]:
    """Lists where a `.tflite` file is another than its preset, or its own name, says."""
    found = []
    if said.get("scale") != facts["scale"]:
        found.append(
            f"{name} enlarges {said.get('scale')} times, {folders.METADATA} says "
            f"{facts['scale']}; save the folder anew."
        )
    dtype = promised_dtype(name, facts["name"])
    if dtype is not None and (said.get("dtype"), said.get("input_size")) != (dtype, None):
        sizes = "a fixed size" if said.get("input_size") else "any size"
        found.append(
            f"{name} holds a network in {said.get('dtype')} for {sizes}, expected {dtype} for any "
            "size; convert it again."
        )
    return found


def in_results(facts: dict[str, Any], measured: dict[str, Any]) -> list[str]:
    """Lists what is wrong with the figures of a preset; its card needs all of them."""
    found: Any = measured
    for name in ("files", "float32", "quality"):
        found = found.get(name) if isinstance(found, dict) else None
    if not found:
        return [f"{folders.RESULTS} has no figures of the float32 file; save with --data FOLDER."]
    try:
        figures(facts, measured)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        return [
            f"{folders.RESULTS} lacks figures that a card shows ({type(error).__name__}: {error}); "
            "save with --data FOLDER."
        ]
    return []


def _in_commitment(facts: dict[str, Any]) -> list[str]:
    if "commitment" not in facts or is_sha256(digest := facts["commitment"].get("sha256")):
        return []
    return [
        f"Expected a commitment with a SHA-256 in {folders.METADATA}, received sha256 {digest!r}; "
        "mark the model again with litesr protect mark."
    ]


def _unmeasured(folder: Path, facts: dict[str, Any], measured: dict[str, Any]) -> list[str]:
    """Lists the files that the preset runs, and of which the card therefore has to tell."""
    return [
        f"{folders.RESULTS} has no figures of {facts['name']}_{dtype}.tflite; save with --data "
        "FOLDER."
        for dtype in _MEASURED
        if (folder / f"{facts['name']}_{dtype}.tflite").is_file() and dtype not in measured["files"]
    ]


def _in_head(head: dict[str, Any], facts: dict[str, Any]) -> list[str]:
    needed = ["library_name", "license", "tags", "metrics", "model-index"]
    if head.get("license") == "other":
        needed += ["license_name", "license_link"]
    if facts["parameter_count"]:
        needed.append("datasets")
    found = [f"The head of {CARD} does not say {key}." for key in needed if not head.get(key)]
    licence = head.get("license_name" if head.get("license") == "other" else "license")
    if licence and licence != facts.get("license", licence):
        found.append(
            f"The head of {CARD} says the licence {licence}, {folders.METADATA} says "
            f"{facts['license']}; save the folder anew."
        )
    if head.get("pipeline_tag") != "image-to-image":
        found.append(
            f"Expected pipeline_tag: image-to-image in the head of {CARD}, received "
            f"{head.get('pipeline_tag')!r}."
        )
    return found


def _in_text(folder: Path, text: str, *, has_weights: bool) -> list[str]:
    sections = [*_SECTIONS, "Training"] if has_weights else _SECTIONS
    bodies = {title: _body(text, title) for title in sections}
    found = [
        f"{CARD} has no section {title!r}, or it is empty."
        for title, body in bodies.items()
        if not body
    ]
    if bodies["Figures"] and "| :--" not in bodies["Figures"]:
        found.append(f"The section 'Figures' of {CARD} has no table; save with --data FOLDER.")
    if unfinished := _UNFINISHED.search(text):
        found.append(f"{CARD} says {unfinished[0]!r}, so it is not finished.")
    for picture in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", text):
        if not picture.startswith("https://") and not (folder / picture).is_file():
            found.append(f"{CARD} shows {picture}, which is not in the folder.")
    return found


def _body(text: str, title: str) -> str:
    match = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", text, re.DOTALL | re.MULTILINE)
    return match[1].strip() if match else ""
