"""The file door: what reads, writes and finds picture files."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from keras_litesr.images.decoding import DEFAULT_MAX_PIXELS, read
from keras_litesr.images.metadata import Metadata
from keras_litesr.images.output import OUTPUT_SUFFIXES, check_output, losses, write
from keras_litesr.images.photos import ImageFileError, Photo, eight_bit, from_pil, to_pil

__all__ = [
    "DEFAULT_MAX_PIXELS",
    "OUTPUT_SUFFIXES",
    "SUFFIXES",
    "ImageFileError",
    "Metadata",
    "Photo",
    "check_output",
    "find_images",
    "from_pil",
    "losses",
    "read",
    "read_rgb",
    "to_pil",
    "unreadable",
    "write",
]

SUFFIXES = (".avif", ".bmp", ".gif", ".jfif", ".jpe", *OUTPUT_SUFFIXES)


def read_rgb(path: str | os.PathLike[str]) -> np.ndarray:
    """Reads a picture as `(height, width, 3)` uint8 RGB, alpha left out; refuses as `read` does."""
    return eight_bit(read(path)).rgb


def _refuse(error: OSError) -> None:
    raise ImageFileError(unreadable(error)) from error


def find_images(
    folder: str | os.PathLike[str], *, on_error: Callable[[OSError], None] = _refuse
) -> list[Path]:
    """Lists the pictures in a folder and its subfolders, by suffix, sorted; hidden ones left out.

    Args:
        folder: The folder.
        on_error: Called with what keeps a folder from being searched, whose name it knows.

    Raises:
        ImageFileError: When the folder is missing or not a folder; by default, when one of them
            cannot be searched.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise ImageFileError(
            f"Expected a folder of pictures, received {str(folder)!r}, which is none. "
            "Check the path."
        )
    found = []
    for parent, folders, names in os.walk(folder, onerror=on_error):
        folders[:] = [name for name in folders if not name.startswith(".")]
        visible = [name for name in names if not name.startswith(".")]
        found += [Path(parent, name) for name in visible if Path(name).suffix.lower() in SUFFIXES]
    return sorted(found)


def unreadable(error: OSError) -> str:
    """Says which folder cannot be searched, and what to do."""
    return (
        f"Expected a folder of pictures at {str(error.filename)!r}, received one that cannot be "
        f"searched ({error.strerror}). Check its permissions, or move it elsewhere."
    )
