"""The precision that layers compute in, chosen while they are built."""

from collections.abc import Iterator
from contextlib import contextmanager

import keras
import numpy as np
from keras import ops

from keras_litesr.timing import alternate, ratio
from keras_litesr.training.autodiff import gradients

_SIZE, _CHANNELS = (4, 48, 48), 96
_ROUNDS = 5


@contextmanager
def layers_in(policy: str) -> Iterator[None]:
    """Gives the layers that are built inside the block a Keras dtype policy.

    Args:
        policy: `float32` or `mixed_bfloat16`. A layer that names its own dtype keeps it, as those
            of the zoo's models do which hold the picture.
    """
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def bfloat16_slowdown() -> float:
    """Measures how many times the time of float32 a 1x1 convolution and its gradients take.

    They take most of a light network's step. Where the processor has no instructions for bfloat16,
    or TensorFlow no kernels that use them, the gradient of the filters takes many times as long.

    Returns:
        Median of a few rounds; less than 1 where bfloat16 is faster.
    """
    pixels = np.random.default_rng(0).random((*_SIZE, _CHANNELS), np.float32)
    runs = {policy: _step(policy, pixels) for policy in ("float32", "mixed_bfloat16")}
    times = alternate(runs, _ROUNDS)
    return ratio(times["mixed_bfloat16"], times["float32"])


def _step(policy: str, pixels: np.ndarray):
    layer = keras.layers.Conv2D(_CHANNELS, 1, dtype=policy)
    layer.build(pixels.shape)
    inputs = ops.cast(pixels, layer.compute_dtype)

    def step():
        _, slopes = gradients(lambda: ops.mean(layer(inputs) ** 2), layer.trainable_variables)
        return [ops.convert_to_numpy(slope) for slope in slopes]

    return step
