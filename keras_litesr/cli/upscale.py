"""`litesr upscale`: pictures, folders and videos in, enlarged files out."""

import os
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from keras_litesr.cli.batch import Options, run
from keras_litesr.cli.left_out import say_left_out
from keras_litesr.cli.paths import NamedPath
from keras_litesr.cli.plan import Job, Naming, plan
from keras_litesr.cli.ranges import NumberRange
from keras_litesr.images.files import DEFAULT_MAX_PIXELS
from keras_litesr.inference.networks import DTYPES, FASTEST, RUNTIMES
from keras_litesr.inference.upscaler import MOST_THREADS, Upscaler
from keras_litesr.zoo.integrity import VERIFY

_FAITHFUL, _SHARP = "lite_psnr_x4", "lite_x4"
_FORMATS = ("same", "auto", "png", "jpg", "webp")
_EXAMPLES = """\b
Examples:
  litesr upscale photo.jpg                      writes photo_x4.jpg
  litesr upscale photo.jpg -o large.png
  litesr upscale logo.png -s 2.5                writes logo_x2.5.png
  litesr upscale photo.jpg --sharpness 0.5      half the invented detail
  litesr upscale scans/ -o large/ --format png  keeps the subfolders of scans/
  litesr upscale scans/ -o large/ --format png --skip-existing
                                                goes on where that was stopped
  litesr upscale clip.mp4 -m lite_tiny_x4 --dtype fastest
                                                a video, by the file fastest here
"""


@click.command(epilog=_EXAMPLES)
@click.argument("paths", nargs=-1, type=NamedPath())
@click.option("-i", "--input", "inputs", multiple=True, type=NamedPath(), help="Same as PATHS.")
@click.option(
    "-o",
    "--output",
    type=NamedPath(),
    help="File (for one picture or video) or folder; default: beside the input.",
)
@click.option(
    "-m",
    "-n",
    "--model",
    default="lite_x4",
    show_default=True,
    help="Name from `litesr list`, a preset folder, an address such as hf://user/name, or a "
    ".tflite file that enlarges RGB pictures.",
)
@click.option(
    "--sharpness",
    type=NumberRange(0, 1),
    help=f"In place of --model: a blend of {_FAITHFUL} (0, the most faithful) and {_SHARP} (1, the "
    "most detail).",
)
@click.option(
    "-s",
    "--outscale",
    type=float,
    help="Final enlargement, up to the model's (the default), for instance 2.5; the model's "
    "result is reduced to it.",
)
@click.option(
    "-f",
    "--format",
    "--ext",
    "file_format",
    type=click.Choice(_FORMATS),
    default="same",
    show_default=True,
    help="Format of pictures; `same` (or `auto`) keeps the input's, PNG where that cannot be "
    "written.",
)
@click.option(
    "--suffix",
    help="Added to the name after an underscore; default: x and the enlargement, as in "
    "photo_x4.png. Empty keeps the name.",
)
@click.option(
    "--quality",
    type=click.IntRange(1, 100),
    default=95,
    show_default=True,
    help="Quality of JPEG and WebP pictures; 100 makes WebP lossless.",
)
@click.option("--overwrite", is_flag=True, help="Replace existing outputs.")
@click.option(
    "--skip-existing",
    is_flag=True,
    help="Leave out pictures whose output exists, to go on where an earlier run stopped.",
)
@click.option(
    "--strip-metadata",
    is_flag=True,
    help="Write no EXIF and XMP (place, time, camera). Without it EXIF, XMP and the colour "
    "profile are kept, orientation and size corrected. The colour profile, and a line that "
    "names the model, are written in any case.",
)
@click.option(
    "--runtime",
    type=click.Choice(RUNTIMES),
    default="auto",
    show_default=True,
    help="`auto` takes LiteRT where the model has a .tflite file.",
)
@click.option(
    "--dtype",
    type=click.Choice([*DTYPES, FASTEST]),
    default="float32",
    show_default=True,
    help="Which of the model's .tflite files runs; int8 is often faster and a little less "
    "exact. `fastest` times them on this machine, once, and remembers.",
)
@click.option(
    "--self-ensemble",
    is_flag=True,
    help="Average the results of a picture's eight orientations: a little better, eight times "
    "slower.",
)
@click.option(
    "-t",
    "--tile",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Longest side of the tiles in pixels of the input; 0 means automatic. The result does "
    "not depend on it, memory does.",
)
@click.option(
    "--threads",
    type=click.IntRange(1, MOST_THREADS),
    help="CPU threads of LiteRT; default: all cores.",
)
@click.option(
    "--max-pixels",
    type=click.IntRange(1),
    default=DEFAULT_MAX_PIXELS,
    show_default=True,
    help="Pictures and videos of more pixels are refused, as a small file may claim a size that "
    "fills the memory. Raise it for files that you trust.",
)
@click.option(
    "--verify",
    type=click.Choice(VERIFY),
    default="auto",
    show_default=True,
    help="`auto` checks the model's checksums, and the signature where a trusted key made one; "
    "`require` refuses what no trusted key has signed; `off` checks neither.",
)
@click.option(
    "--public-key",
    "public_keys",
    multiple=True,
    type=NamedPath(dir_okay=False, exists=True),
    help="Key to trust besides the zoo's release keys; may be repeated.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per picture.")
@click.pass_context
def upscale(
    ctx: click.Context,
    paths: tuple[Path, ...],
    inputs: tuple[Path, ...],
    output: Path | None,
    model: str,
    sharpness: float | None,
    file_format: str,
    suffix: str | None,
    runtime: str,
    dtype: str,
    tile: int,
    threads: int | None,
    self_ensemble: bool,
    outscale: float | None,
    verify: str,
    public_keys: tuple[Path, ...],
    **choices: Any,
) -> None:
    """Enlarges pictures, folders of pictures, and videos.

    Folders are searched with their subfolders, whose structure is kept. PNG, JPEG, TIFF, WebP,
    BMP, GIF and AVIF are read; transparency, grey, 16 bits and metadata are kept where the format
    can hold them. An output appears whole or not at all.

    Name videos (MP4, MOV, MKV, WebM, AVI) one by one. They become H.264 with the sound and the
    timing of the original, and need `pip install 'keras_litesr[video]'`.
    """
    if choices["overwrite"] and choices["skip_existing"]:
        raise click.UsageError("--overwrite and --skip-existing exclude each other.")
    if threads is not None and runtime == "keras":
        raise click.UsageError("--threads is of LiteRT. Leave it out, or --runtime keras.")
    if sharpness is not None:
        if ctx.get_parameter_source("model") != ParameterSource.DEFAULT:
            raise click.UsageError("--sharpness chooses the models. Leave out --model.")
        if dtype != "float32":
            raise click.UsageError("--sharpness blends in float32. Leave out --dtype.")
        model = _FAITHFUL
    upscaler = Upscaler(
        model,
        runtime=runtime,
        tile=tile,
        threads=threads,
        dtype=dtype,
        blend=None if sharpness is None else (_SHARP, sharpness),
        self_ensemble=self_ensemble,
        verify=verify,
        trusted_keys=public_keys,
    )
    _note_oddities(upscaler, runtime)
    factor = upscaler.scale if outscale is None else outscale
    upscaler.size_after((1, 1), factor)
    options = Options(outscale=factor, debug=ctx.find_root().params.get("debug", False), **choices)
    naming = Naming(
        output=output,
        ending=f"x{factor:g}" if suffix is None else suffix,
        suffix=None if file_format in ("same", "auto") else f".{file_format}",
    )
    jobs = plan([*inputs, *paths], naming)
    _check_existing(jobs, options)
    say_left_out([*inputs, *paths])
    run(jobs, upscaler, options)
    if any(job.error for job in jobs):
        ctx.exit(1)


def _note_oddities(upscaler: Upscaler, runtime: str) -> None:
    name = upscaler.name
    if (runtime, upscaler.runtime) == ("auto", "keras"):
        note = f"note: {name} has no .tflite file, so Keras runs it, which starts slowly."
        click.echo(note, err=True)
    if not upscaler.is_seamless:
        note = (
            f"note: {name} sees further than the {upscaler.overlap} pixels by which its tiles "
            "overlap, so seams may be seen."
        )
        click.echo(note, err=True)


def _check_existing(jobs: list[Job], options: Options) -> None:
    existing = [job.target for job in jobs if not job.error and os.path.lexists(job.target)]
    if existing and not (options.overwrite or options.skip_existing):
        which = f"{existing[0]} exists"
        if len(jobs) > 1:
            which = f"{len(existing)} of {len(jobs)} outputs exist, the first of them {existing[0]}"
        raise click.UsageError(
            f"{which}; nothing was done. Choose --skip-existing, --overwrite or another --output."
        )
