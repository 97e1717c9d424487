#!/usr/bin/env python3
"""Makes the picture of a preset's card: a NASA portrait reduced four times, and enlarged again."""

import argparse

import numpy as np
from PIL import Image, ImageDraw
from skimage import data

from keras_litesr import upscale
from keras_litesr.images.files import Photo, write
from keras_litesr.images.resize import reduce
from keras_litesr.zoo import cards, folders

_CORNER, _SIDE, _ZOOM, _TITLE = (40, 150), 140, 2, 22


def main() -> None:
    """Parses the command line and writes the picture into the preset's folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("preset", nargs="?", default="lite_x4")
    name = parser.parse_args().preset
    try:
        folder = folders.preset_folder(name)
    except folders.PresetError as error:
        parser.exit(2, f"picture.py: {error}\n")
    original = data.astronaut()
    low_res = reduce(original, 4)
    panels = {
        "low resolution": low_res.repeat(4, axis=0).repeat(4, axis=1),
        "bicubic": upscale(low_res, model="bicubic_x4"),
        name: upscale(low_res, model=name),
        "original": original,
    }
    picture = np.concatenate([_panel(*panel) for panel in panels.items()], axis=1)
    write(Photo(picture), folder / cards.PICTURE, overwrite=True)
    folders.write_manifest(folder)
    print(folder / cards.PICTURE)


def _panel(title: str, picture: np.ndarray) -> np.ndarray:
    top, left = _CORNER
    crop = picture[top : top + _SIDE, left : left + _SIDE]
    zoomed = crop.repeat(_ZOOM, axis=0).repeat(_ZOOM, axis=1)
    panel = Image.new("RGB", (zoomed.shape[1] + 4, zoomed.shape[0] + _TITLE), "white")
    panel.paste(Image.fromarray(zoomed), (2, _TITLE))
    ImageDraw.Draw(panel).text((4, 2), title, fill="black", font_size=15)
    return np.asarray(panel)


if __name__ == "__main__":
    main()
