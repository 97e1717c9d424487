"""The same function in layers that quantise well: separable convolutions split, norms folded."""

from collections.abc import Callable

import keras
import numpy as np
from keras import layers

from keras_litesr.models.layers import BicubicSubpixels
from keras_litesr.models.single_use import check_layers_only

_CONVOLUTIONS = (layers.Conv2D, layers.DepthwiseConv2D, layers.SeparableConv2D)

Wrap = Callable[[keras.KerasTensor, str], keras.KerasTensor]


def split_separable(model: keras.Model, *, wrap: Wrap | None = None) -> keras.Model:
    """Rebuilds a model with every separable convolution as a depthwise and a pointwise one.

    Batch normalisation behind a convolution is folded into it, since between a convolution and
    its rounding there must be nothing. The result computes the same, and each of its tensors is
    one that a phone stores.

    Args:
        model: Functional model with one input and one output.
        wrap: Given every tensor and the name of the layer that made it, returns what later layers
            see in its place.

    Returns:
        New model; the weights are copies.

    Raises:
        ValueError: When the model has operations outside of layers, a layer that is applied more
            than once, or a model within.
    """
    check_layers_only(model)
    wrap = wrap or (lambda tensor, name: tensor)
    made: dict[int, keras.KerasTensor] = {}
    folded: list[keras.Layer] = []
    for layer in model.layers:
        if isinstance(layer, layers.InputLayer):
            low_res = keras.Input(layer.batch_shape[1:], name=layer.name)
            made[id(layer.output)] = wrap(low_res, layer.name)
            continue
        source = keras.tree.map_structure(lambda tensor: made[id(tensor)], layer.input)
        if layer in folded:
            made[id(layer.output)] = source
            continue
        norm = _foldable_norm(model, layer)
        if norm is not None:
            folded.append(norm)
        for step in _steps(layer, norm):
            source = wrap(step(source), step.name)
        made[id(layer.output)] = source
    return keras.Model(low_res, made[id(model.output)], name=model.name)


def _steps(layer: keras.Layer, norm: keras.Layer | None) -> list[keras.Layer]:
    """Builds what stands for a layer: itself anew, or its depthwise and pointwise halves."""
    if isinstance(layer, layers.SeparableConv2D):
        return _halves(layer, norm)
    config = layer.get_config()
    convolves = isinstance(layer, layers.Conv2D) or norm is not None
    if convolves:
        config["use_bias"] = True
    anew = layer.__class__.from_config(config)
    if layer.weights:
        anew.build(layer.input.shape)
        depth = layer.depth_multiplier if isinstance(layer, layers.DepthwiseConv2D) else None
        anew.set_weights(
            _folded(layer.kernel, layer.bias, norm, depth) if convolves else layer.get_weights()
        )
    if isinstance(layer, BicubicSubpixels):
        anew.kernel = layer.kernel
    return [anew]


def _halves(layer: layers.SeparableConv2D, norm: keras.Layer | None) -> list[keras.Layer]:
    depthwise = layers.DepthwiseConv2D(
        layer.kernel_size,
        strides=layer.strides,
        padding=layer.padding,
        dilation_rate=layer.dilation_rate,
        depth_multiplier=layer.depth_multiplier,
        use_bias=False,
        name=f"{layer.name}_depthwise",
    )
    pointwise = layers.Conv2D(
        layer.filters, 1, activation=layer.activation, name=f"{layer.name}_pointwise"
    )
    depthwise.build(layer.input.shape)
    pointwise.build(depthwise.compute_output_shape(layer.input.shape))
    depthwise.set_weights([layer.depthwise_kernel])
    pointwise.set_weights(_folded(layer.pointwise_kernel, layer.bias, norm))
    return [depthwise, pointwise]


def _folded(kernel, bias, norm: keras.Layer | None, depth: int | None = None) -> list[np.ndarray]:
    """Gives kernel and bias of a convolution with the normalisation behind it.

    `depth` is the multiplier of a depthwise one, whose kernel has two axes for its channels.
    """
    kernel = np.asarray(kernel)
    outputs = kernel.shape[-1:] if depth is None else kernel.shape[-2:]
    bias = np.zeros(np.prod(outputs), np.float32) if bias is None else np.asarray(bias)
    if norm is None:
        return [kernel, bias]
    gain = 1 / np.sqrt(np.asarray(norm.moving_variance) + norm.epsilon)
    gain = gain * np.asarray(norm.gamma) if norm.scale else gain
    shift = np.asarray(norm.beta) if norm.center else 0
    return [kernel * gain.reshape(outputs), (bias - np.asarray(norm.moving_mean)) * gain + shift]


def only_consumer(model: keras.Model, layer: keras.Layer) -> keras.Layer | None:
    """Finds the layer that reads what a layer makes, if it is the only one."""
    consumers = [
        other
        for other in model.layers
        if other is not layer
        and any(tensor is layer.output for tensor in keras.tree.flatten(other.input))
    ]
    return consumers[0] if len(consumers) == 1 else None


def _foldable_norm(model: keras.Model, layer: keras.Layer) -> keras.Layer | None:
    """Finds the batch normalisation behind a linear convolution, if nothing else reads that."""
    if not isinstance(layer, _CONVOLUTIONS) or layer.activation is not keras.activations.linear:
        return None
    consumer = only_consumer(model, layer)
    return consumer if isinstance(consumer, layers.BatchNormalization) else None
