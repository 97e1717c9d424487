"""Cubic resizing: Pillow's antialiased kernel, and the shifted one behind the paper's figures."""

import numpy as np
from PIL import Image

from keras_litesr.images.pixels import to_float, to_uint16

_LEGACY_TENSORFLOW_A = -0.75


def bicubic(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resizes with Pillow's bicubic filter (a = -0.5), antialiased where it reduces.

    Args:
        image: `(height, width)` or `(height, width, channels)`; uint8, uint16 or float32.
        size: `(height, width)` of the result in pixels.

    Returns:
        Array of the same dtype and number of channels; integers rounded and clipped, floats not.
    """
    if image.ndim == 3 and not (image.dtype == np.uint8 and image.shape[2] == 3):
        channels = np.moveaxis(image, -1, 0)
        return np.stack([bicubic(channel, size) for channel in channels], axis=-1)
    if image.dtype == np.uint16:
        return to_uint16(bicubic(to_float(image), size))
    if image.dtype != np.uint8:
        image = image.astype(np.float32)
    return np.asarray(Image.fromarray(image).resize(size[::-1], Image.Resampling.BICUBIC))


def reduce(image: np.ndarray, scale: int) -> np.ndarray:
    """Makes `low_res` from `high_res`: crops to a multiple of `scale`, then reduces bicubically.

    Equals MATLAB's `imresize` up to the borders; this is the degradation that the zoo's models
    expect.

    Example:
        >>> reduce(np.zeros((10, 13, 3), np.uint8), 4).shape
        (2, 3, 3)
    """
    cropped = crop_to_multiple(image, scale)
    return bicubic(cropped, (cropped.shape[0] // scale, cropped.shape[1] // scale))


def enlarge(image: np.ndarray, scale: int) -> np.ndarray:
    """Enlarges bicubically with pixel centres aligned, as Pillow does."""
    return bicubic(image, (image.shape[0] * scale, image.shape[1] * scale))


def enlarge_shifted(image: np.ndarray, scale: int) -> np.ndarray:
    """Enlarges with the cubic kernel aligned at the top left corner instead of at pixel centres.

    Old TensorFlow resized this way (`half_pixel_centers=False`), with Keys' kernel at a = -0.75
    instead of Pillow's -0.5; the half-pixel shift costs about 3.5 dB and reproduces the bicubic
    rows of the paper's Tables I, II and IV.

    Args:
        image: `(height, width, channels)` float32 in [0, 1].
        scale: Enlargement per side.

    Returns:
        `(scale * height, scale * width, channels)` float32, not clipped.
    """
    rows = _shifted_matrix(image.shape[0], scale)
    columns = _shifted_matrix(image.shape[1], scale)
    return np.einsum("yi,xj,ijc->yxc", rows, columns, image, optimize=True).astype(np.float32)


def crop_to_multiple(image: np.ndarray, scale: int) -> np.ndarray:
    """Cuts off the last rows and columns that do not fill a multiple of `scale`."""
    height, width = image.shape[:2]
    if height < scale or width < scale:
        raise ValueError(
            f"Expected an image of at least {scale}x{scale} pixels, received {width}x{height}. "
            "Leave it out or choose a smaller scale."
        )
    return image[: height - height % scale, : width - width % scale]


def cubic_kernel(distance: np.ndarray, a: float = -0.5) -> np.ndarray:
    """Evaluates Keys' cubic convolution kernel at distances in source pixels.

    Reference:
        Keys, 1981, Cubic convolution interpolation for digital image processing, Eq. 4.
    """
    x = np.abs(np.asarray(distance, np.float64))
    near = (a + 2) * x**3 - (a + 3) * x**2 + 1
    far = a * x**3 - 5 * a * x**2 + 8 * a * x - 4 * a
    return np.where(x <= 1, near, np.where(x < 2, far, 0.0))


def _shifted_matrix(length: int, scale: int) -> np.ndarray:
    position = np.arange(length * scale) / scale
    taps = np.floor(position)[:, None].astype(int) + np.arange(-1, 3)
    weights = cubic_kernel(position[:, None] - taps, a=_LEGACY_TENSORFLOW_A)
    matrix = np.zeros((length * scale, length))
    np.add.at(matrix, (np.arange(length * scale)[:, None], np.clip(taps, 0, length - 1)), weights)
    return matrix
