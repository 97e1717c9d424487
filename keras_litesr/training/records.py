"""What a run wrote down: its files' names, and what can be read of them without Keras."""

import csv
import json
import operator
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

from keras_litesr.training.recipes import AdversarialRecipe, Recipe

LAST = "last.weights.h5"
BEST = "best.weights.h5"
BEST_RECORD = "best.json"
PROGRESS = "progress.json"
LOG = "log.csv"
RECIPE = "recipe.json"
SAMPLES = "samples"
EVENTS = "events.out.tfevents.*"

Row = dict[str, Any]


def recorded(folder: Path) -> tuple[Recipe, dict[str, Any]]:
    """Reads what a run was begun with.

    Returns:
        The recipe, and everything in `recipe.json`.

    Raises:
        FileNotFoundError: When the folder holds no run.
        ValueError: When `recipe.json` lacks a setting or one is of another kind.
    """
    settings = read_json(folder / RECIPE)
    if not settings:
        raise FileNotFoundError(
            f"{folder} holds no {RECIPE}, so there is nothing to resume. "
            "Leave --resume out to start."
        )
    kind = AdversarialRecipe if "method" in settings else Recipe
    names = {field.name for field in fields(kind)}
    try:
        recipe = kind(**{name: settings[name] for name in names & settings.keys()})
        numbers = (recipe.steps, recipe.epoch_steps, recipe.batch_size, recipe.patch_size)
        is_odd = min(map(operator.index, (*numbers, settings.get("seed", 0) + 1))) < 1
    except TypeError:
        is_odd = True
    if is_odd:
        raise ValueError(
            f"Expected the settings of a run in {folder / RECIPE}, received others or too few. "
            "Begin another run in another folder."
        )
    return recipe, settings


def refuse_begun(folder: Path) -> None:
    """Raises `FileExistsError` when a folder holds a run that was checkpointed, or is a file."""
    if folder.exists() and not folder.is_dir():
        raise FileExistsError(f"{folder} is a file. Name a folder with --out.")
    if (folder / LAST).exists():
        raise FileExistsError(
            f"{folder} already holds a run. Go on with --resume, or name another folder with --out."
        )
    if (folder / BEST).exists() and not _was_killed_in_its_first_epoch(folder):
        raise FileExistsError(
            f"{folder} holds the weights of a run, but no checkpoint to go on from. Begin another "
            f"with them: --start-from {folder} --out OTHER."
        )


def _was_killed_in_its_first_epoch(folder: Path) -> bool:
    """Tells what a kill left before the first checkpoint from weights that were to be kept."""
    if not (folder / RECIPE).exists():
        return False
    recipe, _ = recorded(folder)
    epochs = -(-recipe.steps // recipe.epoch_steps)
    return len(read_log(folder / LOG, 2)) < min(epochs, 2)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keeps a second training out of a run's folder while the block runs.

    The lock is the system's and ends with the process, however it ends. Where the system has none
    (Windows, some network drives), nothing is kept out.

    Raises:
        FileExistsError: When another process holds the lock.
    """
    try:
        import fcntl
    except ImportError:
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise FileExistsError(
            f"Another training is at work in {folder}. Wait for it, or name another folder with "
            "--out."
        ) from error
    except OSError:
        pass  # a file system without locks
    try:
        yield
    finally:
        os.close(descriptor)


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


def read_log(path: Path, epochs: int) -> list[Row]:
    """Reads the rows of the first epochs; what else a killed run left is dropped.

    Raises:
        ValueError: When the file is no log.
    """
    if not path.exists():
        return []
    try:
        with path.open(newline="") as file:
            rows = [row for row in csv.DictReader(file) if None not in row.values()]
        kept = [row for row in rows if row["epoch"].isdigit() and int(row["epoch"]) < epochs]
        for figure in (figure for row in kept for figure in row.values() if figure):
            float(figure)
    except (KeyError, TypeError, ValueError, csv.Error) as error:
        raise ValueError(
            f"Expected a table of epochs in {path}, received something else. Remove the file: the "
            "run goes on without its earlier rows."
        ) from error
    return kept


def number(path: Path, name: str, missing: float) -> float:
    """Reads one number of a JSON object.

    Raises:
        ValueError: When the file holds something else.
    """
    value = read_json(path).get(name, missing)
    if not isinstance(value, (int, float)):
        raise ValueError(
            f"Expected a number as {name} in {path}, received {value!r}. Remove the file: the run "
            "goes on without it."
        )
    return value
