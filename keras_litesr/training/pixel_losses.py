"""Pixel losses: how far what a model made is from the original."""

import math
from collections.abc import Callable

import keras
from keras import ops

from keras_litesr.images.colour import LUMA_WEIGHTS
from keras_litesr.training.differences import difference

_PICTURE = (1, 2, 3)
_TINY = 1e-12


@keras.saving.register_keras_serializable(package="keras_litesr")
def l1(high_res, super_res):
    """Computes the mean absolute difference of each picture.

    Args:
        high_res: `(batch, height, width, channels)`, the original.
        super_res: The same shape, what the model made.

    Returns:
        `(batch,)`.

    Raises:
        TypeError: For originals that are integers; so do all losses here.
        ValueError: When the shapes differ; likewise.
    """
    return ops.mean(ops.abs(difference(high_res, super_res)), axis=_PICTURE)


@keras.saving.register_keras_serializable(package="keras_litesr")
def mse(high_res, super_res):
    """Computes the mean squared difference of each picture; shapes as in `l1`."""
    return ops.mean(ops.square(difference(high_res, super_res)), axis=_PICTURE)


@keras.saving.register_keras_serializable(package="keras_litesr")
def charbonnier(high_res, super_res, *, epsilon: float = 1e-3):
    """Computes the mean of sqrt(difference^2 + epsilon^2): L1 with a rounded tip.

    Reference:
        Lai et al., 2017, Deep Laplacian Pyramid Networks, section 3.3.
    """
    squares = ops.square(difference(high_res, super_res)) + epsilon**2
    return ops.mean(ops.sqrt(squares), axis=_PICTURE)


@keras.saving.register_keras_serializable(package="keras_litesr")
def l2(high_res, super_res):
    """Computes the paper's pixel loss: the L2 norm of the difference, not its square.

    It is divided by the square root of the number of values, so that it does not grow with the
    patch: the root of the mean square of each picture. The gradient of equal pictures is 0.

    Reference:
        Xie et al., Eq. 8.
    """
    return ops.sqrt(ops.maximum(mse(high_res, super_res), _TINY))


@keras.saving.register_keras_serializable(package="keras_litesr")
def negative_psnr(high_res, super_res, *, epsilon: float = 1e-5):
    """Computes the negative PSNR of each picture in dB, at least -50, which stands for equal ones.

    The mean of PSNRs is what a benchmark prints; the mean of squares looks mostly at the pictures
    that are hardest to restore.

    Args:
        high_res: `(batch, height, width, channels)` in [0, 1], the original.
        super_res: The same shape, what the model made.
        epsilon: Added to the mean square, so that equal pictures have a gradient.

    Returns:
        `(batch,)`.

    Reference:
        Chen et al., 2022, Simple Baselines for Image Restoration (PSNR loss).
    """
    return _decibels(mse(high_res, super_res) + epsilon)


@keras.saving.register_keras_serializable(package="keras_litesr")
def negative_luma_psnr(high_res, super_res, *, colour_weight: float = 0.2, epsilon: float = 1e-5):
    """Computes `negative_psnr` of what the field measures, luma, with some weight on all colours.

    Args:
        high_res: `(batch, height, width, 3)` RGB in [0, 1], the original.
        super_res: The same shape, what the model made.
        colour_weight: Share of the mean square of RGB; the rest is that of luma, whose white is 1.
            Without it nothing would keep colours right.
        epsilon: As in `negative_psnr`.

    Returns:
        `(batch,)`.
    """
    luma = ops.sum(difference(high_res, super_res) * _luma_shares(), axis=-1)
    of_luma = ops.mean(ops.square(luma), axis=(1, 2))
    mixed = (1 - colour_weight) * of_luma + colour_weight * mse(high_res, super_res)
    return _decibels(mixed + epsilon)


@keras.saving.register_keras_serializable(package="keras_litesr")
def l2_and_gmsd(high_res, super_res, *, gmsd_weight: float = 1.0):
    """Computes `l2` plus the gradient magnitude similarity deviation.

    A network that is unsure where an edge lies makes it flat, which `l2` rewards; the similarity
    of gradients asks for the full step, and its deviation for equally good edges everywhere.

    Args:
        high_res: `(batch, height, width, 3)` RGB in [0, 1], the original, at least 6x6.
        super_res: The same shape, what the model made.
        gmsd_weight: Of the deviation, which is below 0.5.

    Returns:
        `(batch,)`.

    Reference:
        Xie et al., Eq. 8; Xue et al., 2014, Gradient magnitude similarity deviation, Eq. 1 to 6.
    """
    return l2(high_res, super_res) + gmsd_weight * _gmsd(high_res, super_res)


def _decibels(power):
    """Computes 10 log10 of a positive tensor."""
    return (10 / math.log(10)) * ops.log(power)


def _gmsd(high_res, super_res):
    """Computes `evaluation.metrics.gmsd` without the outermost pixels: `(batch,)`."""
    first, second = (_prewitt_squares(picture) for picture in (high_res, super_res))
    # 170 for grey in 0..255, as the authors chose.
    constant = 170 / 255**2
    products = 2 * ops.sqrt(ops.maximum(first * second, _TINY))
    similarity = (products + constant) / (first + second + constant)
    return ops.sqrt(ops.var(similarity, axis=(1, 2)) + _TINY)


def _prewitt_squares(picture):
    """Computes the squared magnitude of Prewitt's gradient of luma at half the size."""
    luma = ops.sum(ops.multiply(picture, _luma_shares()), axis=-1, keepdims=True)
    luma = ops.average_pool(luma, 2, 2)
    columns = (luma[:, :-2] + luma[:, 1:-1] + luma[:, 2:]) / 3
    rows = (luma[:, :, :-2] + luma[:, :, 1:-1] + luma[:, :, 2:]) / 3
    across = columns[:, :, 2:] - columns[:, :, :-2]
    down = rows[:, 2:] - rows[:, :-2]
    return ops.squeeze(ops.square(across) + ops.square(down), axis=-1)


def _luma_shares():
    """Returns the weights of BT.601 luma for RGB, `(3,)`, whose sum is 1."""
    weights = ops.convert_to_tensor(LUMA_WEIGHTS, dtype="float32")
    return weights / ops.sum(weights)


def by_name(name: str) -> Callable:
    """Finds a pixel loss for a recipe.

    Raises:
        ValueError: For an unknown name.
    """
    losses = (l1, l2, mse, charbonnier, negative_psnr, negative_luma_psnr, l2_and_gmsd)
    known = {loss.__name__: loss for loss in losses}
    if name not in known:
        raise ValueError(f"Expected a pixel loss of {', '.join(known)}, received {name!r}.")
    return known[name]
