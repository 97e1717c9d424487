"""Structured sparsity: whole filters removed, so that the network really is smaller."""

from collections.abc import Sequence
from dataclasses import dataclass

import keras
import numpy as np
from keras import layers

from keras_litesr.export.rewriting import only_consumer, split_separable
from keras_litesr.images.pixels import to_float
from keras_litesr.models.layers import BicubicSubpixels
from keras_litesr.models.single_use import check_layers_only

_POINTWISE = (layers.LeakyReLU, layers.PReLU, layers.ReLU)
_CONVOLUTIONS = (layers.Conv2D, layers.SeparableConv2D)


@dataclass(frozen=True)
class Passage:
    """Channels that one layer makes and one other uses, so that they can go unnoticed.

    Attributes:
        maker: Convolution that makes them.
        between: Activations on the way.
        user: Convolution that they end in.
    """

    maker: keras.Layer
    between: tuple[keras.Layer, ...]
    user: keras.Layer


def remove_filters(
    model: keras.Model, pictures: Sequence[np.ndarray], *, keep: float = 0.75
) -> keras.Model:
    """Removes the filters that matter least, from every place where a network is free to lose some.

    These are the channels between a convolution and the next one with nothing but activations
    between them: in `lite` the wide middle of each block. A channel counts for as much as it
    varies on the pictures, times the norm of the weights that use it; its mean goes into the
    biases of the layer behind, which gets some where it has none. The residual stream keeps its
    width. The result enlarges worse until it is trained for a while.

    Args:
        model: Functional model; it stays as it is.
        pictures: Low-resolution `(height, width, 3)` uint8 each, on which channels are judged.
        keep: Share of the filters to keep, above 0 and at most 1, rounded to whole ones.

    Returns:
        A smaller model of the same kinds of layers, batch normalisation folded.

    Raises:
        ValueError: For another share, no pictures, a model without such a place, a layer that is
            applied more than once, or operations outside of layers.

    Reference:
        Li et al., 2017, Pruning Filters for Efficient ConvNets, section 3 (there filters are judged
        by their own weights alone).
    """
    if not 0 < keep <= 1:
        raise ValueError(
            f"Expected a share of filters to keep above 0 and at most 1, received {keep}."
        )
    if not len(pictures):
        raise ValueError("Expected pictures to judge the filters on, received none. Give some.")
    check_layers_only(model)
    source = without_normalisation(model)
    places = passages(source)
    if not places:
        raise ValueError(
            f"Expected a model with channels between two convolutions, received {model.name}, "
            "which has none that could go. There is nothing to remove."
        )
    levels = _levels(source, places, pictures)
    weights = {layer.name: layer.get_weights() for layer in source.layers}
    for place in places:
        mean, deviation = levels[place.user.name]
        importance = deviation * _norms(place.user)
        count = max(round(keep * len(importance)), 1)
        kept = np.sort(np.argsort(-importance, kind="stable")[:count])
        _cut(weights, place, kept, mean)
    return _rebuilt(source, weights)


def passages(model: keras.Model) -> list[Passage]:
    """Finds the places where channels can be removed without touching the residual stream."""
    found = []
    for maker in model.layers:
        if not isinstance(maker, _CONVOLUTIONS) or getattr(maker, "groups", 1) != 1:
            continue
        between: list[keras.Layer] = []
        follower = only_consumer(model, maker)
        while isinstance(follower, _POINTWISE):
            between.append(follower)
            follower = only_consumer(model, follower)
        plain = getattr(follower, "groups", 1) == getattr(follower, "depth_multiplier", 1) == 1
        if isinstance(follower, _CONVOLUTIONS) and plain:
            found.append(Passage(maker, tuple(between), follower))
    return found


def without_normalisation(model: keras.Model) -> keras.Model:
    """Returns the model itself, or where it normalises batches a copy that has it folded."""
    normalises = any(isinstance(layer, layers.BatchNormalization) for layer in model.layers)
    return split_separable(model) if normalises else model


def _levels(
    model: keras.Model, places: list[Passage], pictures: Sequence[np.ndarray]
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Measures mean and standard deviation of every channel that could go, by its user."""
    probe = keras.Model(model.input, {place.user.name: place.user.input for place in places})
    seen: dict[str, list[np.ndarray]] = {place.user.name: [] for place in places}
    for picture in pictures:
        for name, values in probe(to_float(picture)[None]).items():
            values = keras.ops.convert_to_numpy(values).astype(np.float64)
            axes = (0, 1, 2)
            seen[name].append(np.stack([values.mean(axes), (values**2).mean(axes)]))
    levels = {}
    for name, moments in seen.items():
        mean, square = np.mean(moments, axis=0)
        levels[name] = mean, np.sqrt(np.maximum(square - mean**2, 0))
    return levels


def _norms(user: keras.Layer) -> np.ndarray:
    """Computes, for every channel, the norm of the weights that multiply it."""
    kernel, *rest = user.get_weights()
    if isinstance(user, layers.SeparableConv2D):
        return np.sqrt((kernel[..., 0] ** 2).sum(axis=(0, 1)) * (rest[0] ** 2).sum(axis=(0, 1, 3)))
    return np.sqrt((kernel**2).sum(axis=(0, 1, 3)))


def _cut(
    weights: dict[str, list[np.ndarray]], place: Passage, kept: np.ndarray, mean: np.ndarray
) -> None:
    """Takes the other channels out of the weights before, in and behind a passage."""
    own = weights[place.maker.name]
    last = 1 if isinstance(place.maker, layers.SeparableConv2D) else 0
    own[last:] = [array[..., kept] for array in own[last:]]
    for layer in place.between:
        weights[layer.name] = [array[..., kept] for array in weights[layer.name]]
    gone = np.setdiff1d(np.arange(len(mean)), kept)
    users = weights[place.user.name]
    if isinstance(place.user, layers.SeparableConv2D):
        depthwise, pointwise, *bias = users
        lost = np.einsum("c,hwcm,ijcf->f", mean[gone], depthwise[:, :, gone], pointwise[:, :, gone])
        kernels = [depthwise[:, :, kept], pointwise[:, :, kept]]
    else:
        kernel, *bias = users
        lost = np.einsum("c,hwcf->f", mean[gone], kernel[:, :, gone])
        kernels = [kernel[:, :, kept]]
    if bias or lost.any():
        kernels.append(sum(bias, lost.astype(np.float32)))
    weights[place.user.name] = kernels


def _rebuilt(model: keras.Model, weights: dict[str, list[np.ndarray]]) -> keras.Model:
    """Builds the model with as many filters as the weights have."""
    config = model.get_config()
    for layer in config["layers"]:
        layer.pop("build_config", None)
        if layer["class_name"] in ("Conv2D", "SeparableConv2D"):
            arrays = weights[layer["config"]["name"]]
            last = int(layer["class_name"] == "SeparableConv2D")
            layer["config"]["filters"] = int(arrays[last].shape[-1])
            layer["config"]["use_bias"] = len(arrays) > last + 1
    smaller = model.__class__.from_config(config)
    for layer, original in zip(smaller.layers, model.layers, strict=True):
        layer.set_weights(weights[layer.name])
        if isinstance(layer, BicubicSubpixels):
            layer.kernel = original.kernel
    return smaller
