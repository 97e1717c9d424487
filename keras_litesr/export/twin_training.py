"""Short trainings of a `tf_keras` twin: the loop that pruning, clustering and rounding share."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from keras_litesr.export.legacy import tf_keras
from keras_litesr.failures import DivergedError

Batch = tuple[np.ndarray, np.ndarray]


def train_twin(
    twin_model: tf_keras.Model,
    batches: Iterable[Batch],
    *,
    steps: int,
    learning_rate: float,
    loss: str = "mae",
    callback: Any = None,
    progress: Callable[[int], object] | None = None,
) -> None:
    """Trains a twin in place with Adam, the gradient's norm clipped at 1.

    Args:
        twin_model: Result of `twin`, wrapped or not.
        batches: `(low_res, high_res)`, float32 NHWC in [0, 1], one for each step.
        steps: Weight updates.
        learning_rate: At the start; it falls to zero on a cosine.
        loss: Name of a loss of Keras.
        callback: Of `tf_keras`, called around every step, for the toolkit's bookkeeping.
        progress: Called with 1 after every step.

    Raises:
        DivergedError: When the loss is no longer a number.
    """
    schedule = tf_keras.optimizers.schedules.CosineDecay(learning_rate, max(steps, 1))
    optimizer = tf_keras.optimizers.Adam(schedule, global_clipnorm=1.0, jit_compile=False)
    twin_model.compile(optimizer, loss=loss, jit_compile=False)
    callback = callback or tf_keras.callbacks.Callback()
    callback.set_model(twin_model)
    callback.on_train_begin()
    for step, batch in enumerate(batches):
        callback.on_train_batch_begin(step)
        value = twin_model.train_on_batch(*batch)
        callback.on_train_batch_end(step)
        if not np.isfinite(value):
            raise DivergedError(
                f"Expected a loss, received {value} at step {step + 1}. Begin again with a lower "
                "learning rate."
            )
        if progress is not None:
            progress(1)
    callback.on_epoch_end(0)
    callback.on_train_end()
