"""Model cards and the zoo's table, made from what was measured."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from keras_litesr.atomic import published, write_json
from keras_litesr.zoo import folders
from keras_litesr.zoo.card_facts import Card, card_of, require_complete
from keras_litesr.zoo.card_heads import yaml_head
from keras_litesr.zoo.card_sections import CURVES, PICTURE, card_text
from keras_litesr.zoo.card_tables import (
    critic_tables,
    files_table,
    published_note,
    quality_table,
    times_note,
)
from keras_litesr.zoo.presets import PRESETS, Preset

CARD = "README.md"

_DEGRADATION = """\
It expects pictures that were reduced by an antialiased bicubic filter (Pillow's `BICUBIC`,
MATLAB's `imresize`), as those of a camera or a good photo editor nearly are; pictures reduced
without antialiasing, or strongly compressed ones, come out with their faults enlarged."""
_LIMITS = """\
It has seen photographs only: drawings, lettering, noise and the blocks of strong compression are
outside of what it learnt. The detail that it adds is a guess from other pictures, never evidence:
do not read faces, number plates or medical pictures from it. It enlarges {scale} times per side
and was not measured at other factors, nor for other degradations than the one above."""
_LIMITS_WITHOUT_WEIGHTS = """\
It adds no detail: edges stay as soft as in the low-resolution picture. It enlarges {scale} times
per side."""
_PUBLISHED = """\
Published for this architecture, after far longer trainings: {figures} dB in PSNR ({source}). This
one is the zoo's own, trained on the zoo's pictures in the time stated below, to be compared with
the other models here; it does not show what the architecture can reach."""
# Names in the rows' `data` that hubs know, or could, as data sets.
_DATASETS = ("CID22",)


def write_card(name: str, folder: Path) -> None:
    """Writes the preset's `README.md` from its row, metadata and results.

    Raises:
        PresetError: When the preset was not measured, or has weights whose training is not
            recorded in its metadata.
    """
    facts, measured = folders.metadata(folder), folders.results(folder)
    if not measured:
        raise folders.PresetError(
            f"{name} was not measured. Run tools/measure_zoo.py {name} --data FOLDER first."
        )
    if facts["parameter_count"] and "training" not in facts:
        raise folders.PresetError(
            f"The metadata of {name} say nothing of its training. Run tools/publish.py {name}."
        )
    card = _card_of_row(name, PRESETS[name], facts)
    require_complete(card, facts)
    _write(folder, card, facts, measured, in_zoo=True)


def write_own_card(folder: str | Path, card: Mapping[str, Any] | Card) -> None:
    """Writes the `README.md` of a preset folder whose model is not in the zoo.

    The figures come from the folder's metadata and results; a model that was not measured gets a
    card that says so and cannot be published yet. The facts are kept in the metadata, so that the
    card can be made again after a measurement. The manifest is written anew.

    Args:
        folder: Preset folder that is being made; its files are not compared with a manifest.
        card: The author's facts; see `Card`.

    Raises:
        PresetError: When facts are missing or unknown, which are named, or the folder has no
            metadata.
    """
    folder = Path(folder)
    facts, measured = _read(folder / folders.METADATA), _read(folder / folders.RESULTS)
    if not facts:
        raise folders.PresetError(
            f"{folder} holds no {folders.METADATA}. Make it with keras_litesr.save_to_preset."
        )
    card = whole_card(card, facts)
    if card.picture:
        add_picture(folder, Path(card.picture))
    facts["card"] = {name: value for name, value in asdict(card).items() if name != "picture"}
    facts["license"] = card.terms
    write_json(folder / folders.METADATA, facts)
    _write(folder, card, facts, measured, in_zoo=False)
    folders.write_manifest(folder)


def whole_card(card: Mapping[str, Any] | Card, facts: Mapping[str, Any]) -> Card:
    """Reads an author's facts, refused before anything is written where they do not make a card.

    Args:
        card: The author's facts; see `Card`.
        facts: The preset's metadata.

    Raises:
        PresetError: When facts are missing or unknown, which are named, or the picture is no PNG
            file.
    """
    card = card_of(card)
    require_complete(card, facts)
    if card.picture:
        _require_picture(Path(card.picture))
    return card


def add_picture(folder: Path, picture: Path) -> None:
    """Copies the picture that a card is to show into its folder.

    Raises:
        PresetError: When there is no such file, or it is no PNG file.
    """
    _require_picture(picture)
    target = folder / PICTURE
    if picture.resolve() != target.resolve():
        with published(target) as temporary:
            shutil.copyfile(picture, temporary)


def _require_picture(picture: Path) -> None:
    if picture.suffix.lower() != ".png":
        raise folders.PresetError(
            f"Expected a PNG file as picture, received {picture}. Convert it."
        )
    if not picture.is_file():
        raise folders.PresetError(f"There is no picture {picture}; name a PNG file.")


def zoo_table() -> str:
    """Makes the README's tables, in Markdown: quality, what critics changed, files."""
    rows = {name: folders.preset_folder(name) for name in folders.released()}
    facts = {name: folders.metadata(folder) for name, folder in rows.items()}
    measured = {name: folders.results(folder) for name, folder in rows.items()}
    parts = [
        quality_table(PRESETS, facts, measured),
        published_note({name: PRESETS[name] for name in rows if PRESETS[name].published}),
        critic_tables(facts, measured),
        files_table(measured),
        times_note(measured),
    ]
    return "\n\n".join(part for part in parts if part)


def _write(
    folder: Path, card: Card, facts: dict[str, Any], measured: dict[str, Any], *, in_zoo: bool
) -> None:
    text = card_text(
        card,
        facts,
        measured,
        has_picture=(folder / PICTURE).is_file(),
        has_curves=(folder / CURVES).is_file(),
        in_zoo=in_zoo,
    )
    with published(folder / CARD) as temporary:
        temporary.write_text(f"{yaml_head(card, facts, measured)}\n{text}", encoding="utf-8")


def _card_of_row(name: str, row: Preset, facts: dict[str, Any]) -> Card:
    limits = _LIMITS if facts["parameter_count"] else _LIMITS_WITHOUT_WEIGHTS
    limits = limits.format(scale=facts["scale"])
    if row.published:
        figures = ", ".join(f"{data} {psnr:.2f}" for data, psnr in row.published.items())
        limits += " " + _PUBLISHED.format(figures=figures, source=row.source)
    return Card(
        title=name,
        summary=row.summary,
        use=row.use,
        limits=limits,
        degradation=_DEGRADATION,
        licence=row.licence,
        data=row.data,
        datasets=tuple(data.lower() for data in _DATASETS if data in row.data),
        tags=(row.architecture,),
    )


def _read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
