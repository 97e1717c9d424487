#!/usr/bin/env python3
"""Trains a preset: `tools/train.py lite_x4 --data PHOTOS --validation OTHER_PHOTOS`."""

import argparse
import io
import os
import shlex
import sys
from dataclasses import replace
from pathlib import Path

from keras_litesr.silence import captured_output

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

_DESCRIPTION = """\
Trains a preset from folders of photos, which may be of any size and kind; low-resolution pictures
are made from them. The run's folder keeps the weights with the best validation PSNR as
best.weights.h5. A run that was stopped, by Ctrl-C or a power cut, goes on with --resume and ends
as if nothing had happened; it loses the epoch in progress.
"""
_EXAMPLES = """\
examples:
  tools/train.py lite_x4 --data photos                     a full training into runs/lite_x4
  tools/train.py lite_x4 --data photos --resume            the same, after it was stopped
  tools/train.py lite_x4 --data photos --steps 2000        a short one: the schedule shrinks with it
  tools/train.py lite_x4 --data photos --minutes 60        as many steps as fit into an hour
  tools/train.py lite_x4 --data photos more --validation others --out runs/second --seed 1

exit codes: 0 done, 1 the training diverged, 2 wrong usage or pictures, 130 stopped by Ctrl-C
"""


def main() -> int:
    """Parses the command line and trains."""
    arguments = _parser().parse_args()
    if arguments.out is None:
        arguments.out = Path("runs") / arguments.preset
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)
    try:
        _train(arguments)
    except KeyboardInterrupt:
        print(f"\nStopped. {_how_to_go_on(arguments.out)}", file=sys.stderr)
        return 130
    except (ArithmeticError, ValueError, OSError) as error:
        if arguments.debug:
            raise
        print(f"train.py: {error}", file=sys.stderr)
        return 1 if isinstance(error, ArithmeticError) else 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("preset", help="name of a recipe, for instance lite_x4")
    parser.add_argument(
        "--data", type=Path, nargs="+", required=True, help="folders of training photos"
    )
    parser.add_argument(
        "--validation",
        type=Path,
        help="folder of other photos, which choose the best weights; default: a tenth of --data, "
        "at most 20, always the same ones",
    )
    parser.add_argument("--out", type=Path, help="run folder; default: runs/PRESET")
    length = parser.add_mutually_exclusive_group()
    length.add_argument(
        "--steps", type=_positive, help="weight updates in all; default: the recipe's"
    )
    length.add_argument(
        "--minutes",
        type=_positive,
        help="as many steps as fit into this time at the speed that is measured first; what else "
        "the machine does later makes it longer or shorter",
    )
    parser.add_argument(
        "--learning-rate", type=_positive_rate, help="peak of the schedule; default: the recipe's"
    )
    parser.add_argument(
        "--patch-size",
        type=_positive,
        help="side of a training patch in low-resolution pixels; default: the recipe's",
    )
    parser.add_argument("--seed", type=int, help="of weights and patches; default: 0")
    parser.add_argument(
        "--resume",
        action="store_true",
        help="go on from the last checkpoint, with the settings that the run was begun with",
    )
    parser.add_argument("--debug", action="store_true", help="show where an error comes from")
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected at least 1, received {text}")
    return number


def _positive_rate(text: str) -> float:
    rate = float(text)
    if not 0 < rate < 1:
        raise argparse.ArgumentTypeError(f"expected more than 0 and less than 1, received {text}")
    return rate


def _train(arguments: argparse.Namespace) -> None:
    # What is cheap to check comes before TensorFlow, which takes seconds to import.
    from keras_litesr.datasets.sources import load_folders
    from keras_litesr.training.recipes import RECIPES

    if arguments.preset not in RECIPES:
        raise ValueError(
            f"There is no recipe {arguments.preset!r}; recipes are {', '.join(RECIPES)}."
        )
    pictures = load_folders(arguments.data)
    others = load_folders([arguments.validation]) if arguments.validation else None
    with captured_output():
        import keras

    from keras_litesr.training.pixel import compile_for_pixels
    from keras_litesr.training.runs import train
    from keras_litesr.zoo.presets import PRESETS
    from keras_litesr.zoo.registry import build

    recipe, seed = _settings(arguments)
    scale = PRESETS[arguments.preset].scale
    patches, validation = _datasets(pictures, others, recipe, seed, scale)
    keras.utils.set_random_seed(seed)
    model = build(arguments.preset)
    if arguments.minutes and not arguments.resume:
        recipe = _filling(60 * arguments.minutes, model, recipe, patches, validation, scale)
    print(
        f"{recipe.steps:,} steps in epochs of {recipe.epoch_steps}, "
        f"the first {recipe.warmup_steps} to warm up"
    )
    patches.steps = recipe.epoch_steps
    compile_for_pixels(model, recipe, scale=scale)
    result = train(
        model,
        recipe,
        patches,
        validation,
        arguments.out,
        preset=arguments.preset,
        resume=arguments.resume,
    )
    print(
        f"finished: {result['steps']:,} steps in {result['seconds'] / 60:.1f} min; best "
        f"{result['psnr']:.3f} dB at step {result['step']:,}: {arguments.out / 'best.weights.h5'}"
    )


def _settings(arguments: argparse.Namespace):
    """Returns recipe and seed: the recorded ones when resuming, changed as the options say."""
    from keras_litesr.training.recipes import RECIPES
    from keras_litesr.training.runs import recorded

    recipe, seed = RECIPES[arguments.preset], 0
    if arguments.resume:
        recipe, record = recorded(arguments.out)
        seed = record.get("seed", 0)
    if arguments.steps is not None:
        recipe = recipe.lasting(arguments.steps)
    changes = {"learning_rate": arguments.learning_rate, "patch_size": arguments.patch_size}
    recipe = replace(recipe, **{name: value for name, value in changes.items() if value})
    return recipe, seed if arguments.seed is None else arguments.seed


def _datasets(pictures, others, recipe, seed: int, scale: int):
    """Returns training patches and validation pictures, and says how many there are of each."""
    from keras_litesr.datasets.degradation import degrade
    from keras_litesr.datasets.patches import CentreCrops, Patches
    from keras_litesr.datasets.sources import at_least, hold_out

    side = recipe.patch_size * scale
    training = at_least(side, pictures)
    if others is None:
        training, held_out = hold_out(training)
        print(f"{len(held_out)} of the pictures, always the same, are taken out for validation")
    else:
        held_out = at_least(side, others)
    print(f"{len(training)} training and {len(held_out)} validation pictures")
    patches = Patches(
        degrade(training, scale),
        scale=scale,
        patch_size=recipe.patch_size,
        batch_size=recipe.batch_size,
        seed=seed,
    )
    return patches, CentreCrops(degrade(held_out, scale), scale=scale)


def _filling(seconds: float, model, recipe, patches, validation, scale: int):
    """Returns the recipe laid over the steps that fit into a time."""
    from keras_litesr.training.pace import measure_pace

    pace = measure_pace(model, recipe, patches, validation, scale=scale)
    print(
        f"measured {pace.step_seconds:.3f} s a step and "
        f"{pace.validation_seconds:.1f} s a validation"
    )
    return recipe.lasting(pace.steps_in(seconds, recipe.epoch_steps))


def _how_to_go_on(folder: Path) -> str:
    again = [sys.argv[0], *(word for word in sys.argv[1:] if word != "--resume")]
    if not (folder / "last.weights.h5").exists():
        return f"Nothing was saved yet; begin again with\n  {shlex.join(again)}"
    return (
        f"{folder} holds everything up to the end of the last epoch; go on with\n"
        f"  {shlex.join([*again, '--resume'])}"
    )


if __name__ == "__main__":
    sys.exit(main())
