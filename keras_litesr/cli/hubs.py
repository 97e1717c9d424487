"""`litesr share push` and `litesr share pull`: preset folders to and from the hubs."""

from pathlib import Path

import click

from keras_litesr.cli.bars import bar
from keras_litesr.cli.paths import NamedPath
from keras_litesr.zoo import sharing
from keras_litesr.zoo.addresses import parse

_PUSH_EXAMPLES = """\b
Examples:
  litesr share push mine_x4 hf://user/mine_x4
  litesr share push mine_x4 kaggle://user/litesr/keras/mine_x4

Log in first: `hf auth login` or HF_TOKEN; KAGGLE_API_TOKEN or ~/.kaggle/access_token.
"""
_PULL_EXAMPLES = """\b
Examples:
  litesr share pull hf://user/mine_x4
  litesr share pull hf://user/mine_x4@v1 -o mine_v1
  litesr share pull kaggle://user/litesr/keras/mine_x4/2 -o mine_v2
"""


@click.command(epilog=_PUSH_EXAMPLES)
@click.argument("folder", type=NamedPath())
@click.argument("address")
@click.option(
    "--private",
    is_flag=True,
    help="Make a new repository private; Kaggle's are until their owner publishes them.",
)
def push(folder: Path, address: str, private: bool) -> None:
    """Uploads a folder to a hub.

    Refuses a folder in which `litesr share check` finds problems. What an earlier version left in
    the repository is deleted. Prints the address with the commit.
    """
    click.echo(sharing.upload_preset(address, folder, private=private))


@click.command(epilog=_PULL_EXAMPLES)
@click.argument("address")
@click.option(
    "-o",
    "--output",
    type=NamedPath(),
    help="New folder.  [default: the name on the hub]",
)
@click.option("--overwrite", is_flag=True, help="Replace an earlier preset folder.")
def pull(address: str, output: Path | None, overwrite: bool) -> None:
    """Downloads a folder from a hub and verifies it.

    The folder appears when every file is what its manifest says, or not at all; an interrupted
    download goes on when it is called again. FOLDER.source.json beside it records the commit.
    """
    folder = output or Path(parse(address).name.rpartition("/")[2])
    with bar(folder.name, unit="file") as progress:
        pulled = sharing.pull(address, folder, overwrite=overwrite, progress=progress)
    if pulled.from_cache:
        click.echo(f"note: no connection; {pulled.address} is what was last seen of it.", err=True)
    click.echo(f"{pulled.folder}  {pulled.address}")
