"""Pairs of low- and high-resolution pictures under the zoo's one degradation, bicubic."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from keras_litesr.images import resize


@dataclass(frozen=True)
class Pair:
    """A picture at both resolutions.

    Attributes:
        low_res: `(height, width, 3)` uint8 RGB.
        high_res: `(scale * height, scale * width, 3)` uint8 RGB.
    """

    low_res: np.ndarray
    high_res: np.ndarray


def degrade(pictures: Iterable[np.ndarray], scale: int) -> list[Pair]:
    """Reduces every picture bicubically, once and whole, so that patches carry no border effect.

    Args:
        pictures: `(height, width, 3)` uint8 RGB each, cropped to a multiple of `scale` here.
        scale: Reduction per side.
    """
    cropped = (resize.crop_to_multiple(picture, scale) for picture in pictures)
    return [Pair(resize.reduce(picture, scale), picture) for picture in cropped]
