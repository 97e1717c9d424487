#!/usr/bin/env python3
"""Measures presets on folders of pictures; writes results, cards and the README's table."""

import argparse
from pathlib import Path

from keras_litesr.atomic import write_json
from keras_litesr.cli.evaluate import measured
from keras_litesr.evaluation import benchmark
from keras_litesr.evaluation.protocols import PROTOCOLS
from keras_litesr.inference.upscaler import DTYPES, Upscaler
from keras_litesr.silence import captured_output
from keras_litesr.zoo import cards, folders
from keras_litesr.zoo.presets import PRESETS

with captured_output():
    from keras_litesr.models.cost import cost
    from keras_litesr.zoo import registry

_MARKS = ("<!-- zoo table -->\n", "\n<!-- end of zoo table -->")


def main() -> None:
    """Parses the command line and measures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("presets", nargs="*", metavar="PRESET", help="default: all")
    parser.add_argument("--data", type=Path, nargs="+", required=True, help="benchmark folders")
    parser.add_argument("--readme", type=Path, default=Path("README.md"))
    arguments = parser.parse_args()
    for name in arguments.presets or PRESETS:
        _measure(name, arguments.data)
    text = arguments.readme.read_text()
    before, rest = text.split(_MARKS[0])
    _, after = rest.split(_MARKS[1])
    arguments.readme.write_text(before + _MARKS[0] + cards.zoo_table() + _MARKS[1] + after)


def _measure(name: str, data: list[Path]) -> None:
    folder = folders.preset_folder(name)
    files = {}
    for dtype in DTYPES:
        path = folder / f"{name}_{dtype}.tflite"
        if path.is_file():
            quality = _quality(Upscaler(name, runtime="litert", dtype=dtype), dtype, data)
            files[dtype] = {"size_bytes": path.stat().st_size, "quality": quality}
    multiply_adds = sum(row.multiply_adds for row in cost(registry.load(name), (128, 128)))
    sets = " ".join(images.name for images in data)
    results = {
        "command": f"tools/measure_zoo.py {name} --data {sets}",
        "runtime": "litert",
        "multiply_adds": multiply_adds,
        "files": files,
    }
    write_json(folder / folders.RESULTS, results)
    folders.write_manifest(folder)
    cards.write_card(name, folder)
    folders.write_manifest(folder)


def _quality(upscaler: Upscaler, dtype: str, data: list[Path]) -> dict:
    quality = {}
    for images in data:
        pairs = benchmark.find_pairs(images, scale=upscaler.scale)
        title = f"{upscaler.name} {dtype} on {images.name}"
        rows = measured(title, upscaler, pairs, list(PROTOCOLS), upscaler.scale)
        quality[images.name] = {row.protocol.name: _figures(row.mean) for row in rows}
    return quality


def _figures(row: dict) -> dict[str, float]:
    return {key: value for key, value in row.items() if key not in ("protocol", "image")}


if __name__ == "__main__":
    main()
