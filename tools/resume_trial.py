#!/usr/bin/env python3
"""Kills trainings with signal 9, resumes them and compares them with ones that nobody killed."""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import h5py
import numpy as np
from tqdm import tqdm

from keras_litesr.evaluation.tables import Row, as_markdown
from keras_litesr.training.recipes import RECIPES
from keras_litesr.training.records import read_json

_FILES = ("last.weights.h5", "best.weights.h5")
_SECONDS_INTO_THE_EPOCH = 1.0
_EXAMPLES = """\
examples:
  tools/resume_trial.py lite_tiny_x4 lite_x4 --data photos --validation others
  tools/resume_trial.py lite_large_x4 --images many.npz --validation others --batch-size 2

Each recipe is trained twice for two epochs with the same seed. The second training is killed one
second into its second epoch and resumed. Compared are all arrays that both end with: weights,
their averages and the states of the optimizers. Exit code 1: some differ. All other options go to
`litesr train`.
"""


def main(words: Sequence[str] | None = None) -> int:
    """Parses the command line, trains and prints a table."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("recipes", nargs="+", choices=list(RECIPES), metavar="RECIPE")
    arguments, options = parser.parse_known_args(words)
    rows = [_trial(name, options) for name in tqdm(arguments.recipes, unit="recipe", disable=None)]
    print(as_markdown(rows))
    return int(any(row["equal arrays"] != row["arrays"] for row in rows))


def _trial(name: str, options: list[str]) -> Row:
    recipe = RECIPES[name]
    options = ["--steps", str(2 * recipe.epoch_steps), *options]
    with tempfile.TemporaryDirectory() as folder:
        whole, killed = Path(folder, "whole"), Path(folder, "killed")
        _finish(_training(name, whole, options))
        steps = read_json(whole / "progress.json")["step"]
        step = _kill_in_second_epoch(_training(name, killed, options), killed, steps)
        _finish(_training(name, killed, [*options, "--resume"]))
        return {"recipe": name, "steps": steps, "resumed from": step, **_compared(whole, killed)}


def _compared(whole: Path, killed: Path) -> Row:
    pairs = [pair for file in _FILES for pair in _pairs(whole / file, killed / file)]
    return {
        "arrays": len(pairs),
        "equal arrays": sum(np.array_equal(*pair) for pair in pairs),
        "largest difference": f"{max(_distance(*pair) for pair in pairs):.1e}",
    }


def _training(name: str, out: Path, options: list[str]) -> subprocess.Popen[str]:
    program = [sys.executable, str(Path(__file__).with_name("train.py")), name]
    return subprocess.Popen(
        [*program, *options, "--out", str(out)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _finish(process: subprocess.Popen[str]) -> None:
    output, _ = process.communicate()
    if process.returncode:
        raise SystemExit(f"{output}\nThe training above failed, so there is nothing to compare.")


def _kill_in_second_epoch(process: subprocess.Popen[str], run: Path, steps: int) -> int:
    """Kills a training that has saved its first epoch; returns its step, below that of its end."""
    while process.poll() is None and not (run / _FILES[0]).exists():
        time.sleep(0.01)
    time.sleep(_SECONDS_INTO_THE_EPOCH)
    process.kill()
    output, _ = process.communicate()
    if process.returncode > 0:
        raise SystemExit(f"{output}\nThe training above failed, so there is nothing to compare.")
    step: int = read_json(run / "progress.json")["step"]
    if process.returncode == 0 or step >= steps:
        raise SystemExit("The training ended before it could be killed: give it more --steps.")
    return step


def _pairs(ours: Path, theirs: Path) -> list[tuple[np.ndarray, np.ndarray]]:
    mine, other = _arrays(ours), _arrays(theirs)
    if mine.keys() != other.keys():
        names = sorted(mine.keys() ^ other.keys())
        raise SystemExit(f"Only one of the two {ours.name} holds {', '.join(names)}.")
    return [(mine[name], other[name]) for name in mine]


def _arrays(path: Path) -> dict[str, np.ndarray]:
    found: dict[str, np.ndarray] = {}

    def collect(name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset):
            found[name] = np.asarray(item[()])

    with h5py.File(path) as file:
        file.visititems(collect)
    return found


def _distance(ours: np.ndarray, theirs: np.ndarray) -> float:
    return float(np.abs(ours.astype(float) - theirs.astype(float)).max(initial=0))


if __name__ == "__main__":
    sys.exit(main())
