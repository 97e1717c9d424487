#!/usr/bin/env python3
"""Times models on this machine: LiteRT, Keras and bicubic in turns, start-up, a large photo.

With --export every model, file and runtime, with a picture of PSNR against time; with --training
every recipe.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from peak import matrix_multiply_peak

from keras_litesr.atomic import require_writable
from keras_litesr.cli.errors import explained
from keras_litesr.evaluation.machine import machine_name
from keras_litesr.evaluation.tables import as_text
from keras_litesr.images.files import Photo, write
from keras_litesr.images.resize import bicubic
from keras_litesr.inference.networks import DTYPES
from keras_litesr.inference.runtimes import Keras, LiteRT
from keras_litesr.models.litert import available_cores
from keras_litesr.silence import captured_output
from keras_litesr.timing import alternate, milliseconds
from keras_litesr.zoo import folders
from keras_litesr.zoo.presets import PRESETS

with captured_output():
    from keras_litesr.models.cost import multiply_adds
    from keras_litesr.zoo.registry import load

_SIZES = ((128, 128), (270, 480))
_LARGE = (3000, 4000)
# Options that a flag has no use for.
_UNUSED = {"export": ("json",), "training": ("json", "rounds", "threads", "dtypes")}
# The unit in which the system counts memory.
_RUSAGE_BYTES = 1 if sys.platform == "darwin" else 1024
# A process counts its parent's memory as its own peak (getrusage), so a small one stands between.
_PEAK_OF_A_COMMAND = """\
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, capture_output=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def main() -> None:
    """Parses the command line and measures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "models", nargs="*", metavar="MODEL", help="default: lite_x4; with the flags all"
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--export", action="store_true", help="all models, files and runtimes")
    what.add_argument("--training", action="store_true", help="all recipes, backends, XLA or not")
    parser.add_argument(
        "--threads",
        type=int,
        default=available_cores() or 1,
        help="of all but Keras, which takes all cores (default: %(default)s)",
    )
    parser.add_argument(
        "--rounds", type=int, default=15, help="what takes seconds gets fewer with --export"
    )
    parser.add_argument(
        "--dtypes",
        nargs="+",
        choices=DTYPES,
        default=DTYPES,
        metavar="DTYPE",
        help=f"files to time with --export: {', '.join(DTYPES)} (default: all)",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument(
        "--out", type=Path, default=Path("notebooks"), help="folder for the files of the flags"
    )
    arguments = parser.parse_args()
    unknown = [model for model in arguments.models if model not in PRESETS]
    if unknown:
        parser.error(f"there is no model {', '.join(unknown)}; models are {', '.join(PRESETS)}")
    if min(arguments.threads, arguments.rounds) < 1:
        parser.error("expected at least one thread and one round")
    for flag, options in _UNUSED.items():
        for option in options if getattr(arguments, flag) else ():
            if getattr(arguments, option) != parser.get_default(option):
                parser.error(f"--{option} has no effect with --{flag}; leave it out")
    if arguments.export or arguments.training:
        try:
            require_writable(arguments.out)
        except OSError as error:
            parser.exit(2, f"benchmark.py: {explained(error)}\n")
    machine = machine_name(arguments.threads)
    if arguments.export:
        import benchmark_export

        arguments.models = arguments.models or list(PRESETS)
        benchmark_export.measure(arguments, machine)
        return
    if arguments.training:
        import benchmark_training

        benchmark_training.measure(arguments, machine)
        return
    if len(arguments.models) > 1:
        parser.error("name one model, or take --export for several")
    _speed((arguments.models or ["lite_x4"])[0], arguments, machine)


def _speed(model: str, arguments: argparse.Namespace, machine: str) -> None:
    peak = matrix_multiply_peak(arguments.threads)
    latency = _latency(model, arguments.threads, arguments.rounds, peak)
    start_up, large_photo = _start_up(model), _large_photo(model)
    if arguments.json:
        report = {
            "machine": machine,
            "matrix_multiply_peak_gflops": peak,
            "latency": latency,
            "start_up": start_up,
            "large_photo": large_photo,
        }
        print(json.dumps(report, indent=2))
        return
    print(f"{machine}; matrix multiply {peak:.0f} GFLOP/s\n")
    print("\n\n".join(as_text(_short(rows)) for rows in (latency, [start_up], [large_photo])))


def _short(rows: list[dict]) -> list[dict]:
    return [
        {name: f"{value:.4g}" if isinstance(value, float) else value for name, value in row.items()}
        for row in rows
    ]


def _latency(name: str, threads: int, rounds: int, peak: float) -> list[dict]:
    rows = []
    for size in _SIZES:
        picture = np.random.default_rng(0).random((1, *size, 3), np.float32)
        runs = {
            f"{model} {runtime}": _runner(model, runtime, threads, picture)
            for runtime in ("float32", "int8", "Keras")
            for model in (name, "bicubic_x4")
        }
        times = alternate(runs, rounds)
        floor = statistics.median(times["bicubic_x4 float32"])
        for label, seconds in times.items():
            median = statistics.median(seconds)
            gflops = 2e-9 * multiply_adds(load(label.split()[0]), size) / median
            rows.append(
                {
                    "model": label,
                    "size": f"{size[1]}x{size[0]}",
                    **milliseconds(seconds),
                    "times_bicubic": round(median / floor, 2),
                    "gflops": round(gflops, 1),
                    "share_of_peak": round(gflops / peak, 3),
                }
            )
    return rows


def _runner(model: str, runtime: str, threads: int, picture: np.ndarray) -> Callable[[], object]:
    if runtime == "Keras":
        keras_network = Keras(load(model))
        return lambda: keras_network(picture)
    path = folders.preset_folder(model) / f"{model}_{runtime}.tflite"
    litert_network = LiteRT(path, threads=threads)
    return lambda: litert_network(picture)


def _start_up(model: str) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch) / "small.png"
        write(Photo(np.zeros((128, 128, 3), np.uint8)), source)
        litesr = Path(sys.executable).with_name("litesr")
        upscale: list[str | Path] = [litesr, "upscale", source, "-m", model, "--overwrite"]
        commands: dict[str, list[str | Path]] = {
            "import_s": [sys.executable, "-c", "import keras_litesr"],
            "python_alone_s": [sys.executable, "-c", ""],
            "help_s": [litesr, "--help"],
            "upscale_128x128_s": upscale,
        }
        runs = {label: partial(_run_quietly, command) for label, command in commands.items()}
        return {label: statistics.median(seconds) for label, seconds in alternate(runs, 5).items()}


def _large_photo(model: str) -> dict[str, float | str]:
    with tempfile.TemporaryDirectory() as scratch:
        source, target = Path(scratch) / "large.jpg", Path(scratch) / "large_x4.jpg"
        noise = np.random.default_rng(0).integers(0, 256, (75, 100, 3), dtype=np.uint8)
        write(Photo(bicubic(noise, _LARGE)), source)
        litesr = Path(sys.executable).with_name("litesr")
        begin = time.perf_counter()
        peak_memory = _peak_memory([litesr, "upscale", source, "-o", target, "-m", model])
        seconds = time.perf_counter() - begin
    return {
        "photo": f"{_LARGE[1]}x{_LARGE[0]} JPEG",
        "seconds": round(seconds, 1),
        "peak_memory_MB": round(peak_memory),
        "output_array_MB": round(16 * 3 * _LARGE[0] * _LARGE[1] / 1e6),
    }


def _peak_memory(command: list[str | Path]) -> float:
    """Runs a command and tells the most memory that it held, in MB."""
    between = [sys.executable, "-c", _PEAK_OF_A_COMMAND, *command]
    finished = subprocess.run(between, check=True, capture_output=True, text=True)
    return int(finished.stdout) * _RUSAGE_BYTES / 1e6


def _run_quietly(command: list[str | Path]) -> None:
    subprocess.run(command, check=True, capture_output=True)


if __name__ == "__main__":
    main()
