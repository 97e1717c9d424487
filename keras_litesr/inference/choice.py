"""Which of a preset's `.tflite` files is the fastest here: timed once, then remembered."""

import hashlib
import json
import statistics
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from importlib.metadata import version
from pathlib import Path

import numpy as np

from keras_litesr.atomic import write_json
from keras_litesr.inference.runtimes import LiteRT, available_cores
from keras_litesr.processor import processor
from keras_litesr.timing import alternate
from keras_litesr.zoo.cache import cache_folder

_SIDE = 96
_ROUNDS = 5


def fastest(contents: Mapping[str, bytes], *, threads: int | None = None) -> str:
    """Names the file that enlarges a tile in the shortest time on this machine.

    The files run in turns, so that a busy moment hits all alike. The answer is kept in the user's
    cache for these files, this processor, this number of threads and this version of LiteRT; where
    it cannot be kept, the next call measures again.

    Args:
        contents: Contents of the files by dtype, at least one.
        threads: CPU threads; all cores that the process may use by default.
    """
    if len(contents) == 1:
        return next(iter(contents))
    path = cache_folder() / "fastest" / f"{_situation(contents, threads)}.json"
    chosen = _remembered(path)
    if chosen not in contents:
        chosen = _measured(contents, threads)
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_json(path, {"fastest": chosen})
    return chosen


def _measured(contents: Mapping[str, bytes], threads: int | None) -> str:
    tile = np.random.default_rng(0).random((1, _SIDE, _SIDE, 3), np.float32)
    runtimes = {dtype: LiteRT(content, threads=threads) for dtype, content in contents.items()}
    runs = {dtype: partial(runtime, tile) for dtype, runtime in runtimes.items()}
    # The first run plans for the shape.
    seconds = alternate(runs, _ROUNDS, warm_ups=1)
    return min(seconds, key=lambda dtype: statistics.median(seconds[dtype]))


def _remembered(path: Path) -> str:
    try:
        return str(json.loads(path.read_text())["fastest"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _situation(contents: Mapping[str, bytes], threads: int | None) -> str:
    """Hashes what the answer depends on."""
    digests = {dtype: hashlib.sha256(content).hexdigest() for dtype, content in contents.items()}
    facts = [digests, processor(), threads or available_cores(), version("ai-edge-litert")]
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:32]
