"""Folders of pictures by path, or by name in the folder of data sets that LITESR_DATA names."""

import os
from pathlib import Path

from keras_litesr.images.files import ImageFileError

VARIABLE = "LITESR_DATA"
_SHELVES = ("", "evaluation", "training")


def find_folder(place: str | Path) -> Path:
    """Finds a folder of pictures by its path or its name.

    A path that exists is taken as it is. A plain name such as `Set5` is looked for in the folder
    that the environment variable `LITESR_DATA` names, then in its folders `evaluation` and
    `training`.

    Args:
        place: Path, or name without a slash.

    Returns:
        The path, which exists; whether it is a folder with pictures is for its reader to say.

    Raises:
        ImageFileError: When nothing is found; the message names where it was looked for.
    """
    path = Path(place)
    if path.exists():
        return path
    home = os.environ.get(VARIABLE)
    if not home or len(path.parts) > 1:
        raise ImageFileError(
            f"Expected a folder of pictures, received {str(place)!r}, which is none. Check the "
            f"path, or name a set, such as Set5, in a folder of sets that {VARIABLE} names."
        )
    for shelf in _SHELVES:
        found = Path(home, shelf, path)
        if found.is_dir():
            return found
    listed = " or ".join(str(Path(home, shelf)) for shelf in _SHELVES)
    raise ImageFileError(
        f"Expected a folder of pictures, received {str(place)!r}, which is none in "
        f"{Path.cwd()}, and no set in {listed}. Check the name, and the folder that {VARIABLE} "
        "names."
    )
