#!/usr/bin/env python3
"""Measures the dial between two relatives, and other models beside it: PSNR against sharpness."""

import argparse
import logging
from pathlib import Path

from keras_litesr.cli.evaluate import measured
from keras_litesr.evaluation import benchmark, tables
from keras_litesr.inference.upscaler import Upscaler
from keras_litesr.silence import captured_output

_EXAMPLES = """\
examples:
  tools/sharpness.py --data Set14                             the dial of litesr upscale
  tools/sharpness.py --data Set14 --models runs/a runs/b      a sweep's runs below it
  tools/sharpness.py --data Set14 --models runs/a --weights   the run alone
"""
_PROTOCOLS = ("standard", "sharpness")


def main() -> None:
    """Parses the command line and measures."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", type=Path, nargs="+", required=True, help="folders of pictures")
    parser.add_argument(
        "--between",
        nargs=2,
        default=("lite_psnr_x4", "lite_x4"),
        metavar=("FIRST", "SECOND"),
        help="ends of the dial: presets or run folders; default: lite_psnr_x4 lite_x4",
    )
    parser.add_argument(
        "--weights",
        type=float,
        nargs="*",
        default=(0, 0.25, 0.5, 0.75, 1),
        help="shares of the second; none for no curve",
    )
    parser.add_argument("--models", nargs="*", default=(), help="further presets or run folders")
    parser.add_argument("--markdown", action="store_true", help="print a Markdown table")
    arguments = parser.parse_args()
    if not (arguments.weights or arguments.models):
        parser.error("--weights without shares leaves the curve out; name --models to measure")
    try:
        rows = _rows(arguments)
    except (ValueError, OSError) as error:
        parser.exit(2, f"sharpness.py: {error}\n")
    print((tables.as_markdown if arguments.markdown else tables.as_text)(rows))


def _rows(arguments: argparse.Namespace) -> list[dict]:
    first, second = arguments.between
    upscalers = {
        f"{Path(first).name} to {Path(second).name}, {weight:g}": _between(first, second, weight)
        for weight in arguments.weights
    }
    upscalers |= {
        str(model): Upscaler(_network(model) if _is_run(model) else model)
        for model in arguments.models
    }
    rows = []
    for folder in arguments.data:
        for name, upscaler in upscalers.items():
            pairs = benchmark.find_pairs(folder, scale=upscaler.scale)
            title = f"{name} on {folder.resolve().name}"
            row: dict = {"model": name, "data": folder.resolve().name}
            for measurements in measured(title, upscaler, pairs, _PROTOCOLS, upscaler.scale):
                row |= measurements.mean
            rows.append({key: row[key] for key in row if key not in ("protocol", "image")})
    return rows


def _between(first: str, second: str, weight: float) -> Upscaler:
    if not (_is_run(first) or _is_run(second)):
        return Upscaler(first, blend=(second, weight))
    networks = _network(first), _network(second)
    from keras_litesr.models.blending import blend

    return Upscaler(blend(*networks, weight))


def _is_run(model: str) -> bool:
    return (Path(model) / "recipe.json").is_file()


def _network(model: str):
    """Loads a preset, or builds what a run trained with the weights that it releases."""
    with captured_output():  # TensorFlow prints pages about the processor when it is imported
        from keras_litesr.training.records import recorded
        from keras_litesr.training.starts import load_start
        from keras_litesr.zoo import registry

        logging.getLogger("tensorflow").setLevel("ERROR")  # it warns of each new picture size
        if not _is_run(model):
            return registry.load(model)
        network = registry.build(recorded(Path(model))[1]["preset"])
        load_start(network, model)
        return network


if __name__ == "__main__":
    main()
