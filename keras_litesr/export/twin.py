"""The same network for `tf_keras`, on which the optimisation toolkit works, and the way back."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import layers

from keras_litesr.export.legacy import tf_keras
from keras_litesr.export.quantization import FakeQuantize
from keras_litesr.export.rewriting import split_separable
from keras_litesr.export.twin_layers import TwinBicubic, TwinShuffle
from keras_litesr.models.copies import copied
from keras_litesr.models.layers import BicubicSubpixels, PixelShuffle

_ACTIVATIONS = ("linear", "relu", "sigmoid", "tanh")
_CONVOLUTION = ("filters", "kernel_size", "strides", "padding", "dilation_rate", "groups")
_FIRST_WEIGHTS = ("kernel", "depthwise_kernel", "alpha")
_DEPTHWISE = ("kernel_size", "strides", "padding", "dilation_rate", "depth_multiplier")

# Layer of Keras 3: layer of tf_keras, and what both call alike.
_KINDS: dict[type, tuple[type, tuple[str, ...]]] = {
    layers.Add: (tf_keras.layers.Add, ()),
    layers.Conv2D: (tf_keras.layers.Conv2D, (*_CONVOLUTION, "use_bias")),
    layers.DepthwiseConv2D: (tf_keras.layers.DepthwiseConv2D, (*_DEPTHWISE, "use_bias")),
    layers.LeakyReLU: (tf_keras.layers.LeakyReLU, ()),
    layers.Multiply: (tf_keras.layers.Multiply, ()),
    layers.PReLU: (tf_keras.layers.PReLU, ("shared_axes",)),
    layers.ReLU: (tf_keras.layers.ReLU, ("max_value", "negative_slope", "threshold")),
    BicubicSubpixels: (TwinBicubic, ("scale",)),
    PixelShuffle: (TwinShuffle, ("scale",)),
}


def twin(model: keras.Model, *, wrap: Callable[[Any], Any] = lambda layer: layer) -> tf_keras.Model:
    """Builds a `tf_keras` model that computes what a Keras 3 model computes.

    Separable convolutions are split in two and batch normalisation is folded, as
    `split_separable` does it; without a bias in the model there is none in the twin.
    `FakeQuantize` layers are left out: the toolkit brings its own.

    Args:
        model: Functional model of the layers that our networks have.
        wrap: Given every layer of the twin, returns what takes its place.

    Returns:
        The twin, its layers named as those of `split_separable(model)`; the weights are copies.

    Raises:
        ValueError: For a layer or an activation that the twin does not know, and as
            `split_separable` does.
    """
    source = split_separable(model)
    biasless = _biasless(model)
    made: dict[int, Any] = {}
    pairs = []
    for layer in source.layers:
        if isinstance(layer, layers.InputLayer):
            low_res = tf_keras.Input(layer.batch_shape[1:], name=layer.name)
            made[id(layer.output)] = low_res
            continue
        inputs = keras.tree.map_structure(lambda tensor: made[id(tensor)], layer.input)
        if isinstance(layer, FakeQuantize):
            made[id(layer.output)] = inputs
            continue
        twin_layer = _twin_layer(layer)
        if layer.name in biasless and not np.any(layer.bias):
            twin_layer.use_bias = False
        made[id(layer.output)] = wrap(twin_layer)(inputs)
        pairs.append((layer, twin_layer))
    for layer, twin_layer in pairs:
        arrays = [layer.kernel] if isinstance(layer, BicubicSubpixels) else layer.get_weights()
        twin_layer.set_weights(arrays[: len(twin_layer.get_weights())])
    return tf_keras.Model(low_res, made[id(source.output)], name=model.name)


def weights_back(twin_model: tf_keras.Model, model: keras.Model) -> keras.Model:
    """Copies a Keras 3 model with the weights that its twin has by now.

    Args:
        twin_model: What became of `twin(model)`: trained, pruned or wrapped.
        model: The model that the twin was made of, which stays as it is.

    Returns:
        A model of the same layers; separable convolutions are whole again.

    Raises:
        ValueError: For a model with batch normalisation, which the twin has folded, or where the
            twin has a bias that the model has no place for.
    """
    arrays = {getattr(each, "layer", each).name: _by_name(each) for each in twin_model.layers}
    copy = copied(model)
    for layer in copy.layers:
        if isinstance(layer, layers.BatchNormalization):
            raise ValueError(
                f"Expected a model without batch normalisation, received {layer.name}, which the "
                "twin has folded. Make the twin of split_separable(model) and give that model."
            )
        if isinstance(layer, layers.SeparableConv2D):
            depthwise = arrays[f"{layer.name}_depthwise"]["depthwise_kernel"]
            pointwise = arrays[f"{layer.name}_pointwise"]
            _set_weights(layer, [depthwise, pointwise["kernel"]], pointwise.get("bias"))
        elif layer.weights:
            known = arrays[layer.name]
            kernel = next(known[name] for name in _FIRST_WEIGHTS if name in known)
            _set_weights(layer, [kernel], known.get("bias"))
    return copy


def _biasless(model: keras.Model) -> set[str]:
    """Names the convolutions without a bias, as `split_separable`, which gives them one, does."""
    pointwise = {layers.Conv2D: "", layers.SeparableConv2D: "_pointwise"}
    return {
        layer.name + pointwise[type(layer)]
        for layer in model.layers
        if type(layer) in pointwise and not layer.use_bias
    }


def _twin_layer(layer: keras.Layer) -> Any:
    if type(layer) not in _KINDS:
        known = ", ".join(sorted(kind.__name__ for kind in _KINDS))
        raise ValueError(
            f"Expected layers that tf_keras has alike ({known}, SeparableConv2D), received "
            f"{layer.name}, a {type(layer).__name__}. Build the model from these."
        )
    kind, names = _KINDS[type(layer)]
    options = {name: getattr(layer, name) for name in names}
    if isinstance(layer, layers.LeakyReLU):
        options["alpha"] = layer.negative_slope
    if isinstance(layer, (layers.Conv2D, layers.DepthwiseConv2D)):
        options["activation"] = _activation(layer)
    return kind(**options, name=layer.name)


def _activation(layer: keras.Layer) -> str:
    name = getattr(layer.activation, "__name__", str(layer.activation))
    if name not in _ACTIVATIONS:
        raise ValueError(
            f"Expected an activation of {', '.join(_ACTIVATIONS)}, received {name} in "
            f"{layer.name}. Make it a layer of its own."
        )
    return name


def _by_name(layer: Any) -> dict[str, np.ndarray]:
    """Reads the weights of a layer, or of the one in a wrapper, by their own names."""
    return {weight.name.split("/")[-1].split(":")[0]: weight.numpy() for weight in layer.weights}


def _set_weights(layer: keras.Layer, kernels: list[np.ndarray], bias: np.ndarray | None) -> None:
    arrays = kernels if bias is None else [*kernels, bias]
    if len(arrays) > len(layer.weights) and np.any(bias):
        raise ValueError(
            f"Expected a layer with a bias, received {layer.name} without one, whose twin has "
            "learnt one. Give split_separable(model), where every convolution has a bias."
        )
    layer.set_weights(arrays[: len(layer.weights)])
