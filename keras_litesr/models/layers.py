"""Layers that name a step in `model.summary()`."""

import keras
import numpy as np
from keras import ops

from keras_litesr.images.resize import cubic_kernel


@keras.saving.register_keras_serializable(package="keras_litesr")
class PixelShuffle(keras.layers.Layer):
    """Rearranges sub-pixel channels into a picture `scale` times as large.

    Channels are ordered (dy, dx, colour) with the colour running fastest.

    Args:
        scale: Enlargement per side.

    Input shape:
        `(batch, height, width, scale**2 * channels)`.

    Output shape:
        `(batch, scale * height, scale * width, channels)`.

    Reference:
        Shi et al., 2016, Real-Time Single Image and Video Super-Resolution Using an Efficient
        Sub-Pixel Convolutional Neural Network, Eq. 4.
    """

    def __init__(self, scale: int, **kwargs):
        super().__init__(**kwargs)
        self.scale = scale

    def call(self, subpixels):
        # Keras 3.12, the last one for Python 3.10, lacks the operation that TFLite has in one.
        if hasattr(ops, "depth_to_space"):
            return ops.depth_to_space(subpixels, self.scale)
        return _shuffled(subpixels, self.scale)

    def compute_output_shape(self, input_shape):
        batch, height, width, channels = input_shape
        return (
            batch,
            None if height is None else height * self.scale,
            None if width is None else width * self.scale,
            channels // self.scale**2,
        )

    def get_config(self):
        return {**super().get_config(), "scale": self.scale}


@keras.saving.register_keras_serializable(package="keras_litesr")
class BicubicSubpixels(keras.layers.Layer):
    """Computes the sub-pixels of the bicubic enlargement as one fixed 5x5 convolution.

    Followed by `PixelShuffle` it equals Pillow's bicubic enlargement within one grey level, but
    for the outermost pixels, where this layer repeats the edge. It holds no weights.

    Args:
        scale: Enlargement per side.

    Input shape:
        `(batch, height, width, 3)`.

    Output shape:
        `(batch, height, width, 3 * scale**2)`, ordered (dy, dx, colour).
    """

    def __init__(self, scale: int, **kwargs):
        super().__init__(**kwargs)
        self.scale = scale
        self.kernel = bicubic_subpixel_kernel(scale)

    def call(self, low_res):
        framed = _with_edges_repeated(low_res, self.kernel.shape[0] // 2)
        return ops.conv(framed, ops.convert_to_tensor(self.kernel, low_res.dtype), padding="valid")

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], 3 * self.scale**2)

    def get_config(self):
        return {**super().get_config(), "scale": self.scale}


def _with_edges_repeated(pictures, margin: int):
    """Repeats the outermost pixels; mirroring them took a tenth of lite_tiny_x4 in TFLite."""
    top, bottom = pictures[:, :1], pictures[:, -1:]
    pictures = ops.concatenate([*[top] * margin, pictures, *[bottom] * margin], axis=1)
    left, right = pictures[:, :, :1], pictures[:, :, -1:]
    return ops.concatenate([*[left] * margin, pictures, *[right] * margin], axis=2)


def _shuffled(subpixels, scale: int):
    height, width, channels = ops.shape(subpixels)[1:]
    colours = channels // scale**2
    blocks = ops.reshape(subpixels, (-1, height, width, scale, scale, colours))
    rows = ops.transpose(blocks, (0, 1, 3, 2, 4, 5))
    return ops.reshape(rows, (-1, height * scale, width * scale, colours))


def bicubic_subpixel_kernel(scale: int) -> np.ndarray:
    """Builds the kernel of `BicubicSubpixels`.

    Sub-pixel r of a low-resolution pixel sits at (r + 0.5) / scale - 0.5 from its centre; its five
    taps are Keys' cubic (a = -0.5) at the distances to the neighbours, normalised to sum 1.

    Returns:
        `(5, 5, 3, 3 * scale**2)` float32.
    """
    offset = (np.arange(scale) + 0.5) / scale - 0.5
    taps = cubic_kernel(np.arange(-2, 3) - offset[:, None])
    taps /= taps.sum(axis=1, keepdims=True)
    kernel = np.einsum("yi,xj,co->ijcyxo", taps, taps, np.eye(3))
    return kernel.reshape(5, 5, 3, 3 * scale**2).astype(np.float32)
