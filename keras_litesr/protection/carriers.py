"""What inference keeps of a model's weights, read from Keras models, preset folders and TFLite."""

from pathlib import Path
from typing import TYPE_CHECKING, Union

from keras_litesr.models.tflite_files import is_tflite_file
from keras_litesr.protection import tflite_graph
from keras_litesr.protection.networks import Network

if TYPE_CHECKING:
    import keras

Suspect = Union["keras.Model", Network, str, Path]


def read(suspect: Suspect, *, verify: str = "off") -> Network:
    """Reads a model's kernels, and how they hang together.

    A TFLite file gives the same kernels as the Keras model it was made from, up to its rounding
    and to factors of channels, which `Step.balanced` takes away. It is read without TensorFlow.

    Args:
        suspect: Functional Keras model, name of a preset, preset folder, or `.tflite` file; a
            network that was read before is returned as it is.
        verify: As of `load`, for a preset; a suspect need not be in order, a reference must.

    Raises:
        ArchitectureError: When a file or model cannot be read.
        FileNotFoundError: When there is no such file.
        PresetError: For an unknown name, or a folder that cannot be loaded safely, or is not what
            `verify` asks.
    """
    if isinstance(suspect, Network):
        return suspect
    if isinstance(suspect, (str, Path)):
        if is_tflite_file(suspect) or Path(suspect).is_file():
            return tflite_graph.network(suspect)
        from keras_litesr.zoo.registry import load

        suspect = load(suspect, verify=verify)
    from keras_litesr.protection import keras_graph

    return keras_graph.network(suspect)
