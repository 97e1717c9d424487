"""Keras model to TFLite file."""

import os
import tempfile
from pathlib import Path

import keras

from keras_litesr.silence import captured_output


class ConversionError(RuntimeError):
    """A model that did not convert; carries what the converter printed."""


def export(model: keras.Model, path: str | Path) -> Path:
    """Converts a model to a float32 TFLite file that takes pictures of any size.

    Keras' own LiteRT export freezes the weights and fuses the activations, so that all of the
    network runs in XNNPACK; the file appears whole or not at all. What the converter prints is
    shown only when it fails.

    Args:
        model: Functional super-resolution model.
        path: Target, ending in `.tflite`; an existing file is replaced by rename, so a process
            that has it mapped keeps the old one.

    Returns:
        The path.

    Raises:
        ValueError: When the suffix is another.
        ConversionError: When the converter fails.
    """
    path = Path(path)
    if path.suffix != ".tflite":
        raise ValueError(f"Expected a path ending in .tflite, received {path}.")
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".export") as scratch:
        converted = Path(scratch) / path.name
        with captured_output() as printed:
            try:
                model.export(converted, format="litert", verbose=False)
            except Exception as error:
                raise ConversionError(
                    f"{model.name} did not convert to TFLite: {error}\n{printed()}"
                ) from error
        os.replace(converted, path)
    return path
