"""Image quality of a restored picture against its reference: PSNR, SSIM, GMSD, sharpness."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from keras_litesr.images.colour import luma
from keras_litesr.images.pixels import to_float

_GMSD_CONSTANT = 170.0
_EMPTY_SPECTRUM = 1e-20
# Beyond what filters overshoot by, and far from 255.
_LEAST, _MOST = -0.5, 1.5


def psnr(reference: np.ndarray, restored: np.ndarray) -> float:
    """Computes the peak signal-to-noise ratio over all pixels and channels.

    Args:
        reference: Any shape; floating point in [0, 1], or uint8 or uint16 over their full range.
        restored: The same shape and kinds.

    Returns:
        dB; higher is better; infinite for equal images.

    Raises:
        TypeError: For other kinds of numbers.
        ValueError: When the shapes differ or are empty, or the reference is floating point of
            another range, 0..255 for instance; the message names them. So do all metrics here.

    Example:
        >>> round(psnr(np.zeros((2, 2)), np.full((2, 2), 0.1)), 6)
        20.0
    """
    reference, restored = _comparable(reference, restored)
    mean_squared_error = float(np.mean(np.square(reference - restored)))
    return float("inf") if mean_squared_error == 0 else float(-10 * np.log10(mean_squared_error))


def ssim(reference: np.ndarray, restored: np.ndarray) -> float:
    """Computes structural similarity in an 11x11 Gaussian window, as the field reports it.

    The window has sigma 1.5 and is placed only where it fits inside the picture; K1 = 0.01,
    K2 = 0.03; covariances are those of the population. So does the authors' `ssim_index`.

    Args:
        reference: `(height, width)` or `(height, width, channels)`, each side at least 11 pixels;
            floating point in [0, 1], or uint8 or uint16 over their full range.
        restored: The same shape and kinds.

    Returns:
        Average over windows and channels, in [-1, 1]; 1 for equal images; higher is better.

    Raises:
        TypeError: For other kinds of numbers.
        ValueError: When the shapes differ or are smaller than the window.

    Reference:
        Wang et al., 2004, Image quality assessment: from error visibility to structural
        similarity, Eq. 13 to 17.
    """
    gaussian = np.exp(-0.5 * (np.arange(-5, 6) / 1.5) ** 2)
    return _ssim(reference, restored, gaussian / gaussian.sum(), 1.0)


def ssim_uniform(reference: np.ndarray, restored: np.ndarray) -> float:
    """Computes structural similarity in a flat 7x7 window with sample covariances.

    This is what scikit-image computes unless told otherwise, and what the paper's bicubic rows
    agree with. Its values differ from `ssim` in the second decimal: do not compare the two.

    Args:
        reference: As for `ssim`, each side at least 7 pixels.
        restored: The same shape and kinds.

    Returns:
        Average over windows and channels, in [-1, 1]; 1 for equal images; higher is better.

    Raises:
        TypeError: For other kinds of numbers.
        ValueError: When the shapes differ or are smaller than the window.
    """
    return _ssim(reference, restored, np.full(7, 1 / 7), 49 / 48)


def gmsd(reference: np.ndarray, restored: np.ndarray) -> float:
    """Computes the gradient magnitude similarity deviation on full-range grey.

    Grey is averaged over disjoint 2x2 blocks, gradients are Prewitt's with zeros beyond the
    border, T = 170 for grey in 0..255; the authors' code does the same.

    Args:
        reference: `(height, width)` grey or `(height, width, 3)` RGB; floating point in [0, 1],
            or uint8 or uint16 over their full range.
        restored: The same shape and kinds.

    Returns:
        Zero or more, below 0.5; zero for equal images; lower is better.

    Raises:
        TypeError: For other kinds of numbers.
        ValueError: When the shapes differ or are neither grey nor RGB.

    Reference:
        Xue et al., 2014, Gradient magnitude similarity deviation, Eq. 1 to 6.
    """
    first, second = (
        _gradient_magnitude(_half_size(255 * _grey(image)))
        for image in _comparable(reference, restored)
    )
    similarity = (2 * first * second + _GMSD_CONSTANT) / (first**2 + second**2 + _GMSD_CONSTANT)
    return float(np.std(similarity))


def high_frequency_energy(reference: np.ndarray, restored: np.ndarray, scale: int) -> float:
    """Computes how much of the reference's energy above the low-resolution Nyquist is restored.

    Of each picture the luma is taken, its mean subtracted, and a Hann window laid over it, so that
    opposite borders, which do not match, add no energy. Its squared Fourier amplitudes are summed
    over all frequencies whose radius exceeds `0.5 / scale` cycles per high-resolution pixel. The
    result is the sum for `restored` divided by that for `reference`. It weighs the amount of
    detail, not whether the detail is right: read it beside a metric that does.

    Args:
        reference: `(height, width)` grey or `(height, width, 3)` RGB; floating point in [0, 1],
            or uint8 or uint16 over their full range.
        restored: The same shape and kinds.
        scale: Enlargement per side.

    Returns:
        Zero or more; 1 for equal images, less when blurred, above 1 when noise or sharpening adds
        energy; infinite when only `restored` has such energy.

    Raises:
        TypeError: For other kinds of numbers.
        ValueError: When the shapes differ or are neither grey nor RGB.
    """
    expected, received = (
        _energy_above(_grey(image), 0.5 / scale) for image in _comparable(reference, restored)
    )
    if expected < _EMPTY_SPECTRUM:
        return 1.0 if received < _EMPTY_SPECTRUM else float("inf")
    return received / expected


def require_unit_range(reference: np.ndarray) -> None:
    """Refuses a reference whose floating-point pixels are of another range than [0, 1].

    Raises:
        ValueError: For values that lie far outside; the message names them.
    """
    reference = np.asarray(reference)
    if not np.issubdtype(reference.dtype, np.floating) or reference.size == 0:
        return
    least, most = reference.min(), reference.max()
    if least < _LEAST or most > _MOST:
        raise ValueError(
            f"Expected floating-point pixels in [0, 1], received a reference of {least:.5g} to "
            f"{most:.5g}. Divide by 255 what lies in 0..255, or give uint8."
        )


def _comparable(reference: np.ndarray, restored: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    reference, restored = np.asarray(reference), np.asarray(restored)
    if reference.shape != restored.shape or reference.size == 0:
        raise ValueError(
            f"Expected two images of the same shape, received a reference of {reference.shape} and "
            f"a restored image of {restored.shape}. Crop the reference to a multiple of the scale."
        )
    require_unit_range(reference)
    return _as_float64(reference), _as_float64(restored)


def _as_float64(image: np.ndarray) -> np.ndarray:
    floating = np.issubdtype(image.dtype, np.floating)
    return (image if floating else to_float(image)).astype(np.float64, copy=False)


def _ssim(
    reference: np.ndarray, restored: np.ndarray, weights: np.ndarray, covariance_factor: float
) -> float:
    """Averages over channels; one at a time, which is much faster than all at once."""
    first, second = _comparable(reference, restored)
    if first.ndim not in (2, 3) or min(first.shape[:2]) < len(weights):
        advice = "Leave such small images out" if first.ndim < 4 else "Measure one image at a time"
        raise ValueError(
            f"Expected (height, width) or (height, width, channels) with sides of at least "
            f"{len(weights)} pixels, received {first.shape}. {advice}."
        )
    channels = zip(np.atleast_3d(first).T, np.atleast_3d(second).T, strict=True)
    return float(np.mean([_mean_similarity(x, y, weights, covariance_factor) for x, y in channels]))


def _mean_similarity(
    first: np.ndarray, second: np.ndarray, weights: np.ndarray, covariance_factor: float
) -> float:
    """Averages Wang's Eq. 13 over the windows that a separable kernel fits into."""
    mean_first, mean_second = _filter(first, weights), _filter(second, weights)
    product, squares = mean_first * mean_second, mean_first**2 + mean_second**2
    covariance = covariance_factor * (_filter(first * second, weights) - product)
    variances = covariance_factor * (_filter(first**2 + second**2, weights) - squares)
    c1, c2 = 0.01**2, 0.03**2
    similarity = (2 * product + c1) * (2 * covariance + c2)
    return float(np.mean(similarity / ((squares + c1) * (variances + c2))))


def _filter(image: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Correlates both sides with the same weights, keeping only windows inside the image."""
    rows = sliding_window_view(image, len(weights), axis=0) @ weights
    return sliding_window_view(rows, len(weights), axis=1) @ weights


def _grey(image: np.ndarray) -> np.ndarray:
    """Takes the luma of RGB and stretches it from studio range to [0, 1]."""
    if image.ndim == 2:
        return image
    if image.ndim != 3 or image.shape[2] != 3:
        raise ValueError(
            f"Expected (height, width) grey or (height, width, 3) RGB, received {image.shape}. "
            "Measure one image at a time."
        )
    return (255 * luma(image) - 16) / 219


def _half_size(grey: np.ndarray) -> np.ndarray:
    height, width = grey.shape
    even = np.pad(grey, ((0, height % 2), (0, width % 2)))
    return (even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2]) / 4


def _gradient_magnitude(grey: np.ndarray) -> np.ndarray:
    padded = np.pad(grey, 1)
    across = padded[:, 2:] - padded[:, :-2]
    down = padded[2:] - padded[:-2]
    return np.hypot(
        (across[:-2] + across[1:-1] + across[2:]) / 3,
        (down[:, :-2] + down[:, 1:-1] + down[:, 2:]) / 3,
    )


def _energy_above(grey: np.ndarray, cycles_per_pixel: float) -> float:
    """Averages the spectral energy beyond a radius; in units of squared grey per pixel."""
    height, width = grey.shape
    spectrum = np.fft.fft2((grey - grey.mean()) * np.outer(_hann(height), _hann(width)))
    radius = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width))
    return float(np.sum(np.abs(spectrum[radius > cycles_per_pixel]) ** 2) / grey.size**2)


def _hann(length: int) -> np.ndarray:
    """Samples the window at pixel centres, so that no pixel is lost and short sides work."""
    return np.sin(np.pi * (np.arange(length) + 0.5) / length) ** 2
