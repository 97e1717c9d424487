"""`litesr protect keygen`, `mark` and `verify`: an owner's mark in a model's weights."""

import json
import re
import sys
from contextlib import redirect_stdout
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from keras_litesr.cli.folder_lists import ManyFolders
from keras_litesr.cli.ranges import NumberRange
from keras_litesr.silence import captured_output
from keras_litesr.zoo import folders
from keras_litesr.zoo.new_folders import appearing, require_free

_FILE = click.Path(path_type=Path, dir_okay=False)
_FOLDER = click.Path(path_type=Path)
_KEYGEN_EXAMPLES = """\b
Examples:
  litesr protect keygen owner.key --name "Ada Lovelace"
  litesr protect keygen --pair release          makes release.pem (secret) and release.pub
"""
_MARK_EXAMPLES = """\b
Examples:
  litesr protect mark lite_psnr_x4 --key owner.key --data photos/ -o marked_x4
  litesr protect mark my_preset --key owner.key --data photos/ more/ --validation validation/ \\
      -o marked_x4
"""
_VERIFY_EXAMPLES = """\b
Examples:
  litesr protect verify suspect.tflite --key owner.key
  litesr protect verify suspect/ --key owner.key --reference marked_x4

Exit codes: 0 marked, 1 not shown, 2 could not tell.
"""


@click.command(epilog=_KEYGEN_EXAMPLES)
@click.argument("path", required=False, type=_FILE)
@click.option("--name", help="The owner's name or id, at most 16 bytes: what the mark will say.")
@click.option("--pair", type=_FILE, help="Make a key pair for signatures: PAIR.pem and PAIR.pub.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def keygen(path: Path | None, name: str | None, pair: Path | None, as_json: bool) -> None:
    """Makes an owner key at PATH, or a key pair for signatures.

    An owner key is secret and cannot be made again: keep a copy in a safe place. Its commitment
    may be published; it shows later that the key is not one that was searched for.
    """
    if (path is None) == (pair is None):
        raise click.UsageError("Expected either PATH for an owner key, or --pair for a key pair.")
    if pair is not None:
        _make_pair(pair, as_json)
        return
    if not name or path is None:
        raise click.UsageError('An owner key needs a name, for instance --name "Ada Lovelace".')
    from keras_litesr.protection import keys

    key = keys.generate(path, name=name)
    if as_json:
        facts = {"key": str(path), "owner": key.name, "commitment": key.commitment}
        click.echo(json.dumps(facts, indent=2))
        return
    click.echo(f"{path}  keep it secret, and keep a copy\ncommitment: {key.commitment}")


def _make_pair(name: Path, as_json: bool) -> None:
    from keras_litesr.protection.signing import generate_key_pair

    private, public = (name.with_name(f"{name.name}.{ending}") for ending in ("pem", "pub"))
    fingerprint = generate_key_pair(private, public)
    if as_json:
        pair = {"private": str(private), "public": str(public), "fingerprint": fingerprint}
        click.echo(json.dumps(pair, indent=2))
        return
    click.echo(f"{private}  keep it secret, and keep a copy\n{public}  publish it")
    click.echo(f"fingerprint: {fingerprint}")


@click.command(cls=ManyFolders, epilog=_MARK_EXAMPLES)
@click.argument("model")
@click.option("--key", "key_file", required=True, type=_FILE, help="Owner key from `keygen`.")
@click.option("-o", "--output", required=True, type=_FOLDER, help="Preset folder to make.")
@click.option(
    "--data",
    type=_FOLDER,
    multiple=True,
    help="Folders of photos, such as those it was trained on. From them it learns to answer as it "
    "did before, while the mark is held, which gives back nearly all of what it costs.",
)
@click.option("--validation", type=_FOLDER, help="Folder of other photos, to print the price.")
@click.option(
    "--steps",
    type=click.IntRange(min=1),
    help="Steps of that training.  [default: 500]",
)
@click.option(
    "--margin",
    type=NumberRange(0.5, 8),
    help="How far each bit is from turning over, in standard deviations of chance. A larger one "
    "survives more and costs more.  [default: 2]",
)
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Of the patches."
)
@click.option("--overwrite", is_flag=True, help="Replace an earlier preset folder.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def mark(
    model: str,
    key_file: Path,
    output: Path,
    data: tuple[Path, ...],
    validation: Path | None,
    steps: int | None,
    margin: float | None,
    seed: int,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Puts the owner's mark into a model's weights.

    MODEL is a name from `litesr list` or a preset folder; it stays as it is. The output is a
    preset folder with the key's commitment in its metadata. The model's .tflite files have to be
    made again from it.
    """
    from keras_litesr.datasets.sources import load_folders
    from keras_litesr.protection import keys
    from keras_litesr.protection.slots import MARGIN
    from keras_litesr.protection.watermark import STEPS

    if steps and not data:
        raise click.UsageError("--steps train on photos. Name a folder of them with --data.")
    require_free(output, overwrite=overwrite)
    key = keys.read(key_file)
    origin = folders.preset_folder(model)
    facts = folders.metadata(origin)
    # Pictures and key come before TensorFlow, which takes seconds to import.
    with redirect_stdout(sys.stderr):  # Notes are no part of what is printed as JSON.
        photos = load_folders(data) if data else []
        others = load_folders([validation]) if validation else []
    with captured_output():
        from keras_litesr.cli.marking import copy_photo_list, psnr_of, trained_copy
        from keras_litesr.zoo.registry import load, save_to_preset

        original = load(model)
    with redirect_stdout(sys.stderr):
        marked = trained_copy(
            original, key, photos, facts["scale"], margin or MARGIN, steps or STEPS, seed
        )
    psnr = psnr_of([original, marked], others, facts["scale"]) if others else []
    marking: dict[str, Any] = {
        "margin": margin or MARGIN,
        "steps": (steps or STEPS) if photos else 0,
    }
    if photos and seed:
        marking["seed"] = seed
    if psnr:
        marking["validation_psnr"] = psnr
    with appearing(output) as folder:
        save_to_preset(
            marked,
            folder,
            name=output.name,
            training=facts.get("training"),
            licence=facts.get("license", ""),
        )
        copy_photo_list(origin, folder, facts.get("training"))
        verdict = _committed(folder, key, marking)
    if as_json:
        row = {"preset": str(output), "matching": verdict.matching, "slots": verdict.slots}
        row |= {"p_value": verdict.p_value, "commitment": key.commitment, "psnr": psnr}
        click.echo(json.dumps(row, indent=2))
        return
    click.echo(verdict)
    if psnr:
        before, after = psnr
        price = f"price {before - after:.3f} dB"
        click.echo(f"validation: {before:.3f} dB before, {after:.3f} dB after, {price}")
    if not photos:
        click.echo("note: the weights were shifted only; --data wins back what it cost.", err=True)
    click.echo(f"{output}  make its .tflite files with `litesr convert {output} -o FILE.tflite`")


def _committed(folder: Path, key: Any, marking: dict[str, Any]) -> Any:
    """Writes the commitment into a folder, and reads the mark from the folder as it is."""
    from keras_litesr.protection import commitments, watermark

    commitments.write(folder, key, marking)
    return watermark.verify(folder, key, committed=True)


@click.command(epilog=_VERIFY_EXAMPLES)
@click.argument("suspect")
@click.option("--key", "key_file", required=True, type=_FILE, help="The owner's key.")
@click.option(
    "--reference",
    metavar="PRESET",
    help="The owner's own preset. A suspect whose channels were reordered, rescaled or "
    "turned in sign is compared with it, and the commitment in it counts.",
)
@click.option(
    "--commitment",
    help="Commitment that was published, in hex, where it is not in the reference.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def verify(
    suspect: str, key_file: Path, reference: str | None, commitment: str | None, as_json: bool
) -> None:
    """Reads the owner's mark from a suspect model.

    SUSPECT is a .tflite file of any dtype, a preset folder, or a name from `litesr list`. The
    answer is `marked` or `not shown`, with the probability that a key which has nothing to do with
    the model matches as well. A key that was committed to before the suspect was published needs
    167 of 256 bits, another one 249, as it could have been searched for. A reference that was made
    after the suspect proves nothing, nor does `not shown`.
    """
    from keras_litesr.protection import keys
    from keras_litesr.protection.verdict import MARKED

    key = keys.read(key_file)
    committed = _is_committed(key, reference, commitment)
    verdict = _verdict(suspect, key, reference, committed)
    if as_json:
        properties = ("answer", "accuracy", "p_value", "limit")
        row = {**asdict(verdict), **{name: getattr(verdict, name) for name in properties}}
        row |= {"suspect": suspect, "owner": key.name, "committed": committed}
        click.echo(json.dumps(row, indent=2))
    else:
        click.echo(f"{suspect}: {verdict}")
    sys.exit(0 if verdict.answer == MARKED else 1)


def _is_committed(key: Any, reference: str | None, commitment: str | None) -> bool:
    """Tells whether the key was committed to; one that differs from what was asked is refused."""
    from keras_litesr.protection import commitments

    if commitment is not None:
        if not re.fullmatch("[0-9a-f]{64}", commitment.lower()):
            raise click.UsageError(
                f"Expected a --commitment of 64 hexadecimal digits, received {commitment!r}."
            )
        if commitment.lower() != key.commitment:
            raise ValueError(
                f"The key's commitment is {key.commitment}, not {commitment}: this is not the key "
                "that was committed to. Take the right key file."
            )
        return True
    if reference is None or reference.endswith(".tflite"):
        return False
    found = commitments.read(folders.preset_folder(reference))
    if found is not None and found != key.commitment:
        click.echo(f"note: {reference} bears the commitment of another key.", err=True)
    return found == key.commitment


def _verdict(suspect: str, key: Any, reference: str | None, committed: bool) -> Any:
    from keras_litesr.protection import watermark

    try:
        with captured_output():
            return watermark.verify(suspect, key, reference=reference, committed=committed)
    except ImportError as error:
        raise ValueError(
            f"Reading a suspect whose channels were moved needs SciPy ({error}). Install it with "
            "`pip install 'keras_litesr[protect]'`."
        ) from error
