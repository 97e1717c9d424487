"""SRGAN's discriminator, against which the paper's baseline is trained."""

import keras
from keras import layers

_STAGES = ((64, 2), (128, 1), (128, 2), (256, 1), (256, 2), (512, 1), (512, 2))


def discriminator(*, size: int = 96) -> keras.Model:
    """Builds the discriminator: eight convolutions, then two dense layers.

    The sigmoid at its end is left to the loss, where it loses no precision. Its dense layer sees
    every place of the last stage, which ties it to one size of picture and takes four fifths of
    its 23,569,217 parameters (at 96 pixels).

    Args:
        size: Side of the pictures in high-resolution pixels, a multiple of 16.

    Returns:
        Model from `(batch, size, size, 3)` RGB in [0, 1] to `(batch, 1)`: the logit of how likely
        a picture is an original.

    Raises:
        ValueError: When `size` is no multiple of 16.

    Reference:
        Ledig et al., 2017, Photo-Realistic Single Image Super-Resolution Using a Generative
        Adversarial Network, section 2.2 and Fig. 4.
    """
    if size < 16 or size % 16:
        raise ValueError(
            f"Expected pictures of a multiple of 16 pixels, received {size}: four stages halve "
            "them. Choose patches of a multiple of 4 low-resolution pixels."
        )
    picture = keras.Input((size, size, 3), name="picture")
    stream = layers.Conv2D(64, 3, padding="same", name="stage0")(picture)
    stream = layers.LeakyReLU(0.2, name="stage0_activation")(stream)
    for index, (filters, strides) in enumerate(_STAGES, start=1):
        name = f"stage{index}"
        conv = layers.Conv2D(filters, 3, strides=strides, padding="same", name=name)
        stream = layers.BatchNormalization(name=f"{name}_normalisation")(conv(stream))
        stream = layers.LeakyReLU(0.2, name=f"{name}_activation")(stream)
    stream = layers.Dense(1024, name="dense")(layers.Flatten(name="places")(stream))
    stream = layers.LeakyReLU(0.2, name="dense_activation")(stream)
    return keras.Model(picture, layers.Dense(1, name="score")(stream), name="discriminator")
