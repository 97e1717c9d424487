"""Pictures of many sizes in one file, for machines that take no folder and decode none."""

import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from keras_litesr.atomic import published
from keras_litesr.images.files import ImageFileError

LARGEST_BYTES = 4 << 30
# An encrypted archive is a RuntimeError, an unknown compression a NotImplementedError.
_UNREADABLE = (
    OSError,
    KeyError,
    ValueError,
    EOFError,
    RuntimeError,
    zipfile.BadZipFile,
    zlib.error,
)


def save_pack(pictures: Sequence[np.ndarray], path: Path, *, holds_copies: bool = False) -> None:
    """Writes pictures as `.npz`: `pixels`, all of them in a row, and `shapes`, one row a picture.

    Args:
        pictures: `(height, width, 3)` uint8 RGB each.
        path: File that appears whole or not at all.
        holds_copies: Whether some are reduced copies of others, which is noted in the file.

    Raises:
        ImageFileError: When there is no picture, their pixels exceed 4 GiB, or the path is none
            for a pack.
    """
    check_target(path)
    check_size(pictures)
    shapes = np.array([picture.shape for picture in pictures], np.int64)
    pixels = np.concatenate([picture.ravel() for picture in pictures])
    with published(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, pixels=pixels, shapes=shapes, holds_copies=holds_copies)


def check_size(pictures: Sequence[np.ndarray]) -> None:
    """Refuses pictures that are none, or too many for one pack.

    Raises:
        ImageFileError: When there is no picture, or their pixels exceed 4 GiB.
    """
    size = sum(picture.nbytes for picture in pictures)
    if not pictures or size > LARGEST_BYTES:
        raise ImageFileError(
            f"Expected pictures of 1 byte to {LARGEST_BYTES >> 20} MiB in all, received "
            f"{len(pictures)} of {size >> 20} MiB. Take fewer or smaller ones."
        )


def check_target(path: Path) -> None:
    """Refuses a path that a pack could not be written to, or not be found at by its name.

    Raises:
        ImageFileError: When it does not end in `.npz`, or its folder is missing.
    """
    if path.suffix != ".npz":
        raise ImageFileError(f"Expected a file ending in .npz, received {str(path)!r}.")
    if not path.parent.is_dir():
        raise ImageFileError(f"The folder {path.parent} does not exist. Make it, or name another.")


def load_pack(path: Path) -> list[np.ndarray]:
    """Reads what `save_pack` wrote; nothing in the file runs.

    Returns:
        `(height, width, 3)` uint8 RGB each.

    Raises:
        ImageFileError: When the file is missing, or is none of `save_pack`.
    """
    with _opened(path) as file:
        pixels, shapes = file["pixels"], file["shapes"]
    if not isinstance(pixels, np.ndarray) or not isinstance(shapes, np.ndarray):
        raise _odd(path, "it holds other files than arrays")
    if pixels.dtype != np.uint8 or pixels.ndim != 1:
        raise _odd(path, f"its pixels are {pixels.dtype} of shape {pixels.shape}")
    if shapes.ndim != 2 or shapes.shape[1:] != (3,) or shapes.dtype.kind not in "iu":
        raise _odd(path, f"its shapes are {shapes.dtype} of shape {shapes.shape}")
    if not len(shapes) or shapes.min() < 1 or np.any(shapes[:, 2] != 3):
        raise _odd(path, "its shapes are not those of RGB pictures")
    sizes = shapes.astype(object).prod(axis=1)
    if sum(sizes) != len(pixels):
        raise _odd(path, f"it holds {len(pixels)} values for shapes of {sum(sizes)}")
    parts = np.split(pixels, np.cumsum(sizes[:-1]).astype(np.int64))
    return [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]


def may_hold_copies(path: Path) -> bool:
    """Tells whether pictures of a pack are copies of others, or may be: older packs do not say.

    Raises:
        ImageFileError: When the file is missing, or is no pack.
    """
    with _opened(path) as file:
        return "holds_copies" not in file or bool(np.any(file["holds_copies"]))


@contextmanager
def _opened(path: Path) -> Iterator[Mapping[str, np.ndarray]]:
    """Yields the arrays of a pack that does not unpack to more than one can hold."""
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(member.file_size for member in archive.infolist())
        if size > LARGEST_BYTES + (1 << 20):  # the shapes and the heads of both arrays
            raise ValueError(f"it would unpack to {size >> 20} MiB")
        with np.load(path, allow_pickle=False) as file:
            yield file
    except _UNREADABLE as error:
        raise _odd(path, str(error)) from error


def _odd(path: Path, reason: str) -> ImageFileError:
    return ImageFileError(
        f"Expected a file of tools/pack_images.py, received {str(path)!r}: {reason}. "
        "Pack the pictures again."
    )
