"""Weight files read strictly: plain arrays, each where the model expects it, and nothing else."""

from pathlib import Path

import keras
import numpy as np

from keras_litesr.zoo.folders import PresetError
from keras_litesr.zoo.hdf5 import WeightFileError, read_arrays


def load_weights(model: keras.Model, path: Path) -> None:
    """Loads a `.weights.h5` file by layer name, with every array in its place.

    Keras' own loader leaves a layer that the file lacks with its fresh weights; here the file must
    hold exactly the model's arrays. The model is changed only when all of them fit.

    Args:
        model: Functional model without nested models.
        path: File written by `keras.Model.save_weights`.

    Raises:
        PresetError: When an array is missing, too many, of another shape or type, or a link; the
            message names the layer.
    """
    set_arrays(model, parsed(path.read_bytes(), path), path)


def parsed(content: bytes, path: Path) -> dict[str, list[np.ndarray]]:
    """Parses the content of a `.weights.h5` file to layer name and its arrays in order.

    Args:
        content: The file's bytes.
        path: Where they come from, for messages.

    Raises:
        PresetError: When it is no weight file that Keras writes, or holds other things as well.
    """
    try:
        return read_arrays(content)
    except WeightFileError as error:
        raise PresetError(
            f"{path} is not a weight file of the kind that keras.Model.save_weights writes: "
            f"{error}. Get the preset again."
        ) from error


def set_arrays(model: keras.Model, arrays: dict[str, list[np.ndarray]], path: Path) -> None:
    """Puts arrays into a model that has exactly these; `path` names them in messages.

    Raises:
        PresetError: When an array is missing, too many, or of another shape; the message names
            the layer.
    """
    layers = {layer.name: layer for layer in model.layers if layer.weights}
    if set(arrays) != set(layers):
        odd = ", ".join(sorted(set(arrays) ^ set(layers)))
        raise PresetError(f"{path} and its configuration disagree about the layers {odd}.")
    for name, layer in layers.items():
        expected = [tuple(weight.shape) for weight in layer.weights]
        received = [array.shape for array in arrays[name]]
        if received != expected:
            raise PresetError(
                f"{path} is of another network: expected {expected} for the layer {name}, received "
                f"float32 {received}. Take the weights of the same architecture and arguments."
            )
    for name, layer in layers.items():
        layer.set_weights(arrays[name])
