"""What the averaged model makes of a few validation pictures after every epoch."""

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np

from keras_litesr.datasets.patches import CentreCrops
from keras_litesr.images import files, resize
from keras_litesr.images.pixels import to_uint8

_MEASURED_SIDE = 64  # low-resolution pixels
_SHOWN_SIDE = 32
_COUNT = 3
_GAP = 4  # pixels of the strip


class Samples(keras.callbacks.Callback):
    """Enlarges the same few crops after every validation; belongs before `SwapEMAWeights`.

    In that place it runs while the averaged weights, which were validated, are in the model. The
    pictures come from the middle of the crops, one row a crop: low resolution, bicubic, what the
    model made, original.

    Args:
        validation: Pictures, from the middle of the first of which the crops are taken.
        folder: Made if missing; gets `step_00500.png` and so on.
        measure: Called with the original crop and what the model made of it, both
            `(height, width, 3)` float32 RGB, the second not clipped; the mean of its finite answers
            is logged (a flat crop has no energy to compare with).
        name: Of what is measured; logged as `val_<name>`.
    """

    def __init__(
        self,
        validation: CentreCrops,
        folder: Path,
        *,
        measure: Callable | None = None,
        name: str = "measure",
    ):
        super().__init__()
        crops = CentreCrops(validation.pairs[:_COUNT], scale=validation.scale)
        crops.size = np.minimum(validation.size, _MEASURED_SIDE)
        self.crops = [crops[index] for index in range(len(crops))]
        self.scale = validation.scale
        self.folder = folder
        self.measure = measure
        self.name = name

    def on_test_end(self, logs=None):
        made = [self.model.predict_on_batch(low_res)[0] for low_res, _ in self.crops]
        rows = [
            _row(low_res[0], super_res, high_res[0], self.scale)
            for (low_res, high_res), super_res in zip(self.crops, made, strict=True)
        ]
        self.folder.mkdir(exist_ok=True)
        step = int(self.model.optimizer.iterations)
        path = self.folder / f"step_{step:05d}.png"
        files.write(files.Photo(_joined(rows, axis=0)), path, overwrite=True)
        if self.measure:
            pairs = zip(self.crops, made, strict=True)
            figures = [self.measure(high_res[0], super_res) for (_, high_res), super_res in pairs]
            finite = [figure for figure in figures if np.isfinite(figure)]
            self.measured = float(np.mean(finite)) if finite else float("nan")

    def on_epoch_end(self, epoch, logs=None):
        if self.measure and logs is not None:
            logs[f"val_{self.name}"] = self.measured


def _row(low_res, super_res, high_res, scale: int) -> np.ndarray:
    """Puts the middles of a crop's four versions side by side, all of the size of the original."""
    small = to_uint8(_middle(low_res, _SHOWN_SIDE))
    versions = [
        small.repeat(scale, axis=0).repeat(scale, axis=1),
        resize.enlarge(small, scale),
        to_uint8(_middle(super_res, _SHOWN_SIDE, scale)),
        to_uint8(_middle(high_res, _SHOWN_SIDE, scale)),
    ]
    return _joined(versions, axis=1)


def _middle(picture: np.ndarray, side: int, scale: int = 1) -> np.ndarray:
    # Counted in low-resolution pixels, so that all versions show the same place.
    height, width = (length // scale for length in picture.shape[:2])
    top, left = max(height - side, 0) // 2, max(width - side, 0) // 2
    rows = slice(top * scale, (top + side) * scale)
    return picture[rows, left * scale : (left + side) * scale]


def _joined(pictures: list[np.ndarray], *, axis: int) -> np.ndarray:
    shape = list(pictures[0].shape)
    shape[axis] = _GAP
    gap = np.full(shape, 255, np.uint8)
    parts = [part for picture in pictures for part in (picture, gap)]
    return np.concatenate(parts[:-1], axis=axis)
