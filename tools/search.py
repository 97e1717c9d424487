#!/usr/bin/env python3
"""Compares variants of `lite` by short trainings, before hours are spent on one of them."""

import argparse
import math
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from keras_litesr.cli.ranges import count
from keras_litesr.datasets.degradation import degrade
from keras_litesr.datasets.places import load_pictures
from keras_litesr.datasets.sources import at_least
from keras_litesr.evaluation.tables import Row, as_markdown
from keras_litesr.inference.runtimes import LiteRT
from keras_litesr.silence import captured_output, hush_tensorflow
from keras_litesr.timing import alternate, ratio
from keras_litesr.training.recipes import Recipe

hush_tensorflow()
with captured_output():
    import keras

    from keras_litesr.datasets.patches import CentreCrops, Patches
    from keras_litesr.export.tflite import export
    from keras_litesr.models.cost import multiply_adds
    from keras_litesr.models.lite import lite
    from keras_litesr.training.precision import layers_in
    from keras_litesr.training.starts import load_start
    from keras_litesr.training.trainers import trainer

Variant = dict[str, Any]

_SCALE = 4
_CONSTANTS = {"True": True, "False": False, "None": None}
_ROUNDS = 15
_EXAMPLES = """\
examples:
  tools/search.py --data photos --validation others filters=48,num_blocks=12 filters=64,num_blocks=7
  tools/search.py --data photos --validation others --steps 2000 learning_rate=1e-3 patch_size=48

A variant is a list of settings: arguments of keras_litesr.models.lite, and fields of a recipe.
kernel_size=3+3+7 lets the blocks take these sizes in turn; start=RUN begins with a run's weights.
All see the same patches and the same number of steps. Times are multiples of the first one's.
"""


def main() -> None:
    """Parses the command line, trains and prints a table."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("variants", nargs="+", type=_variant, metavar="NAME=VALUE,...")
    parser.add_argument("--data", type=Path, nargs="+", required=True, help="as for `litesr train`")
    parser.add_argument("--validation", type=Path, nargs="+", required=True, help="other photos")
    parser.add_argument(
        "--steps",
        type=count,
        default=1000,
        help="of each, rounded up to whole epochs; default: %(default)s",
    )
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    try:
        side = _SCALE * max(_recipe(variant).patch_size for variant in arguments.variants)
        training = degrade(_pictures(arguments.data, side), _SCALE)
        # Smaller ones would have all the others cut to their size.
        validation = CentreCrops(
            degrade(_pictures(arguments.validation, side), _SCALE), scale=_SCALE
        )
        rows = []
        for variant in tqdm(arguments.variants, desc="variants", disable=None):
            rows.append(_row(variant, training, validation, arguments))
            tqdm.write(", ".join(rows[-1].values()), file=sys.stderr)
        for row, slowness in zip(rows, _slowness(arguments.variants), strict=True):
            row["time in LiteRT"] = f"{slowness:.2f}"
    except (TypeError, ValueError, OSError) as error:
        parser.exit(2, f"search.py: {error}\n")
    print(as_markdown(sorted(rows, key=_quality, reverse=True)))


def _variant(text: str) -> Variant:
    settings = {}
    for part in text.split(","):
        name, equals, value = part.partition("=")
        if not equals:
            raise argparse.ArgumentTypeError(f"expected NAME=VALUE, received {part!r}")
        kinds = (_CONSTANTS.__getitem__, int, float, _sizes)
        settings[name] = next((kind(value) for kind in kinds if _is(kind, value)), value)
    return settings


def _sizes(value: str) -> tuple[int, ...]:
    return tuple(map(int, value.split("+")))


def _is(kind: Callable[[str], Any], value: str) -> bool:
    try:
        kind(value)
    except (KeyError, ValueError):
        return False
    return True


def _pictures(places: Sequence[Path], side: int) -> list[np.ndarray]:
    pictures = at_least(side, load_pictures(places), warn=partial(print, file=sys.stderr))
    if not pictures:
        raise ValueError(
            f"Expected pictures of {side}x{side} pixels or more in {', '.join(map(str, places))}, "
            "received none. Name other folders, or a smaller patch_size."
        )
    return pictures


def _recipe(variant: Variant) -> Recipe:
    fields = {name: value for name, value in variant.items() if name in Recipe.__annotations__}
    return Recipe(**{"steps": 1, "precision": "mixed_bfloat16", **fields})


def _row(variant: Variant, training, validation, arguments) -> dict[str, str]:
    recipe = _recipe(variant).lasting(arguments.steps)
    keras.utils.set_random_seed(arguments.seed)
    with layers_in(recipe.precision):
        network = _network(variant)
    if recipe.start:
        load_start(network, recipe.start)
    patches = Patches(
        training,
        scale=_SCALE,
        patch_size=recipe.patch_size,
        batch_size=recipe.batch_size,
        steps=recipe.steps,
        seed=arguments.seed,
    )
    model = trainer(network, recipe, scale=_SCALE)
    begin = time.monotonic()
    model.fit(patches, shuffle=False, verbose=0, callbacks=[keras.callbacks.SwapEMAWeights()])
    seconds = time.monotonic() - begin
    million = multiply_adds(network, (128, 128)) / 1e6
    return {
        "variant": ", ".join(f"{name} {value}" for name, value in variant.items()),
        "parameters": f"{network.count_params():,}",
        "multiply-adds (M)": f"{million:,.0f}",
        "s a step": f"{seconds / recipe.steps:.3f}",
        "PSNR (dB)": f"{model.evaluate(validation, verbose=0, return_dict=True)['psnr']:.3f}",
    }


def _quality(row: Row) -> float:
    psnr = float(row["PSNR (dB)"])
    return -math.inf if math.isnan(psnr) else psnr  # NaN has no place in an order


def _network(variant: Variant) -> keras.Model:
    return lite(**{name: variant[name] for name in variant if name not in Recipe.__annotations__})


def _slowness(variants: Sequence[Variant]) -> list[float]:
    """Times the variants in turns, 128x128 in float32, as multiples of the first one's time."""
    low_res = np.zeros((1, 128, 128, 3), np.float32)
    runs = {}
    with tempfile.TemporaryDirectory() as scratch:
        for number, variant in enumerate(variants):
            path = export(_network(variant), Path(scratch) / "variant.tflite")
            runs[str(number)] = partial(LiteRT(path.read_bytes()), low_res)
    times = alternate(runs, _ROUNDS)
    return [ratio(seconds, times["0"]) for seconds in times.values()]


if __name__ == "__main__":
    main()
