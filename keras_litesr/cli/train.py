"""`litesr train`: photos in, the weights of a preset out."""

import os
import shlex
import sys
from importlib.util import find_spec
from pathlib import Path

import click

from keras_litesr.cli.folder_lists import ManyFolders
from keras_litesr.cli.paths import NamedPath
from keras_litesr.cli.ranges import SEEDS, NumberRange
from keras_litesr.training.recipes import RECIPES
from keras_litesr.training.records import LAST, RECIPE, read_json

_EXAMPLES = """\b
Examples:
  litesr train lite_psnr_x4 --data photos                a full training into runs/lite_psnr_x4
  litesr train lite_psnr_x4 --data photos --resume       the same, after it was stopped
  litesr train lite_psnr_x4 --data photos --steps 2000   a short one: the schedule shrinks with it
  litesr train srcnn_x4 --data photos --minutes 60       as many steps as fit into an hour
  litesr train lite_x4 --data photos --start-from runs/lite_psnr_x4
  litesr train lite_tiny_x4 --data photos more --validation others --out runs/second --seed 1

Exit codes: 0 done, 1 diverged or collapsed, 2 wrong usage or pictures, 130 stopped by Ctrl-C.
"""
# Named here because `training.losses` imports Keras.
_LOSSES = (
    "l1",
    "l2",
    "mse",
    "charbonnier",
    "negative_psnr",
    "negative_luma_psnr",
    "l2_and_gmsd",
)
_POSITIVE = click.IntRange(min=1)
_LONGEST_HOURS = 10_000
_FOLDER = NamedPath()


def _known(ctx: click.Context, parameter: click.Parameter, recipe: str) -> str:
    if recipe not in RECIPES:
        raise click.UsageError(
            f"There is no recipe {recipe!r}; recipes are {', '.join(RECIPES)}.", ctx
        )
    return recipe


def _pack(ctx: click.Context, parameter: click.Parameter, path: Path | None) -> Path | None:
    if path is not None and path.suffix != ".npz":
        raise click.BadParameter(
            f"Expected a .npz file of tools/pack_images.py, received {path}. Name folders of "
            "photos with --data."
        )
    return path


@click.command(cls=ManyFolders, epilog=_EXAMPLES)
@click.argument("recipe", callback=_known)
@click.option(
    "--data",
    multiple=True,
    help="Folders of training photos, or their names in the folder of sets that LITESR_DATA names; "
    "also tfds:div2k and other sets of TensorFlow Datasets.",
)
@click.option(
    "--images",
    type=_FOLDER,
    callback=_pack,
    metavar="FILE.npz",
    help="Training photos in one file of tools/pack_images.py, besides or instead of --data.",
)
@click.option(
    "--validation",
    help="Folder, or file of tools/pack_images.py, of other photos, which choose the best "
    "weights; needed with a pack that holds copies of its photos.  [default: a tenth of those to "
    "train on, at most 20, always the same ones]",
)
@click.option("--out", type=_FOLDER, help="Run folder.  [default: runs/RECIPE]")
@click.option(
    "--steps",
    type=_POSITIVE,
    help="Weight updates in all, rounded up to whole epochs.  [default: the recipe's]",
)
@click.option(
    "--minutes",
    type=NumberRange(0, _LONGEST_HOURS * 60, min_open=True),
    help="As many steps as fit into this time at the speed that is measured first; it takes "
    "longer when the machine is busier later.",
)
@click.option(
    "--hours",
    type=NumberRange(0, _LONGEST_HOURS, min_open=True),
    help="The same in hours.",
)
@click.option(
    "--learning-rate",
    type=NumberRange(0, 1, min_open=True, max_open=True),
    help="Peak of the schedule.  [default: the recipe's]",
)
@click.option(
    "--patch-size",
    type=_POSITIVE,
    help="Side of a training patch in low-resolution pixels.  [default: the recipe's]",
)
@click.option("--batch-size", type=_POSITIVE, help="Patches per step.  [default: the recipe's]")
@click.option(
    "--loss",
    type=click.Choice(_LOSSES),
    help="Pixel loss; negative_psnr looks at every picture alike, mse at the hard ones; "
    "negative_luma_psnr cares more for brightness, l2_and_gmsd for edges.  "
    "[default: the recipe's]",
)
@click.option(
    "--precision",
    type=click.Choice(["float32", "mixed_bfloat16"]),
    help="Precision of the generator's arithmetic; weights are float32. mixed_bfloat16 saves up to "
    "half the time where the processor has bfloat16 instructions.  [default: the recipe's, but "
    "float32 where that is measured to be much faster]",
)
@click.option(
    "--adversarial-weight",
    type=NumberRange(0, 1e6),
    help="The paper's alpha: more is sharper and less faithful.  [default: the recipe's]",
)
@click.option(
    "--start-from",
    "start",
    help="Preset, run folder or weight file to begin with.  [default: the recipe's]",
)
@click.option("--seed", type=SEEDS, help="Seed of weights and patches.  [default: 0]")
@click.option(
    "--resume",
    is_flag=True,
    help="Go on from the last checkpoint, with the settings that the run was begun with.",
)
@click.option(
    "--backend",
    type=click.Choice(["tensorflow", "torch"]),
    help="Backend of Keras.  [default: with --resume the run's; else KERAS_BACKEND, or TensorFlow "
    "where it is installed]",
)
def train(recipe: str, **options) -> None:
    """Trains a preset from folders of photos, which may be of any size and kind.

    RECIPE names the preset. Low-resolution pictures are made from the photos. The run's folder
    gets the weights to release as best.weights.h5: those with the best validation PSNR, or, of an
    adversarial training (lite_x4, srgan_x4), those of its last epoch; and a log, curves for
    TensorBoard and sample pictures. A run that was stopped goes on with --resume and ends as if
    nothing had happened: Ctrl-C loses nothing, a power cut the epoch in progress.
    """
    folder = options["out"] or Path("runs") / recipe
    try:
        _refuse_odd_options(options)
        begun_with = _backend_of(folder) if options["resume"] else None
        _choose_backend(options["backend"] or begun_with)
        from keras_litesr.cli.preparation import run

        run(recipe, folder, options)
    except KeyboardInterrupt:
        click.echo(f"\nStopped. {_how_to_go_on(folder)}", err=True)
        sys.exit(130)


def _refuse_odd_options(options: dict) -> None:
    if not options["data"] and not options["images"]:
        raise click.UsageError("Expected photos to train on. Name a folder of them with --data.")
    lengths = [f"--{name}" for name in ("steps", "minutes", "hours") if options[name] is not None]
    if len(lengths) > 1:
        raise click.UsageError(f"Expected one length, received {' and '.join(lengths)}.")


def _backend_of(folder: Path) -> str | None:
    """Reads the backend that a run was begun with, if it was written down."""
    backend = read_json(folder / RECIPE).get("backend")
    return backend if backend in ("tensorflow", "torch") else None


def _choose_backend(name: str | None) -> None:
    """Sets the backend of Keras, which is read when Keras is imported."""
    installed = "tensorflow" if find_spec("tensorflow") else "torch"
    name = name or os.environ.get("KERAS_BACKEND") or installed
    if name not in ("tensorflow", "torch"):
        raise click.UsageError(
            f"Expected the Keras backend tensorflow or torch, received {name} in KERAS_BACKEND. "
            "Name one with --backend."
        )
    if not find_spec(name):
        raise click.UsageError(f"The backend {name} is not installed: `pip install {name}`.")
    if "keras" in sys.modules and sys.modules["keras"].backend.backend() != name:
        raise click.UsageError(
            f"Expected the backend {sys.modules['keras'].backend.backend()}, with which Keras was "
            f"imported in this process, received {name}. Begin another process."
        )
    os.environ["KERAS_BACKEND"] = name


def _how_to_go_on(folder: Path) -> str:
    again = ["litesr", *(word for word in sys.argv[1:] if word != "--resume")]
    if not (folder / LAST).exists():
        return f"Nothing was saved yet; begin again with\n  {shlex.join(again)}"
    return f"{folder} holds what was done; go on with\n  {shlex.join([*again, '--resume'])}"
