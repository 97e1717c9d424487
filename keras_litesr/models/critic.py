"""The critic of a Wasserstein GAN: how original a picture looks, without bounds."""

import keras
from keras import layers


def critic(*, filters: int = 32, num_stages: int = 6) -> keras.Model:
    """Builds the critic: strided convolutions, then the mean over places, then one score.

    There is no batch norm, because the gradient penalty is a picture's own. Kernels of 4 at a
    stride of 2 reach every pixel equally often, so the gradient that the generator gets carries no
    checkerboard.

    Args:
        filters: Channels of the first stage; they double up to four times as many.
        num_stages: Number of halvings.

    Returns:
        Model from `(batch, height, width, 3)` RGB in [0, 1] to `(batch, 1)`, unbounded; any height
        and width of at least 1.

    Reference:
        Xie et al., section IV; Gulrajani et al., 2017, Improved Training of Wasserstein GANs,
        section 4, on normalisation.
    """
    picture = keras.Input((None, None, 3), name="picture")
    stream = picture
    for stage in range(num_stages):
        wide = filters * min(2**stage, 4)
        stream = layers.Conv2D(wide, 4, strides=2, padding="same", name=f"stage{stage}")(stream)
        stream = layers.LeakyReLU(0.2, name=f"stage{stage}_activation")(stream)
    stream = layers.GlobalAveragePooling2D(name="mean")(stream)
    return keras.Model(picture, layers.Dense(1, name="score")(stream), name="critic")
