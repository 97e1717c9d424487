#!/usr/bin/env python3
"""Mixes photos with what a trained model makes of them, for a training that learns from both.

The answers are the model's self-ensemble's: the mean over a picture's eight orientations, better
than the model itself. An original shows one of the many pictures that a low-resolution one could
come from; the teacher's answer is their mean, from which a network of the same size learns faster.
"""

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from tqdm import tqdm

from keras_litesr.atomic import require_writable
from keras_litesr.datasets.degradation import Pair, degrade
from keras_litesr.datasets.packs import check_size, check_target, save_pack
from keras_litesr.datasets.places import load_pictures, with_copies
from keras_litesr.datasets.sources import at_least
from keras_litesr.images.pixels import to_float, to_uint8
from keras_litesr.inference.ensemble import SelfEnsemble
from keras_litesr.inference.runtimes import LiteRT
from keras_litesr.silence import captured_output, hush_tensorflow
from keras_litesr.zoo import folders
from keras_litesr.zoo.presets import PRESETS
from keras_litesr.zoo.weights import load_weights

_EXAMPLES = """\
example:
  tools/teach.py lite_psnr_x4 --start-from runs/first --data photos --share 0.8 -o taught.npz
  litesr train lite_psnr_x4 --images taught.npz --start-from runs/first --out runs/second
"""


def main() -> None:
    """Parses the command line and writes the pictures."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("teacher", choices=PRESETS, help="the preset whose network teaches")
    parser.add_argument(
        "--start-from",
        help="run, preset folder or weight file of the teacher; default: the released weights",
    )
    parser.add_argument("--data", nargs="+", required=True, help="as for `litesr train`")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE.npz")
    parser.add_argument(
        "--share", type=float, default=0.8, help="of the answers in the mean; default: %(default)s"
    )
    arguments = parser.parse_args()
    if not 0 <= arguments.share <= 1:
        parser.error(f"expected a share from 0 to 1, received {arguments.share:g}")
    try:
        check_target(arguments.output)
        require_writable(arguments.output.parent)
        scale = PRESETS[arguments.teacher].scale
        pairs = degrade(at_least(scale, load_pictures(arguments.data)), scale)
        check_size([pair.high_res for pair in pairs])
        ask = SelfEnsemble(_runtime(arguments.teacher, arguments.start_from))
        taught = [
            mixed(ask, pair, arguments.share) for pair in tqdm(pairs, desc="pictures", disable=None)
        ]
        save_pack(taught, arguments.output, holds_copies=bool(with_copies(arguments.data)))
    except (ValueError, OSError, ModuleNotFoundError) as error:
        parser.exit(2, f"teach.py: {error}\n")
    print(f"{len(taught)} pictures, taught by {arguments.teacher}: {arguments.output}")


def mixed(ask: Callable[[np.ndarray], np.ndarray], pair: Pair, share: float) -> np.ndarray:
    """Computes the mean of answer and original, weighted by `share`, as uint8."""
    answer = np.clip(ask(to_float(pair.low_res[None]))[0], 0, 1)
    return to_uint8(share * answer + (1 - share) * to_float(pair.high_res))


def _runtime(preset: str, start: str | None) -> LiteRT:
    hush_tensorflow()
    with captured_output():
        from keras_litesr.export.tflite import export
        from keras_litesr.training.starts import start_place
        from keras_litesr.zoo.registry import build
    model, place = build(preset), start_place(start or preset)
    # Not `load_start`, which takes weights of other networks as far as they fit.
    load_weights(model, folders.verified(place, folders.WEIGHTS) if place.is_dir() else place)
    with tempfile.TemporaryDirectory() as scratch:
        return LiteRT(export(model, Path(scratch) / "teacher.tflite").read_bytes())


if __name__ == "__main__":
    main()
