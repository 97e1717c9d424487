"""A run: `model.fit` into a folder that survives a kill and goes on."""

from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import keras

from keras_litesr.atomic import write_json
from keras_litesr.training import checkpoints
from keras_litesr.training.checkpoints import KeepBest, SaveLast
from keras_litesr.training.progress import Progress, StopOnNaN
from keras_litesr.training.recipes import Recipe

RECIPE = "recipe.json"


def train(
    model: keras.Model,
    recipe: Recipe,
    patches: keras.utils.PyDataset,
    validation: keras.utils.PyDataset,
    folder: Path,
    *,
    preset: str = "",
    resume: bool = False,
) -> dict[str, Any]:
    """Trains a compiled model into a run folder, or goes on where the folder stopped.

    The folder gets `recipe.json` at once and `log.csv`, `last.weights.h5` (with the optimizer),
    `progress.json`, `best.weights.h5` (averaged, without the optimizer) and `best.json` at every
    epoch's end. A kill loses the epoch in progress. On the same machine and backend a resumed run
    ends with the weights, bit for bit, of one that was not interrupted.

    Args:
        model: Compiled by `compile_for_pixels`; ends with the averaged weights.
        recipe: What it was compiled with.
        patches: `Patches` of `recipe.epoch_steps` batches.
        validation: Low- and high-resolution pictures; their PSNR chooses the best weights.
        folder: Made if missing.
        preset: Name to write down.
        resume: Go on from `last.weights.h5`.

    Returns:
        `steps` and `seconds` in all, and `psnr` in dB and `step` of the best weights.

    Raises:
        FileExistsError: When the folder holds a run and `resume` is not set.
        FileNotFoundError: When `resume` is set and there is no checkpoint.
        ValueError: When the run was begun with other settings, pictures or architecture.
        DivergedError: When a loss is not finite; the last checkpoint stays as it was.
    """
    settings = {
        **asdict(recipe),
        "preset": preset,
        "parameters": model.count_params(),
        "seed": patches.seed,
        "pictures": len(patches.pairs),
        "validation_pictures": len(validation),
    }
    done = _resume(model, settings, folder) if resume else _begin(settings, folder)
    if done < recipe.steps:
        _fit(model, recipe, patches, validation, folder, done)
    seconds = checkpoints.read_json(folder / checkpoints.PROGRESS).get("seconds", 0.0)
    best = checkpoints.read_json(folder / checkpoints.BEST_RECORD)
    return {"steps": int(model.optimizer.iterations), "seconds": seconds, **best}


def recorded(folder: Path) -> tuple[Recipe, dict[str, Any]]:
    """Reads what a run was begun with.

    Returns:
        The recipe, and everything in `recipe.json`.

    Raises:
        FileNotFoundError: When the folder holds no run.
    """
    settings = checkpoints.read_json(folder / RECIPE)
    if not settings:
        raise FileNotFoundError(
            f"{folder} holds no {RECIPE}, so there is nothing to resume. "
            "Leave --resume out to start."
        )
    names = {field.name for field in fields(Recipe)}
    return Recipe(**{name: settings[name] for name in names & settings.keys()}), settings


def _fit(model, recipe: Recipe, patches, validation, folder: Path, done: int) -> None:
    first_epoch = done // recipe.epoch_steps
    patches.epoch = first_epoch
    keep_best = KeepBest(folder)
    progress = Progress(recipe.steps, done, keep_best)
    try:
        model.fit(
            patches,
            epochs=-(-recipe.steps // recipe.epoch_steps),
            initial_epoch=first_epoch,
            validation_data=validation,
            shuffle=False,
            verbose=0,
            callbacks=[
                keep_best,
                keras.callbacks.SwapEMAWeights(),
                StopOnNaN(),
                SaveLast(folder, first_epoch),
                progress,
            ],
        )
    finally:
        progress.close()


def _begin(settings: dict[str, Any], folder: Path) -> int:
    if (folder / checkpoints.LAST).exists():
        raise FileExistsError(
            f"{folder} already holds a run. Go on with --resume, or name another folder with --out."
        )
    folder.mkdir(parents=True, exist_ok=True)
    # What a run that was killed before its first checkpoint left is another run's.
    for name in (checkpoints.BEST_RECORD, checkpoints.BEST, checkpoints.LOG, checkpoints.PROGRESS):
        (folder / name).unlink(missing_ok=True)
    write_json(folder / RECIPE, settings)
    return 0


def _resume(model: keras.Model, settings: dict[str, Any], folder: Path) -> int:
    _, begun = recorded(folder)
    other = [name for name in settings.keys() & begun.keys() if settings[name] != begun[name]]
    if other:
        expected = ", ".join(f"{name} {begun[name]}" for name in sorted(other))
        received = ", ".join(f"{name} {settings[name]}" for name in sorted(other))
        raise ValueError(
            f"Expected what {folder} was begun with, {expected}, received {received}. Resume with "
            "the same settings and pictures, or begin another run in another folder."
        )
    checkpoints.restore(model, folder / checkpoints.LAST)
    return int(model.optimizer.iterations)
