"""The machine that times are taken on: its name, and how fast it multiplies."""

import platform
from collections.abc import Callable, Sequence

import numpy as np

from keras_litesr.processor import processor
from keras_litesr.timing import alternate

_SIDE = 2048
_ROUNDS = 10


def machine_name(threads: int) -> str:
    """Names processor and system as tables do, such as `2 threads of AMD EPYC, Linux`."""
    return f"{threads} threads of {processor()}, {platform.system()}"


def matrix_multiplication() -> Callable[[], object]:
    """Makes a run that multiplies two float32 matrices on all cores, to be timed with others."""
    first, second = np.random.default_rng(0).random((2, _SIDE, _SIDE), np.float32)
    return lambda: first @ second


def peak_gflops(seconds: Sequence[float]) -> float:
    """Computes what the fastest run of `matrix_multiplication` reached.

    Example:
        >>> round(peak_gflops([0.2, 0.1]), 1)
        171.8
    """
    return 2e-9 * _SIDE**3 / min(seconds)


def matrix_multiply_peak() -> float:
    """Measures float32 matrix multiplication at its best, in GFLOP/s."""
    (seconds,) = alternate({"": matrix_multiplication()}, _ROUNDS).values()
    return peak_gflops(seconds)
