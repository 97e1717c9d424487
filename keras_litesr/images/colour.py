"""BT.601 luma, the brightness on which the field measures."""

import numpy as np

LUMA_WEIGHTS = np.array([65.481, 128.553, 24.966]) / 255.0
_LUMA_OFFSET = 16.0 / 255.0


def luma(rgb: np.ndarray) -> np.ndarray:
    """Computes studio-range BT.601 luma, as MATLAB's `rgb2ycbcr` does.

    Args:
        rgb: `(..., 3)` RGB in [0, 1].

    Returns:
        `(...)` float64 in [16/255, 235/255].

    Example:
        >>> (luma(np.array([[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]])) * 255).round(6).tolist()
        [16.0, 235.0]

    Reference:
        ITU-R Recommendation BT.601-7, 2011.
    """
    return np.asarray(rgb, np.float64) @ LUMA_WEIGHTS + _LUMA_OFFSET
