"""What a person sees of a run."""

import time

import keras
from tqdm import tqdm

from keras_litesr.training.checkpoints import KeepBest

_SHOWN = {
    "val_high_frequency_energy": "high-frequency energy",
    "wasserstein_distance": "distance",
    "gradient_norm": "critic's slope",
    "fake_probability": "taken for an original",
}


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
        self.start = time.monotonic()
        self.bar = tqdm(total=steps, initial=done, unit="step", disable=None, dynamic_ncols=True)

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch_start = int(self.model.optimizer.iterations)

    def on_train_batch_end(self, batch, logs=None):
        # The last execution of an epoch may hold fewer steps than `batch` says.
        reached = self.epoch_start + min(batch + 1, self.params["steps"])
        self.bar.update(reached - self.bar.n)

    def on_epoch_end(self, epoch, logs=None):
        step = int(self.model.optimizer.iterations)
        minutes = (time.monotonic() - self.start) / 60
        left = minutes * (self.steps - step) / (step - self.done)
        others = [f"{text} {logs[name]:.3g}" for name, text in _SHOWN.items() if name in logs]
        best = "" if self.keep_best.always else f" (best {self.keep_best.best:.3f})"
        parts = [
            f"step {step:,} of {self.steps:,}: loss {logs['loss']:.5f}",
            f"validation {logs['val_psnr']:.3f} dB{best}",
            *others,
            f"{left:.0f} min to go",
        ]
        self.bar.write(", ".join(parts))

    def close(self) -> None:
        """Leaves the terminal to whatever is printed next."""
        self.bar.close()
