"""Conversion between stored integers and float32 in [0, 1], whole or by blocks of rows."""

import numpy as np

_BLOCK_SAMPLES = 1 << 18
_INTEGER_MAXIMUM = {np.dtype(np.uint8): 255, np.dtype(np.uint16): 65535}


def to_float(pixels: np.ndarray) -> np.ndarray:
    """Converts pixels of any accepted kind to float32 in [0, 1].

    Args:
        pixels: Any shape; uint8 in 0..255, uint16 in 0..65535, or floating point, which is only
            cast and is not clipped.

    Returns:
        float32 array of the same shape.

    Raises:
        TypeError: For any other dtype; the message names it.

    Example:
        >>> to_float(np.array([0, 51, 255], np.uint8)).tolist()
        [0.0, 0.20000000298023224, 1.0]
    """
    pixels = np.asarray(pixels)
    if pixels.dtype in _INTEGER_MAXIMUM:
        return pixels.astype(np.float32) / np.float32(_INTEGER_MAXIMUM[pixels.dtype])
    if np.issubdtype(pixels.dtype, np.floating):
        return pixels.astype(np.float32)
    raise TypeError(
        f"Expected uint8, uint16 or floating-point pixels, received {pixels.dtype}. "
        "Convert them with `array.astype('uint8')` if the values lie in 0..255."
    )


def to_uint8(values: np.ndarray) -> np.ndarray:
    """Rounds values in [0, 1] half-up to uint8 in 0..255, clipping what lies outside.

    Example:
        >>> to_uint8(np.array([-0.1, 0.5, 1.2])).tolist()
        [0, 128, 255]
    """
    return _to_integer(values, np.dtype(np.uint8))


def to_uint16(values: np.ndarray) -> np.ndarray:
    """Rounds values in [0, 1] half-up to uint16 in 0..65535, clipping what lies outside."""
    return _to_integer(values, np.dtype(np.uint16))


def row_blocks(pixels: np.ndarray) -> list[slice]:
    """Cuts a picture into blocks of rows, so that wider numbers take memory for one block only.

    Example:
        >>> row_blocks(np.zeros((5, 1 << 17), np.uint8))
        [slice(0, 2, None), slice(2, 4, None), slice(4, 6, None)]
    """
    rows = max(1, _BLOCK_SAMPLES // pixels[0].size)
    return [slice(start, start + rows) for start in range(0, len(pixels), rows)]


def _to_integer(values: np.ndarray, dtype: np.dtype) -> np.ndarray:
    maximum = np.float32(_INTEGER_MAXIMUM[dtype])
    scaled = np.asarray(values, np.float32) * maximum
    scaled += np.float32(0.5)
    return np.clip(scaled, 0, maximum, out=scaled).astype(dtype)
