"""Bicubic enlargement as a network without weights: the zoo's floor, and `lite`'s skip."""

import keras

from keras_litesr.models.layers import BicubicSubpixels, PixelShuffle


def bicubic(*, scale: int = 4) -> keras.Model:
    """Builds the bicubic enlargement: a fixed 5x5 convolution and one pixel shuffle.

    Args:
        scale: Enlargement per side.

    Returns:
        Model from `(batch, height, width, 3)` to `(batch, scale * height, scale * width, 3)`, RGB
        in [0, 1], not clipped.
    """
    low_res = keras.Input((None, None, 3), name="low_res")
    subpixels = BicubicSubpixels(scale, name="bicubic")(low_res)
    high_res = PixelShuffle(scale, name="high_res")(subpixels)
    return keras.Model(low_res, high_res, name=f"bicubic_x{scale}")
