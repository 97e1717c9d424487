"""The figure of `tools/reproduce_paper.py`: which pictures it shows, and how it is drawn."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np

from keras_litesr.datasets.data_folders import find_folder
from keras_litesr.evaluation.benchmark import find_pairs
from keras_litesr.evaluation.contact_sheet import Scene, contact_sheet
from keras_litesr.evaluation.paper import SCALE
from keras_litesr.images.files import Photo, write
from keras_litesr.images.resize import crop_to_multiple, reduce

# Title, low and high resolution.
Picture = tuple[str, np.ndarray, np.ndarray]
Upscale = Callable[[np.ndarray], np.ndarray]
# Side of the crops in pixels of the original.
_CROP = 72


def pictures_of(folder: Path | None) -> list[Picture]:
    """Gives what the figure is to show, of a size that its crops fit into."""
    pictures = list(_free_photos() if folder is None else _pictures_in(find_folder(folder)))
    for title, _, original in pictures:
        height, width = original.shape[:2]
        if min(height, width) < _CROP:
            raise ValueError(
                f"Expected pictures of at least {_CROP}x{_CROP} pixels for --figure, received "
                f"{width}x{height} in {title}. Leave it out."
            )
    return pictures


def write_figure(path: Path, pictures: Iterable[Picture], upscalers: Mapping[str, Upscale]) -> None:
    """Draws every picture with what each upscaler makes of it."""
    scenes = []
    for title, low_res, original in pictures:
        restored = {model: upscaler(low_res) for model, upscaler in upscalers.items()}
        scenes.append(Scene(title=title, original=original, low_res=low_res, restored=restored))
    write(Photo(contact_sheet(scenes, side=_CROP)), path, overwrite=True)


def _free_photos() -> Iterator[Picture]:
    """Gives photos that anybody may show: NASA's in the public domain, the others CC0."""
    from skimage import data

    photos = {
        "Eileen Collins, NASA": data.astronaut(),
        "Coffee, R. Michetti": data.coffee(),
        "Chelsea, S. van der Walt": data.chelsea(),
    }
    for title, photo in photos.items():
        original = crop_to_multiple(photo, SCALE)
        yield title, reduce(original, SCALE), original


def _pictures_in(folder: Path) -> Iterator[Picture]:
    for pair in find_pairs(folder, scale=SCALE):
        yield pair.high_res.stem, *pair.read(SCALE)
