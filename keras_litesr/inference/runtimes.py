"""What runs the network: LiteRT on a `.tflite` file, or Keras."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from keras_litesr.images.pixels import to_float, to_uint8
from keras_litesr.silence import captured_output

if TYPE_CHECKING:
    import keras

# A second preset and its share from 0 to 1.
Blend = tuple[str | os.PathLike[str], float]


class LiteRT:
    """Runs a TFLite file; starts in tenths of a second and needs no TensorFlow.

    A file that takes 8-bit pixels, as an int8 network does, is given them.

    Planning for another shape costs a tenth of a run, so pictures are best cut into tiles of one
    shape. Not to be called from two threads at once.

    Args:
        file: Path or content of a file with one input `(batch, height, width, 3)` of free size.
        threads: CPU threads; all cores that the process may use by default.

    Raises:
        ValueError: When the file is no TFLite file.
    """

    def __init__(self, file: str | Path | bytes, *, threads: int | None = None):
        from ai_edge_litert.interpreter import Interpreter

        # From bytes, because replacing a mapped file kills the process that has it open.
        content = file if isinstance(file, bytes) else Path(file).read_bytes()
        with captured_output():
            self._interpreter = Interpreter(
                model_content=content, num_threads=threads or _available_cores()
            )
            self._interpreter.allocate_tensors()
        details = self._interpreter.get_input_details()[0]
        self._input, self._takes_pixels = details["index"], details["dtype"] == np.uint8
        self._output = self._interpreter.get_output_details()[0]["index"]
        self._shape: tuple[int, ...] | None = None

    def __call__(self, low_res: np.ndarray) -> np.ndarray:
        """Enlarges `(batch, height, width, 3)` float32 in [0, 1]."""
        if low_res.shape != self._shape:
            self._interpreter.resize_tensor_input(self._input, low_res.shape)
            self._interpreter.allocate_tensors()
            self._shape = low_res.shape
        self._interpreter.set_tensor(
            self._input, to_uint8(low_res) if self._takes_pixels else low_res
        )
        self._interpreter.invoke()
        high_res = self._interpreter.get_tensor(self._output)
        return to_float(high_res) if self._takes_pixels else high_res


class Keras:
    """Runs a Keras model, compiled once for each shape of tile.

    Args:
        model: Low-resolution RGB in, high-resolution RGB out.
    """

    def __init__(self, model: keras.Model):
        self._model = model

    def __call__(self, low_res: np.ndarray) -> np.ndarray:
        """Enlarges `(batch, height, width, 3)` float32 in [0, 1]."""
        return self._model.predict_on_batch(low_res)


def keras_runtime(folder: Path, blend: Blend | None = None) -> Keras:
    """Loads a preset, or its blend with another, as a Keras model that runs."""
    # TensorFlow prints pages about the processor when it is imported.
    with captured_output():
        from keras_litesr.models import blending
        from keras_litesr.zoo.registry import load

        model = load(folder)
        return Keras(blending.blend(model, load(Path(blend[0])), blend[1]) if blend else model)


def _available_cores() -> int | None:
    # A container or `taskset` may grant fewer cores than the machine has.
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count()
