"""Pictures decoded once and held in memory as uint8."""

import hashlib
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import numpy as np

from keras_litesr.datasets.data_folders import find_folder
from keras_litesr.images import resize
from keras_litesr.images.files import ImageFileError, find_images, read_rgb

_BAD_SHARE = 0.05
_MOST_HELD_OUT = 20

Picture = TypeVar("Picture")


def load_folders(
    folders: str | Path | Sequence[str | Path],
    *,
    warn: Callable[[str], None] = print,
) -> list[np.ndarray]:
    """Decodes every picture below some folders, grey ones as RGB, alpha left out.

    Args:
        folders: One or several paths, or names that `find_folder` knows; searched recursively, in
            the order given. A file that is met twice counts once.
        warn: Called with one line for every file that cannot be decoded, which is left out, and
            one with their number.

    Returns:
        `(height, width, 3)` uint8 RGB each, in the order of the names.

    Raises:
        ImageFileError: When a folder is missing, there is no picture, or more than 5 % of the
            files cannot be decoded.
    """
    if isinstance(folders, (str, Path)):
        folders = [folders]
    found = [file.resolve() for folder in folders for file in find_images(find_folder(folder))]
    files = list(dict.fromkeys(found))
    if not files:
        raise ImageFileError(
            f"Expected pictures in {', '.join(map(str, folders))}, found none. "
            "Name a folder that holds PNG or JPEG files."
        )
    decoded = _decode_all(files)
    problems = [str(picture) for picture in decoded if isinstance(picture, ImageFileError)]
    leave_out(problems, len(files), warn=warn)
    return [picture for picture in decoded if not isinstance(picture, ImageFileError)]


def leave_out(
    problems: Sequence[str],
    files: int,
    *,
    warn: Callable[[str], None] = print,
) -> None:
    """Tells of files that cannot be decoded, and refuses when they are too many.

    Args:
        problems: One line for every such file, which names it.
        files: Their number together with that of the readable ones.
        warn: Called with every line and, if there are any, with one that counts them.

    Raises:
        ImageFileError: When they are more than 5 % of the files.
    """
    for problem in problems:
        warn(f"left out: {problem}")
    if problems:
        warn(f"left out: {len(problems)} of {files} files, which cannot be decoded")
    if len(problems) > _BAD_SHARE * files:
        raise ImageFileError(
            f"Expected at least 95 % readable pictures, {len(problems)} of {files} are not. "
            "Mend or remove them; the lines above name them."
        )


def at_least(
    side: int,
    pictures: Sequence[np.ndarray],
    *,
    warn: Callable[[str], None] = print,
) -> list[np.ndarray]:
    """Leaves out pictures that a square of `side` pixels does not fit into.

    Args:
        side: In high-resolution pixels.
        pictures: `(height, width, 3)` each.
        warn: Called with one line that counts those left out, if there are any.
    """
    large = [picture for picture in pictures if min(picture.shape[:2]) >= side]
    if len(large) < len(pictures):
        small = len(pictures) - len(large)
        warn(f"left out: {small} of {len(pictures)} pictures, smaller than {side}x{side} pixels")
    return large


def centre(picture: np.ndarray, side: int) -> np.ndarray:
    """Returns the middle of a picture, at most `side` pixels high and wide."""
    height, width = picture.shape[:2]
    top, left = max(height - side, 0) // 2, max(width - side, 0) // 2
    return picture[top : top + side, left : left + side]


def reduced(picture: np.ndarray, share: float) -> np.ndarray:
    """Reduces a picture bicubically to a share, below 1, of its sides."""
    height, width = (max(round(side * share), 1) for side in picture.shape[:2])
    return resize.bicubic(picture, (height, width))


def hold_out(pictures: Sequence[Picture], *, seed: int = 0) -> tuple[list[Picture], list[Picture]]:
    """Takes a random tenth of the pictures, and at most 20, out for validation.

    Args:
        pictures: At least 10, arrays or pairs of them.
        seed: Of the choice; the same pictures and seed give the same choice.

    Returns:
        Pictures for training and pictures for validation, both in the order given.

    Raises:
        ValueError: When there are fewer than 10.
    """
    count = min(_MOST_HELD_OUT, len(pictures) // 10)
    if not count:
        raise ValueError(
            f"Expected at least 10 pictures to take some out for validation, received "
            f"{len(pictures)}. Add pictures, or name a folder of others with --validation."
        )
    chosen = set(np.random.default_rng(seed).permutation(len(pictures))[:count].tolist())
    kept = [picture for index, picture in enumerate(pictures) if index not in chosen]
    return kept, [pictures[index] for index in sorted(chosen)]


def split(
    side: int,
    pictures: Sequence[np.ndarray],
    others: Sequence[np.ndarray] | None = None,
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Finds the pictures to train on and those to validate with, none of them too small.

    `hold_out` chooses before small ones are left out, so that another `side` changes its choice
    by these alone. What is in both lists, pixel by pixel, is for validation.

    Args:
        side: In high-resolution pixels, of the square that has to fit into each.
        pictures: For training.
        others: For validation; `None` holds some of `pictures` out.

    Raises:
        ValueError: When there are too few to hold any out, all for validation or all others are
            too small, or there are no others to train on.
    """
    training, validation = hold_out(pictures) if others is None else (list(pictures), others)
    large = for_validation(side, validation)
    training = _besides(validation, training)
    rest = at_least(side, training)
    if not rest:
        raise ValueError(
            f"Expected pictures of at least {side}x{side} pixels to train on, received "
            f"{len(training)}, none that large. Add larger pictures or choose a smaller patch."
        )
    return rest, large


def for_validation(side: int, pictures: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Leaves out small pictures, to whose size validation would cut all the others.

    Args:
        side: In high-resolution pixels, of the square that has to fit into each.
        pictures: `(height, width, 3)` each.

    Raises:
        ValueError: When all are too small.
    """
    large = at_least(side, pictures)
    if not large:
        raise ValueError(
            f"Expected pictures of at least {side}x{side} pixels for validation, received "
            f"{len(pictures)}, none that large. Name a folder of larger ones with --validation."
        )
    return large


def _besides(others: Sequence[np.ndarray], pictures: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Leaves out the pictures that are among others."""
    shapes = {other.shape for other in others}
    known = {_digest(other) for other in others}
    rest = [each for each in pictures if each.shape not in shapes or _digest(each) not in known]
    if len(rest) < len(pictures):
        if not rest:
            raise ValueError(
                f"Expected other pictures to train on than to validate with, received "
                f"{len(pictures)}, all of which are among those. Name other folders."
            )
        twice = len(pictures) - len(rest)
        print(f"left out: {twice} of {len(pictures)} pictures, which are for validation")
    return rest


def _digest(picture: np.ndarray) -> tuple[tuple[int, ...], bytes]:
    return picture.shape, hashlib.sha256(np.ascontiguousarray(picture).data).digest()


def _decode_all(files: Sequence[Path]) -> list[np.ndarray | ImageFileError]:
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        try:
            return list(pool.map(_decode, files))
        except BaseException:
            pool.shutdown(cancel_futures=True)  # Ctrl-C does not wait for every file.
            raise


def _decode(path: Path) -> np.ndarray | ImageFileError:
    try:
        return read_rgb(path)
    except ImageFileError as error:
        return error
