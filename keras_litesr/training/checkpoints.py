"""What a run keeps on disk; every file appears as a whole or not at all."""

import csv
import errno
import io
import math
import shutil
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras
import numpy as np

from keras_litesr.atomic import published, write_json
from keras_litesr.images.files import ImageFileError
from keras_litesr.models.copies import copied
from keras_litesr.training.records import (
    BEST,
    BEST_RECORD,
    LAST,
    LOG,
    PROGRESS,
    Row,
    number,
    read_json,
    read_log,
)


class KeepBest(keras.callbacks.Callback):
    """Saves the weights to release; belongs before `SwapEMAWeights`.

    In that place it runs while the averaged weights, which were validated, are in the model. A
    kill between the two files leaves the older record, so that the resumed run saves both again.

    Args:
        folder: The run's folder; gets `best.weights.h5` and `best.json`.
        always: Save after every epoch, not only when validation PSNR rises: the weights of an
            adversarial training are best when it is over, and their PSNR is not.
    """

    def __init__(self, folder: Path, *, always: bool = False):
        super().__init__()
        self.folder = folder
        self.always = always
        self.best: float = number(folder / BEST_RECORD, "psnr", float("-inf"))

    def on_test_end(self, logs=None):
        psnr = float(logs["psnr"])
        if self.always or psnr > self.best:
            self.best = psnr
            # Without critic and optimizer, whose state would triple the file.
            network = getattr(self.model, "generator", self.model)
            save_weights(copied(network), self.folder / BEST)
            step = int(self.model.optimizer.iterations)
            write_json(self.folder / BEST_RECORD, {"psnr": psnr, "step": step})


class SaveLast(keras.callbacks.Callback):
    """Saves log, the seconds spent, and weights with optimizer state, after every epoch.

    The weights come last and count: what the others say beyond them is dropped or written again
    when a killed run goes on.

    Args:
        folder: The run's folder; gets `log.csv`, `progress.json` and `last.weights.h5`.
        epochs: Epochs that the folder's checkpoint has behind it.
    """

    def __init__(self, folder: Path, epochs: int = 0):
        super().__init__()
        self.folder = folder
        self.rows = read_log(folder / LOG, epochs)
        self.earlier: float = number(folder / PROGRESS, "seconds", 0.0)

    def on_train_begin(self, logs=None):
        self.start = time.monotonic()

    def on_epoch_end(self, epoch, logs=None):
        self.rows.append({"epoch": epoch, **{name: logs[name] for name in sorted(logs)}})
        _write_rows(self.folder / LOG, self.rows)
        self._save()

    def save_within_epoch(self) -> None:
        """Saves what goes on in the middle of an epoch, its sums for the log included."""
        self._save(sums=[value.tolist() for value in map(np.array, _sums(self.model))])

    def _save(self, **also: Any) -> None:
        seconds = round(self.earlier + time.monotonic() - self.start, 1)
        step = int(self.model.optimizer.iterations)
        write_json(self.folder / PROGRESS, {"step": step, "seconds": seconds, **also})
        save_weights(self.model, self.folder / LAST)


class ContinueEpoch(keras.callbacks.Callback):
    """Gives the first epoch the sums of its earlier part, so that the log says what it would have.

    Args:
        folder: The run's folder, whose checkpoint lies within an epoch.
    """

    def __init__(self, folder: Path):
        super().__init__()
        self.saved = read_json(folder / PROGRESS)

    def on_epoch_begin(self, epoch, logs=None):
        is_current = self.saved.get("step") == int(self.model.optimizer.iterations)
        if is_current and "sums" in self.saved:
            for variable, value in zip(_sums(self.model), self.saved["sums"], strict=True):
                variable.assign(value)


def restore(model: keras.Model, path: Path) -> None:
    """Puts weights and optimizer state of a checkpoint into a compiled model.

    Raises:
        FileNotFoundError: When there is no such file.
        ValueError: When it belongs to another architecture or is damaged.
    """
    if not path.exists():
        advice = "Leave --resume out to start."
        if (path.parent / BEST).exists():
            advice = f"Begin another run with its best weights: --start-from {path.parent}."
        raise FileNotFoundError(f"{path} does not exist, so there is nothing to resume. {advice}")
    model.optimizer.build(model.trainable_variables)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # Keras only warns of layers that the file lacks.
            model.load_weights(path)
    except (KeyError, OSError, ValueError, Warning) as error:
        reason = str(error).strip().splitlines()[0]
        raise ValueError(
            f"{path} does not fit {model.name} with {model.count_params():,} parameters: it was "
            f"written by another architecture or is damaged ({reason}). Build the model that the "
            "run was begun with, or begin another run."
        ) from error


def save_weights(model: keras.Model, path: Path) -> None:
    """Saves a model's weights, and its optimizer's state where it has one, as `.weights.h5`."""
    with published(path) as temporary:
        # HDF5 fills stderr with tracebacks of its own when it meets a full disk.
        if shutil.disk_usage(path.parent).free < _size_bytes(model):
            raise OSError(errno.ENOSPC, "No space left on device")
        model.save_weights(temporary)


@contextmanager
def full_disk_explained(folder: Path) -> Iterator[None]:
    """Says what to do when the disk of a run's folder fills up while the block runs.

    Raises:
        OSError: In place of the system's or HDF5's own, in a sentence.
    """
    try:
        yield
    except (OSError, RuntimeError, ImageFileError) as error:
        # What an `ImageFileError` came of; Keras drops the cause, not the context.
        if not (_is_full_disk(error) or _is_full_disk(error.__context__)):
            raise
        advice = "begin again"
        if (folder / LAST).exists():
            advice = "go on with --resume: the last checkpoint is whole"
        raise OSError(
            f"Expected room in {folder}, the disk is full. Free some space and {advice}."
        ) from error


def _is_full_disk(error: BaseException | None) -> bool:
    if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT):
        return True
    # HDF5 has its own words for it.
    is_system = isinstance(error, (OSError, RuntimeError))
    return is_system and ("No space left" in str(error) or "quota" in str(error))


def _size_bytes(model: keras.Model) -> int:
    """Estimates a weight file: four bytes a number, and the groups and attributes of HDF5."""
    optimizers = [getattr(model, name, None) for name in ("optimizer", "critic_optimizer")]
    variables = [*model.variables, *(v for each in optimizers if each for v in each.variables)]
    return sum(4 * math.prod(variable.shape) + 2048 for variable in variables)


def _sums(model: keras.Model) -> list[keras.Variable]:
    return [variable for metric in model.metrics for variable in metric.variables]


def _write_rows(path: Path, rows: list[Row]) -> None:
    text = io.StringIO(newline="")
    names = dict.fromkeys(name for row in rows for name in row)
    writer = csv.DictWriter(text, names, restval="")
    writer.writeheader()
    writer.writerows(rows)
    with published(path) as temporary:
        temporary.write_text(text.getvalue(), newline="")
