"""Enlarges a picture tile by tile, with the result of one piece."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np

from keras_litesr.images.pixels import to_float, to_uint8, to_uint16


@dataclass(frozen=True)
class Span:
    """One tile along one side, in low-resolution pixels.

    Attributes:
        start: First pixel that the network sees.
        stop: One past the last pixel that it sees.
        first: First pixel that is kept of its result.
        last: One past the last pixel that is kept.
    """

    start: int
    stop: int
    first: int
    last: int


def enlarge_tiled(
    enlarge: Callable[[np.ndarray], np.ndarray],
    pixels: np.ndarray,
    *,
    scale: int,
    tile: int,
    overlap: int,
    step: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> np.ndarray:
    """Enlarges a picture in overlapping tiles, all of one shape.

    Where `overlap` is at least the receptive radius of `enlarge`, the result is that of the
    untiled picture: a tile at the border of the picture ends there, so it is padded as the whole
    would be, and of every other tile only the part is kept whose surroundings were seen.

    Args:
        enlarge: `(1, height, width, channels)` float32 in [0, 1] to `scale` times the size; what
            leaves [0, 1] is clipped.
        pixels: `(height, width, channels)` uint8 or uint16.
        scale: Enlargement per side.
        tile: Longest side of a tile in low-resolution pixels, overlap included. Tiles are made
            smaller where the picture needs no larger ones.
        overlap: Pixels at each inner side of a tile whose result is thrown away.
        step: Of which each side of a tile has to be a multiple, and where it begins. A picture
            that is none is continued by its border pixels, and the result is cut; tile and
            overlap are rounded up.
        progress: Called with the numbers of tiles done and in all after each.

    Returns:
        `(scale * height, scale * width, channels)` of the same dtype. Beyond this array, memory
        is bounded by one tile.

    Raises:
        ValueError: When a tile is not larger than its overlaps, or `enlarge` does not enlarge by
            `scale`.
    """
    tile, overlap = _multiple(tile, step), _multiple(overlap, step)
    check_tile(tile, overlap)
    rows, columns = (
        list(spans(_multiple(side, step), tile, overlap, step=step)) for side in pixels.shape[:2]
    )
    return _joined(enlarge, pixels, rows, columns, scale, progress)


def enlarge_in_tiles_of(
    enlarge: Callable[[np.ndarray], np.ndarray],
    pixels: np.ndarray,
    *,
    size: tuple[int, int],
    scale: int,
    overlap: int,
    progress: Callable[[int, int], None] | None = None,
) -> np.ndarray:
    """Enlarges a picture by a network that takes one size only; else as `enlarge_tiled`.

    A picture that is smaller than a tile is continued to the right and downwards by its border
    pixels, and the result is cut.

    Args:
        enlarge: As for `enlarge_tiled`, for `(1, *size, channels)` only.
        pixels: `(height, width, channels)` uint8 or uint16.
        size: `(height, width)` of the tiles in low-resolution pixels.
        scale: Enlargement per side.
        overlap: Less than half of either side of a tile.
        progress: Called with the numbers of tiles done and in all after each.

    Returns:
        `(scale * height, scale * width, channels)` of the same dtype.

    Raises:
        ValueError: When `enlarge` does not enlarge by `scale`.
    """
    rows, columns = (
        list(spans(max(side, tile), tile, overlap, shrink=False))
        for side, tile in zip(pixels.shape[:2], size, strict=True)
    )
    return _joined(enlarge, pixels, rows, columns, scale, progress)


def _multiple(length: int, step: int) -> int:
    return -(-length // step) * step


def _joined(
    enlarge: Callable[[np.ndarray], np.ndarray],
    pixels: np.ndarray,
    rows: list[Span],
    columns: list[Span],
    scale: int,
    progress: Callable[[int, int], None] | None,
) -> np.ndarray:
    """Joins the results of tiles, beyond which the picture is continued by its border pixels."""
    size = [side * scale for side in pixels.shape[:2]]
    missing = (rows[-1].last - pixels.shape[0], columns[-1].last - pixels.shape[1])
    if any(missing):
        pixels = np.pad(pixels, ((0, missing[0]), (0, missing[1]), (0, 0)), mode="edge")
    height, width, channels = pixels.shape
    result = np.empty((height * scale, width * scale, channels), pixels.dtype)
    to_integer = to_uint8 if pixels.dtype == np.uint8 else to_uint16
    for done, (y, x) in enumerate(product(rows, columns), start=1):
        low_res = to_float(pixels[None, y.start : y.stop, x.start : x.stop])
        high_res = enlarge(low_res)
        _require_scale(low_res.shape, high_res.shape, scale)
        kept = high_res[0, _kept(y, scale), _kept(x, scale)]
        target = slice(y.first * scale, y.last * scale)
        result[target, x.first * scale : x.last * scale] = to_integer(kept)
        if progress is not None:
            progress(done, len(rows) * len(columns))
    return result[: size[0], : size[1]]


def _require_scale(given: tuple[int, ...], made: tuple[int, ...], scale: int) -> None:
    """Refuses what a network made when it is not as large as its metadata promise."""
    height, width = given[1:3]
    if made[1:3] != (scale * height, scale * width):
        size = "x".join(str(side) for side in made[2:0:-1])
        raise ValueError(
            f"Expected a network that enlarges {scale} times, as is said of it, received one that "
            f"makes {size} pixels of {width}x{height}. Get or save the model anew."
        )


def check_tile(tile: int, overlap: int) -> None:
    """Refuses a tile of which nothing would be kept.

    Raises:
        ValueError: When it is at most twice the overlap.
    """
    if tile <= 2 * overlap:
        raise ValueError(
            f"Expected a tile of more than {2 * overlap} pixels, twice the {overlap} pixels that "
            f"the model sees around each, received {tile}. Choose a larger tile, or 0 for "
            "automatic."
        )


def spans(
    length: int, tile: int, overlap: int, *, shrink: bool = True, step: int = 1
) -> Iterator[Span]:
    """Cuts a side into as few tiles as there must be, all of one size.

    That is the smallest multiple of `step` that does it, or `tile` itself without `shrink`. The
    last tile is moved back to end at the border.

    Example:
        >>> [(s.start, s.stop, s.first, s.last) for s in spans(10, 7, 1)]
        [(0, 6, 0, 5), (4, 10, 5, 10)]
    """
    count = max(1, -(-(length - 2 * overlap) // (tile - 2 * overlap)))
    if shrink:
        tile = _multiple(-(-(length - 2 * overlap) // count) + 2 * overlap, step)
    first = 0
    while first < length:
        start = max(0, min(first - overlap, length - tile))
        stop = min(start + tile, length)
        last = length if stop == length else stop - overlap
        yield Span(start, stop, first, last)
        first = last


def _kept(span: Span, scale: int) -> slice:
    return slice((span.first - span.start) * scale, (span.last - span.start) * scale)
