#!/usr/bin/env python3
"""Releases marked presets: commits to the owner's key in their metadata, then signs their folders.

    tools/release.py --owner-key ~/keys/owner.key --private-key ~/keys/release.pem

Run it last, after converting and measuring: what changes a file afterwards makes its signature
fail. Keys are read from where you name them, which may not be this repository.
"""

from pathlib import Path

import click

from keras_litesr.cli.errors import explained
from keras_litesr.protection import commitments, keys, signing, watermark
from keras_litesr.protection.verdict import MARKED
from keras_litesr.silence import captured_output
from keras_litesr.zoo import cards, folders, signatures
from keras_litesr.zoo.integrity import signature_of
from keras_litesr.zoo.presets import PRESETS

_REPOSITORY = Path(__file__).resolve().parents[1]
_KEY = click.Path(path_type=Path, dir_okay=False, exists=True)


@click.command()
@click.argument("presets", nargs=-1, metavar="[PRESET]...")
@click.option("--owner-key", required=True, type=_KEY, help="From `litesr protect keygen`.")
@click.option(
    "--private-key", required=True, type=_KEY, help="From `litesr protect keygen --pair`."
)
@click.option(
    "--saved-models",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    default=_REPOSITORY / "saved_models",
    help="Folder of the preset folders.",
)
def main(presets: tuple[str, ...], owner_key: Path, private_key: Path, saved_models: Path) -> None:
    """Releases the named presets, or all that are there."""
    for path in (owner_key, private_key):
        if _REPOSITORY in path.resolve().parents:
            raise click.UsageError(
                f"{path} lies in the repository, where it could be published. Keep it elsewhere, "
                "and make a new key if it was ever committed."
            )
    saved_models = saved_models.resolve()
    names = presets or [name for name in PRESETS if (saved_models / name).is_dir()]
    if not names:
        raise click.UsageError(f"There is no preset in {saved_models}.")
    if missing := [name for name in names if not (saved_models / name).is_dir()]:
        raise click.UsageError(f"There is no preset {missing[0]} in {saved_models}.")
    try:
        _release({name: saved_models / name for name in names}, owner_key, private_key)
    except (ValueError, OSError, ImportError) as error:
        click.echo(f"release.py: {explained(error)}", err=True)
        raise SystemExit(2) from error


def _release(presets: dict[str, Path], owner_key: Path, private_key: Path) -> None:
    owner = keys.read(owner_key)
    trusted = signatures.public_keys()
    for name, folder in presets.items():  # all of them before the first is signed
        _commit(name, folder, owner)
    for name, folder in presets.items():
        signing.sign(folder, private_key)
        envelope = signature_of(folder)
        key = envelope.key if envelope else ""
        click.echo(f"{name}  signed with the key {key}")
        if key not in trusted:
            click.echo("note: put its public key into keras_litesr/zoo/keys/ to trust it", err=True)


def _commit(name: str, folder: Path, owner: keys.OwnerKey) -> None:
    """Fixes the owner of marked weights in the metadata and the card."""
    found = commitments.read(folder)
    if folders.metadata(folder).get(commitments.FACT, {}).get("key_lost"):
        click.echo(f"note: {name} bears a mark whose key is lost; it is signed unread", err=True)
        return
    if found is not None and found != owner.commitment:
        raise click.UsageError(
            f"{folder} bears the commitment {found} of another owner key than {owner.name}'s. Name "
            "the key that it was marked with."
        )
    if not folders.metadata(folder)["parameter_count"]:
        return
    with captured_output():  # TensorFlow prints pages about the processor when it is imported
        verdict = watermark.verify(folder, owner, committed=True)
    if verdict.answer != MARKED:
        raise click.UsageError(
            f"Expected {owner.name}'s mark in {folder}, received: {verdict}. Mark it with "
            "`litesr protect mark`, convert and measure it, then release it."
        )
    if found is None:
        commitments.write(folder, owner)
        cards.write_card(name, folder)
        folders.write_manifest(folder)


if __name__ == "__main__":
    main()
