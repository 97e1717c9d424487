"""How many steps fit into a given time, measured on the machine that is to take them."""

import copy
import time
from dataclasses import dataclass

import keras

from keras_litesr.datasets.patches import Patches
from keras_litesr.training.pixel import compile_for_pixels
from keras_litesr.training.recipes import Recipe

_TIMED_STEPS = 50


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


def measure_pace(
    model: keras.Model,
    recipe: Recipe,
    patches: Patches,
    validation: keras.utils.PyDataset,
    *,
    scale: int = 4,
) -> Pace:
    """Times some steps and a validation on a copy, so that nothing of the training changes.

    What else runs on the machine counts, and nobody knows what will run on it later.

    Args:
        model: Built, compiled or not.
        recipe: Batch and patch size as they will be.
        patches: Training batches.
        validation: Pictures as they will be.
        scale: Enlargement per side.
    """
    trial = keras.models.clone_model(model)
    compile_for_pixels(trial, recipe, scale=scale)
    batches = copy.copy(patches)
    batches.steps = _TIMED_STEPS
    for _ in range(2):  # The first time, functions are traced.
        start = time.perf_counter()
        trial.fit(batches, shuffle=False, verbose=0)
        trained = time.perf_counter()
        trial.evaluate(validation, verbose=0)
        validated = time.perf_counter()
    return Pace((trained - start) / _TIMED_STEPS, validated - trained)
