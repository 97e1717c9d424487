"""What a thief may do to a marked model in the hope that its mark is gone."""

import math
from collections.abc import Callable

import keras
import numpy as np

from keras_litesr.models.copies import copied

_AXES = 4  # of every convolution; the slopes of a PReLU have three
_MOST_TRIALS = 14
_CLOSE = 0.02

Quality = Callable[[keras.Model], float]


def pruned(model: keras.Model, share: float) -> keras.Model:
    """Sets the smallest weights of every kernel to zero.

    Args:
        model: Functional model; it stays as it is, as in all attacks.
        share: Of the weights of each kernel, in [0, 1); biases are left.

    Raises:
        ValueError: For another share.
    """
    if not 0 <= share < 1:
        raise ValueError(f"Expected a share of at least 0 and below 1, received {share}.")

    def prune(kernel: np.ndarray) -> np.ndarray:
        count = int(share * kernel.size)
        smallest = np.argsort(np.abs(kernel), axis=None)[:count]
        left = kernel.copy()
        left.flat[smallest] = 0
        return left

    return _with_kernels(model, prune)


def noisy(model: keras.Model, amount: float, *, seed: int = 0) -> keras.Model:
    """Adds Gaussian noise to every kernel.

    Args:
        model: Functional model.
        amount: Standard deviation of the noise, as a share of that of the kernel.
        seed: Of the noise; the same seed gives the same noise, at another amount larger or smaller.
    """
    random = np.random.default_rng(seed)
    return _with_kernels(
        model, lambda kernel: kernel + amount * kernel.std() * random.normal(size=kernel.shape)
    )


def noisy_costing(
    model: keras.Model, psnr: Quality, *, cost: float = 0.5, seed: int = 0
) -> tuple[keras.Model, float]:
    """Adds as much noise as costs a given loss of quality, found by bisection.

    Args:
        model: Functional model.
        psnr: Measures a model, in dB.
        cost: In dB, above 0.
        seed: Of the noise.

    Returns:
        The model, whose quality is within 0.02 dB of the wanted, and the amount of noise as for
        `noisy`.

    Raises:
        ValueError: When no amount was found, as for a model that is no better than noise.
    """
    wanted = psnr(model) - cost
    low, high = 1e-4, 10.0
    for _ in range(_MOST_TRIALS):
        amount = math.sqrt(low * high)
        attacked = noisy(model, amount, seed=seed)
        reached = psnr(attacked)
        if abs(reached - wanted) <= _CLOSE:
            return attacked, amount
        low, high = (amount, high) if reached > wanted else (low, amount)
    raise ValueError(
        f"Expected noise that costs {cost} dB, found none: at {amount:.2g} of the weights' size "
        f"the quality is {reached:.2f} dB, wanted {wanted:.2f} dB. Measure on other pictures."
    )


def trained_on(model: keras.Model, fit: Callable[[keras.Model], None]) -> keras.Model:
    """Trains a copy with whatever the caller trains with.

    Args:
        model: Functional model.
        fit: Trains the model that it is given, in place.
    """
    copy = copied(model)
    fit(copy)
    return copy


def _with_kernels(model: keras.Model, change: Callable[[np.ndarray], np.ndarray]) -> keras.Model:
    copy = copied(model)
    copy.set_weights(
        [
            change(weight).astype(weight.dtype) if weight.ndim == _AXES else weight
            for weight in copy.get_weights()
        ]
    )
    return copy
