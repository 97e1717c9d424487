"""SRCNN: three convolutions that mend a bicubic enlargement."""

import keras
from keras import layers

from keras_litesr.models.layers import BicubicSubpixels, PixelShuffle


def srcnn(*, scale: int = 4) -> keras.Model:
    """Builds SRCNN 9-5-5 with RGB in and out; the bicubic enlargement is part of the model.

    The paper's count of 67,552 parameters is that of 9-5-5 from RGB to one channel without biases;
    with three channels out and biases they are 69,251.

    Args:
        scale: Enlargement per side.

    Returns:
        Model from `(batch, height, width, 3)` to `(batch, scale * height, scale * width, 3)`, RGB
        in [0, 1], not clipped.

    Reference:
        Dong et al., 2014, Learning a Deep Convolutional Network for Image Super-Resolution,
        section 3; 9-5-5 and 64, 32 filters as in the 2015 journal version, section 4.3.
    """
    low_res = keras.Input((None, None, 3), name="low_res")
    # The picture itself stays in float32 when the layers between are trained in half precision.
    bicubic = BicubicSubpixels(scale, name="bicubic", dtype="float32")(low_res)
    enlarged = PixelShuffle(scale, name="enlarged", dtype="float32")(bicubic)
    features = layers.Conv2D(64, 9, padding="same", activation="relu", name="features")(enlarged)
    mapping = layers.Conv2D(32, 5, padding="same", activation="relu", name="mapping")(features)
    high_res = layers.Conv2D(3, 5, padding="same", name="high_res", dtype="float32")(mapping)
    return keras.Model(low_res, high_res, name=f"srcnn_x{scale}")
