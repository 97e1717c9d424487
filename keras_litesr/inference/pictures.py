"""What callers hand over as a picture, checked and made into a `Photo`."""

import os
from typing import Any

import numpy as np
from PIL import Image

from keras_litesr.images.files import Photo, from_pil, read


def photo_of(image: Any) -> Photo:
    """Makes a photo of a path, a Pillow image or an array.

    Args:
        image: Path, Pillow image, `Photo`, or uint8 or uint16 array: `(height, width, 3)` RGB,
            `(height, width, 4)` with alpha, or `(height, width)` grey.

    Raises:
        TypeError: For another kind of object, or an array of another dtype.
        ValueError: For an array of another shape, or an empty one.
        ImageFileError: When a path does not lead to a readable picture, or Pillow's mode has no
            defined range.
    """
    if isinstance(image, Photo):
        return image
    if isinstance(image, (str, os.PathLike)):
        return read(image)
    if isinstance(image, Image.Image):
        return from_pil(image)
    if isinstance(image, np.ndarray):
        return _photo_of_array(image)
    received = f"{type(image).__module__}.{type(image).__qualname__}".removeprefix("builtins.")
    raise TypeError(
        f"Expected a path, a Pillow image or a NumPy array, received {received}. Convert tensors "
        "with numpy.asarray to (height, width, 3) uint8."
    )


def array_of(photo: Photo) -> np.ndarray:
    """Joins colour and alpha into one array of the shapes that `photo_of` takes."""
    return photo.colour if photo.alpha is None else np.dstack([photo.colour, photo.alpha])


def _photo_of_array(pixels: np.ndarray) -> Photo:
    if pixels.dtype not in (np.uint8, np.uint16):
        raise TypeError(
            f"Expected an array of uint8 (0..255) or uint16, received {pixels.dtype}. Convert "
            "values in [0, 1] with keras_litesr.images.pixels.to_uint8."
        )
    if pixels.size == 0 or pixels.ndim not in (2, 3) or pixels.shape[2:] not in ((), (3,), (4,)):
        raise ValueError(
            "Expected one picture of (height, width, 3), (height, width, 4) or (height, width), "
            f"none of them 0, received {pixels.shape}. Put channels last, and hand over the "
            "pictures of a batch one by one."
        )
    if pixels.shape[2:] == (4,):
        return Photo(pixels[..., :3], pixels[..., 3])
    return Photo(pixels)
