"""Doors other than TFLite: ONNX, OpenVINO and SavedModel, by Keras' own exporters."""

import importlib.util
import shutil
import tempfile
from pathlib import Path

import keras

from keras_litesr.atomic import published
from keras_litesr.export.conversion import converting
from keras_litesr.zoo.new_folders import appearing

# Ending of the target to the format's name in Keras and what must be installed for it.
_FORMATS: dict[str, tuple[str, tuple[str, ...]]] = {
    "": ("tf_saved_model", ()),
    ".onnx": ("onnx", ("onnx", "tf2onnx")),
    ".xml": ("openvino", ("openvino",)),
}


def export(model: keras.Model, path: str | Path) -> Path:
    """Converts a model to the format that the ending of the target names; any picture size.

    OpenVINO computes in bfloat16 where the processor can, off by some levels of 255: compile with
    `{"INFERENCE_PRECISION_HINT": "f32"}` for the very pictures of Keras.

    Args:
        model: Functional super-resolution model.
        path: `.onnx` file; `.xml` file of OpenVINO, whose weights go to the `.bin` beside it; or,
            without ending, the folder of a SavedModel. Such a file or folder that exists there is
            replaced.

    Returns:
        The path.

    Raises:
        ValueError: For another ending, or something else that lies at the target.
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
    _check_target(path)
    # Not beside the target: a conversion that is killed must not leave a folder in a preset's.
    with tempfile.TemporaryDirectory() as scratch:
        converted = Path(scratch) / path.name
        if name == "onnx":
            # Keras' ONNX exporter refuses a model that was loaded and never called.
            model(keras.ops.zeros((1, 8, 8, model.input_shape[-1])))
        with converting(model.name, name):
            model.export(str(converted), format=name, verbose=False)
        if converted.is_dir():
            with appearing(path, check=_check_target) as folder:
                shutil.copytree(converted, folder, dirs_exist_ok=True)
            return path
        for made in sorted(Path(scratch).iterdir()):
            with published(path.with_name(made.name)) as temporary:
                shutil.copyfile(made, temporary)
    return path


def _check_target(path: Path) -> None:
    """Refuses to put a conversion in the place of something else."""
    if path.suffix:
        odd = "a folder" if path.is_dir() else ""
    elif path.is_symlink():
        odd = "a link"
    elif path.is_dir():
        is_replaceable = (path / "saved_model.pb").is_file() or not any(path.iterdir())
        odd = "" if is_replaceable else "a folder of other files"
    else:
        odd = "a file" if path.exists() else ""
    if odd:
        raise ValueError(
            f"Expected nothing at {path}, or an earlier conversion to replace, received {odd}. "
            "Choose another name."
        )
