"""What a person sees of a run, and what stops one that went wrong."""

import math
import time

import keras
from tqdm import tqdm

from keras_litesr.training.checkpoints import KeepBest


class DivergedError(ArithmeticError):
    """A training whose loss is no longer a number; the message says what to change."""


class Progress(keras.callbacks.Callback):
    """Shows a bar on a terminal, and prints one line an epoch.

    Args:
        steps: Weight updates of the whole run.
        done: Updates made before this start.
        keep_best: Knows the best validation PSNR; runs before this.
    """

    def __init__(self, steps: int, done: int, keep_best: KeepBest):
        super().__init__()
        self.steps = steps
        self.done = done
        self.keep_best = keep_best

    def on_train_begin(self, logs=None):
        self.start = time.monotonic()
        self.bar = tqdm(
            total=self.steps, initial=self.done, unit="step", disable=None, dynamic_ncols=True
        )

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch_start = epoch * self.params["steps"]

    def on_train_batch_end(self, batch, logs=None):
        # The last execution of an epoch may hold fewer steps than `batch` says.
        reached = self.epoch_start + min(batch + 1, self.params["steps"])
        self.bar.update(reached - self.bar.n)

    def on_epoch_end(self, epoch, logs=None):
        step = int(self.model.optimizer.iterations)
        minutes = (time.monotonic() - self.start) / 60
        left = minutes * (self.steps - step) / (step - self.done)
        self.bar.write(
            f"step {step:,} of {self.steps:,}: loss {logs['loss']:.5f}, "
            f"validation {logs['val_psnr']:.3f} dB (best {self.keep_best.best:.3f}), "
            f"{left:.0f} min to go"
        )

    def close(self) -> None:
        """Leaves the terminal to whatever is printed next."""
        if hasattr(self, "bar"):
            self.bar.close()


class StopOnNaN(keras.callbacks.Callback):
    """Stops a training that diverged before its weights reach a checkpoint.

    Belongs before `SaveLast`. The loss of a step is computed before its update, so what the last
    update of an epoch breaks shows in the validation.

    Raises:
        DivergedError: When a training or validation loss is not finite.
    """

    def on_train_batch_end(self, batch, logs=None):
        self._refuse(logs or {}, "loss")

    def on_epoch_end(self, epoch, logs=None):
        self._refuse(logs or {}, "val_loss")

    def _refuse(self, logs: dict, name: str) -> None:
        if not math.isfinite(logs.get(name, 0.0)):
            raise DivergedError(
                f"Expected a finite {name}, received {float(logs[name])} at step "
                f"{int(self.model.optimizer.iterations):,}: the training diverged. Begin another "
                "run with half the learning rate, or with a smaller clipping norm."
            )
