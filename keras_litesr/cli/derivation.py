"""The training of a light model on a big one's answers, and the preset that comes of it."""

import hashlib
import os
import platform
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from keras_litesr.cli.answers import Photo, as_sums
from keras_litesr.cli.conversion import add_float32
from keras_litesr.datasets.degradation import Pair
from keras_litesr.silence import captured_output
from keras_litesr.training.recipes import Recipe
from keras_litesr.zoo import folders
from keras_litesr.zoo.new_folders import appearing, require_free

if TYPE_CHECKING:
    import keras

DATA_LIST = "training_data.sha256"
STEPS = 5_000

_NOTE = (
    "It was trained on the pictures that a larger model made of the reduced photos, and on nothing "
    "else of that model; its own weights began at random. Its PSNR is that between its pictures "
    "and the larger model's."
)
_CARD = {
    "use": "Enlarging photos where the model it learnt from is too large, or is not to be given "
    "away. It contains none of that model's weights.",
    "limits": "It imitates another model with fewer weights, and with that model's faults; it was "
    "measured against that model only. The detail that it adds is a guess, never evidence.",
    "degradation": "It expects pictures that were reduced by an antialiased bicubic filter.",
}


def settings(run: Path, options: dict[str, Any]) -> tuple[Recipe, int]:
    """Returns recipe and seed: the recorded ones when resuming."""
    if options["resume"]:
        with captured_output():
            from keras_litesr.training.records import recorded

        recipe, record = recorded(run)
        if options["steps"] and recipe.lasting(options["steps"]) != recipe:
            raise click.UsageError(
                f"Expected the {recipe.steps:,} steps that {run} was begun with, received "
                f"{options['steps']:,}. Leave --steps out."
            )
        if options["seed"] not in (None, record["seed"]):
            raise click.UsageError(
                f"Expected the seed {record['seed']} that {run} was begun with, received "
                f"{options['seed']}. Leave --seed out."
            )
        if options["minutes"]:
            click.echo("the run keeps the number of steps that it was begun with", err=True)
        return recipe, record["seed"]
    return Recipe(steps=STEPS).lasting(options["steps"] or STEPS), options["seed"] or 0


def trained(
    pairs: Sequence[Pair],
    others: Sequence[Pair] | None,
    recipe: Recipe,
    seed: int,
    run: Path,
    options: dict[str, Any],
) -> tuple["keras.Model", dict[str, Any]]:
    """Trains the student from fresh weights.

    Args:
        pairs: Reductions and answers.
        others: Those that choose the best weights; taken from `pairs` when None.
        recipe: Settings.
        seed: Of the patches and, with the answers, of the first weights.
        run: Folder of the training.
        options: Of `litesr protect derive`.

    Returns:
        The student with its best weights, and what its metadata say of the training.
    """
    with captured_output():
        import keras

    from keras_litesr.export.tflite import weights_sha256
    from keras_litesr.training.pace import measure_pace
    from keras_litesr.training.runs import train
    from keras_litesr.training.trainers import trainer
    from keras_litesr.zoo.registry import build
    from keras_litesr.zoo.weights import load_weights

    student = options["student"]
    patches, validation = _datasets(pairs, others, recipe, seed)
    if options["minutes"] and not options["resume"]:
        trial = trainer(build(student), recipe, scale=patches.scale)
        pace = measure_pace(trial, patches, validation)
        recipe = recipe.lasting(pace.steps_in(60 * options["minutes"], recipe.epoch_steps))
    patches.steps = recipe.epoch_steps
    answers = _digest(patches.pairs)
    first_seed = _first_seed(seed, answers)
    keras.utils.set_random_seed(first_seed)
    model = build(student)
    first_weights = weights_sha256(model)
    click.echo(f"{recipe.steps:,} steps on {len(patches.pairs)} answers", err=True)
    result = train(
        trainer(model, recipe, scale=patches.scale),
        recipe,
        patches,
        validation,
        run,
        preset=f"{student} taught by {answers}",
        resume=options["resume"],
    )
    load_weights(model, run / "best.weights.h5")
    return model, _facts(recipe, result, seed) | {
        "student": student,
        "first_weights_seed": first_seed,
        "first_weights_sha256": first_weights,
    }


def publish(
    model: "keras.Model",
    output: Path,
    facts: dict[str, Any],
    photos: Sequence[Photo],
    licence: str,
) -> None:
    """Makes the preset folder: weights, card, list of photos, and a float32 TFLite file.

    The folder appears whole or not at all.
    """
    from keras_litesr.zoo.cards import write_own_card
    from keras_litesr.zoo.saving import save_to_preset

    name = output.name
    with appearing(output, check=partial(require_free, overwrite=False)) as folder:
        save_to_preset(model, folder, name=name, training=facts, licence=licence)
        (folder / DATA_LIST).write_text(as_sums(photos))
        folders.write_manifest(folder)
        _add_tflite(folder)
        write_own_card(folder, _card(name, facts, photos, licence))


def _add_tflite(folder: Path) -> None:
    from keras_litesr.export.conversion import ConversionError

    try:
        add_float32(folder)
    except ConversionError as error:
        click.echo(f"note: no TFLite file was made: {error}", err=True)


def _card(
    name: str, facts: dict[str, Any], photos: Sequence[Photo], licence: str
) -> dict[str, Any]:
    teacher = facts.get("teacher", "a larger one")
    named = sorted({photo.name.split("/")[0] for photo in photos})
    return {
        **_CARD,
        "title": name,
        "summary": f"A light model that learnt from the answers of {teacher}.",
        "licence": licence,
        "data": f"{len(photos)} photos; {DATA_LIST} lists their names and SHA-256.",
        "datasets": [name.lower() for name in named],
        "tags": ["distillation"],
    }


def _digest(pairs: Sequence[Pair]) -> str:
    """Hashes the answers, so that a run goes on only with the model that it was begun with."""
    digest = hashlib.sha256()
    for pair in pairs:
        digest.update(np.ascontiguousarray(pair.high_res).tobytes())
    return digest.hexdigest()[:16]


def _first_seed(seed: int, answers: str) -> int:
    """Draws the seed of the first weights.

    Two networks of one architecture that start from one seed stay alike, as if one were copied; and
    most models were trained from the same seed, the default.
    """
    digest = hashlib.sha256(f"derive {seed} {answers}".encode()).digest()
    return int.from_bytes(digest[:4], "big") % 2**31


def _datasets(pairs, others, recipe: Recipe, seed: int):
    from keras_litesr.datasets.patches import CentreCrops, Patches
    from keras_litesr.datasets.sources import hold_out

    if others is None:
        pairs, others = hold_out(pairs)
    scale = pairs[0].high_res.shape[0] // pairs[0].low_res.shape[0]
    patches = Patches(
        pairs,
        scale=scale,
        patch_size=recipe.patch_size,
        batch_size=recipe.batch_size,
        seed=seed,
    )
    return patches, CentreCrops(others, scale=scale)


def _facts(recipe: Recipe, result: dict[str, Any], seed: int) -> dict[str, Any]:
    return {
        "kind": "pixel",
        "method": "distillation of answers",
        "hardware": f"{os.cpu_count()} cores ({platform.machine()})",
        "note": _NOTE,
        "steps": result["steps"],
        "minutes": round(result["seconds"] / 60, 1),
        "best_step": result["step"],
        "validation_psnr": result["psnr"],
        "seed": seed,
        "batch_size": recipe.batch_size,
        "patch_size": recipe.patch_size,
    }
