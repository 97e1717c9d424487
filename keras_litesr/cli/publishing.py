"""`litesr share save`: folders that are fit to be published."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import click

from keras_litesr.atomic import write_json
from keras_litesr.cli.conversion import preset_to_tflite
from keras_litesr.cli.notes import notes
from keras_litesr.cli.paths import NamedPath
from keras_litesr.inference.networks import DTYPES
from keras_litesr.models.tflite_metadata import read_metadata
from keras_litesr.silence import captured_output
from keras_litesr.zoo import cards, folders
from keras_litesr.zoo.card_facts import card_of, require_complete
from keras_litesr.zoo.folders import PresetError
from keras_litesr.zoo.hubs import client
from keras_litesr.zoo.new_folders import appearing, require_free
from keras_litesr.zoo.presets import PRESETS
from keras_litesr.zoo.publishing import in_results, problems

_WEIGHTS_ENDING = ".weights.h5"
_EXAMPLES = """\b
Examples:
  litesr share save my_preset --card card.json --data validation/ -o mine_x4
  litesr share save runs/mine/best.weights.h5 --architecture lite_psnr_x4 \\
      --card card.json --data validation/ --representative photos/ -o mine_x4

\b
A card.json, all of it needed (licence_name and licence_link with "other" only; without command
and hardware the card tells of the training that the folder records, if it does):
  {"title": "mine_x4", "summary": "What it is, in one line.",
   "use": "What it is for, and what it is not for.",
   "limits": "Where it fails.", "degradation": "How its input was made smaller.",
   "licence": "other", "licence_name": "research-only", "licence_link": "https://...",
   "data": "What it was trained on, and its terms.", "datasets": ["bsds500"],
   "command": "litesr train ...", "hardware": "one hour of two cores"}
"""


@click.command(epilog=_EXAMPLES)
@click.argument("source")
@click.option("-o", "--output", required=True, type=NamedPath(), help="New folder.")
@click.option(
    "--card",
    type=NamedPath(dir_okay=False),
    help="JSON file with what only the author knows; see below. Not needed where the folder has a "
    "card from one already.",
)
@click.option(
    "-d",
    "--data",
    multiple=True,
    type=NamedPath(),
    help="Folder of high-resolution pictures to measure the model on; may be repeated. Not needed "
    "where the folder already has figures, those of the files to be made included.",
)
@click.option(
    "--architecture",
    type=click.Choice(list(PRESETS)),
    metavar="PRESET",
    help="Whose network a .weights.h5 file belongs to.",
)
@click.option(
    "--representative",
    type=NamedPath(),
    help="Folder of photographs to calibrate an int8 file on; without it none is made.",
)
@click.option(
    "--picture",
    type=NamedPath(dir_okay=False),
    help="PNG file for the card that shows what the model does.",
)
@click.option("--overwrite", is_flag=True, help="Replace an earlier preset folder.")
def save(
    source: str,
    output: Path,
    card: Path | None,
    data: tuple[Path, ...],
    architecture: str | None,
    representative: Path | None,
    picture: Path | None,
    overwrite: bool,
) -> None:
    """Makes a folder that can be published: files, figures, card.

    SOURCE is a preset folder, a name from `litesr list`, an address on a hub, or a .weights.h5
    file with --architecture. TFLite files that it lacks are made, and those that bear another
    licence than the card are made anew. The folder appears complete or not at all. The model keeps
    its name; that of a .weights.h5 file is named after the folder. Needs Python 3.11.
    """
    if architecture is not None and not source.endswith(_WEIGHTS_ENDING):
        raise click.UsageError(
            f"--architecture is for a {_WEIGHTS_ENDING} file, received {source}, which knows its "
            "own. Leave it out."
        )
    require_free(output, overwrite=overwrite)
    _refuse_equal_names(data)
    client("yaml")  # The card needs it, after all the work.
    facts = _facts(card)
    with appearing(output, check=partial(require_free, overwrite=overwrite)) as folder:
        if source.endswith(_WEIGHTS_ENDING):
            _from_weights(Path(source), architecture, folder, output.name)
        else:
            _from_preset(source, folder)
        facts = _checked_facts(source, folder, facts)
        if facts is not None:
            terms = card_of(facts).terms
            _remove_tflite_of_other_terms(folder, terms, representative, data)
            _note_licence(folder, terms)
        if not data:
            _require_figures(source, folder, representative)
        _add_tflite(folder, representative)
        if data:
            _measure(folder, data)
        if picture:
            cards.add_picture(folder, picture)
        folders.write_manifest(folder)
        _write_card(folder, facts)
        folders.write_manifest(folder)
        if found := problems(folder):
            raise PresetError(" ".join(found))
    click.echo(output)


def _require_figures(source: str, folder: Path, representative: Path | None) -> None:
    measured = folders.results(folder)
    if not measured:
        raise click.UsageError(f"{source} has no figures. Add --data FOLDER to measure it.")
    if odd := in_results(folders.metadata(folder), measured):
        raise PresetError(odd[0])
    made = _missing_tflite(folder, representative)
    if unknown := [path.name for path, dtype in made.items() if dtype not in measured["files"]]:
        raise click.UsageError(
            f"{source} has no figures of {', '.join(unknown)}, which would be made. Add --data "
            "FOLDER to measure it."
        )


def _refuse_equal_names(data: tuple[Path, ...]) -> None:
    names = [images.resolve().name for images in data]
    if twice := [name for name in names if names.count(name) > 1]:
        raise click.UsageError(
            f"Expected folders of different names for --data, received two called {twice[0]}: "
            "figures go by the name. Rename one."
        )


def _facts(card: Path | None) -> dict[str, Any] | None:
    if card is None:
        return None
    try:
        facts = json.loads(card.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise PresetError(f"Expected a JSON file as card, received {card}: {error}.") from error
    if not isinstance(facts, dict):
        raise PresetError(f"Expected a JSON object in {card}, received {type(facts).__name__}.")
    card_of(facts)
    return facts


def _from_weights(weights: Path, architecture: str | None, folder: Path, name: str) -> None:
    if architecture is None:
        raise click.UsageError(
            f"{weights} holds weights without their network. Add --architecture PRESET."
        )
    with captured_output():
        from keras_litesr.zoo.registry import build
        from keras_litesr.zoo.saving import save_to_preset
        from keras_litesr.zoo.weights import load_weights

        model = build(architecture)
    load_weights(model, weights)
    with captured_output():
        save_to_preset(model, folder, name=name)


def _from_preset(source: str, folder: Path) -> None:
    if Path(source).is_file():
        raise PresetError(
            f"Expected a preset folder or a {_WEIGHTS_ENDING} file, received {source}. A whole "
            "saved model can run code when it is opened: open it yourself if you trust it, and "
            "save it with keras_litesr.save_to_preset."
        )
    origin = folders.preset_folder(source)
    for name, digest in folders.manifest(origin).items():
        (folder / name).write_bytes(folders.read(origin, name, digest))
    folders.write_manifest(folder)


def _checked_facts(
    source: str, folder: Path, facts: dict[str, Any] | None
) -> dict[str, Any] | None:
    """Returns the card's facts; None for a model of the zoo, whose card knows them."""
    known = folders.metadata(folder)
    if facts is None and "card" in known:
        facts = known["card"]
    if facts is not None:
        require_complete(card_of(facts), known)
        return facts
    if source not in PRESETS:
        raise click.UsageError(f"{source} has no card. Add --card FILE; --help shows one.")
    return None


def _remove_tflite_of_other_terms(
    folder: Path, terms: str, representative: Path | None, data: tuple[Path, ...]
) -> None:
    """Removes the `.tflite` files that bear another licence, if all of them can be made anew."""
    known = {path: read_metadata(path).get("license") for path in folder.glob("*.tflite")}
    others = {path: said for path, said in known.items() if said is not None and said != terms}
    names = _tflite_names(folder)
    for path, said in others.items():
        dtype = names.get(path.name)
        if dtype == "int8" and not (representative and data):
            hint = "Add --representative FOLDER to make it anew, and --data FOLDER to measure it."
        elif dtype is None:
            hint = f"Delete it and its line in {folders.MANIFEST}, and convert it again afterwards."
        else:
            continue
        raise click.UsageError(
            f"Expected files with the card's licence {terms!r}, received {path.name} with "
            f"{said!r}. {hint}"
        )
    for path in others:
        path.unlink()
    folders.write_manifest(folder)


def _note_licence(folder: Path, terms: str) -> None:
    """Writes the card's licence into the metadata, from where `.tflite` files take it."""
    known = folders.metadata(folder) | {"license": terms}
    write_json(folder / folders.METADATA, known)
    folders.write_manifest(folder)


def _tflite_names(folder: Path) -> dict[str, str]:
    """Names the `.tflite` files that `_add_tflite` can make, with their dtypes."""
    name = folders.metadata(folder)["name"]
    return {f"{name}_{dtype}.tflite": dtype for dtype in DTYPES}


def _missing_tflite(folder: Path, representative: Path | None) -> dict[Path, str]:
    return {
        folder / name: dtype
        for name, dtype in _tflite_names(folder).items()
        if not (folder / name).is_file() and (dtype != "int8" or representative)
    }


def _add_tflite(folder: Path, representative: Path | None) -> None:
    for path, dtype in _missing_tflite(folder, representative).items():
        with notes():
            preset_to_tflite(folder, path, dtype=dtype, photographs=representative)
        # The next one loads the folder, which must not hold what the manifest does not list.
        folders.write_manifest(folder)


def _measure(folder: Path, data: tuple[Path, ...]) -> None:
    from keras_litesr.cli.measuring import measure_preset

    sets = " ".join(f"-d {images.resolve().name}" for images in data)
    name = folders.metadata(folder)["name"]
    command = f"litesr evaluate -m {name} {sets} -p standard -p paper -p sharpness"
    write_json(folder / folders.RESULTS, measure_preset(folder, data, command=command))
    folders.write_manifest(folder)


def _write_card(folder: Path, facts: dict[str, Any] | None) -> None:
    if facts is None:
        cards.write_card(folders.metadata(folder)["name"], folder)
    else:
        cards.write_own_card(folder, facts)
