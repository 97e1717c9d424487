"""`litesr share`: preset folders made ready for others, and to and from the hubs."""

import click

from keras_litesr.cli.lazy import LazyGroup

_EXAMPLES = """\b
From a training to a hub and back:
  litesr share save runs/mine/best.weights.h5 --architecture lite_psnr_x4 \\
      --card card.json --data validation/ -o mine_x4
  litesr share check mine_x4
  litesr share push mine_x4 hf://user/mine_x4
  litesr share pull hf://user/mine_x4 -o elsewhere
  litesr upscale photo.jpg -m hf://user/mine_x4

Addresses: hf://user/name[@revision], kaggle://user/model/keras/variation[/version].
Needs pip install 'keras_litesr[hub]'.

Exit codes: 0 done, 1 the folder has problems, 2 wrong usage or the hub refused, 130 stopped by
Ctrl-C.
"""
COMMANDS = {
    "save": ("publishing", "save", "Makes a folder that can be published: files, figures, card."),
    "check": ("checking", "check", "Says whether a folder is complete and unaltered."),
    "push": ("hubs", "push", "Uploads a folder to a hub."),
    "pull": ("hubs", "pull", "Downloads a folder from a hub and verifies it."),
}


@click.group(cls=LazyGroup, commands=COMMANDS, epilog=_EXAMPLES)
def share() -> None:
    """Saves, checks, pushes and pulls preset folders."""
