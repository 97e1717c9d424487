"""`litesr share check`: whether a folder can be published, and where it came from."""

import json
from pathlib import Path

import click

from keras_litesr.cli.paths import NamedPath
from keras_litesr.zoo import folders
from keras_litesr.zoo.presets import PRESETS
from keras_litesr.zoo.publishing import problems
from keras_litesr.zoo.sharing import record_of


@click.command()
@click.argument("folder", type=NamedPath())
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def check(folder: Path, as_json: bool) -> None:
    """Says whether a folder is complete and unaltered.

    Lists every problem that keeps it from being published: files that are missing, altered or not
    in the manifest, TFLite files of other weights or terms, and what the card leaves out. Nothing
    in the folder is run. Exit code 1 when there are problems.
    """
    if str(folder) in PRESETS and not folder.exists():
        folder = folders.preset_folder(str(folder))
    found = problems(folder)
    source = _source(folder)
    if as_json:
        click.echo(json.dumps({"folder": str(folder), "source": source, "problems": found}))
    elif found:
        click.echo("\n".join(f"- {problem}" for problem in found))
        click.echo(f"{folder}: {len(found)} problem{'s' if len(found) > 1 else ''}", err=True)
    else:
        files = len(folders.manifest(folder))
        origin = f", pulled from {source}" if source else ""
        click.echo(f"{folder}: complete and unaltered, {files} files{origin}")
    if found:
        raise click.exceptions.Exit(1)


def _source(folder: Path) -> str | None:
    """Names where a folder was pulled from, if the record beside it is about this manifest."""
    record = record_of(folder.resolve())
    if not record.is_file() or not (folder / folders.MANIFEST).is_file():
        return None
    try:
        facts = json.loads(record.read_text(encoding="utf-8"))
    except ValueError:
        return None
    if not isinstance(facts, dict):
        return None
    current = facts.get("manifest_sha256") == folders.sha256(folder / folders.MANIFEST)
    return facts.get("pinned") if current else None
