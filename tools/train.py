#!/usr/bin/env python3
"""Trains a preset: `tools/train.py lite_x4 --data PHOTOS --validation OTHER_PHOTOS`."""

import argparse
import dataclasses
import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


def main() -> int:
    """Parses the command line and trains."""
    arguments = _parser().parse_args()
    try:
        _train(arguments)
    except (ValueError, OSError) as error:
        print(f"train.py: {error}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description="Trains a preset from folders of photos; keeps the weights with the best "
        "validation PSNR. A run that was stopped, even by a power cut, goes on with --resume.",
        epilog="example: tools/train.py lite_x4 --data photos --validation others --steps 5000",
    )
    parser.add_argument("preset", help="name of a recipe, for instance lite_x4")
    parser.add_argument(
        "--data", type=Path, nargs="+", required=True, help="folders of training photos"
    )
    parser.add_argument(
        "--validation", type=Path, help="folder of other photos; default: 20 taken out of --data"
    )
    parser.add_argument("--out", type=Path, help="run folder; default: runs/PRESET")
    parser.add_argument("--steps", type=int, help="weight updates; default: the recipe's")
    parser.add_argument("--seed", type=int, default=0, help="of weights and patches; default: 0")
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    return parser


def _train(arguments: argparse.Namespace) -> None:
    import keras

    from keras_litesr.datasets.degradation import degrade
    from keras_litesr.datasets.patches import CentreCrops, Patches
    from keras_litesr.datasets.sources import load_folders
    from keras_litesr.training.pixel import compile_for_pixels
    from keras_litesr.training.recipes import RECIPES
    from keras_litesr.training.runs import train
    from keras_litesr.zoo.presets import PRESETS
    from keras_litesr.zoo.registry import build

    if arguments.preset not in RECIPES:
        raise ValueError(
            f"There is no recipe {arguments.preset!r}; recipes are {', '.join(RECIPES)}."
        )
    recipe = RECIPES[arguments.preset]
    if arguments.steps is not None:
        recipe = dataclasses.replace(recipe, steps=arguments.steps)
    scale = PRESETS[arguments.preset].scale
    pairs = degrade(load_folders(arguments.data), scale)
    if arguments.validation is None:
        pairs, held_out = pairs[:-20], pairs[-20:]
    else:
        held_out = degrade(load_folders([arguments.validation]), scale)
    print(f"{len(pairs)} training and {len(held_out)} validation pictures")
    keras.utils.set_random_seed(arguments.seed)
    model = build(arguments.preset)
    compile_for_pixels(model, recipe, scale=scale)
    patches = Patches(
        pairs,
        scale=scale,
        patch_size=recipe.patch_size,
        batch_size=recipe.batch_size,
        steps=recipe.epoch_steps,
        seed=arguments.seed,
    )
    folder = arguments.out or Path("runs") / arguments.preset
    best = train(
        model,
        recipe,
        patches,
        CentreCrops(held_out, scale=scale),
        folder,
        resume=arguments.resume,
        verbose=1 if sys.stdout.isatty() else 2,
    )
    print(f"best weights: {best}")


if __name__ == "__main__":
    sys.exit(main())
