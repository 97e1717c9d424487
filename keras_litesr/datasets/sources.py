"""Pictures decoded once and held in memory as uint8."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from keras_litesr.images.files import ImageFileError, find_images, read
from keras_litesr.images.photos import eight_bit

_BAD_SHARE = 0.05


def load_folders(
    folders: Sequence[str | Path],
    *,
    warn: Callable[[str], None] = print,
) -> list[np.ndarray]:
    """Decodes every picture below some folders, grey ones as RGB, alpha left out.

    Args:
        folders: Searched recursively, in the order given.
        warn: Called with one line for every file that cannot be decoded, which is left out.

    Returns:
        `(height, width, 3)` uint8 RGB each, in the order of the names.

    Raises:
        ImageFileError: When a folder is missing, there is no picture, or more than 5 % of the
            files cannot be decoded.
    """
    files = [file for folder in folders for file in find_images(folder)]
    if not files:
        raise ImageFileError(
            f"Expected pictures in {', '.join(map(str, folders))}, found none. "
            "Name a folder that holds PNG or JPEG files."
        )
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        decoded = list(pool.map(_decode, files))
    problems = [str(picture) for picture in decoded if isinstance(picture, ImageFileError)]
    for problem in problems:
        warn(f"left out: {problem}")
    if len(problems) > _BAD_SHARE * len(files):
        raise ImageFileError(
            f"Expected at least 95 % readable pictures, {len(problems)} of {len(files)} are not. "
            "Mend or remove them; the lines above name them."
        )
    return [picture for picture in decoded if not isinstance(picture, ImageFileError)]


def _decode(path: Path) -> np.ndarray | ImageFileError:
    try:
        photo = eight_bit(read(path))
    except ImageFileError as error:
        return error
    return np.repeat(photo.colour[..., None], 3, axis=2) if photo.is_grey else photo.colour
