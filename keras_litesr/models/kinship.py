"""Whether two sets of weights descend from one training, told from the arrays alone."""

from collections.abc import Iterable
from numbers import Real

import numpy as np

# Measured: trainings of their own correlate by less than 0.01, a network trained on from another
# for as long as that was trained by 0.91 or more, one trained on against a critic by 0.99.
LEAST_KINSHIP = 0.5


def kinship(pairs: Iterable[tuple[np.ndarray, np.ndarray]]) -> float:
    """Computes how alike two networks' weights are: the mean correlation of their kernels.

    Networks trained from different starts place the same features in different channels, so their
    kernels are uncorrelated and the average of both does nothing useful. A network that was
    trained on from another keeps its channels.

    Args:
        pairs: Arrays of the two networks, layer by layer, of equal shapes. Those with less than
            two axes do not count, biases for instance, nor those that are equal, which may be
            fixed.

    Returns:
        Pearson correlation, averaged over kernels by their size, in [-1, 1]; 1 when no kernel
        differs.

    Example:
        >>> kernel = np.arange(6.0).reshape(2, 3)
        >>> kinship([(kernel, 2 * kernel), (kernel, -kernel)])
        0.0
    """
    kernels = [
        (first, second)
        for first, second in pairs
        if first.ndim > 1 and not np.array_equal(first, second)
    ]
    if not kernels:
        return 1.0
    sizes = [first.size for first, _ in kernels]
    return float(np.average([_correlation(*kernel) for kernel in kernels], weights=sizes))


def check_kinship(pairs: Iterable[tuple[np.ndarray, np.ndarray]], names: tuple[str, str]) -> None:
    """Refuses networks of equal shape that were trained apart.

    Raises:
        ValueError: When their kinship is below `LEAST_KINSHIP`.
    """
    received = kinship(pairs)
    # What is no number is no relative either.
    if not received >= LEAST_KINSHIP:
        raise ValueError(
            f"Expected relatives, one trained on from the other: kernels that correlate by at "
            f"least {LEAST_KINSHIP}, received {received:.2f} for {names[0]} and {names[1]}. Their "
            "average would enlarge nothing well; blend a model with one that was trained on from "
            "it."
        )


def check_weight(weight: float) -> None:
    """Refuses a blend beyond its ends.

    Raises:
        ValueError: When the weight is no number in [0, 1].
    """
    if not isinstance(weight, Real) or not 0 <= weight <= 1:
        raise ValueError(
            "Expected a weight from 0 (all of the first model) to 1 (all of the second), received "
            f"{weight!r}."
        )


def _correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Correlates two arrays; one that is constant is like no other."""
    x, y = (array.ravel() - array.mean(dtype=np.float64) for array in (first, second))
    norm = np.linalg.norm(x) * np.linalg.norm(y)
    return float(x @ y / norm) if norm else 0.0
