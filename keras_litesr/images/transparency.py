"""Colour that transparent pixels hide."""

import numpy as np

# Those beside a pixel come before the diagonal ones.
_NEIGHBOURS = [(0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1)]
# Along one axis: where colour goes to, and where it comes from.
_SHIFTS = {
    0: (slice(None), slice(None)),
    1: (slice(None, -1), slice(1, None)),
    -1: (slice(1, None), slice(None, -1)),
}


def painted_on(colour: np.ndarray, alpha: np.ndarray, reach: int) -> np.ndarray:
    """Gives pixels of alpha 0 the colour of the nearest visible ones.

    What a file holds there, black as a rule, would else bleed into the edges of what is visible
    when the picture is resized.

    Args:
        colour: `(height, width, 3)` or grey `(height, width)`.
        alpha: `(height, width)`, 0 where the colour is hidden.
        reach: Distance in pixels, along the longer side, from which on colour stays as it is.

    Returns:
        The colour; the very same array where nothing is hidden.
    """
    known = alpha > 0
    if known.all() or not known.any():
        return colour
    colour = colour.copy()
    for _ in range(reach):
        before = known.copy()
        for neighbour in _NEIGHBOURS:
            to, origin = zip(*(_SHIFTS[step] for step in neighbour), strict=True)
            new = before[origin] & ~known[to]
            colour[to][new] = colour[origin][new]
            known[to] |= new
        if known.all():
            break
    return colour
