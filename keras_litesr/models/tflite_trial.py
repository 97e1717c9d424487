"""Tries a TFLite file out: its scale, how far it sees and its grey levels.

A file of a stranger can crash the interpreter, so `models.tflite_files` does this in a process of
its own.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import numpy as np

from keras_litesr.models.litert import LiteRT
from keras_litesr.models.tflite_metadata import metadata_in
from keras_litesr.silence import captured_output

# Sides of the pictures on which a file of free size is tried.
SIDES = (16, 64, 192)
_STEPS = (1, 2, 4, 8, 16)
# Far below a grey level, far above what rounding in float32 changes.
_UNSEEN = 1e-5
_LEVELS = ((0.0, 1.0), (0.0, 255.0))
_MOST_RADIUS = 1000


def main() -> None:
    """Reads a file from stdin and prints what `described` finds, or the error, as JSON."""
    try:
        with captured_output():
            answer = described(sys.stdin.buffer.read())
    except MemoryError:
        answer = {"error": "It needs more memory than there is."}
    except Exception as error:  # whatever the interpreter says of a file
        answer = {"error": str(error).strip() or type(error).__name__}
    print(json.dumps(answer))


def described(content: bytes) -> dict[str, Any]:
    """Runs a file on small pictures.

    Args:
        content: Of the TFLite file.

    Returns:
        `scale`; `radius` in low-resolution pixels, None where it sees further than could be
        measured; `levels`, the numbers that stand for black and white; `step`, of which each side
        of a picture has to be a multiple.

    Raises:
        ValueError: When it is no file that enlarges RGB pictures; the message names its shapes.
    """
    runtime = LiteRT(content)
    size, scale = _working_size(runtime)
    runtime.levels = _levels(runtime, size, scale)
    radius = _known_radius(content)
    for tried in [runtime.size] if runtime.size else [(side, side) for side in SIDES[1:]]:
        if radius is None:
            radius = _radius(runtime, tried, scale)
    step = _step(runtime, size, scale)
    return {"scale": scale, "radius": radius, "levels": runtime.levels, "step": step}


def _working_size(runtime: LiteRT) -> tuple[tuple[int, int], int]:
    """Finds the smallest size that the file takes, and its scale."""
    for side in SIDES:
        size = runtime.size or (side, side)
        try:
            shape = runtime(np.zeros((1, *size, 3), np.float32)).shape
            break
        except (RuntimeError, ValueError):
            # Some networks halve the picture again and again, and need a large one.
            if runtime.size or side == SIDES[-1]:
                raise
    scale = shape[1] // size[0] if len(shape) == 4 else 0
    if scale < 2 or shape != (1, scale * size[0], scale * size[1], 3):
        raise ValueError(
            "Expected a file that gives pictures a whole number of times as large, 2 or more, "
            f"received one that takes {(1, *size, 3)} and gives {shape}. Name a super-resolution "
            "model."
        )
    return size, scale


def _step(runtime: LiteRT, size: tuple[int, int], scale: int) -> int:
    """Finds of what the sides have to be multiples: some networks halve a picture at first."""
    if runtime.size:
        return 1
    for step in _STEPS:
        side = max(size[0], SIDES[1]) + step  # a multiple of the step, but of no larger one
        try:
            shape = runtime(np.zeros((1, side, side, 3), np.float32)).shape
        except (RuntimeError, ValueError):
            continue
        if shape == (1, scale * side, scale * side, 3):
            return step
    raise ValueError(
        f"Expected a file that takes pictures of any multiple of {_STEPS[-1]} pixels a side, "
        "received one that does not. Export it for one size."
    )


def _levels(runtime: LiteRT, size: tuple[int, int], scale: int) -> tuple[float, float]:
    """Finds the numbers for black and white with which pictures keep their brightness."""
    y, x = np.mgrid[: size[0], : size[1]]
    low_res = np.stack([y / size[0], x / size[1], (y + x) / sum(size)], -1).astype(np.float32)
    for runtime.levels in _LEVELS:
        large = runtime(low_res[None])[0]
        small = large.reshape(size[0], scale, size[1], scale, 3).mean(axis=(1, 3))
        if np.abs(small - low_res).mean() < 0.1:
            return runtime.levels
    return _LEVELS[0]


def _known_radius(content: bytes) -> int | None:
    try:
        radius = metadata_in(content).get("receptive_radius")
    except Exception:  # an entry of another form says nothing
        return None
    return radius if type(radius) is int and 0 <= radius <= _MOST_RADIUS else None


def _radius(runtime: LiteRT, size: tuple[int, int], scale: int) -> int | None:
    """Changes all but a quarter of a picture, and looks how far the change reaches into that."""
    rng = np.random.default_rng(0)
    first, second = rng.random((2, 1, *size, 3), np.float32)
    half = (size[0] // 2, size[1] // 2)
    corners = [(slice(half[0]), slice(half[1])), (slice(half[0], None), slice(half[1], None))]
    reach = 0
    for number, (rows, columns) in enumerate(corners):
        other = second.copy()
        other[:, rows, columns] = first[:, rows, columns]
        changed = np.abs(runtime(first) - runtime(other))[0].max(axis=2) > _UNSEEN
        kept = changed.reshape(size[0], scale, size[1], scale).any(axis=(1, 3))[rows, columns]
        kept = kept[::-1, ::-1] if number == 0 else kept
        # From the border between both parts: the first rows and columns that nothing reaches.
        height, width = kept.shape
        distance = np.minimum(*np.mgrid[:height, :width])
        reach = max(reach, int(distance[kept].max(initial=-1)) + 1)
    return None if reach >= min(half) else reach
