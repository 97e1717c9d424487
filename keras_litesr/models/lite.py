"""The lightweight generator: separable convolutions at low resolution over a bicubic skip."""

from collections.abc import Sequence
from itertools import cycle

import keras
from keras import layers

from keras_litesr.models.layers import BicubicSubpixels, PixelShuffle


def lite(
    *,
    scale: int = 4,
    filters: int = 48,
    num_blocks: int = 12,
    expansion: int = 2,
    kernel_size: int | Sequence[int] = 3,
    negative_slope: float = 0.1,
) -> keras.Model:
    """Builds the lightweight generator.

    Every layer works at low resolution; the last one paints the `scale**2` sub-pixels of a pixel,
    which are added to those of the bicubic enlargement and shuffled into place. So the network
    learns only what bicubic enlargement lacks. The first convolution alone is a full one: from
    three colours, a separable one has more weights and takes longer.

    Args:
        scale: Enlargement per side.
        filters: Channels of the residual stream.
        num_blocks: Number of inverted residual blocks.
        expansion: Channels inside a block, as a multiple of `filters`.
        kernel_size: Depthwise kernel of the blocks, odd; several are taken in turn, so that
            `(3, 3, 3, 7)` gives every fourth block a large one, which sees far.
        negative_slope: Of the rectifiers. With 0, a plain one, TFLite computes it inside the
            convolution before it, which saves a tenth of a small network's time.

    Returns:
        Model from `(batch, height, width, 3)` to `(batch, scale * height, scale * width, 3)`, RGB
        in [0, 1], not clipped; any height and width of at least 1.

    Raises:
        ValueError: For a kernel size that is even or missing.

    Reference:
        Xie et al., Lightweight Model on Super-Resolution Image for Complete Model Copyright
        Protection, section III (separable convolutions in a generator); Sandler et al., 2018,
        MobileNetV2 (inverted residuals).
    """
    kernel_sizes = (kernel_size,) if isinstance(kernel_size, int) else tuple(kernel_size)
    if not kernel_sizes or any(size % 2 == 0 for size in kernel_sizes):
        raise ValueError(f"Expected odd kernel sizes such as 3 or (3, 7), received {kernel_size}.")
    low_res = keras.Input((None, None, 3), name="low_res")
    shallow = layers.Conv2D(filters, 3, padding="same", name="shallow")(low_res)
    deep = shallow
    for index, size in zip(range(num_blocks), cycle(kernel_sizes), strict=False):
        deep = _inverted_block(deep, filters, expansion, size, negative_slope, name=f"block{index}")
    deep = layers.Add(name="long_skip")([shallow, deep])
    subpixels = layers.SeparableConv2D(3 * scale**2, 3, padding="same", name="subpixels")(deep)
    # The picture itself stays in float32 when the layers between are trained in half precision.
    bicubic = BicubicSubpixels(scale, name="bicubic", dtype="float32")(low_res)
    total = layers.Add(name="global_skip", dtype="float32")([subpixels, bicubic])
    high_res = PixelShuffle(scale, name="high_res", dtype="float32")(total)
    return keras.Model(low_res, high_res, name=f"lite_x{scale}")


def _inverted_block(
    stream, filters: int, expansion: int, kernel_size: int, negative_slope: float, *, name: str
):
    """Widens with a separable convolution, narrows with a 1x1, adds to the stream."""
    wide = layers.SeparableConv2D(
        expansion * filters, kernel_size, padding="same", name=f"{name}_expand"
    )(stream)
    activation = f"{name}_activation"
    if negative_slope:
        wide = layers.LeakyReLU(negative_slope, name=activation)(wide)
    else:
        wide = layers.ReLU(name=activation)(wide)
    narrow = layers.Conv2D(filters, 1, name=f"{name}_project")(wide)
    return layers.Add(name=f"{name}_skip")([stream, narrow])
