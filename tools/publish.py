#!/usr/bin/env python3
"""Puts the weights that a run releases into `saved_models/`, with metadata and manifest."""

import argparse
import json
from pathlib import Path

from keras_litesr.cli.errors import explained
from keras_litesr.silence import captured_output, hush_tensorflow
from keras_litesr.zoo.presets import PRESETS

hush_tensorflow()
with captured_output():
    import keras

    from keras_litesr.training.records import BEST, BEST_RECORD, PROGRESS, RECIPE
    from keras_litesr.zoo import registry, saving
    from keras_litesr.zoo.weights import load_weights

_ADVERSARIAL = ("adversarial_weight", "pixel_weight", "critic_steps", "critic_warmup_steps")


def main() -> None:
    """Parses the command line and publishes one preset."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog="Afterwards: tools/convert_zoo.py PRESET ..., tools/measure_zoo.py PRESET ...",
    )
    parser.add_argument("preset", choices=PRESETS)
    parser.add_argument("--run", type=Path, help="run folder; none for a model without weights")
    parser.add_argument("--command", help="the command that trained it, as a reader would type it")
    parser.add_argument("--hardware", help="what it ran on, for instance '2 cores of an AMD EPYC'")
    parser.add_argument("--note", default="", help="a sentence for the card's training section")
    parser.add_argument("--saved-models", type=Path, default=Path("saved_models"))
    arguments = parser.parse_args()
    model = registry.build(arguments.preset)
    if arguments.run and not (arguments.command and arguments.hardware):
        parser.error("--run needs --command and --hardware, which the card names")
    if model.count_params() and not arguments.run:
        parser.error(f"{arguments.preset} has weights, so it needs --run")
    try:
        print(_publish(model, arguments))
    except (ValueError, OSError) as error:
        parser.exit(2, f"publish.py: {explained(error)}\n")


def _publish(model: keras.Model, arguments: argparse.Namespace) -> Path:
    training = None
    if arguments.run:
        training = _training_facts(arguments)
        load_weights(model, arguments.run / BEST)
    return saving.save_to_preset(
        model,
        arguments.saved_models / arguments.preset,
        training=training,
        licence=PRESETS[arguments.preset].licence,
    )


def _training_facts(arguments: argparse.Namespace) -> dict:
    recipe, progress, best = (
        json.loads((arguments.run / name).read_text()) for name in (RECIPE, PROGRESS, BEST_RECORD)
    )
    if (trained := recipe.get("preset")) != arguments.preset:
        raise ValueError(
            f"Expected a run of {arguments.preset}, received one of {trained} in {arguments.run}. "
            "Name the preset that was trained."
        )
    adversarial = {name: recipe[name] for name in _ADVERSARIAL if name in recipe}
    return {
        "kind": recipe.get("method", "pixel"),
        "start": recipe.get("start", ""),
        **adversarial,
        "loss": recipe.get("loss", "l1"),
        "precision": recipe.get("precision", "float32"),
        "backend": recipe.get("backend", "tensorflow"),
        "command": arguments.command,
        "hardware": arguments.hardware,
        "note": arguments.note,
        "steps": progress["step"],
        "minutes": round(progress["seconds"] / 60, 1),
        "best_step": best["step"],
        "validation_psnr": best["psnr"],
        "seed": recipe.get("seed", 0),
        "batch_size": recipe["batch_size"],
        "patch_size": recipe["patch_size"],
    }


if __name__ == "__main__":
    main()
