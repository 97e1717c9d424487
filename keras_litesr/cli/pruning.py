"""`litesr prune`: a preset in, one with fewer weights or fewer filters out."""

import json
import os
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import click

from keras_litesr.cli.extras import require_toolkit
from keras_litesr.cli.folder_lists import ManyFolders
from keras_litesr.cli.paths import NamedPath
from keras_litesr.cli.ranges import NumberRange
from keras_litesr.evaluation.tables import as_text
from keras_litesr.zoo import folders
from keras_litesr.zoo.new_folders import require_free

_EXAMPLES = """\b
Examples:
  litesr prune lite_psnr_x4 -o small_x4 --data photos
  litesr prune lite_psnr_x4 -o small_x4 --data photos --keep-filters 0.5 --steps 5000
  litesr prune lite_psnr_x4 -o sparse_x4 --data photos --sparsity 0.7 --validation others

Exit codes: 0 done, 1 the training diverged, 2 wrong usage or pictures, 130 stopped by Ctrl-C.
"""
_FOLDER = NamedPath()
_SHARE = NumberRange(0, 1, min_open=True, max_open=True)
_KEEP_FILTERS = 0.75


@click.command(cls=ManyFolders, epilog=_EXAMPLES)
@click.argument("model")
@click.option("-o", "--output", type=_FOLDER, required=True, help="Preset folder to make.")
@click.option(
    "--data",
    multiple=True,
    required=True,
    help="Folders of photos to train on; also tfds:div2k and other sets of TensorFlow Datasets.",
)
@click.option(
    "--keep-filters",
    type=_SHARE,
    help="Share of the filters inside the blocks to keep: the network computes less and is "
    f"faster.  [default: {_KEEP_FILTERS}, unless --sparsity is given]",
)
@click.option(
    "--sparsity",
    type=_SHARE,
    help="Share of the weights to set to zero instead: the file packs better, the network is no "
    "faster. Needs `pip install 'keras_litesr[compress]'`.",
)
@click.option(
    "--steps",
    type=click.IntRange(20),
    default=1000,
    show_default=True,
    help="Weight updates in which the rest learns to make up for what is gone.",
)
@click.option(
    "--learning-rate",
    type=NumberRange(0, 1, min_open=True, max_open=True),
    default=5e-4,
    show_default=True,
    help="At the start; it falls to zero on a cosine.",
)
@click.option(
    "--validation",
    help="Folder of other photos to measure on.  [default: a tenth of --data, at most 20, always "
    "the same ones]",
)
@click.option(
    "--seed",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Seed of the training patches.",
)
@click.option("--overwrite", is_flag=True, help="Replace an existing preset folder.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def prune(model: str, output: Path, as_json: bool, **options) -> None:
    """Makes a model smaller: removes filters or zeroes weights, and trains on.

    MODEL is a name from `litesr list`, a preset folder or an address on a hub. Makes a preset
    folder with a float32 .tflite file, which every other command takes. Prints, before and after,
    the parameters, those that are not zero, the size of the .tflite file, plain and packed by
    gzip, and the PSNR on photos that were not trained on. It trains for fidelity: a sharpened
    model such as lite_x4 becomes softer. Needs Python 3.11.
    """
    if options["sparsity"] is not None:
        if options["keep_filters"] is not None:
            raise click.UsageError("Expected one way, received --sparsity and --keep-filters.")
        require_toolkit("--sparsity")
    elif options["keep_filters"] is None:
        options["keep_filters"] = _KEEP_FILTERS
    output = Path(os.path.normpath(output))
    require_free(output, overwrite=options["overwrite"])
    source = folders.preset_folder(model)
    from keras_litesr.cli.compression import compress

    with redirect_stdout(sys.stderr):  # Notes are no part of what is printed as JSON.
        rows = compress(source, output, options)
    click.echo(json.dumps(rows, indent=2) if as_json else _table(rows, output))


def _table(rows: list[dict[str, Any]], output: Path) -> str:
    before, after = (row["psnr"] for row in rows)
    return (
        f"{as_text(rows)}\n\n{output}: {after - before:+.2f} dB on the validation photos\n"
        f"Try it: litesr upscale -m {output} photo.jpg"
    )
