"""How the frames of a video are to be shown, and one of them as upright RGB."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from keras_litesr.images.decoding import DEFAULT_MAX_PIXELS
from keras_litesr.inference.video_frames import Frames, side_data

# Numbers of ITU-T H.273: matrices, and transfer functions that no 8-bit output can stand for.
_BT709, _BT601, _UNKNOWN = 1, 6, 2
_MATRICES = (_BT709, 4, 5, _BT601, 7, 9)
_HDR = {16: "PQ", 18: "HLG"}
# Which primaries go with a matrix, and which transfer function with primaries.
_PRIMARIES = {_BT709: _BT709, 5: 5, _BT601: _BT601, 7: 7, 9: 9}
_TRANSFERS = {_BT709: _BT709, 5: _BT601, _BT601: _BT601, 7: 7, 9: 14}
# Bicubic, chroma in full and sums rounded: the swiftest conversion of FFmpeg, which it takes when
# nothing is said, paints colour in blocks and everything darker by a level.
CONVERSION = 0x4 | 0x2000 | 0x4000 | 0x40000
# What FFmpeg calls the ranges of luma, and one matrix where it differs from H.273.
_NARROW_RANGE, _FULL_RANGE = 1, 2
_SWSCALE_BT601 = 5


class VideoError(ValueError):
    """A video that cannot be read, enlarged or written, in a sentence for its owner."""


@dataclass(frozen=True)
class Look:
    """How a video's frames are to be shown, as its first one says.

    Attributes:
        size: `(height, width)` of an upright frame.
        mirrored: Whether a frame is stored upside down, before it is turned.
        rotation: Degrees counter-clockwise that turn a frame upright, a multiple of 90.
        matrix: Of colour, as H.273 numbers it.
        primaries: Likewise.
        transfer: Likewise.
        full_range: Whether luma takes all of 0 to 255.
        bits: A channel.
        has_alpha: Whether it is transparent in places.
        has_fine_colour: Whether colour is stored more finely than once for two by two pixels.
    """

    size: tuple[int, int]
    mirrored: bool
    rotation: int
    matrix: int
    primaries: int
    transfer: int
    full_range: bool
    bits: int
    has_alpha: bool
    has_fine_colour: bool

    @property
    def range_number(self) -> int:
        """The range of luma as FFmpeg numbers it."""
        return _FULL_RANGE if self.full_range else _NARROW_RANGE

    @property
    def converter_matrix(self) -> int:
        """The matrix as the converter of FFmpeg numbers it."""
        return _SWSCALE_BT601 if self.matrix == _BT601 else self.matrix

    @property
    def notices(self) -> Iterator[str]:
        """Sentences about what an enlarged video lacks."""
        if self.bits > 8:
            yield f"{self.bits} bits a channel are rounded to 8."
        if self.has_alpha:
            yield "its transparency is left out."
        if self.has_fine_colour:
            yield "colour is stored once for two by two pixels (4:2:0); it was finer before."


def read_with(av: Any, path: Path) -> Any:
    """Opens a video, whatever its name; titles need not be UTF-8."""
    # Without the prefix, what stands before a colon would be a protocol.
    return av.open(f"file:{path}", metadata_errors="replace")


def look_of(av: Any, source: Path, max_pixels: int = DEFAULT_MAX_PIXELS) -> Look:
    """Decodes the first frame of a video and tells how all are to be shown.

    Raises:
        VideoError: When there are no pictures, or they are too large or of high dynamic range.
    """
    with read_with(av, source) as original:
        if not original.streams.video:
            raise VideoError(f"Expected a video in {str(source)!r}, found no pictures in it.")
        stream = original.streams.video[0]
        _check_size(source, stream.codec_context, max_pixels)
        first = next(iter(Frames(av, original)), None)
        # Decoded without its transparency, as that of WebM is, a frame does not tell of it.
        codec, has_alpha = stream.codec.name, stream.metadata.get("alpha_mode") == "1"
    if first is None:
        raise VideoError(f"Expected a video in {str(source)!r}, found no frame in it.")
    _check_size(source, first, max_pixels)
    if first.color_trc in _HDR:
        raise VideoError(
            f"Expected a video of standard dynamic range in {str(source)!r}, received "
            f"{_HDR[first.color_trc]}. Convert it to BT.709 first."
        )
    # Players take an untagged video for BT.601 when it is small and for BT.709 when it is large;
    # enlarged, it would be taken for another one. What is tagged in part is of one kind throughout.
    guess = _BT709 if first.height >= 720 or first.format.is_rgb else _BT601
    matrix = int(first.colorspace) if first.colorspace in _MATRICES else guess
    primaries = _known(first.color_primaries, _PRIMARIES.get(matrix, guess))
    rotation = round(first.rotation / 90) * 90 % 360
    components = first.format.components
    return Look(
        size=_upright_size(first, rotation),
        mirrored=_is_mirrored(first, codec),
        rotation=rotation,
        matrix=matrix,
        primaries=primaries,
        transfer=_known(first.color_trc, _TRANSFERS.get(primaries, _BT709)),
        full_range=first.color_range == _FULL_RANGE,
        bits=components[0].bits,
        has_alpha=has_alpha or any(component.is_alpha for component in components),
        has_fine_colour=len(components) > 2 and _colours_of_four_pixels(first.format) > 1,
    )


def _check_size(source: Path, picture: Any, max_pixels: int) -> None:
    """Refuses a frame, or what is known of it before it is decoded."""
    if picture.height * picture.width > max_pixels:
        raise VideoError(
            f"Expected frames of at most {max_pixels:,} pixels, received "
            f"{picture.width}x{picture.height} in {str(source)!r}. Raise the limit (--max-pixels) "
            "if you trust the file."
        )


def _upright_size(frame: Any, rotation: int) -> tuple[int, int]:
    size = (frame.height, frame.width)
    return size[::-1] if rotation % 180 else size


def _colours_of_four_pixels(pixel_format: Any) -> int:
    return pixel_format.chroma_width(2) * pixel_format.chroma_height(2)


def _known(tag: int, guess: int) -> int:
    return guess if tag == _UNKNOWN else int(tag)


def upright(frame: Any, look: Look) -> np.ndarray:
    """Turns a decoded frame into an upright picture, `(height, width, 3)` uint8 RGB.

    Raises:
        VideoError: When the video has changed its size.
    """
    (height, width), (new_height, new_width) = look.size, _upright_size(frame, look.rotation)
    if (height, width) != (new_height, new_width):
        raise VideoError(
            f"Expected frames of {width}x{height} throughout, as the first one is, received one of "
            f"{new_width}x{new_height}. Cut the video where its size changes and enlarge the parts."
        )
    pixels = frame.reformat(
        format="rgb24",
        src_colorspace=look.converter_matrix,
        src_color_range=look.range_number,
        interpolation=CONVERSION,
    ).to_ndarray()
    if look.mirrored:
        pixels = pixels[::-1]
    return np.ascontiguousarray(np.rot90(pixels, look.rotation // 90))


def _is_mirrored(frame: Any, codec: str) -> bool:
    """Tells whether the display matrix mirrors; `frame.rotation` says where it turns the x axis."""
    matrix = side_data(frame, codec).get("DISPLAYMATRIX")
    if matrix is None:
        return False
    a, b, _, c, d = np.frombuffer(matrix, "=i4")[:5].astype(float)
    return bool(a * d < b * c)
