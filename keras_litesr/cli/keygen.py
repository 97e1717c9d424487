"""`litesr protect keygen`: an owner key, or a key pair for signatures."""

import json
from pathlib import Path

import click

from keras_litesr.cli.paths import NamedPath
from keras_litesr.zoo.new_folders import is_preset

_FILE = NamedPath(dir_okay=False)
_EXAMPLES = """\b
Examples:
  litesr protect keygen owner.key --name "Ada Lovelace"
  litesr protect keygen --pair release          makes release.pem (secret) and release.pub
"""


@click.command(epilog=_EXAMPLES)
@click.argument("path", required=False, type=_FILE)
@click.option("--name", help="The owner's name or id, at most 16 bytes: what the mark will say.")
@click.option("--pair", type=_FILE, help="Make a key pair for signatures: PAIR.pem and PAIR.pub.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def keygen(path: Path | None, name: str | None, pair: Path | None, as_json: bool) -> None:
    """Makes an owner key, or a key pair for signatures.

    An owner key goes to PATH. It is secret and cannot be made again: keep a copy in a safe place.
    Its commitment may be published; it shows later that the key is not one that was searched for.
    """
    if (path is None) == (pair is None):
        raise click.UsageError("Expected either PATH for an owner key, or --pair for a key pair.")
    if pair is not None and name is not None:
        raise click.UsageError("--name is an owner's; a key pair has none. Leave it out.")
    _refuse_preset_folder(path or pair)
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


def _refuse_preset_folder(place: Path | None) -> None:
    if place is not None and is_preset(place.parent):
        raise click.UsageError(
            f"Expected a place for a secret key, received {place} in a preset folder, of which "
            "everything is published. Choose a place elsewhere."
        )


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
