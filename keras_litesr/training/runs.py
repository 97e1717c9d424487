"""A run: `model.fit` into a folder that survives a kill and goes on."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from keras_litesr.atomic import write_json
from keras_litesr.datasets.degradation import Pair
from keras_litesr.datasets.patches import CentreCrops, Patches
from keras_litesr.training import guards, records
from keras_litesr.training.checkpoints import (
    ContinueEpoch,
    KeepBest,
    SaveLast,
    full_disk_explained,
    restore,
)
from keras_litesr.training.events import EventLog
from keras_litesr.training.progress import Progress
from keras_litesr.training.recipes import AdversarialRecipe, Recipe
from keras_litesr.training.samples import Samples


def train(
    model: keras.Model,
    recipe: Recipe,
    patches: Patches,
    validation: CentreCrops,
    folder: str | Path,
    *,
    preset: str = "",
    resume: bool = False,
    samples: Samples | None = None,
) -> dict[str, Any]:
    """Trains a compiled model into a run folder, or goes on where the folder stopped.

    The folder gets `recipe.json` at once and `log.csv`, an event file for TensorBoard,
    `last.weights.h5` (with the optimizer), `progress.json`, `best.weights.h5` (averaged, without
    the optimizer) and `best.json` at every epoch's end. A kill loses the epoch in progress, Ctrl-C
    nothing. On the same machine and backend a resumed run ends with the weights, bit for bit, of
    one that was not interrupted.

    Args:
        model: Compiled by `trainers.trainer`; ends with the averaged weights.
        recipe: What it was compiled with.
        patches: `Patches` of `recipe.epoch_steps` batches.
        validation: Low- and high-resolution pictures; their PSNR chooses the best weights.
        folder: Made if missing.
        preset: Name to write down.
        resume: Go on from `last.weights.h5`.
        samples: Shows and measures what is made of some validation pictures.

    Returns:
        `steps` and `seconds` in all, `psnr` in dB and `step` of the released weights, and `bicubic`
        in dB.

    Raises:
        FileExistsError: When the folder holds a run and `resume` is not set, or is a file, or
            another training is at work in it.
        FileNotFoundError: When `resume` is set and there is no checkpoint.
        ValueError: When the run was begun with other settings, pictures or architecture, or the
            patches are not the recipe's.
        DivergedError: When a loss is not finite; the last checkpoint stays as it was.
        CollapsedError: When the pictures are no better than bicubic ones; likewise.
        OSError: When the disk is full; likewise.
        KeyboardInterrupt: On Ctrl-C, at the end of a step that was saved.
    """
    folder = Path(folder)
    _require_patches_of(recipe, patches)
    settings = {
        **asdict(recipe),
        "preset": preset,
        "backend": keras.backend.backend(),
        "parameters": model.count_params(),
        "seed": patches.seed,
        "pictures": len(patches.pairs),
        "validation_pictures": len(validation),
        "pictures_sha256": _sha256(patches.pairs),
        "validation_sha256": _sha256(validation.pairs),
    }
    if resume:
        records.recorded(folder)
    else:
        records.refuse_begun(folder)
    bicubic = guards.bicubic_psnr(validation)
    with full_disk_explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with records.locked(folder):
            done = _resume(model, settings, folder) if resume else _begin(settings, folder)
            if done < recipe.steps:
                _Run(model, recipe, validation, folder, samples, bicubic).go_on(patches, done)
            else:
                # The checkpoint holds what was last trained, `fit` would have left the average.
                model.optimizer.finalize_variable_values(model.trainable_variables)
    seconds = records.read_json(folder / records.PROGRESS).get("seconds", 0.0)
    best = records.read_json(folder / records.BEST_RECORD)
    return {
        "steps": int(model.optimizer.iterations),
        "seconds": seconds,
        "bicubic": bicubic,
        **best,
    }


@dataclass(frozen=True)
class _Run:
    """The legs of a run: the rest of an epoch that was left within, and whole epochs."""

    model: keras.Model
    recipe: Recipe
    validation: CentreCrops
    folder: Path
    samples: Samples | None
    bicubic: float

    def go_on(self, patches: Patches, done: int) -> None:
        """Trains from `done` steps to the end of the recipe."""
        epochs = -(-self.recipe.steps // self.recipe.epoch_steps)
        epoch, within = divmod(done, self.recipe.epoch_steps)
        keep_best = KeepBest(self.folder, always=isinstance(self.recipe, AdversarialRecipe))
        progress = Progress(self.recipe.steps, done, keep_best)
        try:
            if within:
                self.model.evaluate(self.validation, steps=1, verbose=0)  # builds the metrics
                rest = patches.skipping(within)
                first = [ContinueEpoch(self.folder)]
                pressed = self._fit(rest, epoch, epoch + 1, keep_best, progress, first)
                epoch += 1
                if pressed and epoch < epochs:
                    raise KeyboardInterrupt
                if epoch < epochs:
                    # `fit` has ended by giving the model its averaged weights.
                    restore(self.model, self.folder / records.LAST)
            if epoch < epochs:
                self._fit(patches, epoch, epochs, keep_best, progress, [])
        finally:
            progress.close()

    def _fit(self, patches, epoch: int, epochs: int, keep_best, progress, first) -> bool:
        """Trains up to an epoch, and tells whether Ctrl-C was pressed in the last one."""
        patches.epoch = epoch
        save_last = SaveLast(self.folder, epoch)
        interrupt = guards.StopOnInterrupt(save_last)
        recipe = self.recipe
        callbacks = [
            *first,
            guards.StopOnNaN(),
            guards.StopOnCollapse(self.bicubic, recipe.grace_steps, recipe.advice),
            keep_best,
            *([self.samples] if self.samples else []),
            keras.callbacks.SwapEMAWeights(),
            save_last,
            EventLog(self.folder, save_last.rows, recipe.epoch_steps),
            progress,
            interrupt,
        ]
        try:
            self.model.fit(
                patches,
                epochs=epochs,
                initial_epoch=epoch,
                validation_data=self.validation,
                shuffle=False,
                verbose=0,
                callbacks=callbacks,
            )
        finally:
            interrupt.close()
        return interrupt.pressed


def _require_patches_of(recipe: Recipe, patches: Patches) -> None:
    """Refuses patches that would train otherwise than `recipe.json` says."""
    expected = {
        "steps": recipe.epoch_steps,
        "patch_size": recipe.patch_size,
        "batch_size": recipe.batch_size,
    }
    odd = [name for name, value in expected.items() if getattr(patches, name) != value]
    if odd:
        raise ValueError(
            f"Expected patches of the recipe, {', '.join(f'{n} {expected[n]}' for n in odd)}, "
            f"received {', '.join(f'{n} {getattr(patches, n)}' for n in odd)}. Make `Patches` with "
            "the recipe's `epoch_steps`, `patch_size` and `batch_size`."
        )


def _sha256(pairs: Sequence[Pair]) -> str:
    digest = hashlib.sha256()
    for pair in pairs:
        digest.update(repr(pair.high_res.shape).encode())
        digest.update(np.ascontiguousarray(pair.high_res).data)
    return digest.hexdigest()[:16]


def _begin(settings: dict[str, Any], folder: Path) -> int:
    records.refuse_begun(folder)
    # What a run that was killed before its first checkpoint left is another run's.
    for name in (records.BEST_RECORD, records.BEST, records.LOG, records.PROGRESS):
        (folder / name).unlink(missing_ok=True)
    for sample in (folder / records.SAMPLES).glob("step_*.png"):
        sample.unlink()
    write_json(folder / records.RECIPE, settings)
    return 0


def _resume(model: keras.Model, settings: dict[str, Any], folder: Path) -> int:
    _, begun = records.recorded(folder)
    other = [name for name in settings.keys() & begun.keys() if settings[name] != begun[name]]
    if other:
        expected = ", ".join(f"{name} {begun[name]}" for name in sorted(other))
        received = ", ".join(f"{name} {settings[name]}" for name in sorted(other))
        raise ValueError(
            f"Expected what {folder} was begun with, {expected}, received {received}. Resume with "
            "the same settings and pictures, or begin another run in another folder."
        )
    restore(model, folder / records.LAST)
    return int(model.optimizer.iterations)
