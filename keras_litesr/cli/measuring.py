"""Figures of a preset folder, as its `results.json` keeps them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from keras_litesr.cli.evaluate import measured
from keras_litesr.evaluation import benchmark
from keras_litesr.evaluation.protocols import PROTOCOLS
from keras_litesr.export.operators import count_operators, count_partitions
from keras_litesr.inference.networks import DTYPES
from keras_litesr.inference.upscaler import Upscaler
from keras_litesr.silence import captured_output
from keras_litesr.zoo import folders


def measure_preset(folder: Path, data: Sequence[Path], *, command: str) -> dict[str, Any]:
    """Measures every TFLite file of a preset in LiteRT, in all protocols; `timing` adds its time.

    Args:
        folder: Preset folder.
        data: Folders of high-resolution pictures, named in the figures by their names.
        command: How a reader can measure the same; the card shows it.

    Returns:
        Content for `results.json`.
    """
    files = {}
    for dtype, path in tflite_files(folder).items():
        upscaler = Upscaler(folder, runtime="litert", dtype=dtype)
        quality = {images.resolve().name: _quality(upscaler, dtype, images) for images in data}
        files[dtype] = {**file_facts(path), "quality": quality}
    return {
        "command": command,
        "runtime": "litert",
        "multiply_adds": _multiply_adds(folder),
        "files": files,
    }


def tflite_files(folder: Path) -> dict[str, Path]:
    """Finds the TFLite files of a preset, by dtype."""
    name = folders.metadata(folder)["name"]
    paths = {dtype: folder / f"{name}_{dtype}.tflite" for dtype in DTYPES}
    return {dtype: path for dtype, path in paths.items() if path.is_file()}


def file_facts(path: Path) -> dict[str, Any]:
    """Gives what a TFLite file is: its bytes, its operators, and in how many parts XNNPACK runs."""
    return {
        "sha256": folders.sha256(path),
        "size_bytes": path.stat().st_size,
        "operators": count_operators(path),
        "partitions": count_partitions(path),
    }


def _quality(upscaler: Upscaler, dtype: str, images: Path) -> dict[str, dict[str, float]]:
    pairs = benchmark.find_pairs(images, scale=upscaler.scale)
    title = f"{upscaler.name} {dtype} on {images.name}"
    rows = measured(title, upscaler, pairs, list(PROTOCOLS), upscaler.scale)
    return {row.protocol.name: _figures(row.mean) for row in rows}


def _figures(row: dict) -> dict[str, float]:
    return {key: value for key, value in row.items() if key not in ("protocol", "image")}


def _multiply_adds(folder: Path) -> int:
    with captured_output():
        from keras_litesr.models.cost import multiply_adds
        from keras_litesr.zoo.registry import load

        return multiply_adds(load(folder), (128, 128))
