"""Where pictures come from: folders, packed files, and sets of TensorFlow Datasets by name."""

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

import numpy as np

from keras_litesr.datasets.packs import load_pack, may_hold_copies
from keras_litesr.datasets.sources import load_folders
from keras_litesr.images.files import ImageFileError
from keras_litesr.silence import captured_output

TFDS = "tfds:"


def load_pictures(places: Sequence[str | Path]) -> list[np.ndarray]:
    """Reads every picture of some places; files that cannot be decoded are named and left out.

    Args:
        places: Folders, or names that `find_folder` knows; `.npz` files of `save_pack`; or names
            such as `tfds:div2k` and `tfds:div2k/bicubic_x4:validation`; in any mixture.

    Returns:
        `(height, width, 3)` uint8 RGB each, in the order of the places.

    Raises:
        ImageFileError: When a place is missing or holds no picture, or more than 5 % of its files
            cannot be decoded.
        ModuleNotFoundError: For a `tfds:` name where TensorFlow Datasets is not installed.
    """
    pictures: list[np.ndarray] = []
    for kind, group in groupby(map(str, places), key=_kind):
        if kind == "folder":  # all at once, so that a file met twice counts once
            pictures += load_folders(list(group))
        elif kind == "pack":
            pictures += [picture for path in group for picture in load_pack(Path(path))]
        else:
            with captured_output():
                from keras_litesr.datasets.tfds_sets import load_tfds

            pictures += [picture for name in group for picture in load_tfds(name[len(TFDS) :])]
    return pictures


def with_copies(places: Sequence[str | Path]) -> list[str]:
    """Names the packs among some places that hold copies of their own pictures, or may do so.

    Raises:
        ImageFileError: When a pack is missing, or is none.
    """
    packs = [place for place in map(str, places) if _kind(place) == "pack"]
    return [place for place in packs if may_hold_copies(Path(place))]


def require_no_copies(places: Sequence[str | Path]) -> None:
    """Refuses places of which none can be held out, as copies of them would be trained on.

    Raises:
        ImageFileError: For packs with copies of their own pictures, or that do not say; or when a
            pack is missing, or is none.
    """
    if packs := with_copies(places):
        raise ImageFileError(
            f"Expected other photos to validate with than to train on, received {packs[0]}, which "
            "holds reduced copies of its photos or does not say that it holds none. Name other "
            "photos with --validation, or pack it again without --reduce."
        )


def _kind(place: str) -> str:
    if place.startswith(TFDS):
        return "tfds"
    return "pack" if place.endswith(".npz") else "folder"
