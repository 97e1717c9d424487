"""`litesr demo`: the main job on a bundled photo."""

import time
from importlib import resources
from pathlib import Path

import click

from keras_litesr.cli.batch import software_of
from keras_litesr.cli.paths import NamedPath
from keras_litesr.images.files import read, write
from keras_litesr.inference.upscaler import Upscaler

_SAMPLE = "astronaut.png"


@click.command()
@click.option(
    "-o",
    "--output",
    type=NamedPath(file_okay=False),
    default=Path("demo"),
    show_default=True,
    help="Folder for the pictures.",
)
@click.option(
    "-m", "--model", default="lite_x4", show_default=True, help="Name from `litesr list`."
)
def demo(output: Path, model: str) -> None:
    """Enlarges a bundled photo and puts the bicubic one beside it.

    The photo shows astronaut Eileen Collins (NASA, public domain). Earlier results in the folder
    are replaced.
    """
    upscalers = [Upscaler(name) for name in dict.fromkeys((model, "bicubic_x4"))]
    with resources.as_file(resources.files("keras_litesr.samples") / _SAMPLE) as sample:
        photo = read(sample)
    height, width = photo.size
    click.echo(f"{_SAMPLE}, {width}x{height}")
    output.mkdir(parents=True, exist_ok=True)
    for upscaler in upscalers:
        begin = time.perf_counter()
        large = upscaler(photo)
        seconds = time.perf_counter() - begin
        target = output / f"{Path(_SAMPLE).stem}_{upscaler.name}.png"
        write(large, target, overwrite=True, software=software_of(upscaler))
        height, width = large.size
        click.echo(f"{target.resolve()}  {width}x{height}  {seconds:.2f} s with {upscaler.name}")
