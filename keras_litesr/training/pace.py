"""How many steps fit into a given time, measured on the machine that is to take them."""

import copy
import time
from dataclasses import dataclass

import keras

from keras_litesr.datasets.patches import Patches

_FIRST_STEPS = 10
_MOST_STEPS = 50
_SECONDS = 10.0


@dataclass(frozen=True)
class Pace:
    """Speed of a training.

    Attributes:
        step_seconds: Time of one weight update.
        validation_seconds: Time of one validation.
    """

    step_seconds: float
    validation_seconds: float

    def steps_in(self, seconds: float, epoch_steps: int) -> int:
        """Counts the steps of the whole epochs, each with its validation, that fit.

        Where not even one epoch fits, counts single steps, and at least one.

        Example:
            >>> Pace(step_seconds=0.1, validation_seconds=50).steps_in(650, epoch_steps=500)
            3000
        """
        epochs = int(seconds // (epoch_steps * self.step_seconds + self.validation_seconds))
        steps = int((seconds - self.validation_seconds) // self.step_seconds)
        return epochs * epoch_steps or max(min(steps, epoch_steps), 1)


def measure_pace(trial: keras.Model, patches: Patches, validation: keras.utils.PyDataset) -> Pace:
    """Times some steps and a validation.

    What else runs on the machine counts, and nobody knows what will run on it later.

    Args:
        trial: Compiled model of the kind that is to be trained; thrown away afterwards.
        patches: Training batches as they will be; they stay as they are.
        validation: Pictures as they will be.
    """
    batches = copy.copy(patches)
    batches.steps = _FIRST_STEPS
    _fitting_seconds(trial, batches)  # The first time, functions are traced.
    trial.evaluate(validation, verbose=0)
    guess = _fitting_seconds(trial, batches) / _FIRST_STEPS
    batches.steps = max(_FIRST_STEPS, min(_MOST_STEPS, int(_SECONDS / guess)))
    step_seconds = _fitting_seconds(trial, batches) / batches.steps
    start = time.perf_counter()
    trial.evaluate(validation, verbose=0)
    return Pace(step_seconds, time.perf_counter() - start)


def _fitting_seconds(trial: keras.Model, batches: Patches) -> float:
    start = time.perf_counter()
    trial.fit(batches, shuffle=False, verbose=0)
    return time.perf_counter() - start
