#!/usr/bin/env python3
"""Measures what the runtime chooses: file, threads, and tiles one by one or in batches.

    tools/runtime_choices.py lite_x4

Prints how many times as long as the default (float32, all cores, one tile) each choice takes for
one tile. All run in turns, so the ratios hold on a busy machine as well.
"""

import click
import numpy as np

from keras_litesr.inference.networks import DTYPES
from keras_litesr.models.litert import LiteRT, available_cores
from keras_litesr.timing import alternate, ratio
from keras_litesr.zoo import folders

_BATCHES = (1, 2, 4, 8)


@click.command()
@click.argument("preset", default="lite_x4")
@click.option("--tile", type=click.IntRange(16), default=128, show_default=True)
@click.option("--rounds", type=click.IntRange(1), default=15, show_default=True)
def main(preset: str, tile: int, rounds: int) -> None:
    """Times the choices for one preset."""
    cores = available_cores() or 1
    threads = sorted({1, max(1, cores // 2), cores, 2 * cores})
    choices = {f"{dtype}, {cores} threads": (dtype, cores, 1) for dtype in DTYPES}
    choices |= {f"float32, {count} threads": ("float32", count, 1) for count in threads}
    choices |= {f"float32, batches of {size}": ("float32", cores, size) for size in _BATCHES[1:]}
    try:
        runs = {label: _run(preset, tile, *each) for label, each in choices.items()}
    except folders.PresetError as error:
        click.echo(f"runtime_choices.py: {error}", err=True)
        raise SystemExit(2) from error
    seconds = alternate(runs, rounds)
    unit = seconds[f"float32, {cores} threads"]
    click.echo(f"{preset}, {cores} cores, tiles of {tile}x{tile}, median of {rounds} rounds")
    for label, (_, _, batch_size) in choices.items():
        click.echo(f"{label:24} {ratio(seconds[label], unit) / batch_size:.2f}")


def _run(preset: str, tile: int, dtype: str, threads: int, batch_size: int):
    folder = folders.preset_folder(preset)
    name = f"{folders.metadata(folder)['name']}_{dtype}.tflite"
    runtime = LiteRT(folders.verified(folder, name), threads=threads)
    pictures = np.random.default_rng(0).random((batch_size, tile, tile, 3), np.float32)
    return lambda: runtime(pictures)


if __name__ == "__main__":
    main()
