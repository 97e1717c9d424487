"""SRResNet, the generator of SRGAN, and the same network made separable as the paper has it."""

from collections.abc import Callable

import keras
from keras import layers

from keras_litesr.models.layers import PixelShuffle


def srresnet(*, scale: int = 4, filters: int = 64, num_blocks: int = 16) -> keras.Model:
    """Builds SRResNet: residual blocks at low resolution, then one pixel shuffle for each doubling.

    Args:
        scale: Enlargement per side, a power of two.
        filters: Channels throughout.
        num_blocks: Number of residual blocks.

    Returns:
        Model from `(batch, height, width, 3)` to `(batch, scale * height, scale * width, 3)`, RGB
        in [0, 1], not clipped.

    Raises:
        ValueError: When `scale` is not a power of two of at least 2.

    Reference:
        Ledig et al., 2017, Photo-Realistic Single Image Super-Resolution Using a Generative
        Adversarial Network, section 2.2 and Fig. 4.
    """
    return _srresnet(layers.Conv2D, scale, filters, num_blocks, name=f"srresnet_x{scale}")


def separable_srresnet(*, scale: int = 4, filters: int = 64, num_blocks: int = 16) -> keras.Model:
    """Builds SRResNet with every convolution separable: the paper's generator read literally.

    It has an eighth of SRResNet's parameters, but its last stages work at high resolution with
    9x9 kernels, so it is not fast; `lite` is.

    Args:
        scale: Enlargement per side, a power of two.
        filters: Channels throughout.
        num_blocks: Number of residual blocks.

    Returns:
        Model as `srresnet` makes it.

    Raises:
        ValueError: When `scale` is not a power of two of at least 2.

    Reference:
        Xie et al., Lightweight Model on Super-Resolution Image for Complete Model Copyright
        Protection, section III and Fig. 1.
    """
    name = f"separable_srresnet_x{scale}"
    return _srresnet(layers.SeparableConv2D, scale, filters, num_blocks, name=name)


def _srresnet(
    conv: Callable[..., keras.Layer], scale: int, filters: int, num_blocks: int, *, name: str
) -> keras.Model:
    if scale < 2 or scale & (scale - 1):
        raise ValueError(
            f"Expected a scale of 2, 4, 8, ..., received {scale}: every stage doubles the size."
        )
    low_res = keras.Input((None, None, 3), name="low_res")
    shallow = conv(filters, 9, padding="same", name="shallow")(low_res)
    shallow = _prelu("shallow_activation")(shallow)
    deep = shallow
    for index in range(num_blocks):
        deep = _residual_block(conv, deep, filters, name=f"block{index}")
    deep = conv(filters, 3, padding="same", name="deep")(deep)
    deep = layers.BatchNormalization(name="deep_normalisation")(deep)
    stream = layers.Add(name="long_skip")([shallow, deep])
    for size in (2**doubling for doubling in range(1, scale.bit_length())):
        stream = conv(4 * filters, 3, padding="same", name=f"x{size}_subpixels")(stream)
        stream = PixelShuffle(2, name=f"x{size}_shuffle")(stream)
        stream = _prelu(f"x{size}_activation")(stream)
    high_res = conv(3, 9, padding="same", name="high_res", dtype="float32")(stream)
    return keras.Model(low_res, high_res, name=name)


def _residual_block(conv: Callable[..., keras.Layer], stream, filters: int, *, name: str):
    deep = conv(filters, 3, padding="same", name=f"{name}_conv1")(stream)
    deep = layers.BatchNormalization(name=f"{name}_normalisation1")(deep)
    deep = _prelu(f"{name}_activation")(deep)
    deep = conv(filters, 3, padding="same", name=f"{name}_conv2")(deep)
    deep = layers.BatchNormalization(name=f"{name}_normalisation2")(deep)
    return layers.Add(name=f"{name}_skip")([stream, deep])


def _prelu(name: str) -> keras.Layer:
    """One slope a channel, as in the paper's Fig. 4, so that any picture size fits."""
    return layers.PReLU(shared_axes=[1, 2], name=name)
