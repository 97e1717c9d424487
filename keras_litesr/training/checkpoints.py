"""What a run keeps on disk; every file appears as a whole or not at all."""

import csv
import io
import json
import time
import warnings
from pathlib import Path
from typing import Any

import keras

from keras_litesr.atomic import published, write_json

LAST = "last.weights.h5"
BEST = "best.weights.h5"
BEST_RECORD = "best.json"
PROGRESS = "progress.json"
LOG = "log.csv"


class KeepBest(keras.callbacks.Callback):
    """Saves the weights whenever validation PSNR rises; belongs before `SwapEMAWeights`.

    In that place it runs while the averaged weights, which were validated, are in the model. A
    kill between the two files leaves the older record, so that the resumed run saves both again.

    Args:
        folder: The run's folder; gets `best.weights.h5` and `best.json`.
    """

    def __init__(self, folder: Path):
        super().__init__()
        self.folder = folder
        self.best: float = read_json(folder / BEST_RECORD).get("psnr", float("-inf"))

    def on_test_end(self, logs=None):
        psnr = float(logs["psnr"])
        if psnr > self.best:
            self.best = psnr
            # Without critic and optimizer, whose state would triple the file.
            network = getattr(self.model, "generator", self.model)
            released = network.__class__.from_config(network.get_config())
            released.set_weights(network.get_weights())
            save_weights(released, self.folder / BEST)
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
        self.rows = _complete_rows(folder / LOG, epochs)
        self.earlier: float = read_json(folder / PROGRESS).get("seconds", 0.0)

    def on_train_begin(self, logs=None):
        self.start = time.monotonic()

    def on_epoch_end(self, epoch, logs=None):
        self.rows.append({"epoch": epoch, **{name: logs[name] for name in sorted(logs)}})
        _write_rows(self.folder / LOG, self.rows)
        seconds = round(self.earlier + time.monotonic() - self.start, 1)
        step = int(self.model.optimizer.iterations)
        write_json(self.folder / PROGRESS, {"step": step, "seconds": seconds})
        save_weights(self.model, self.folder / LAST)


def restore(model: keras.Model, path: Path) -> None:
    """Puts weights and optimizer state of a checkpoint into a compiled model.

    Raises:
        FileNotFoundError: When there is no such file.
        ValueError: When it belongs to another architecture or is damaged.
    """
    if not path.exists():
        raise FileNotFoundError(
            f"{path} does not exist, so there is nothing to resume. Leave --resume out to start."
        )
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
        model.save_weights(temporary)


def read_json(path: Path) -> dict[str, Any]:
    """Reads a JSON object; a missing file is an empty one.

    Raises:
        ValueError: When the file holds something else.
    """
    if not path.exists():
        return {}
    try:
        content = json.loads(path.read_text())
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise ValueError(f"{path} holds no JSON object. Remove the run's folder, or begin another.")
    return content


def _complete_rows(path: Path, epochs: int) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    with path.open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if None not in row.values()]
    return [row for row in rows if row["epoch"].isdigit() and int(row["epoch"]) < epochs]


def _write_rows(path: Path, rows: list[dict[str, Any]]) -> None:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, rows[0], restval="", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    with published(path) as temporary:
        temporary.write_text(text.getvalue(), newline="")
