"""`litesr protect sign` and `check`: whether a preset folder is what its owner released."""

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click

from keras_litesr.cli.paths import NamedPath
from keras_litesr.zoo import folders

_FILE = NamedPath(dir_okay=False, exists=True)
_SIGN_EXAMPLES = """\b
Examples:
  litesr protect keygen --pair release          makes release.pem (secret) and release.pub
  litesr protect sign my_preset --private-key release.pem
"""
_CHECK_EXAMPLES = """\b
Examples:
  litesr protect check lite_x4                  with the zoo's release key
  litesr protect check my_preset --public-key release.pub
  litesr protect check my_preset --public-key release.pub --key owner.key --json

Exit codes: 0 yes, 1 no, 2 could not tell.
"""
_EXIT_CODES = {"yes": 0, "no": 1, "could not tell": 2}


@dataclass(frozen=True)
class _Finding:
    """What one check found.

    Attributes:
        answer: `yes`, `no` or `could not tell`.
        text: In words.
        value: Fingerprint or commitment, where there is one.
    """

    answer: str
    text: str
    value: str | None = None


@click.command(epilog=_SIGN_EXAMPLES)
@click.argument("folder", type=NamedPath(file_okay=False, exists=True))
@click.option(
    "--private-key", required=True, type=_FILE, help="PEM file from `litesr protect keygen --pair`."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def sign(folder: Path, private_key: Path, as_json: bool) -> None:
    """Signs a preset folder.

    The signature covers every file in the folder and is written to model.sig in it, in the format
    of OpenSSF model signing. Sign last: a file that changes later makes the signature fail.
    """
    from keras_litesr.protection import signing
    from keras_litesr.zoo.integrity import signature_of

    path = signing.sign(folder, private_key)
    envelope = signature_of(folder)
    key = envelope.key if envelope else ""
    if as_json:
        click.echo(json.dumps({"signature": str(path), "key": key}, indent=2))
        return
    click.echo(f"{path}  signed with the key {key}")


@click.command(epilog=_CHECK_EXAMPLES)
@click.argument("folder")
@click.option(
    "--public-key",
    "public_keys",
    type=_FILE,
    multiple=True,
    help="The owner's public key; by default the zoo's release keys.",
)
@click.option("--key", "owner_key", type=_FILE, help="Owner key that the commitment is of.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def check(
    folder: str, public_keys: tuple[Path, ...], owner_key: Path | None, as_json: bool
) -> None:
    """Checks a folder's signature, manifest and commitment.

    FOLDER is a preset folder, or a name from `litesr list` where no such folder is. All files are
    compared with the manifest, and the manifest with the signature. The answer is `yes` when a key
    that is named or built in signed exactly these files, `no` when something does not fit, and
    `could not tell` when nothing is wrong but nobody known has signed.
    """
    path = folders.preset_folder(Path(folder) if Path(folder).is_dir() else folder)
    findings = {"manifest": _manifest(path)}
    if findings["manifest"].answer == "yes":
        findings["signature"] = _signature(path, public_keys)
        findings["commitment"] = _commitment(path, owner_key)
    answers = [finding.answer for finding in findings.values()]
    answer = next(each for each in ("no", "could not tell", "yes") if each in answers)
    if as_json:
        rows = {name: asdict(finding) for name, finding in findings.items()}
        click.echo(json.dumps({"folder": str(path), "answer": answer, **rows}, indent=2))
    else:
        click.echo(f"{'folder:':<12}{path}")
        for name, finding in findings.items():
            click.echo(f"{name + ':':<12}{finding.text}")
        click.echo(f"{'answer:':<12}{answer}")
    sys.exit(_EXIT_CODES[answer])


def _manifest(folder: Path) -> _Finding:
    from keras_litesr.zoo.integrity import listed_folder

    try:
        files = listed_folder(folder)
        files.require_unaltered()
    except folders.PresetError as error:
        return _Finding("no", str(error))
    return _Finding("yes", f"ok, {len(files.digests or ())} files")


def _signature(folder: Path, public_keys: tuple[Path, ...]) -> _Finding:
    from keras_litesr.zoo import integrity, signatures

    trusted = signatures.named_keys(public_keys) if public_keys else signatures.public_keys()
    try:
        envelope = integrity.signature_of(folder)
        if envelope is None:
            return _Finding("no" if public_keys else "could not tell", "none")
        signer = integrity.signer_of(integrity.listed_folder(folder), envelope, trusted)
    except folders.PresetError as error:
        return _Finding("no", str(error))
    if signer is not None:
        return _Finding("yes", f"ok, by the key {signer}", signer)
    key = envelope.key or "that it does not name"
    if public_keys:
        return _Finding("no", f"not by the key that you named, but by the key {key}")
    return _Finding(
        "could not tell", f"by the key {key}, which is not the zoo's; name yours with --public-key"
    )


def _commitment(folder: Path, owner_key: Path | None) -> _Finding:
    from keras_litesr.protection import commitments, keys

    key = keys.read(owner_key) if owner_key else None
    try:
        found: Any = commitments.read(folder)
    except folders.PresetError as error:
        return _Finding("no", str(error))
    if key is None:
        # What is only shown does not change the answer.
        return _Finding("yes", found or "none", found)
    if found is None:
        return _Finding("no", "none, so the owner key was not committed to here")
    if found != key.commitment:
        return _Finding("no", f"{found}, which is not of the key of {key.name}", found)
    return _Finding("yes", f"{found}, of the key of {key.name}", found)
