"""Pixels of 16-bit PNG and TIFF files, which Pillow reads at 8 bits or not at all."""

import struct
from typing import BinaryIO

import numpy as np
from PIL import Image
from PIL.ExifTags import Base

TIFF_STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_PNG_START = b"\x89PNG\r\n\x1a\n"
_PNG_BIT_DEPTH = 24
_WHITE = 65535
_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB = 0, 1, 2
_PREMULTIPLIED, _ALPHA = 1, 2


def is_png(head: bytes) -> bool:
    """Says from its first 25 bytes whether a file is a 16-bit PNG."""
    return head.startswith(_PNG_START) and head[_PNG_BIT_DEPTH : _PNG_BIT_DEPTH + 1] == b"\x10"


def is_tiff(tags: Image.Exif) -> bool:
    """Says whether the tags of a TIFF describe 16-bit unsigned grey or RGB."""
    return (
        set(_values(tags, Base.BitsPerSample, 1)) == {16}
        and set(_values(tags, Base.SampleFormat, 1)) == {1}
        and tags.get(Base.PhotometricInterpretation) in (_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB)
    )


def has_further_channels(tags: Image.Exif) -> bool:
    """Says whether a TIFF for which `is_tiff` holds has more than colour and one alpha."""
    channels = 3 if tags.get(Base.PhotometricInterpretation) == _RGB else 1
    has_alpha = any(each in (_PREMULTIPLIED, _ALPHA) for each in _meanings(tags))
    return tags.get(Base.SamplesPerPixel, 1) - channels > has_alpha


def describes_pixels(tags: Image.Exif) -> bool:
    """Says whether tags are there without which no TIFF holds a picture."""
    return all(
        tag in tags
        for tag in (
            Base.ImageWidth,
            Base.ImageLength,
            Base.PhotometricInterpretation,
            Base.StripOffsets,
        )
    )


def tiff_tags(stream: BinaryIO) -> Image.Exif:
    """Reads the first directory of a TIFF; the stream stays in use for those below it."""
    head = stream.read(16)
    tags = Image.Exif()
    tags.endian = "<" if head.startswith(b"II") else ">"
    tags.bigtiff = b"+" in head[2:4]
    (offset,) = (
        struct.unpack(tags.endian + "Q", head[8:16])
        if tags.bigtiff
        else struct.unpack(tags.endian + "I", head[4:8])
    )
    tags.load_from_fp(stream, offset)
    return tags


def decode_png(
    data: bytes, transparent: int | tuple[int, ...] | None
) -> tuple[np.ndarray, np.ndarray | None]:
    """Decodes a 16-bit PNG.

    Args:
        data: The whole file.
        transparent: The grey or RGB value that its tRNS chunk makes transparent.

    Returns:
        Colour `(height, width, 3)` or grey `(height, width)`, and alpha `(height, width)` or None;
        uint16.
    """
    import imagecodecs  # takes a moment that 8-bit files need not wait for

    pixels = imagecodecs.png_decode(data)
    pixels = pixels if pixels.ndim == 3 else pixels[..., None]
    if pixels.shape[2] in (2, 4):
        return _grey_or_rgb(pixels[..., :-1]), np.ascontiguousarray(pixels[..., -1])
    if transparent is None:
        return _grey_or_rgb(pixels), None
    is_transparent = np.all(pixels == np.asarray(transparent), axis=-1)
    return _grey_or_rgb(pixels), np.where(is_transparent, 0, _WHITE).astype(np.uint16)


def decode_tiff(data: bytes, tags: Image.Exif) -> tuple[np.ndarray, np.ndarray | None]:
    """Decodes the first page of a TIFF for which `is_tiff` holds; not turned upright.

    Returns:
        As `decode_png`; alpha that was multiplied into the colour is divided out.
    """
    import imagecodecs

    pixels = imagecodecs.tiff_decode(data, index=0)
    if pixels.ndim == 3 and tags.get(Base.PlanarConfiguration) == 2:
        pixels = np.moveaxis(pixels, 0, -1)
    pixels = pixels if pixels.ndim == 3 else pixels[..., None]
    channels = 3 if tags.get(Base.PhotometricInterpretation) == _RGB else 1
    colour = pixels[..., :channels]
    if tags.get(Base.PhotometricInterpretation) == _WHITE_IS_ZERO:
        colour = _WHITE - colour
    meanings = _meanings(tags)[: pixels.shape[2] - channels]
    place = next((n for n, each in enumerate(meanings) if each in (_PREMULTIPLIED, _ALPHA)), None)
    if place is None:
        return _grey_or_rgb(colour), None
    alpha = pixels[..., channels + place]
    if meanings[place] == _PREMULTIPLIED:
        colour = _unmultiplied(colour, alpha[..., None])
    return _grey_or_rgb(colour), np.ascontiguousarray(alpha)


def _meanings(tags: Image.Exif) -> tuple[int, ...]:
    """Lists what the channels behind the colour are for."""
    return _values(tags, Base.ExtraSamples, _ALPHA)


def _values(tags: Image.Exif, tag: int, default: int) -> tuple[int, ...]:
    value = tags.get(tag, default)
    return value if isinstance(value, tuple) else (value,)


def _unmultiplied(colour: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    divisor = np.maximum(alpha, 1).astype(np.uint64)
    divided = (colour * np.uint64(_WHITE) + divisor // 2) // divisor
    return np.minimum(divided, _WHITE).astype(np.uint16)


def _grey_or_rgb(pixels: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
