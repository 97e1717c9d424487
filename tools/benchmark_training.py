"""`tools/benchmark.py --training`: the speed of each recipe on TensorFlow, with XLA, on Torch."""

import argparse
import copy
import importlib.util
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from keras_litesr.atomic import write_json
from keras_litesr.evaluation.tables import as_text
from keras_litesr.training.recipes import RECIPES

if TYPE_CHECKING:
    import keras

    from keras_litesr.datasets.patches import Patches

# Name in the table to the Keras backend and the options of the process that measures.
_ENGINES: dict[str, tuple[str, list[str]]] = {
    "TensorFlow": ("tensorflow", []),
    "TensorFlow XLA": ("tensorflow", ["--xla"]),
    "TensorFlow bfloat16": ("tensorflow", ["--precision", "mixed_bfloat16"]),
    "Torch": ("torch", []),
}
_MOST_SECONDS = 900
_TIMED_BATCHES = 50
_WARMING_STEPS = 10
_STATUS = Path("/proc/self/status")  # Linux only; elsewhere memory is not told.


def measure(arguments: argparse.Namespace, machine: str) -> None:
    """Measures each recipe on each engine in a process of its own; writes `training_speed.json`."""
    names = arguments.models or list(RECIPES)
    if odd := [name for name in names if name not in RECIPES]:
        raise SystemExit(f"benchmark.py: there is nothing to train in {', '.join(odd)}")
    path = arguments.out / "training_speed.json"
    if arguments.models:
        _require_no_others(path, names)
    engines = dict(_ENGINES)
    if importlib.util.find_spec("torch") is None:
        print("Torch is left out: it is not installed.", file=sys.stderr)
        del engines["Torch"]
    jobs = [(name, engine) for name in names for engine in engines]
    rows = [_row(*job) for job in tqdm(jobs, unit="training", disable=None)]
    words = [{name: str(value) for name, value in row.items()} for row in rows]
    print(f"{machine}\n\n{as_text(words)}\n")
    arguments.out.mkdir(parents=True, exist_ok=True)
    command = " ".join(["tools/benchmark.py --training", *arguments.models])
    write_json(path, {"command": command, "machine": machine, "rows": rows})
    print(path)


def _require_no_others(path: Path, names: Sequence[str]) -> None:
    try:
        rows = json.loads(path.read_text())["rows"] if path.is_file() else []
        held = dict.fromkeys(row["recipe"] for row in rows)
    except (ValueError, TypeError, KeyError) as error:
        raise SystemExit(
            f"benchmark.py: expected the figures of an earlier run in {path}, received something "
            "else. Remove it, or name another folder with --out."
        ) from error
    if others := [name for name in held if name not in names]:
        raise SystemExit(
            f"benchmark.py: {path} holds figures of {', '.join(others)}, which would be lost. Name "
            "another folder with --out, or no recipe to measure all."
        )


def _row(name: str, engine: str) -> dict[str, Any]:
    backend, options = _ENGINES[engine]
    child = [sys.executable, __file__, name, *options]
    environment = {**os.environ, "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"}
    row: dict[str, Any] = {"recipe": name, "engine": engine}
    try:
        finished = subprocess.run(
            child, env=environment, capture_output=True, text=True, timeout=_MOST_SECONDS
        )
    except subprocess.TimeoutExpired:
        return {**row, "problem": f"not measured within {_MOST_SECONDS} s"}
    if finished.returncode:
        return {**row, "problem": (finished.stderr.strip().splitlines() or ["no message"])[-1]}
    return {**row, **json.loads(finished.stdout.splitlines()[-1])}


def _measured(name: str, *, xla: bool, precision: str) -> dict[str, Any]:
    """Trains on noise, which takes the time that photos take."""
    from dataclasses import replace

    import numpy as np

    from keras_litesr.datasets.degradation import degrade
    from keras_litesr.datasets.patches import CentreCrops, Patches
    from keras_litesr.training.pace import measure_pace
    from keras_litesr.training.precision import layers_in
    from keras_litesr.training.trainers import trainer
    from keras_litesr.zoo.presets import PRESETS
    from keras_litesr.zoo.registry import build

    recipe, scale = replace(RECIPES[name], jit_compile=xla), PRESETS[name].scale
    noise = np.random.default_rng(0).integers(0, 256, (8, 480, 480, 3), np.uint8)
    patches = Patches(
        degrade(noise, scale),
        scale=scale,
        patch_size=recipe.patch_size,
        batch_size=recipe.batch_size,
    )
    begin = time.perf_counter()
    for index in range(_TIMED_BATCHES):
        patches[index]
    batch_seconds = (time.perf_counter() - begin) / _TIMED_BATCHES
    validation = CentreCrops(degrade(noise[:1, :96, :96], scale), scale=scale)
    with layers_in(precision):
        generator = build(name)
    model = trainer(generator, recipe, scale=scale)
    step_seconds = measure_pace(model, patches, validation).step_seconds
    return {
        "patch": f"{recipe.patch_size}x{recipe.patch_size}",
        "batch": recipe.batch_size,
        "patches_per_second": round(recipe.batch_size / step_seconds, 1),
        "step_ms": round(1e3 * step_seconds, 1),
        "data_share": round(batch_seconds / step_seconds, 3),
        "waiting_share": _waiting_share(model, patches),
        "memory_MB": _peak_memory(),
    }


def _waiting_share(model: "keras.Model", patches: "Patches") -> float | None:
    """Share of its time in which `fit` waits for the next batch.

    TensorFlow makes batches ahead. None on other backends, which make a batch when it is wanted, so
    that `data_share` is this figure.
    """
    import keras

    if keras.backend.backend() != "tensorflow":
        return None
    import tensorflow

    step = tensorflow.function(model.train_step, jit_compile=model.jit_compile)
    stamps: list[tuple[float, float, float]] = []

    def timed_step(batches: Iterator[Any]) -> Any:
        begin = time.perf_counter()
        batch = next(batches)
        arrived = time.perf_counter()
        logs = step(batch)
        stamps.append((begin, arrived, time.perf_counter()))
        return logs

    batches = copy.copy(patches)
    batches.steps = _WARMING_STEPS + _TIMED_BATCHES
    model.steps_per_execution = 1  # ten steps in one call hide where one waits
    model.train_function = timed_step
    model.fit(batches, shuffle=False, verbose=0)
    timed = stamps[_WARMING_STEPS:]
    waited = sum(arrived - begin for begin, arrived, _ in timed)
    return round(waited / (timed[-1][2] - timed[0][0]), 4)


def _peak_memory() -> int | None:
    # `getrusage` would begin at the size of the process that started this one.
    for line in _STATUS.read_text().splitlines() if _STATUS.exists() else ():
        if line.startswith("VmHWM:"):
            return round(int(line.split()[1]) * 1024 / 1e6)
    return None


def main() -> None:
    """Measures one recipe in this process and prints it as JSON, for `measure`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recipe", choices=RECIPES)
    parser.add_argument("--xla", action="store_true")
    parser.add_argument("--precision", default="float32")
    arguments = parser.parse_args()
    print(json.dumps(_measured(arguments.recipe, xla=arguments.xla, precision=arguments.precision)))


if __name__ == "__main__":
    main()
