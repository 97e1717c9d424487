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
    batch_size: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> np.ndarray:
    """Enlarges a picture in tiles of one shape that overlap.

    Where `overlap` is at least the receptive radius of `enlarge`, the result is that of the
    untiled picture: a tile at the border of the picture ends there, so it is padded as the whole
    would be, and of every other tile only the part is kept whose surroundings were seen.

    Args:
        enlarge: `(batch, height, width, 3)` float32 in [0, 1] to `scale` times the size.
        pixels: `(height, width, 3)` uint8 or uint16 RGB.
        scale: Enlargement per side.
        tile: Side of a tile in low-resolution pixels, overlap included.
        overlap: Pixels at each inner side of a tile whose result is thrown away.
        batch_size: Tiles handed over at once.
        progress: Called with the numbers of tiles done and in all after each batch.

    Returns:
        `(scale * height, scale * width, 3)` of the same dtype. Beyond this array, memory is
        bounded by the tiles of one batch.

    Raises:
        ValueError: When a tile is not larger than its overlaps.
    """
    if tile <= 2 * overlap:
        raise ValueError(
            f"Expected a tile of more than {2 * overlap} pixels, twice the overlap of {overlap} "
            f"that this model needs, received {tile}. Choose a larger tile, or 0 for automatic."
        )
    height, width = pixels.shape[:2]
    result = np.empty((height * scale, width * scale, 3), pixels.dtype)
    to_integer = to_uint8 if pixels.dtype == np.uint8 else to_uint16
    tiles = list(product(spans(height, tile, overlap), spans(width, tile, overlap)))
    for begin in range(0, len(tiles), batch_size):
        batch = tiles[begin : begin + batch_size]
        low_res = np.stack([pixels[y.start : y.stop, x.start : x.stop] for y, x in batch])
        for (y, x), high_res in zip(batch, enlarge(to_float(low_res)), strict=True):
            kept = high_res[_scaled(y, scale), _scaled(x, scale)]
            target = (slice(y.first * scale, y.last * scale), slice(x.first * scale, x.last * scale))
            result[target] = to_integer(kept)
        if progress is not None:
            progress(begin + len(batch), len(tiles))
    return result


def spans(length: int, tile: int, overlap: int) -> Iterator[Span]:
    """Cuts a side into tiles of equal size; the last one is moved back to end at the border.

    Example:
        >>> [(s.start, s.stop, s.first, s.last) for s in spans(10, 6, 1)]
        [(0, 6, 0, 5), (4, 10, 5, 10)]
    """
    first = 0
    while first < length:
        start = max(0, min(first - overlap, length - tile))
        stop = min(start + tile, length)
        last = length if stop == length else stop - overlap
        yield Span(start, stop, first, last)
        first = last


def _scaled(span: Span, scale: int) -> slice:
    return slice((span.first - span.start) * scale, (span.last - span.start) * scale)
