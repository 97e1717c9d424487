"""What runs the network: LiteRT on a `.tflite` file, or Keras."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from keras_litesr.models.litert import LiteRT, available_cores
from keras_litesr.silence import captured_output
from keras_litesr.zoo.checks import Checks

if TYPE_CHECKING:
    import keras

__all__ = ["Blend", "Keras", "LiteRT", "available_cores", "keras_runtime"]

# A second preset and its share from 0 to 1.
Blend = tuple[str | os.PathLike[str], float]


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


def keras_runtime(folder: Path, blend: Blend | None, checks: Checks) -> Keras:
    """Loads a preset, or its blend with another, as a Keras model that runs."""
    with captured_output():
        from keras_litesr.models import blending
        from keras_litesr.zoo.registry import load

        model = load(folder, **vars(checks))
        if blend:
            model = blending.blend(model, load(blend[0], **vars(checks)), blend[1])
        return Keras(model)
