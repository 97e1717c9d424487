#!/usr/bin/env python3
"""Converts every preset of the zoo to TFLite: float32, float16 and int8, any picture size.

    tools/convert_zoo.py --representative ../shared/data/training/photos

Each folder of `saved_models` gets its three files and a new manifest. On one machine the same
weights and photographs give the same bytes.
"""

from pathlib import Path

import click

from keras_litesr.cli.conversion import preset_to_tflite
from keras_litesr.cli.errors import explained
from keras_litesr.silence import hush_tensorflow
from keras_litesr.zoo import folders
from keras_litesr.zoo.presets import PRESETS

_SAVED_MODELS = Path(__file__).parents[1] / "saved_models"
_DTYPES = ("float32", "float16", "int8")
# SRCNN is slow; SRResNet diverges, and its separable twin gets worse on other pictures.
_MOST_STEPS = {"srcnn": 40, "separable_srresnet": 0, "srresnet": 0}


@click.command()
@click.argument("presets", nargs=-1, metavar="[PRESET]...", type=click.Choice(list(PRESETS)))
@click.option(
    "--representative",
    required=True,
    type=click.Path(path_type=Path, exists=True),
    help="Folder of training photographs to calibrate int8 on.",
)
@click.option(
    "--tune-steps",
    type=click.IntRange(0),
    default=700,
    show_default=True,
    help="Training steps of each int8 network; SRCNN gets 40, SRResNet none.",
)
@click.option(
    "--saved-models",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    default=_SAVED_MODELS,
    help="Folder of the preset folders.",
)
def main(
    presets: tuple[str, ...], representative: Path, tune_steps: int, saved_models: Path
) -> None:
    """Makes the files of the named presets, or of all that are trained."""
    hush_tensorflow()
    saved_models = saved_models.resolve()
    there = [name for name in PRESETS if (saved_models / name).is_dir()]
    if not there:
        raise click.UsageError(f"There is no preset in {saved_models}.")
    if missing := [name for name in presets if name not in there]:
        raise click.UsageError(f"There is no preset {missing[0]} in {saved_models}.")
    try:
        for name in presets or there:
            most_steps = min(tune_steps, _MOST_STEPS.get(PRESETS[name].architecture, tune_steps))
            _convert(saved_models / name, name, representative, most_steps)
    except (ValueError, OSError) as error:
        click.echo(f"convert_zoo.py: {explained(error)}", err=True)
        raise SystemExit(2) from error


def _convert(folder: Path, name: str, representative: Path, tune_steps: int) -> None:
    for dtype in _DTYPES:
        path = folder / f"{name}_{dtype}.tflite"
        before = path.read_bytes() if path.exists() else b""
        preset_to_tflite(
            folder,
            path,
            dtype=dtype,
            photographs=representative,
            tune_steps=tune_steps if dtype == "int8" else 0,
        )
        after = path.read_bytes()
        state = "unchanged" if before == after else "replaced" if before else "new"
        click.echo(f"{path.name}  {len(after) / 1000:,.0f} kB  {state}")
        # A folder with a file that its manifest does not list is refused by the next loading.
        folders.write_manifest(folder)


if __name__ == "__main__":
    main()
