"""Quantisation-aware training without labels: the int8 network learns from its float original."""

from collections.abc import Sequence

import keras
import numpy as np

from keras_litesr.images.pixels import to_float


def tune(
    prepared: keras.Model,
    original: keras.Model,
    pictures: Sequence[np.ndarray],
    *,
    steps: int = 300,
    learning_rate: float = 3e-4,
    batch_size: int = 4,
    seed: int = 0,
) -> None:
    """Trains a model in place, through its rounding, to paint what its original paints.

    The target is the original's own picture, so low-resolution pictures are all it takes, and the
    network gains nothing but what rounding took. Gradients pass the rounding as if it were not
    there, and end where a value is clipped. Where the training does not help, the weights are left
    as they were. TensorFlow backend only.

    Args:
        prepared: Result of `prepare_int8`.
        original: The float model, output in [0, 1], which is clipped as int8 clips it.
        pictures: Low-resolution `(height, width, 3)` uint8 each; of larger ones, the size of the
            smallest is used.
        steps: Number of steps; a third of a second each for a `lite` on two cores.
        learning_rate: At the start; it falls to zero on a cosine.
        batch_size: Pictures a step.
        seed: Of the order of the pictures.
    """
    if not prepared.trainable_variables:
        return
    low_res, target = clipped_targets(original, pictures, batch_size)
    schedule = keras.optimizers.schedules.CosineDecay(learning_rate, steps)
    prepared.compile(keras.optimizers.Adam(schedule), loss="mse", jit_compile=False)
    weights, before = prepared.get_weights(), _error(prepared, low_res, target, batch_size)
    generator = np.random.default_rng(seed)
    for _ in range(steps):
        chosen = generator.choice(len(low_res), min(batch_size, len(low_res)), replace=False)
        prepared.train_on_batch(low_res[chosen], target[chosen])
    if not _error(prepared, low_res, target, batch_size) < before:  # NaN is no gain either
        prepared.set_weights(weights)


def _error(model: keras.Model, low_res: np.ndarray, target: np.ndarray, batch_size: int) -> float:
    return float(model.evaluate(low_res, target, batch_size=batch_size, verbose=0))


def clipped_targets(
    original: keras.Model, pictures: Sequence[np.ndarray], batch_size: int
) -> tuple[np.ndarray, np.ndarray]:
    """Makes the pictures to learn from, and what the original paints of them.

    Args:
        original: The float model.
        pictures: Low-resolution `(height, width, 3)` uint8 each.
        batch_size: Pictures that the original is given at once.

    Returns:
        `(count, height, width, 3)` of the size of the smallest picture, and the enlargements in
        [0, 1]; float32.
    """
    height = min(picture.shape[0] for picture in pictures)
    width = min(picture.shape[1] for picture in pictures)
    low_res = to_float(np.stack([picture[:height, :width] for picture in pictures]))
    target = np.clip(original.predict(low_res, batch_size=batch_size, verbose=0), 0, 1)
    return low_res, target
