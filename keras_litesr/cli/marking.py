"""What `litesr protect mark` does with pictures: learn from them, measure on them, list them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
from tqdm import tqdm

from keras_litesr.datasets.degradation import degrade
from keras_litesr.datasets.patches import CentreCrops, Patches
from keras_litesr.datasets.sources import at_least, for_validation
from keras_litesr.protection import watermark
from keras_litesr.protection.keys import OwnerKey
from keras_litesr.training.metrics import LumaPSNR
from keras_litesr.zoo import folders

# Small patches do: what is learned are the model's own answers.
_PATCH_SIZE, _BATCH_SIZE = 24, 16
_EPOCH_STEPS = 50


def trained_copy(
    model: keras.Model,
    key: OwnerKey,
    photos: Sequence[np.ndarray],
    scale: int,
    margin: float,
    steps: int,
    seed: int,
) -> keras.Model:
    """Marks a copy of a model, and trains it under a progress bar if there are photos.

    Args:
        model: The preset's.
        key: The owner's.
        photos: `(height, width, 3)` uint8 each; none to shift the weights only.
        scale: Enlargement per side.
        margin: See `watermark.mark`.
        steps: Of training, rounded up to whole epochs of 50.
        seed: Of the patches.
    """
    if not photos:
        return watermark.mark(model, key, margin=margin)
    keras.utils.set_random_seed(seed)
    batches = Patches(
        degrade(at_least(_PATCH_SIZE * scale, photos), scale),
        scale=scale,
        patch_size=_PATCH_SIZE,
        batch_size=_BATCH_SIZE,
        steps=min(steps, _EPOCH_STEPS),
        seed=seed,
    )
    with tqdm(desc="marking", total=steps, unit="step", leave=False, disable=None) as bar:
        show = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: bar.update())
        return watermark.mark(model, key, batches, margin=margin, steps=steps, callbacks=[show])


def measurable(photos: Sequence[np.ndarray], scale: int) -> list[np.ndarray]:
    """Leaves out the photos that are too small to measure on, as `litesr train` does.

    Raises:
        ValueError: When that leaves none.
    """
    return for_validation(_PATCH_SIZE * scale, photos)


def psnr_of(models: Sequence[keras.Model], photos: Sequence[np.ndarray], scale: int) -> list[float]:
    """Measures models on `measurable` photos in dB, as `litesr train` validates."""
    crops = CentreCrops(degrade(photos, scale), scale=scale)
    return [_psnr(model, crops, scale) for model in models]


def copy_photo_list(origin: Path, folder: Path, training: Any) -> None:
    """Copies the list of the photos that a preset was trained on, if it has one.

    Args:
        origin: Preset folder.
        folder: The marked one, whose manifest is to be renewed; what it holds already stays.
        training: Of the origin's metadata, which names the list as `data_list`.
    """
    name = training.get("data_list") if isinstance(training, dict) else None
    listed = folders.manifest(origin)
    # The manifest lists plain names only, so that a copy cannot land outside of the folder.
    if not isinstance(name, str) or name not in listed:
        return
    if not (folder / name).exists():
        (folder / name).write_bytes(folders.read(origin, name, listed[name]))


def _psnr(model: keras.Model, crops: CentreCrops, scale: int) -> float:
    model.compile(loss="mae", metrics=[LumaPSNR(border=scale)], jit_compile=False)
    return float(model.evaluate(crops, verbose=0, return_dict=True)["psnr"])
