"""The two layers of our own, once more for `tf_keras`."""

import tensorflow as tf

from keras_litesr.export.legacy import tf_keras
from keras_litesr.models.layers import bicubic_subpixel_kernel


class TwinBicubic(tf_keras.layers.Layer):
    """Computes what `BicubicSubpixels` computes.

    Args:
        scale: Enlargement per side.

    Input shape:
        `(batch, height, width, 3)`.

    Output shape:
        `(batch, height, width, 3 * scale**2)`.
    """

    def __init__(self, scale: int, **kwargs):
        super().__init__(**kwargs)
        self.scale = scale

    def build(self, input_shape):
        """Holds the kernel as a weight that is not trained, so that clones take it over."""
        kernel = bicubic_subpixel_kernel(self.scale)
        self.kernel = self.add_weight(
            "kernel",
            kernel.shape,
            initializer=tf_keras.initializers.Constant(kernel),
            trainable=False,
        )

    def call(self, low_res):
        """Convolves the picture, its edge repeated."""
        for _ in range(2):
            low_res = tf.pad(low_res, [[0, 0], [1, 1], [1, 1], [0, 0]], mode="SYMMETRIC")
        return tf.nn.conv2d(low_res, self.kernel, strides=1, padding="VALID")

    def compute_output_shape(self, input_shape):
        """Changes the number of channels only."""
        return tf.TensorShape([*input_shape[:-1], 3 * self.scale**2])

    def get_config(self):
        """Adds the scale."""
        return {**super().get_config(), "scale": self.scale}


class TwinShuffle(tf_keras.layers.Layer):
    """Computes what `PixelShuffle` computes.

    Args:
        scale: Enlargement per side.

    Input shape:
        `(batch, height, width, scale**2 * channels)`.

    Output shape:
        `(batch, scale * height, scale * width, channels)`.
    """

    def __init__(self, scale: int, **kwargs):
        super().__init__(**kwargs)
        self.scale = scale

    def call(self, subpixels):
        """Moves the sub-pixels into place."""
        return tf.nn.depth_to_space(subpixels, self.scale)

    def compute_output_shape(self, input_shape):
        """Enlarges height and width."""
        batch, *sides, channels = input_shape
        enlarged = [None if side is None else side * self.scale for side in sides]
        return tf.TensorShape([batch, *enlarged, channels // self.scale**2])

    def get_config(self):
        """Adds the scale."""
        return {**super().get_config(), "scale": self.scale}


TWIN_LAYERS = {"TwinBicubic": TwinBicubic, "TwinShuffle": TwinShuffle}
