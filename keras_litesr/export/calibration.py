"""How far the activations of a network reach on representative pictures."""

from collections.abc import Iterator, Sequence

import keras
import numpy as np

from keras_litesr.images.pixels import to_float
from keras_litesr.models.layers import PixelShuffle

_BINS = 2048
_LEVELS = 256
_SHARES = np.linspace(0.1, 1, 46)
_NOTHING = 1e-6
# One grey level: in finer steps than such a tensor's, runtimes cannot count.
_LEAST_REACH = 1 / 255


def channel_reach(model: keras.Model, pictures: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
    """Measures the largest absolute value of every channel of every tensor.

    Args:
        model: Functional model.
        pictures: `(height, width, 3)` uint8 each.

    Returns:
        `(channels,)` by the name of the layer that made the tensor; pixel shuffles are left out.
    """
    reach: dict[str, np.ndarray] = {}
    for name, values in _activations(model, pictures):
        largest = np.abs(values).max(axis=(0, 1, 2))
        reach[name] = np.maximum(reach.get(name, 0), largest)
    return reach


def ranges(model: keras.Model, pictures: Sequence[np.ndarray]) -> dict[str, tuple[float, float]]:
    """Chooses the range that eight bits cover, for every tensor.

    The widest range is seldom the best: what one in a thousand values loses by being clipped, the
    others gain by finer steps.

    Args:
        model: Functional model.
        pictures: `(height, width, 3)` uint8 each.

    Returns:
        `(low, high)` with `low <= 0 <= high`, by layer name; pixel shuffles are left out. A tensor
        that is always 0 gets a range of one grey level.
    """
    extremes: dict[str, tuple[float, float]] = {}
    for name, values in _activations(model, pictures):
        low, high = extremes.get(name, (0.0, _NOTHING))
        extremes[name] = (min(low, float(values.min())), max(high, float(values.max())))
    counts = {name: np.zeros(_BINS) for name in extremes}
    for name, values in _activations(model, pictures):
        low, high = extremes[name]
        position = (values.ravel() - low) * (_BINS / (high - low))
        bins = np.minimum(position.astype(np.int32), _BINS - 1)
        counts[name] += np.bincount(bins, minlength=_BINS)
    return {
        name: best_range(counts[name], low, high) if high - low > _NOTHING else (0.0, _LEAST_REACH)
        for name, (low, high) in extremes.items()
    }


def best_range(counts: np.ndarray, low: float, high: float) -> tuple[float, float]:
    """Narrows a range until clipping costs more than finer steps bring.

    Args:
        counts: Histogram over equal bins from `low` to `high`.
        low: Smallest value, at most 0.
        high: Largest value, at least 0.

    Returns:
        The range with the smallest mean squared error, each end searched in turn.
    """
    centres = low + (np.arange(len(counts)) + 0.5) * (high - low) / len(counts)

    def cost(bottom: float, top: float) -> float:
        rounding = (top - bottom) / (_LEVELS - 1) / np.sqrt(12)
        clipped = np.maximum(centres - top, 0) + np.maximum(bottom - centres, 0)
        return float(np.sum(counts * np.where(clipped > 0, clipped, rounding) ** 2))

    bottom, top = low, high
    for _ in range(3):
        bottom = min((low * share for share in _SHARES), key=lambda end: cost(end, top))
        top = min((high * share for share in _SHARES), key=lambda end: cost(bottom, end))
    return bottom, top


def _activations(
    model: keras.Model, pictures: Sequence[np.ndarray]
) -> Iterator[tuple[str, np.ndarray]]:
    """Runs the model picture by picture and yields every tensor with its layer's name."""
    import tensorflow as tf

    layers = [layer for layer in model.layers if not isinstance(layer, PixelShuffle)]
    outputs = {layer.name: layer.output for layer in layers}
    probe = tf.function(keras.Model(model.input, outputs).__call__, reduce_retracing=True)
    for picture in pictures:
        for name, values in probe(tf.constant(to_float(picture)[None])).items():
            yield name, values.numpy()
