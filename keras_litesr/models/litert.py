"""LiteRT's interpreter as a function from pictures to larger ones."""

from __future__ import annotations

import os
import threading
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from keras_litesr.silence import captured_output

_DTYPES = (np.float32, np.uint8, np.int8)
# In pixels: what fails on a larger picture only fails for want of memory.
_LARGE = 512 * 512


@dataclass(frozen=True)
class Door:
    """One end of a file, which stores real numbers as they are or as multiples of a step.

    Attributes:
        index: Number of its tensor.
        shape: As the file says it, -1 for a free side.
        dtype: NumPy type of the tensor.
        step: Difference of neighbouring integers; 0 in float32.
        zero: Integer that stands for 0.
    """

    index: int
    shape: tuple[int, ...]
    dtype: Any
    step: float
    zero: int

    @classmethod
    def of(cls, details: dict[str, Any]) -> Door:
        """Reads what the interpreter says about a tensor."""
        step, zero = details["quantization"]
        dtype = details["dtype"]
        # Bytes without a step are pixels.
        step = 1 / 255 if dtype == np.uint8 and not step else float(step)
        shape = tuple(int(side) for side in details["shape_signature"])
        return cls(details["index"], shape, dtype, step, int(zero))

    def __str__(self) -> str:
        sides = ", ".join("any" if side < 0 else str(side) for side in self.shape)
        return f"{np.dtype(self.dtype).name} ({sides})"

    @property
    def holds_pictures(self) -> bool:
        """Whether it may be a batch of RGB pictures."""
        known = self.dtype == np.float32 or (self.dtype in _DTYPES and self.step > 0)
        # Where every side of the input is free, the file may not know the rank of its output.
        return known and (not self.shape or (len(self.shape) == 4 and self.shape[3] in (3, -1)))

    def stored(self, values: np.ndarray) -> np.ndarray:
        """Rounds real numbers half-up to what the tensor holds."""
        if self.dtype == np.float32:
            return values.astype(np.float32, copy=False)
        range_ = np.iinfo(self.dtype)
        steps = np.floor(values / self.step + (self.zero + 0.5))
        return np.clip(steps, range_.min, range_.max).astype(self.dtype)

    def real(self, stored: np.ndarray) -> np.ndarray:
        """Reverses `stored`, in float32."""
        if self.dtype == np.float32:
            return stored
        return (stored.astype(np.float32) - self.zero) * np.float32(self.step)


class LiteRT:
    """Runs a TFLite file; starts in tenths of a second and needs no TensorFlow.

    A file whose ends are quantised, as those of an int8 network, is given integers.

    Planning for another shape costs a tenth of a run, so pictures are best cut into tiles of one
    shape. Called from several threads at once, it takes one after the other.

    Args:
        file: Path or content of a file from one batch of RGB pictures to another.
        threads: CPU threads; all cores that the process may use by default.
        levels: What black and white are in the file's real numbers.

    Attributes:
        takes: The end where pictures go in.
        gives: The end where they come out.
        size: `(height, width)` in pixels of the only pictures that it takes, or None for any.

    Raises:
        ValueError: When the file is no TFLite file, or has other ends; the message names them.
    """

    def __init__(
        self,
        file: str | Path | bytes,
        *,
        threads: int | None = None,
        levels: tuple[float, float] = (0.0, 1.0),
    ):
        from ai_edge_litert.interpreter import Interpreter

        # From bytes, because replacing a mapped file kills the process that has it open.
        content = file if isinstance(file, bytes) else Path(file).read_bytes()
        with captured_output():
            self._interpreter = Interpreter(
                model_content=content, num_threads=threads or available_cores()
            )
            takes = [Door.of(details) for details in self._interpreter.get_input_details()]
            # Of free size, it is planned for one pixel, which is too few for some networks.
            is_free = any(-1 in door.shape for door in takes)
            with suppress(RuntimeError) if is_free else nullcontext():
                self._interpreter.allocate_tensors()
        gives = [Door.of(details) for details in self._interpreter.get_output_details()]
        _check_doors(takes, gives)
        self.takes, self.gives = takes[0], gives[0]
        height, width = self.takes.shape[1:3]
        self.size = None if -1 in (height, width) else (height, width)
        self.levels = levels
        self._shape: tuple[int, ...] | None = None
        self._lock = threading.Lock()

    def __call__(self, low_res: np.ndarray) -> np.ndarray:
        """Enlarges `(batch, height, width, 3)` float32 in [0, 1].

        Raises:
            ValueError: For another size than the only one that the file takes.
            MemoryError: When a large picture cannot be run.
        """
        if self.size not in (None, low_res.shape[1:3]):
            raise ValueError(
                f"Expected pictures of {self.size} pixels, the only (height, width) of this file, "
                f"received {low_res.shape[1:3]}. Enlarge with keras_litesr.Upscaler, which cuts "
                "pictures into tiles of this size."
            )
        if self.takes.shape[0] == 1 and len(low_res) > 1:
            return np.concatenate([self(picture[None]) for picture in low_res])
        black, white = self.levels
        span = white - black
        values = low_res if (black, span) == (0, 1) else black + span * low_res
        try:
            large = self._run(values)
        except RuntimeError as error:
            if low_res.size <= 3 * _LARGE:
                raise
            height, width = low_res.shape[1:3]
            raise MemoryError(
                f"LiteRT cannot run a picture of {width}x{height}: {error}. Choose smaller tiles."
            ) from error
        return large if (black, span) == (0, 1) else (large - black) / span

    def _run(self, values: np.ndarray) -> np.ndarray:
        with self._lock:
            self._resize(values.shape)
            self._interpreter.set_tensor(self.takes.index, self.takes.stored(values))
            self._interpreter.invoke()
            large = self._interpreter.get_tensor(self.gives.index)
        return self.gives.real(large)

    def _resize(self, shape: tuple[int, ...]) -> None:
        if shape != self._shape and -1 in self.takes.shape:
            # After an error the next picture has to be planned for again.
            self._shape = None
            self._interpreter.resize_tensor_input(self.takes.index, shape)
            self._interpreter.allocate_tensors()
        self._shape = shape


def available_cores() -> int | None:
    """Counts the cores that this process may use."""
    # A container or `taskset` may grant fewer cores than the machine has.
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count()


def _check_doors(takes: list[Door], gives: list[Door]) -> None:
    doors = [*takes, *gives]
    one_each = len(takes) == len(gives) == 1 and takes[0].shape[:1] in ((1,), (-1,))
    if not one_each or not all(door.holds_pictures for door in doors):
        ends = [" and ".join(map(str, side)) or "nothing" for side in (takes, gives)]
        raise ValueError(
            "Expected a file that takes RGB pictures (1 or any, height, width, 3) of float32, "
            f"uint8 or int8 and gives larger ones, received one that takes {ends[0]} and "
            f"gives {ends[1]}. Name a super-resolution model."
        )
