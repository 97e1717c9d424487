"""Doors other than TFLite: ONNX, OpenVINO and SavedModel, by Keras' own exporters."""

import importlib.util
import os
import shutil
import tempfile
from pathlib import Path

import keras

from keras_litesr.export.tflite import ConversionError
from keras_litesr.silence import captured_output

# Ending of the target to the format's name in Keras and what must be installed for it.
_FORMATS: dict[str, tuple[str, tuple[str, ...]]] = {
    "": ("tf_saved_model", ()),
    ".onnx": ("onnx", ("onnx", "tf2onnx")),
    ".xml": ("openvino", ("openvino",)),
}


def export(model: keras.Model, path: str | Path) -> Path:
    """Converts a model to the format that the ending of the target names; any picture size.

    Args:
        model: Functional super-resolution model.
        path: `.onnx` file; `.xml` file of OpenVINO, whose weights go to the `.bin` beside it; or,
            without ending, the folder of a SavedModel. What exists there is replaced.

    Returns:
        The path.

    Raises:
        ValueError: For another ending.
        ImportError: When the packages of the format are not installed; the message names them.
        ConversionError: When the converter fails.
    """
    path = Path(path)
    if path.suffix not in _FORMATS:
        raise ValueError(
            "Expected a file ending in .tflite, .onnx or .xml, or a folder for a SavedModel, "
            f"received {path}."
        )
    name, packages = _FORMATS[path.suffix]
    missing = [package for package in packages if importlib.util.find_spec(package) is None]
    if missing:
        raise ImportError(
            f"{path.suffix} needs {' and '.join(missing)}: pip install 'keras_litesr[{name}]'"
        )
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".export") as scratch:
        converted = Path(scratch) / path.name
        if name == "onnx":
            # Keras' ONNX exporter refuses a model that was loaded and never called.
            model(keras.ops.zeros((1, 8, 8, model.input_shape[-1])))
        with captured_output() as printed:
            try:
                model.export(str(converted), format=name, verbose=False)
            except MemoryError:
                raise
            except Exception as error:
                raise ConversionError(
                    f"{model.name} did not convert to {name}: {error}\n{printed()}"
                ) from error
        for made in sorted(Path(scratch).iterdir()):
            _replace(made, path.with_name(made.name))
    return path


def _replace(source: Path, target: Path) -> None:
    if target.is_dir():
        shutil.rmtree(target)
    os.replace(source, target)
