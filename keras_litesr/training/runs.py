"""A run's folder: log, last checkpoint with optimizer state, best weights; survives a kill."""

import csv
import json
import os
import time
from dataclasses import asdict
from pathlib import Path

import keras

from keras_litesr.training.recipes import Recipe

_LAST = "last.weights.h5"
_BEST = "best.weights.h5"


class KeepBest(keras.callbacks.Callback):
    """Saves the weights whenever validation PSNR rises; belongs before `SwapEMAWeights`.

    In that place it runs while the averaged weights, which were validated, are in the model.

    Args:
        folder: The run's folder; gets `best.weights.h5` and `best.json`.
    """

    def __init__(self, folder: Path):
        super().__init__()
        self.folder = folder
        self.epoch = 0
        record = folder / "best.json"
        self.best = json.loads(record.read_text())["psnr"] if record.exists() else float("-inf")

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_test_end(self, logs=None):
        psnr = float(logs["psnr"])
        if psnr > self.best:
            self.best = psnr
            # Without the optimizer, whose state would triple the file.
            released = self.model.__class__.from_config(self.model.get_config())
            released.set_weights(self.model.get_weights())
            _save_weights(released, self.folder / _BEST)
            step = int(self.model.optimizer.iterations)
            _write_json(self.folder / "best.json", {"psnr": psnr, "step": step})


class SaveLast(keras.callbacks.Callback):
    """Saves weights and optimizer state after every epoch, and the seconds spent so far.

    Args:
        folder: The run's folder; gets `last.weights.h5` and `progress.json`.
    """

    def __init__(self, folder: Path):
        super().__init__()
        self.folder = folder
        record = folder / "progress.json"
        self.earlier = json.loads(record.read_text())["seconds"] if record.exists() else 0.0

    def on_train_begin(self, logs=None):
        self.start = time.monotonic()

    def on_epoch_end(self, epoch, logs=None):
        _save_weights(self.model, self.folder / _LAST)
        seconds = self.earlier + time.monotonic() - self.start
        step = int(self.model.optimizer.iterations)
        _write_json(self.folder / "progress.json", {"step": step, "seconds": round(seconds, 1)})


def train(
    model: keras.Model,
    recipe: Recipe,
    patches: keras.utils.PyDataset,
    validation: keras.utils.PyDataset,
    folder: Path,
    *,
    resume: bool = False,
    verbose: int | str = "auto",
) -> Path:
    """Trains a compiled model into a run folder, or goes on where the folder stopped.

    Args:
        model: Compiled by `compile_for_pixels`.
        recipe: The same recipe; written to the folder as `recipe.json`.
        patches: Training batches, `recipe.epoch_steps` an epoch.
        validation: Low- and high-resolution pictures; its PSNR chooses the best weights.
        folder: Made if missing.
        resume: Go on from `last.weights.h5`.
        verbose: As in `keras.Model.fit`.

    Returns:
        Path of the weights with the best validation PSNR.

    Raises:
        FileExistsError: When the folder holds a run and `resume` is not set.
        FileNotFoundError: When `resume` is set and there is no checkpoint.
    """
    folder.mkdir(parents=True, exist_ok=True)
    done = _restore(model, folder) if resume else _begin(recipe, folder)
    first_epoch = done // recipe.epoch_steps
    patches.epoch = first_epoch
    _trim_log(folder / "log.csv", first_epoch)
    model.fit(
        patches,
        epochs=-(-recipe.steps // recipe.epoch_steps),
        initial_epoch=first_epoch,
        validation_data=validation,
        shuffle=False,
        verbose=verbose,
        callbacks=[
            KeepBest(folder),
            keras.callbacks.SwapEMAWeights(),
            keras.callbacks.TerminateOnNaN(),
            keras.callbacks.CSVLogger(folder / "log.csv", append=True),
            SaveLast(folder),
        ],
    )
    return folder / _BEST


def _begin(recipe: Recipe, folder: Path) -> int:
    if (folder / _LAST).exists():
        raise FileExistsError(
            f"{folder} already holds a run. Go on with --resume, or name another folder with --out."
        )
    _write_json(folder / "recipe.json", asdict(recipe))
    return 0


def _restore(model: keras.Model, folder: Path) -> int:
    if not (folder / _LAST).exists():
        raise FileNotFoundError(
            f"{folder / _LAST} does not exist, so there is nothing to resume. "
            "Leave --resume out to start."
        )
    model.optimizer.build(model.trainable_variables)
    model.load_weights(folder / _LAST)
    return int(model.optimizer.iterations)


def _trim_log(path: Path, epochs: int) -> None:
    """Drops the rows of epochs that a killed run logged but did not checkpoint."""
    if not path.exists():
        return
    with path.open(newline="") as file:
        rows = list(csv.reader(file))
    kept = [row for row in rows if row[0] == "epoch" or int(row[0]) < epochs]
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(kept)


def _save_weights(model: keras.Model, path: Path) -> None:
    temporary = path.with_name(f".{os.getpid()}.{path.name}")
    model.save_weights(temporary)
    os.replace(temporary, path)


def _write_json(path: Path, content: dict) -> None:
    temporary = path.with_name(f".{os.getpid()}.{path.name}")
    temporary.write_text(json.dumps(content, indent=2) + "\n")
    os.replace(temporary, path)
