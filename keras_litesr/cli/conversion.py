"""Files for other runtimes, made from preset folders."""

import warnings
from pathlib import Path
from typing import Any

from keras_litesr.silence import captured_output
from keras_litesr.zoo import folders
from keras_litesr.zoo.contents import CALIBRATED_DTYPES
from keras_litesr.zoo.integrity import checked_folder


def preset_to_tflite(
    folder: Path,
    output: Path,
    *,
    dtype: str,
    input_size: tuple[int, int] | None = None,
    photographs: Path | None = None,
    tune_steps: int = 0,
    aware_steps: int = 0,
) -> Path:
    """Converts a preset to TFLite; the file names the weights it was made from, and their terms.

    Args:
        folder: Preset folder.
        output: Target, ending in `.tflite`.
        dtype: See `export.tflite.export`.
        input_size: `(height, width)`, or None for any size.
        photographs: Folder to calibrate on, for the dtypes that need it.
        tune_steps: See `export.tflite.export`.
        aware_steps: The same.

    Returns:
        The output.
    """
    with captured_output():
        from keras_litesr.export.quantization import representative_crops
        from keras_litesr.export.tflite import export
        from keras_litesr.zoo.registry import network

        model = network(checked_folder(folders.preset_folder(folder)))
    facts = folders.metadata(folder)
    known: dict[str, Any] = {n: facts[n] for n in ("name", "license") if n in facts}
    known["source_sha256"] = folders.manifest(folder)[folders.WEIGHTS]
    crops = None
    if dtype in CALIBRATED_DTYPES and photographs is not None:
        crops = representative_crops(photographs, scale=facts["scale"])
    return export(
        model,
        output,
        dtype=dtype,
        input_size=input_size,
        representative=crops,
        tune_steps=tune_steps,
        aware_steps=aware_steps,
        metadata=known,
    )


def add_float32(folder: Path) -> None:
    """Adds the float32 TFLite file to a preset folder, but not to its manifest."""
    name = folders.metadata(folder)["name"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        preset_to_tflite(folder, folder / f"{name}_float32.tflite", dtype="float32")


def preset_to_other_format(folder: Path, output: Path) -> None:
    """Converts a preset to ONNX, OpenVINO or a SavedModel; see `export.formats.export`."""
    with captured_output():
        from keras_litesr.export.formats import export
        from keras_litesr.zoo.registry import load

        model = load(folder)
    export(model, output)
