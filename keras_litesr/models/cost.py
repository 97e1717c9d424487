"""What a network costs: parameters and multiply-adds, layer by layer (the paper's Eqs 1-5)."""

from dataclasses import dataclass
from math import ceil, prod

import keras
from keras import layers

from keras_litesr.models.ends import check_ends
from keras_litesr.models.layers import BicubicSubpixels, PixelShuffle
from keras_litesr.models.single_use import check_layers_only, check_single_use

_CONVOLUTIONS = (layers.Conv2D, layers.DepthwiseConv2D, layers.SeparableConv2D)
_POINTWISE = (
    PixelShuffle,
    layers.Activation,
    layers.Add,
    layers.BatchNormalization,
    layers.Concatenate,
    layers.Dense,
    layers.InputLayer,
    layers.LeakyReLU,
    layers.Multiply,
    layers.PReLU,
    layers.ReLU,
    layers.Rescaling,
)


@dataclass(frozen=True)
class LayerCost:
    """Cost of one layer.

    Attributes:
        name: The layer's name.
        kind: Its class.
        output_size: `(height, width)` of what it makes; empty for a layer that makes no picture.
        parameters: Weights it holds, biases included.
        multiply_adds: For one picture; biases, activations and additions are not counted.
    """

    name: str
    kind: str
    output_size: tuple[int, ...]
    parameters: int
    multiply_adds: int


def cost(model: keras.Model, input_size: tuple[int, int]) -> list[LayerCost]:
    """Counts parameters and multiply-adds of every layer for one picture.

    A convolution of kernel D_K from M to N channels at D_F x D_F costs
    D_F^2 M N D_K^2 (Eq. 1), a separable one D_F^2 (M D_K^2 + M N) (Eq. 3). The paper's Eq. 4 writes
    D_K^2 N for the depthwise weights; with M input channels they are D_K^2 M, as its own Eq. 3 has
    it, and that is what is counted here.

    Args:
        model: Functional model with one picture as input.
        input_size: `(height, width)` in low-resolution pixels.

    Returns:
        One row a layer, in the order of `model.layers`.

    Raises:
        ValueError: For a layer that is applied more than once, or a model within the model.

    Reference:
        Xie et al., section III, Eqs 1-5.
    """
    sized = _with_input_size(model, input_size)
    check_single_use(sized)
    return [
        LayerCost(
            name=layer.name,
            kind=type(layer).__name__,
            output_size=tuple(layer.output.shape[1:3]) if layer.output.ndim == 4 else (),
            parameters=layer.count_params(),
            multiply_adds=_multiply_adds(layer),
        )
        for layer in sized.layers
    ]


def multiply_adds(model: keras.Model, input_size: tuple[int, int]) -> int:
    """Counts the multiply-adds of a whole model for one picture, as `cost` does for each layer.

    Args:
        model: Functional model with one picture as input.
        input_size: `(height, width)` in low-resolution pixels.
    """
    return sum(row.multiply_adds for row in cost(model, input_size))


def scale_of(model: keras.Model) -> int:
    """Computes a super-resolution model's enlargement per side, without running it.

    Raises:
        ValueError: When its output is no whole multiple of its input, the same for both sides, or
            `check_ends` refuses the model.
    """
    check_ends(model)
    size = tuple(side or 8 for side in model.input_shape[1:3])
    height, width = model.compute_output_shape((1, *size, 3))[1:3]
    scale = height // size[0]
    if scale < 1 or (height, width) != (scale * size[0], scale * size[1]):
        raise ValueError(
            f"Expected a model that makes a whole multiple of its input, received {model.name}, "
            f"which makes {width}x{height} of {size[1]}x{size[0]}. Build its convolutions with "
            'padding="same".'
        )
    return scale


def receptive_radius(model: keras.Model) -> int:
    """Computes how far, in low-resolution pixels, an output pixel sees from its own pixel.

    Tiles that overlap by this much on every side join without a seam.

    Raises:
        ValueError: For a layer whose reach is not known, one that shrinks or pools for instance,
            or that is applied more than once, or for operations outside of layers.
    """
    check_layers_only(model)
    radius: dict[int, float] = {}
    resolution: dict[int, int] = {}
    for layer in model.layers:
        sources = [id(tensor) for tensor in keras.tree.flatten(layer.input)]
        here = max((resolution[source] for source in sources), default=1)
        reach = max((radius[source] for source in sources), default=0.0)
        radius[id(layer.output)] = reach + _reach(layer) / here
        grows = layer.scale if isinstance(layer, PixelShuffle) else 1
        resolution[id(layer.output)] = here * grows
    return ceil(max(radius.values()))


def _reach(layer: keras.Layer) -> int:
    """Pixels that a layer sees beside its own, at the size at which it works."""
    if isinstance(layer, BicubicSubpixels):
        return 2
    if isinstance(layer, _CONVOLUTIONS) and _keeps_size(layer):
        return max(layer.kernel_size) // 2 * max(layer.dilation_rate)
    if isinstance(layer, _POINTWISE):
        return 0
    raise ValueError(
        f"Expected layers that keep the size, received {layer.name}, a {type(layer).__name__}, "
        "whose reach is not known. Build the model from convolutions of stride 1 with "
        'padding="same" and PixelShuffle.'
    )


def _keeps_size(convolution: keras.Layer) -> bool:
    is_padded = convolution.padding == "same" or max(convolution.kernel_size) == 1
    return is_padded and max(convolution.strides) == 1


def _with_input_size(model: keras.Model, input_size: tuple[int, int]) -> keras.Model:
    config = model.get_config()
    for layer in config["layers"]:
        if layer["class_name"] == "InputLayer":
            channels = layer["config"]["batch_shape"][-1]
            layer["config"]["batch_shape"] = (1, *input_size, channels)
    return model.__class__.from_config(config)


def _multiply_adds(layer: keras.Layer) -> int:
    if isinstance(layer, BicubicSubpixels):
        return prod(layer.output.shape[1:3]) * layer.kernel.size
    if isinstance(layer, layers.Dense):
        return prod(layer.output.shape[1:]) * layer.input.shape[-1]
    kernel = prod(getattr(layer, "kernel_size", ()))
    if isinstance(layer, layers.SeparableConv2D):
        height, width, out_channels = layer.output.shape[1:]
        wide = layer.input.shape[-1] * layer.depth_multiplier
        return height * width * (wide * kernel + wide * out_channels)
    if isinstance(layer, layers.DepthwiseConv2D):
        return prod(layer.output.shape[1:]) * kernel
    if isinstance(layer, layers.Conv2DTranspose):
        return prod(layer.input.shape[1:]) * kernel * layer.output.shape[-1]
    if isinstance(layer, layers.Conv2D):
        return prod(layer.output.shape[1:]) * kernel * layer.input.shape[-1] // layer.groups
    return 0
