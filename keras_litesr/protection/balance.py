"""Kernels with every channel scaled to one size: what rescaling channels cannot change."""

import numpy as np

_MOST_ROUNDS = 200
_TOLERANCE = 1e-9


def balanced(kernel: np.ndarray, *, groups: int = 1) -> np.ndarray:
    """Scales a kernel so that every input and every output channel has mean square 1.

    Whatever positive factors its channels had before, the result is the same. Such factors come
    from batch normalisation folded into it, from equalisation before int8, or from a thief.

    Args:
        kernel: `(height, width, in, out)`.
        groups: Of the convolution; `in` is then a group's.

    Returns:
        Array of the same shape, float64. Channels of zeros stay zeros.

    Reference:
        Sinkhorn and Knopp, 1967, Concerning nonnegative matrices and doubly stochastic matrices;
        here on the squares.
    """
    return kernel * factors(kernel, groups=groups)


def factors(kernel: np.ndarray, *, groups: int = 1) -> np.ndarray:
    """Computes by what `balanced` multiplies.

    Args:
        kernel: `(height, width, in, out)`.
        groups: Of the convolution.

    Returns:
        `(in, out)` float64, an outer product of a factor an input and one an output channel.
    """
    inputs, outputs = kernel.shape[2:]
    squares = np.mean(np.square(kernel, dtype=np.float64), axis=(0, 1))
    squares = squares.reshape(inputs, groups, outputs // groups)
    sent = np.ones(squares.shape[1:])
    for _ in range(_MOST_ROUNDS):
        taken = _inverse(np.mean(squares * sent, axis=2))
        means = np.mean(squares * taken[:, :, None], axis=0)
        previous, sent = sent, _inverse(means)
        if np.allclose(sent, previous, rtol=_TOLERANCE, atol=0):
            break
    return np.sqrt(taken[:, :, None] * sent).reshape(inputs, outputs)


def _inverse(values: np.ndarray) -> np.ndarray:
    return np.divide(1, values, out=np.zeros_like(values), where=values > 0)
