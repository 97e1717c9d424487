"""A TFLite file in the place of a Keras model: it predicts, and cannot be trained or saved."""

import keras
import numpy as np

from keras_litesr.models.tflite_files import TFLiteFile


class TFLiteModel(keras.Model):
    """Functional model with one layer, which hands its input to LiteRT.

    It has no weights. It runs eagerly, outside of compiled graphs, on any backend of Keras.

    Args:
        file: From `open_tflite`.

    Attributes:
        file: The same.
    """

    def __init__(self, file: TFLiteFile):
        size = file.runtime.size or (None, None)
        low_res = keras.Input((*size, 3), name="low_res")
        high_res = _Interpreted(file, name="litert")(low_res)
        super().__init__(low_res, high_res, name=_layer_name(file.name), trainable=False)
        self.file = file
        self.run_eagerly = True

    def train_step(self, *args, **kwargs):
        """Refuses training."""
        raise _fixed(self.file)

    def get_config(self):
        """Refuses saving."""
        raise _fixed(self.file)


class _Interpreted(keras.layers.Layer):
    def __init__(self, file: TFLiteFile, **kwargs):
        super().__init__(trainable=False, dtype="float32", **kwargs)
        self.file = file

    def call(self, low_res):
        pixels = np.asarray(keras.ops.convert_to_numpy(low_res))
        return keras.ops.convert_to_tensor(self.file.runtime(pixels))

    def compute_output_spec(self, low_res):
        return keras.KerasTensor(self.compute_output_shape(low_res.shape), "float32")

    def compute_output_shape(self, input_shape):
        scale = self.file.scale
        sides = [side and scale * side for side in input_shape[1:3]]
        return (input_shape[0], *sides, 3)

    def get_config(self):
        raise _fixed(self.file)


def _fixed(file: TFLiteFile) -> ValueError:
    return ValueError(
        f"Expected a Keras model to train or save, received the file {file.name}.tflite, which "
        "LiteRT runs as it is. Copy the file, or load the preset that it was made from."
    )


def _layer_name(name: str) -> str:
    return "".join(letter if letter.isalnum() else "_" for letter in name) or "tflite"
