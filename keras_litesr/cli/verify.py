"""`litesr protect verify`: is the owner's mark in a suspect model?"""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from keras_litesr.cli.paths import NamedPath
from keras_litesr.silence import captured_output
from keras_litesr.zoo import folders, integrity
from keras_litesr.zoo.manifests import is_sha256

_FILE = NamedPath(dir_okay=False)
_EXAMPLES = """\b
Examples:
  litesr protect verify suspect.tflite --key owner.key
  litesr protect verify suspect/ --key owner.key --reference marked_x4

Exit codes: 0 marked, 1 not shown, 2 could not tell.
"""


@click.command(epilog=_EXAMPLES)
@click.argument("suspect")
@click.option("--key", "key_file", required=True, type=_FILE, help="The owner's key.")
@click.option(
    "--reference",
    metavar="PRESET",
    help="The owner's own preset. A suspect whose channels were reordered, rescaled or "
    "negated is compared with it, and the commitment in it counts.",
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
    after the suspect proves nothing, nor does `not shown`. One that is not what its own manifest or
    signature says is refused.
    """
    from keras_litesr.protection import keys
    from keras_litesr.protection.verdict import MARKED

    key = keys.read(key_file)
    folder = None if reference is None else _reference_folder(reference)
    committed = _is_committed(key, folder, commitment)
    verdict = _verdict(suspect, key, reference, committed)
    if as_json:
        properties = ("answer", "accuracy", "p_value", "limit")
        row = {**asdict(verdict), **{name: getattr(verdict, name) for name in properties}}
        row |= {"suspect": suspect, "owner": key.name, "committed": committed}
        click.echo(json.dumps(row, indent=2))
    else:
        click.echo(f"{suspect}: {verdict}")
    sys.exit(0 if verdict.answer == MARKED else 1)


def _reference_folder(reference: str) -> Path | None:
    """Finds the folder of a reference and refuses an altered one; None for a TFLite file."""
    if reference.endswith(".tflite"):
        return None
    folder = folders.preset_folder(reference)
    files = integrity.checked_folder(folder)
    files.require_unaltered()
    envelope = integrity.signature_of(folder)
    if envelope is not None:
        integrity.require_signed(files, envelope)
    return folder


def _is_committed(key: Any, folder: Path | None, commitment: str | None) -> bool:
    """Tells whether the key was committed to; one that differs from what was asked is refused."""
    from keras_litesr.protection import commitments

    if commitment is not None:
        if not is_sha256(commitment.lower()):
            raise click.UsageError(
                f"Expected a --commitment of 64 hexadecimal digits, received {commitment!r}."
            )
        if commitment.lower() != key.commitment:
            raise ValueError(
                f"The key's commitment is {key.commitment}, not {commitment}: this is not the key "
                "that was committed to. Take the right key file."
            )
        return True
    if folder is None:
        return False
    found = commitments.read(folder)
    if found is not None and found != key.commitment:
        click.echo(f"note: {folder} bears the commitment of another key.", err=True)
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
