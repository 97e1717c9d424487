"""Protocols: which pixels are compared, in which colours, with which metrics."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from keras_litesr.evaluation.metrics import (
    gmsd,
    high_frequency_energy,
    psnr,
    require_unit_range,
    ssim,
    ssim_uniform,
)
from keras_litesr.images.colour import luma
from keras_litesr.images.pixels import to_float, to_uint8


@dataclass(frozen=True)
class Protocol:
    """A way to measure that has a name, so that figures are compared only with their like.

    Attributes:
        name: One word that stands beside every figure.
        description: One sentence for the reader of a table.
        measure: `(reference, restored, scale)` to metrics by name. The images are
            `(height, width, 3)` RGB of the same shape, uint8, or anything `pixels.to_float`
            accepts, which is rounded to uint8 first.
        smallest_side: Scale to the least height and width that `measure` takes, in
            high-resolution pixels.
    """

    name: str
    description: str
    measure: Callable[[np.ndarray, np.ndarray, int], dict[str, float]]
    smallest_side: Callable[[int], int]


def _standard(reference: np.ndarray, restored: np.ndarray, scale: int) -> dict[str, float]:
    first, second = (luma(_inside(image, scale)) for image in _stored(reference, restored))
    return {"psnr": psnr(first, second), "ssim": ssim(first, second)}


def _paper(reference: np.ndarray, restored: np.ndarray, scale: int) -> dict[str, float]:
    first, second = _stored(reference, restored)
    return {"psnr": psnr(first, second), "ssim": ssim_uniform(first, second)}


def _sharpness(reference: np.ndarray, restored: np.ndarray, scale: int) -> dict[str, float]:
    first, second = (_inside(image, scale) for image in _stored(reference, restored))
    return {
        "high_frequency_energy": high_frequency_energy(first, second, scale),
        "gmsd": gmsd(first, second),
    }


def _stored(reference: np.ndarray, restored: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Gives the float64 values in [0, 1] that files of uint8 would hold."""
    # Before rounding, which clips: pixels in 0..255 would nearly all be white.
    require_unit_range(reference)
    return _rounded(reference), _rounded(restored)


def _rounded(image: np.ndarray) -> np.ndarray:
    image = np.asarray(image)
    if image.ndim != 3 or image.shape[2] != 3:
        raise ValueError(
            f"Expected (height, width, 3) RGB, received {image.shape}. "
            "Make grey pictures RGB by repeating their channel."
        )
    integers = image if image.dtype == np.uint8 else to_uint8(to_float(image))
    return integers / 255.0


def _inside(image: np.ndarray, border: int) -> np.ndarray:
    """Cuts off a border that the upscaler could not see beyond."""
    height, width = image.shape[:2]
    if min(height, width) <= 2 * border:
        raise ValueError(
            f"Expected more than {2 * border} pixels a side, of which the protocol crops {border} "
            f"at each border, received {width}x{height}. Leave such small images out."
        )
    return image[border:-border, border:-border]


STANDARD = Protocol(
    "standard",
    "BT.601 luma (16-235) of the uint8 image, cropped by the scale at each border; "
    "SSIM in an 11x11 Gaussian window.",
    _standard,
    lambda scale: 11 + 2 * scale,
)
PAPER = Protocol(
    "paper",
    "RGB of the whole uint8 image; SSIM in a flat 7x7 window, averaged over the channels.",
    _paper,
    lambda scale: 7,
)
SHARPNESS = Protocol(
    "sharpness",
    "Luma of the uint8 image, cropped by the scale at each border; share of the reference's "
    "spectral energy above the low-resolution Nyquist frequency, and gradient similarity.",
    _sharpness,
    lambda scale: 1 + 2 * scale,
)
PROTOCOLS = {protocol.name: protocol for protocol in (STANDARD, PAPER, SHARPNESS)}
