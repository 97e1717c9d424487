"""The file door: what reads, writes and finds picture files."""

import os
from pathlib import Path

from keras_litesr.images.decoding import DEFAULT_MAX_PIXELS, read
from keras_litesr.images.metadata import Metadata
from keras_litesr.images.output import OUTPUT_SUFFIXES, check_output, check_place, losses, write
from keras_litesr.images.photos import ImageFileError, Photo, from_pil, to_pil

__all__ = [
    "DEFAULT_MAX_PIXELS",
    "OUTPUT_SUFFIXES",
    "SUFFIXES",
    "ImageFileError",
    "Metadata",
    "Photo",
    "check_output",
    "check_place",
    "find_images",
    "from_pil",
    "losses",
    "read",
    "to_pil",
    "write",
]

SUFFIXES = (".avif", ".bmp", ".gif", *OUTPUT_SUFFIXES)


def find_images(folder: str | os.PathLike[str]) -> list[Path]:
    """Lists the pictures in a folder and its subfolders, by suffix, sorted; hidden ones left out.

    Raises:
        ImageFileError: When the folder is missing or not a folder.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise ImageFileError(
            f"Expected a folder of pictures, received {str(folder)!r}, which is none. "
            "Check the path."
        )
    found = []
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        visible = [name for name in names if not name.startswith(".")]
        found += [Path(parent, name) for name in visible if Path(name).suffix.lower() in SUFFIXES]
    return sorted(found)
