"""What a training needs before its first step: pictures, settings, networks."""

from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import Any

import click

from keras_litesr.atomic import require_writable
from keras_litesr.datasets.places import load_pictures, require_no_copies
from keras_litesr.evaluation.metrics import high_frequency_energy
from keras_litesr.silence import captured_output
from keras_litesr.training.recipes import RECIPES, AdversarialRecipe, Recipe
from keras_litesr.training.records import BEST, LOG, SAMPLES, recorded, refuse_begun
from keras_litesr.zoo.presets import PRESETS

Options = dict[str, Any]
_MOST_SLOWDOWN = 1.5


def run(preset: str, folder: Path, options: Options) -> None:
    """Trains a preset into a run folder, as the options of `litesr train` say."""
    # What is cheap to check comes before TensorFlow, which takes seconds to import.
    places = [*options["data"], *([options["images"]] if options["images"] else [])]
    if options["resume"]:
        recorded(folder)
    else:
        refuse_begun(folder)
        if not options["validation"]:
            require_no_copies(places)
    require_writable(folder)
    pictures = load_pictures(places)
    others = load_pictures([options["validation"]]) if options["validation"] else None
    with captured_output():
        from keras_litesr.training.runs import train
        from keras_litesr.training.samples import Samples

    recipe, seed = _settings(preset, folder, options)
    scale = PRESETS[preset].scale
    patches, validation = _datasets(pictures, others, recipe, seed, scale)
    model, recipe = _model(preset, recipe, seed, patches, validation, options)
    _announce(recipe)
    patches.steps = recipe.epoch_steps
    measure = partial(high_frequency_energy, scale=scale)
    result = train(
        model,
        recipe,
        patches,
        validation,
        folder,
        preset=preset,
        resume=options["resume"],
        samples=Samples(
            validation, folder / SAMPLES, measure=measure, name="high_frequency_energy"
        ),
    )
    _summarise(result, recipe, folder)


def _settings(preset: str, folder: Path, options: Options) -> tuple[Recipe, int]:
    """Returns recipe and seed: the recorded ones when resuming, changed as the options say."""
    recipe, seed = RECIPES[preset], 0
    if options["resume"]:
        recipe, record = recorded(folder)
        seed = record.get("seed", 0)
    if options["steps"] is not None:
        lasting = recipe.lasting(options["steps"])
        # A run goes on with the grace that it was begun with.
        grace_steps = (recipe if options["resume"] else lasting).grace_steps
        recipe = replace(lasting, grace_steps=grace_steps)
    settings = {field.name for field in fields(AdversarialRecipe)} - {"steps"}
    changes = {
        name: value for name, value in options.items() if name in settings and value is not None
    }
    if "adversarial_weight" in changes and not isinstance(recipe, AdversarialRecipe):
        adversarial = [n for n, row in RECIPES.items() if isinstance(row, AdversarialRecipe)]
        raise click.UsageError(
            f"Expected an adversarial recipe for --adversarial-weight, {' or '.join(adversarial)}, "
            f"received {preset}. Leave the option out."
        )
    if "precision" not in changes and not options["resume"]:
        changes["precision"] = _bearable(recipe.precision)
    return replace(recipe, **changes), seed if options["seed"] is None else options["seed"]


def _bearable(precision: str) -> str:
    """Gives float32 in place of a precision that this machine computes much more slowly in."""
    from keras_litesr.training.precision import bfloat16_slowdown

    if precision == "float32" or (times := bfloat16_slowdown()) < _MOST_SLOWDOWN:
        return precision
    click.echo(
        f"note: bfloat16 takes {times:.1f} times as long as float32 on this machine, so this "
        f"training is in float32. --precision {precision} insists.",
        err=True,
    )
    return "float32"


def _datasets(pictures, others, recipe: Recipe, seed: int, scale: int):
    """Returns training patches and validation pictures, and says how many there are of each."""
    from keras_litesr.datasets.degradation import degrade
    from keras_litesr.datasets.patches import CentreCrops, Patches
    from keras_litesr.datasets.sources import split

    training, held_out = split(recipe.patch_size * scale, pictures, others)
    if others is None:
        click.echo(f"{len(held_out)} of the pictures, always the same, are held out to validate")
    click.echo(f"{len(training)} training and {len(held_out)} validation pictures")
    patches = Patches(
        degrade(training, scale),
        scale=scale,
        patch_size=recipe.patch_size,
        batch_size=recipe.batch_size,
        seed=seed,
    )
    return patches, CentreCrops(degrade(held_out, scale), scale=scale)


def _model(preset: str, recipe: Recipe, seed: int, patches, validation, options: Options):
    """Returns what `fit` trains, and its recipe, laid over a time where one was asked for."""
    import keras

    from keras_litesr.training.precision import layers_in
    from keras_litesr.training.starts import load_start
    from keras_litesr.training.trainers import trainer
    from keras_litesr.zoo.registry import build

    def fresh(recipe: Recipe):
        # Seeded here, so that a trial before leaves no trace in what is trained.
        keras.utils.set_random_seed(seed)
        with layers_in(recipe.precision):
            generator = build(preset)
        if recipe.start and not options["resume"]:
            load_start(generator, recipe.start)
        return trainer(generator, recipe, scale=patches.scale, seed=seed)

    minutes = 60 * options["hours"] if options["hours"] else options["minutes"]
    if minutes and options["resume"]:
        click.echo("the run keeps the number of steps that it was begun with")
    elif minutes:
        recipe = _filling(60 * minutes, fresh(recipe), recipe, patches, validation)
    return fresh(recipe), recipe


def _filling(seconds: float, trial, recipe: Recipe, patches, validation) -> Recipe:
    """Returns the recipe laid over the steps that fit into a time."""
    from keras_litesr.training.pace import measure_pace

    pace = measure_pace(trial, patches, validation)
    click.echo(
        f"measured {pace.step_seconds:.3f} s a step and "
        f"{pace.validation_seconds:.1f} s a validation"
    )
    return recipe.lasting(pace.steps_in(seconds, recipe.epoch_steps))


def _announce(recipe: Recipe) -> None:
    start = f", from the weights of {recipe.start}" if recipe.start else ""
    click.echo(
        f"{recipe.steps:,} steps in epochs of {recipe.epoch_steps}, "
        f"the first {recipe.warmup_steps} to warm up{start}"
    )


def _summarise(result: dict[str, Any], recipe: Recipe, folder: Path) -> None:
    which = "last" if isinstance(recipe, AdversarialRecipe) else "best"
    gain = result["psnr"] - result["bicubic"]
    click.echo(
        f"finished: {result['steps']:,} steps in {result['seconds'] / 60:.1f} min\n"
        f"{which} weights: step {result['step']:,}, {result['psnr']:.3f} dB on the validation "
        f"pictures, bicubic {result['bicubic']:.3f} dB ({gain:+.3f}): {folder / BEST}\n"
        f"samples: {folder / SAMPLES}; log: {folder / LOG}; "
        f"curves (pip install tensorboard): tensorboard --logdir {folder.parent}"
    )
    if gain <= 0:
        click.echo(
            f"note: no better than bicubic after {result['steps']:,} steps. Train for longer. If "
            f"the PSNR does not rise: {recipe.advice}",
            err=True,
        )
