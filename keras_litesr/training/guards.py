"""What stops a training: a loss that is no number, a collapse, and Ctrl-C."""

import math
import signal
import threading

import keras
import numpy as np

from keras_litesr.datasets.patches import CentreCrops
from keras_litesr.failures import CollapsedError, DivergedError
from keras_litesr.images import resize
from keras_litesr.images.pixels import to_float, to_uint8
from keras_litesr.training.checkpoints import SaveLast
from keras_litesr.training.metrics import luma_psnr


class StopOnNaN(keras.callbacks.Callback):
    """Stops a training that diverged before its weights reach a file.

    Belongs before `KeepBest`. The loss of a step is computed before its update, so what the last
    update of an epoch breaks shows in the validation.

    Raises:
        DivergedError: When a training or validation loss is not finite.
    """

    def on_train_batch_end(self, batch, logs=None):
        self._refuse(logs or {}, "loss")

    def on_test_end(self, logs=None):
        self._refuse(logs or {}, "validation loss")

    def _refuse(self, logs: dict, what: str) -> None:
        if not math.isfinite(logs.get("loss", 0.0)):
            raise DivergedError(
                f"Expected a finite {what}, received {float(logs['loss'])} at step "
                f"{int(self.model.optimizer.iterations):,}: the training diverged. Begin another "
                "run with half the --learning-rate, or with another --seed."
            )


def require_finite(model: keras.Model) -> None:
    """Refuses a model with a weight that is no number.

    Raises:
        DivergedError: When there is one.
    """
    if not all(np.isfinite(array).all() for array in model.get_weights()):
        raise DivergedError(
            f"Expected finite weights, received others in {model.name}: the training diverged. "
            "Begin again with a lower learning rate."
        )


class StopOnCollapse(keras.callbacks.Callback):
    """Stops a training that does no better than bicubic; belongs before `KeepBest`.

    Args:
        bicubic: Validation PSNR of bicubic enlargement in dB.
        grace_steps: Steps after which more is expected.
        advice: What to change, a sentence.

    Raises:
        CollapsedError: When a later validation PSNR is not above bicubic's.
    """

    def __init__(self, bicubic: float, grace_steps: int, advice: str):
        super().__init__()
        self.bicubic = bicubic
        self.grace_steps = grace_steps
        self.advice = advice

    def on_test_end(self, logs=None):
        step, psnr = int(self.model.optimizer.iterations), float(logs["psnr"])
        if step > self.grace_steps and psnr <= self.bicubic:
            raise CollapsedError(
                f"Expected more than bicubic's {self.bicubic:.2f} dB on the validation pictures, "
                f"received {psnr:.2f} dB at step {step:,}: the training collapsed. {self.advice}"
            )


class StopOnInterrupt(keras.callbacks.Callback):
    """Lets Ctrl-C end a training at the end of a step, saved so that it goes on from there.

    A second Ctrl-C ends it at once. Belongs behind `SaveLast`; outside of the main thread, where
    no signal arrives, it does nothing.

    Args:
        save_last: Saves in the middle of an epoch.

    Raises:
        KeyboardInterrupt: At the end of the step, once everything is saved.
    """

    def __init__(self, save_last: SaveLast):
        super().__init__()
        self.save_last = save_last
        self.pressed = False
        self.previous = None

    def on_train_begin(self, logs=None):
        if threading.current_thread() is threading.main_thread():
            self.previous = signal.signal(signal.SIGINT, self._press)

    def on_train_batch_end(self, batch, logs=None):
        # An epoch that is all but over is validated and saved as every other one.
        if self.pressed and batch + 1 < self.params["steps"]:
            self.save_last.save_within_epoch()
            raise KeyboardInterrupt

    def on_epoch_end(self, epoch, logs=None):
        if self.pressed and epoch < self.params["epochs"] - 1:
            raise KeyboardInterrupt

    def close(self) -> None:
        """Gives Ctrl-C back to whoever had it."""
        if self.previous is not None:
            signal.signal(signal.SIGINT, self.previous)
            self.previous = None

    def _press(self, *_) -> None:
        self.pressed = True
        self.close()
        print("\nStopping after the steps at work; press Ctrl-C again to stop at once.", flush=True)


def bicubic_psnr(validation: CentreCrops) -> float:
    """Measures bicubic enlargement on validation pictures as `LumaPSNR` does, in dB."""
    scale = validation.scale
    figures = []
    for low_res, high_res in (validation[index] for index in range(len(validation))):
        enlarged = to_float(resize.enlarge(to_uint8(low_res[0]), scale))[None]
        figures.append(float(luma_psnr(high_res, enlarged, border=scale)[0]))
    return float(np.mean(figures))
