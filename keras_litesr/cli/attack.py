"""`litesr protect attack`: what is left of a mark when somebody wants it gone."""

import hashlib
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click
from tqdm import tqdm

from keras_litesr.atomic import require_writable, write_json
from keras_litesr.cli import attack_report
from keras_litesr.cli.attack_report import Row
from keras_litesr.cli.extras import require_scipy
from keras_litesr.cli.folder_lists import ManyFolders
from keras_litesr.cli.paths import NamedPath
from keras_litesr.evaluation.tables import as_markdown
from keras_litesr.silence import captured_output
from keras_litesr.zoo import folders
from keras_litesr.zoo.new_folders import is_preset

if TYPE_CHECKING:
    from keras_litesr.cli.trials import Trials
    from keras_litesr.protection.verdict import Verdict

_PATCH = {"patch_size": 24, "batch_size": 8}
_SMALL_PATCH = {"patch_size": 12, "batch_size": 8}
_CROP = 48
_CROPS = 100
# By --quick: pictures measured, steps of training, steps of an unmarked model, wrong keys, models.
_FULL = {"pictures": None, "steps": 1_000, "short": 300, "keys": 10_000, "unmarked": 20}
_QUICK = {"pictures": 4, "steps": 30, "short": 30, "keys": 1_000, "unmarked": 2}
_EPILOG = """\b
Examples:
  litesr protect attack marked_x4 --key owner.key --data photos/ --validation validation/
  litesr protect attack marked_x4 --key owner.key --data photos/ --validation validation/ --quick
  litesr protect attack marked_x4 --key owner.key --data photos/ --validation validation/ \\
      --json attacks.json --markdown

Exit codes: 0 the mark survived every attack, 1 it did not, or there was a false alarm, 2 wrong
usage or an attack that failed, 130 stopped by Ctrl-C.
"""
_FOLDER = NamedPath()


@click.command(cls=ManyFolders, epilog=_EPILOG)
@click.argument("marked")
@click.option("--key", required=True, type=_FOLDER, help="The owner's key file.")
@click.option(
    "--data",
    type=_FOLDER,
    multiple=True,
    required=True,
    help="Folders of photos to train on and to calibrate int8 on, not those that the model was "
    "marked with.",
)
@click.option(
    "--validation",
    type=_FOLDER,
    required=True,
    help="Folder of photos on which the attacked models are measured.",
)
@click.option(
    "--quick",
    is_flag=True,
    help="Few pictures, steps, keys and models: minutes instead of an hour.",
)
@click.option("--keys", type=click.IntRange(0), help="Wrong keys to read with.  [default: 10000]")
@click.option(
    "--unmarked",
    type=click.IntRange(0),
    help="Unmarked models to train for a short time and to read.  [default: 20]",
)
@click.option(
    "--json",
    "file",
    type=_FOLDER,
    help="File that gets every row as soon as it is done; rows in it are not done again, unless "
    "they failed.",
)
@click.option("--markdown", is_flag=True, help="Print all rows as a Markdown table at the end.")
def attack(marked: str, key: Path, file: Path | None, markdown: bool, **options) -> None:
    """Attacks a marked model and measures what is left: of the mark, and of the pictures.

    MARKED is the name or folder of a marked preset. An attack that ruins the model is no attack,
    so every row has the PSNR of the attacked model on the validation photos, standard protocol.
    At the end wrong keys read the marked model, and the right key reads unmarked models of the
    same architecture: there must be no false alarm, and the p-values must look like chance.
    """
    from keras_litesr.protection import keys

    require_scipy()
    if file is not None:
        _require_place(file)
    owner = keys.read(key)
    folder = folders.preset_folder(marked)
    amounts = dict(_QUICK if options["quick"] else _FULL)
    amounts |= {name: options[name] for name in ("keys", "unmarked") if options[name] is not None}
    pictures = {
        "data": _sha256(options["data"]),
        "validation": _sha256([options["validation"]]),
    }
    report = _begun(file, folder, owner.commitment, amounts, pictures)
    try:
        with tempfile.TemporaryDirectory() as scratch:
            _attack(folder, owner, options, amounts, report, file, Path(scratch))
    except KeyboardInterrupt:
        kept = f"; {file} has the rows above" if file else ""
        click.echo(f"\nStopped{kept}.", err=True)
        sys.exit(130)
    if markdown:
        rows = [attack_report.as_words(row, report["rows"][0]) for row in report["rows"]]
        click.echo(f"\n{as_markdown(rows)}")
    sys.exit(attack_report.exit_code(report))


def _require_place(file: Path) -> None:
    if not file.parent.is_dir():
        raise click.UsageError(
            f"Expected an existing folder for --json, received {file.parent}, which is none. "
            "Create it, or name another file."
        )
    if is_preset(file.parent):
        raise click.UsageError(
            f"{file} would be a file in the preset folder {file.parent}, which holds only what its "
            "manifest lists. Name a place elsewhere for --json."
        )
    require_writable(file.parent)


def _sha256(places: Sequence[Path]) -> str:
    """Hashes the pictures below some folders: one hash over those of their files."""
    from keras_litesr.datasets.data_folders import find_folder
    from keras_litesr.images.files import find_images

    found = [path for place in places for path in find_images(find_folder(place))]
    files = [folders.sha256(path) for path in found]
    return hashlib.sha256("".join(files).encode()).hexdigest()


def _begun(
    file: Path | None, folder: Path, commitment: str, amounts: Row, pictures: dict[str, str]
) -> Row:
    """Returns the report that a file holds, or an empty one."""
    begun: Row = {
        "model": folders.metadata(folder)["name"],
        "weights_sha256": folders.manifest(folder)[folders.WEIGHTS],
        "commitment": commitment,
        "amounts": amounts,
        "pictures_sha256": pictures,
    }
    empty: Row = {**begun, "rows": [], "chance": {}}
    if file is None or not file.exists():
        return empty
    try:
        held = json.loads(file.read_text())
    except ValueError:
        held = None
    if not isinstance(held, dict):
        raise click.UsageError(
            f"Expected a report of this command in {file}, received something else. Name another "
            "file."
        )
    if {name: held.get(name) for name in begun} == begun:
        return {**empty, **held}
    raise click.UsageError(
        f"{file} holds the report of another model, key or amount, or of other pictures. Name "
        "another file."
    )


def _attack(
    folder: Path,
    owner,
    options: Row,
    amounts: Row,
    report: Row,
    file: Path | None,
    scratch: Path,
) -> None:
    with captured_output():
        from keras_litesr.cli.trials import unmarked
        from keras_litesr.zoo.registry import load

        model = load(folder)
    from keras_litesr.datasets.degradation import degrade
    from keras_litesr.datasets.patches import Patches
    from keras_litesr.datasets.sources import load_folders
    from keras_litesr.protection import false_alarms, watermark

    _refuse_unmarked(folder, watermark.verify(model, owner, committed=True))
    scale = folders.metadata(folder)["scale"]
    pairs = degrade(load_folders(options["data"]), scale)
    trials = _trials(model, owner, pairs, scale, options, amounts, scratch)
    rows = {row["attack"]: row for row in report["rows"] if row["answer"] != "failed"}
    for name in trials.all:
        if name not in rows:
            rows[name] = trials.measured(name)
            report["rows"] = [rows[each] for each in trials.all if each in rows]
            _keep(report, file)
        click.echo(attack_report.line(rows[name], report["rows"][0]))
    if amounts["keys"] and "wrong keys" not in report["chance"]:
        with tqdm(desc="wrong keys", total=amounts["keys"], leave=False, disable=None) as bar:
            wrong = false_alarms.wrong_keys(amounts["keys"])
            verdicts = false_alarms.read_with(model, wrong, progress=bar.update)
        _note_chance("wrong keys", verdicts, report, file)
    if amounts["unmarked"] and "unmarked models" not in report["chance"]:
        patches = Patches(pairs, scale=scale, steps=amounts["short"], **_SMALL_PATCH)
        others = unmarked(model, patches, amounts["unmarked"])
        verdicts = [watermark.verify(other, owner, committed=True) for other in others]
        _note_chance("unmarked models", verdicts, report, file)
    for name, chance in report["chance"].items():
        click.echo(attack_report.chance_line(name, chance))


def _trials(model, owner, pairs, scale: int, options: Row, amounts: Row, scratch: Path) -> "Trials":
    from keras_litesr.cli.trials import Quality, Trials
    from keras_litesr.datasets.patches import Patches
    from keras_litesr.evaluation.benchmark import find_pairs

    found = find_pairs(options["validation"], scale=scale)[: amounts["pictures"]]
    quality = Quality(model, [pair.read(scale) for pair in found], scale=scale)
    patches = Patches(pairs, scale=scale, steps=amounts["steps"], **_PATCH)
    crops = [pair.low_res[:_CROP, :_CROP] for pair in pairs[:_CROPS]]
    return Trials(model, owner, quality, patches, crops, scratch)


def _refuse_unmarked(folder: Path, verdict: "Verdict") -> None:
    from keras_litesr.protection.verdict import MARKED

    if verdict.answer != MARKED:
        raise click.UsageError(
            f"Expected a model that bears the key's mark, received {folder}, of which "
            f"{verdict.matching} of {verdict.slots} bits match. Mark it with `litesr protect mark`."
        )


def _note_chance(name: str, verdicts: Sequence["Verdict"], report: Row, file: Path | None) -> None:
    from keras_litesr.protection.false_alarms import chance_of

    report["chance"][name] = asdict(chance_of(verdicts))
    _keep(report, file)


def _keep(report: Row, file: Path | None) -> None:
    if file is not None:
        write_json(file, report)
