"""Full-integer networks: eight bits everywhere, losing as little of the picture as possible."""

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import keras
import numpy as np

from keras_litesr.datasets.sources import at_least, load_folders
from keras_litesr.export import calibration
from keras_litesr.export.equalization import equalize
from keras_litesr.export.rewriting import only_consumer, split_separable
from keras_litesr.images.resize import crop_to_multiple, reduce
from keras_litesr.models.layers import BicubicSubpixels, PixelShuffle

REQUIRED_PICTURES = 8
ADVISED_PICTURES = 50


@keras.saving.register_keras_serializable(package="keras_litesr")
class FakeQuantize(keras.layers.Layer):
    """Rounds to the 256 levels of a range, as an int8 tensor does; gradients pass inside it.

    The converter takes its steps from these layers. TensorFlow backend only.

    Args:
        low: Smallest value, at most 0.
        high: Largest value, at least 0.
    """

    def __init__(self, low: float, high: float, **kwargs):
        super().__init__(**kwargs)
        self.low = float(low)
        self.high = float(high)

    def call(self, values):
        """Rounds and clips."""
        import tensorflow as tf

        return tf.quantization.fake_quant_with_min_max_args(values, self.low, self.high)

    def compute_output_shape(self, input_shape):
        """Keeps the shape."""
        return input_shape

    def get_config(self):
        """Adds the range."""
        return {**super().get_config(), "low": self.low, "high": self.high}


def prepare_int8(model: keras.Model, representative: Sequence[np.ndarray]) -> keras.Model:
    """Rewrites a model so that its conversion to int8 loses little.

    Plain post-training quantisation loses far more. Its loss comes from rounding the bicubic
    weights, by which flat areas become brighter or darker, from channels of the residual stream
    that use few of the levels of their tensor, and from an output step coarser than a pixel's. So
    the bicubic weights are rounded with their sum kept, channels are equalised, ranges are chosen
    for the least error, and the output has the step of a pixel.

    Args:
        model: Functional super-resolution model; it stays as it is.
        representative: Low-resolution pictures `(height, width, 3)` uint8.

    Returns:
        Model with `FakeQuantize` behind every tensor that a phone stores.
    """
    plain = with_level_skip(split_separable(model))
    equalize(plain, calibration.channel_reach(plain, representative))
    ranges = calibration.ranges(plain, representative)
    ranges |= {name: (0.0, 1.0) for name in _pixel_tensors(plain)}
    # A phone never stores what a plain rectifier behind a convolution takes: it is one operator.
    for name in _rectified(plain):
        del ranges[name]

    def rounded(tensor: keras.KerasTensor, name: str) -> keras.KerasTensor:
        if name not in ranges:
            return tensor
        return FakeQuantize(*ranges[name], name=f"{name}_rounded")(tensor)

    return split_separable(plain, wrap=rounded)


def with_level_skip(model: keras.Model) -> keras.Model:
    """Copies a model with its bicubic weights rounded to int8 so that flat areas keep their level.

    A model without a bicubic skip is returned as it is.
    """
    if not any(isinstance(layer, BicubicSubpixels) for layer in model.layers):
        return model
    copy = split_separable(model)
    for layer in copy.layers:
        if isinstance(layer, BicubicSubpixels):
            layer.kernel = rounded_with_sum(layer.kernel)
    return copy


def rounded_with_sum(kernel: np.ndarray) -> np.ndarray:
    """Rounds each filter to int8 steps so that a flat area keeps its level.

    Of the weights that could go either way, as many go the other way as the sum needs. Zeros stay
    zeros. The converter, which rounds each filter to its largest weight, finds them rounded.

    Args:
        kernel: `(height, width, channels, filters)` float32.

    Returns:
        Array of the same shape; each filter's sum is within half a step of what it was.
    """
    flat = kernel.reshape(-1, kernel.shape[-1]).astype(np.float64)
    steps = np.abs(flat).max(axis=0) / 127
    exact = flat / steps
    levels = np.round(exact)
    for index, missing in enumerate(np.round(exact.sum(axis=0)) - levels.sum(axis=0)):
        gain = np.sign(missing) * (exact[:, index] - levels[:, index])
        free = (exact[:, index] != 0) & (np.abs(levels[:, index]) < 127)
        nearest = np.argsort(np.where(free, -gain, np.inf), kind="stable")
        levels[nearest[: int(abs(missing))], index] += np.sign(missing)
    return (levels * steps).reshape(kernel.shape).astype(np.float32)


def representative_crops(
    folder: str | Path,
    *,
    scale: int,
    count: int = 100,
    side: int = 48,
    seed: int = 0,
    warn: Callable[[str], None] = warnings.warn,
) -> list[np.ndarray]:
    """Cuts low-resolution pictures for calibration from a folder of photographs.

    Photographs are reduced as the networks expect it, then a square is cut from each; the same
    folder gives the same crops.

    Args:
        folder: Training pictures; never those of a benchmark, whose figures would be flattered.
        scale: Enlargement per side of the model.
        count: Crops at most; one from a picture.
        side: Of a crop, in low-resolution pixels. Smaller pictures are left out where they are
            the lesser part, and taken whole otherwise.
        seed: Of the choice.
        warn: Called with one line for every file that cannot be decoded, and one that counts the
            pictures left out.

    Returns:
        `(height, width, 3)` uint8 each.
    """
    pictures = [p for p in load_folders([folder], warn=warn) if min(p.shape[:2]) >= scale]
    # Tuning cuts all crops to the size of the smallest.
    large = sum(min(p.shape[:2]) >= scale * side for p in pictures)
    if large >= max(REQUIRED_PICTURES, len(pictures) // 2):
        pictures = at_least(scale * side, pictures, warn=warn)
    generator = np.random.default_rng(seed)
    chosen = generator.permutation(len(pictures))[:count]
    crops = []
    for index in sorted(chosen):
        low_res = reduce(crop_to_multiple(pictures[index], scale), scale)
        height, width = low_res.shape[:2]
        top = generator.integers(max(height - side, 0) + 1)
        left = generator.integers(max(width - side, 0) + 1)
        crops.append(low_res[top : top + side, left : left + side])
    return crops


def checked_representative(
    pictures: Sequence[np.ndarray] | None, dtype: str
) -> Sequence[np.ndarray]:
    """Refuses too few or wrong calibration pictures, and warns below the advised number.

    Raises:
        ValueError: When they are missing, fewer than 8, or not uint8 RGB.
    """
    received = "none" if pictures is None else len(pictures)
    if pictures is None or len(pictures) < REQUIRED_PICTURES:
        raise ValueError(
            f"Expected at least {REQUIRED_PICTURES} representative pictures for {dtype}, better "
            f"{ADVISED_PICTURES}, received {received}. Give more training pictures (`litesr "
            "convert --representative FOLDER`), or choose float16, which needs none."
        )
    for picture in pictures:
        if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3:
            raise ValueError(
                "Expected representative pictures of (height, width, 3) uint8 RGB, received "
                f"{picture.dtype} of {picture.shape}. See representative_crops."
            )
    if len(pictures) < ADVISED_PICTURES:
        warnings.warn(
            f"{len(pictures)} representative pictures are few: with {ADVISED_PICTURES} or more "
            "the ranges are surer.",
            stacklevel=3,
        )
    return pictures


def _rectified(model: keras.Model) -> set[str]:
    """Names the convolutions whose tensor a plain rectifier, and nothing else, reads."""
    return {
        layer.name
        for layer in model.layers
        if isinstance(layer, (keras.layers.Conv2D, keras.layers.DepthwiseConv2D))
        and _is_plain_rectifier(only_consumer(model, layer))
    }


def _is_plain_rectifier(layer: keras.Layer | None) -> bool:
    return (
        isinstance(layer, keras.layers.ReLU)
        and layer.max_value is None
        and layer.negative_slope == layer.threshold == 0
    )


def _pixel_tensors(model: keras.Model) -> set[str]:
    """Names the layers whose tensors are pixels in [0, 1]: the input and the output."""
    last = next(layer for layer in model.layers if layer.output is model.output)
    names = {model.layers[0].name, last.name}
    if isinstance(last, PixelShuffle):
        names |= {layer.name for layer in model.layers if layer.output is last.input}
        names.remove(last.name)
    return names
