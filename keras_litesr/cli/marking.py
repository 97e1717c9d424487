"""What `litesr protect mark` does with pictures: give back what the mark cost, and measure it."""

from collections.abc import Sequence

import keras
import numpy as np
from tqdm import tqdm

from keras_litesr.datasets.degradation import degrade
from keras_litesr.datasets.patches import CentreCrops, Patches
from keras_litesr.datasets.sources import at_least
from keras_litesr.protection import watermark
from keras_litesr.protection.keys import OwnerKey
from keras_litesr.training.metrics import LumaPSNR

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


def psnr_of(models: Sequence[keras.Model], photos: Sequence[np.ndarray], scale: int) -> list[float]:
    """Measures models on photos in dB, as `litesr train` validates."""
    crops = CentreCrops(degrade(photos, scale), scale=scale)
    return [_psnr(model, crops, scale) for model in models]


def _psnr(model: keras.Model, crops: CentreCrops, scale: int) -> float:
    model.compile(loss="mae", metrics=[LumaPSNR(border=scale)], jit_compile=False)
    return float(model.evaluate(crops, verbose=0, return_dict=True)["psnr"])
