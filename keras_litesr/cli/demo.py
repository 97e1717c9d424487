"""`litesr demo`: the main job on a bundled photo."""

import time
from importlib import resources
from pathlib import Path

import click

from keras_litesr.images.files import read, write
from keras_litesr.inference.upscaler import Upscaler

_SAMPLE = "astronaut.png"


@click.command()
@click.option("-o", "--output", type=click.Path(path_type=Path, file_okay=False),
              default=Path("demo"), show_default=True, help="Folder for the pictures.")  # fmt: skip
@click.option("-m", "--model", default="lite_x4", show_default=True,
              help="Name from `litesr list`.")  # fmt: skip
def demo(output: Path, model: str) -> None:
    """Enlarges a bundled photo and puts the bicubic enlargement beside it.

    The photo shows astronaut Eileen Collins (NASA, public domain). Earlier results in the folder
    are replaced.
    """
    output.mkdir(parents=True, exist_ok=True)
    with resources.as_file(resources.files("keras_litesr.samples") / _SAMPLE) as sample:
        photo = read(sample)
    height, width = photo.size
    click.echo(f"{_SAMPLE}, {width}x{height}")
    for name in (model, "bicubic_x4"):
        begin = time.perf_counter()
        large = Upscaler(name)(photo)
        seconds = time.perf_counter() - begin
        target = output / f"{Path(_SAMPLE).stem}_{name}.png"
        write(large, target, overwrite=True)
        height, width = large.size
        click.echo(f"{target.resolve()}  {width}x{height}  {seconds:.2f} s with {name}")
