"""A contact sheet in the manner of the paper's Fig. 2: crops of every method side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from keras_litesr.evaluation.protocols import STANDARD
from keras_litesr.images.colour import luma

_TEXT_SIZE = 15
_MARGIN = 4
_STRIP = 22
_FRAME = (230, 60, 20)


@dataclass(frozen=True, kw_only=True)
class Scene:
    """One picture and what was made of it: one line of the sheet.

    Attributes:
        title: Stands under the whole picture.
        original: `(height, width, 3)` uint8 RGB, cropped to a multiple of the scale.
        low_res: `(height / scale, width / scale, 3)` uint8 RGB.
        restored: Results by method, each of the shape of the original.
    """

    title: str
    original: np.ndarray
    low_res: np.ndarray
    restored: Mapping[str, np.ndarray]

    @property
    def scale(self) -> int:
        """Enlargement per side."""
        return self.original.shape[0] // self.low_res.shape[0]


def contact_sheet(scenes: Sequence[Scene], *, side: int = 72, zoom: int = 3) -> np.ndarray:
    """Draws a line of panels for each scene.

    From left to right: the whole picture with a frame around the crop, the crop at low
    resolution, by each method with PSNR and SSIM of its whole picture (standard protocol) under
    it, and of the original. The crop is where the low-resolution picture has the most detail,
    which favours no method.

    Args:
        scenes: At least one; those with fewer methods leave the right end of their line white.
        side: Of the crop in pixels of the original, rounded up to a multiple of the scale.
        zoom: Enlargement of the crop by repeating pixels.

    Returns:
        `(height, width, 3)` uint8 RGB.

    Raises:
        ValueError: When there is no scene, or a picture is smaller than the crop.
    """
    if not scenes:
        raise ValueError("Expected at least one picture for the sheet, received none.")
    lines = [_line(scene, side, zoom) for scene in scenes]
    width = max(line.shape[1] for line in lines)
    padded = [
        np.pad(line, ((0, 0), (0, width - line.shape[1]), (0, 0)), constant_values=255)
        for line in lines
    ]
    return np.concatenate(padded)


def most_detailed(picture: np.ndarray, side: int) -> tuple[int, int]:
    """Finds the square whose luma has the steepest gradients in all.

    Args:
        picture: `(height, width, 3)` uint8 RGB.
        side: Of the square in pixels.

    Returns:
        Top and left of the square; the first of equals.

    Raises:
        ValueError: When the square does not fit.
    """
    height, width = picture.shape[:2]
    if min(height, width) < side:
        raise ValueError(
            f"Expected a picture of at least {side}x{side} pixels, received {width}x{height}. "
            "Leave it out or choose a smaller crop."
        )
    grey = luma(picture / 255.0)
    steepness = np.hypot(*np.gradient(grey))
    sums = np.pad(steepness, ((1, 0), (1, 0))).cumsum(axis=0).cumsum(axis=1)
    squares = sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side]
    # Equal squares differ by rounding.
    top, left = np.unravel_index(np.argmax(squares.round(9)), squares.shape)
    return int(top), int(left)


def _line(scene: Scene, side: int, zoom: int) -> np.ndarray:
    low_res_side = -(-side // scene.scale)
    side = low_res_side * scene.scale
    corner = most_detailed(scene.low_res, low_res_side)
    top, left = (place * scene.scale for place in corner)
    repeated = scene.low_res.repeat(scene.scale, axis=0).repeat(scene.scale, axis=1)
    captioned = {
        "low resolution": (repeated, "dB / SSIM"),
        **{title: (made, _figures(scene, made)) for title, made in scene.restored.items()},
        "original": (scene.original, ""),
    }
    panels = [_panel("", _framed(scene.original, (top, left), side, zoom), scene.title)]
    for title, (picture, caption) in captioned.items():
        crop = picture[top : top + side, left : left + side]
        zoomed = crop.repeat(zoom, axis=0).repeat(zoom, axis=1)
        panels.append(_panel(title, zoomed, caption))
    return np.concatenate(panels, axis=1)


def _figures(scene: Scene, picture: np.ndarray) -> str:
    figures = STANDARD.measure(scene.original, picture, scene.scale)
    return f"{figures['psnr']:.2f} / {figures['ssim']:.4f}"


def _framed(picture: np.ndarray, corner: tuple[int, int], side: int, zoom: int) -> np.ndarray:
    """Reduces the whole picture to the height of a crop and frames where the crop is."""
    height, width = picture.shape[:2]
    ratio = side * zoom / height
    small = Image.fromarray(picture).resize((round(width * ratio), side * zoom))
    top, left = (round(ratio * place) for place in corner)
    end = round(ratio * side)
    box = (left, top, left + end, top + end)
    ImageDraw.Draw(small).rectangle(box, outline=_FRAME, width=2)
    return np.asarray(small)


def _panel(title: str, picture: np.ndarray, caption: str) -> np.ndarray:
    height, width = picture.shape[:2]
    panel = Image.new("RGB", (width + 2 * _MARGIN, height + 2 * _STRIP), "white")
    panel.paste(Image.fromarray(picture), (_MARGIN, _STRIP))
    drawing = ImageDraw.Draw(panel)
    drawing.text((_MARGIN, 2), title, fill="black", font_size=_TEXT_SIZE)
    drawing.text((_MARGIN, _STRIP + height + 1), caption, fill="black", font_size=_TEXT_SIZE)
    return np.asarray(panel)
