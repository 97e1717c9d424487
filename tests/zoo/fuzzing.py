"""Feeds mutated presets to `load` in a process of its own; `test_fuzz.py` runs it.

Prints a line for every mutation that ends otherwise than with a model or a `PresetError`, and at
last how often each happened and by how much memory grew.
"""

import copy
import json
import random
import resource
import signal
import sys
from collections import Counter
from pathlib import Path

from keras_litesr.silence import captured_output
from keras_litesr.zoo import folders

with captured_output():
    from keras_litesr.models.lite import lite
    from keras_litesr.models.srresnet import separable_srresnet
    from keras_litesr.zoo.registry import load
    from keras_litesr.zoo.saving import save_to_preset
    from keras_litesr.zoo.weights import parsed, set_arrays

MEMORY_MIB = 256
SECONDS = 10
_ODD_VALUES = [
    *(
        None,
        True,
        False,
        0,
        1,
        -1,
        2,
        3,
        7,
        64,
        4096,
        65537,
        2**31,
        2**40,
        2**63,
        10**30,
        1e30,
        0.5,
    ),
    *("", "x", "relu", "float64", "valid", "/etc/passwd", "../x", "\0", "ü" * 300, "9" * 400),
    *(
        [],
        [[]],
        [0],
        [1, 1],
        [2**20, 2**20],
        [None, None, None, 2**30],
        {},
        {"class_name": "Lambda"},
    ),
]
_ODD_BYTES = [b"\0" * 8, b"\xff" * 8, (2**62).to_bytes(8, "little"), (2**31).to_bytes(8, "little")]


def main(scratch: Path, weights: int, configurations: int) -> None:
    """Reads so many mutations of a small preset's weights, and of two configurations each."""
    shallow, deep = (
        lite(filters=3, num_blocks=1),
        separable_srresnet(scale=2, filters=2, num_blocks=1),
    )
    plan = [(weights_attempt(shallow, scratch / "weights"), weights)]
    for name, model in (("shallow", shallow), ("deep", deep)):
        plan.append((config_attempt(model, scratch / name), configurations))
    for attempt, _ in plan:
        attempt(None)
    before = _peak_mib()
    _limit_memory()
    outcomes: Counter[str] = Counter()
    for attempt, count in plan:
        for seed in range(count):
            signal.setitimer(signal.ITIMER_PROF, SECONDS)
            outcomes[outcome(attempt, seed)] += 1
    signal.setitimer(signal.ITIMER_PROF, 0)
    print(json.dumps({"outcomes": outcomes, "grown_mib": _peak_mib() - before}))


def weights_attempt(model, folder: Path):
    """Makes a function that reads mutated weights into the model."""
    path = save_to_preset(model, folder) / folders.WEIGHTS
    original = path.read_bytes()

    def attempt(rng: random.Random | None) -> None:
        set_arrays(model, parsed(mutated_bytes(original, rng) if rng else original, path), path)

    return attempt


def config_attempt(model, folder: Path):
    """Makes a function that loads the preset with a mutated configuration that is listed."""
    path = save_to_preset(model, folder) / folders.CONFIG
    original = path.read_bytes()

    def attempt(rng: random.Random | None) -> None:
        path.write_bytes(mutated_config(original, rng) if rng else original)
        folders.write_manifest(folder)
        load(folder)

    return attempt


def outcome(attempt, seed: int) -> str:
    try:
        attempt(random.Random(seed))
    except folders.PresetError as error:
        str(error).encode(errors="strict")
        return "refused"
    except BaseException as error:
        print(f"seed {seed}: {type(error).__name__}: {str(error)[:300]}", flush=True)
        return "wrong"
    return "loaded"


def mutated_bytes(original: bytes, rng: random.Random) -> bytes:
    """Flips, overwrites, cuts out, puts in or copies bytes, mostly in the structures."""
    content = bytearray(original)
    kind = rng.randrange(7)
    for _ in range(rng.choice([1, 1, 2, 8])):
        place, length = rng.randrange(max(1, len(content))), rng.randrange(1, 64)
        if kind == 0:
            content[place : place + 1] = bytes([rng.randrange(256)])
        elif kind == 1:
            place -= place % 8
            content[place : place + 8] = rng.choice(_ODD_BYTES)
        elif kind == 2:
            place -= place % 8
            content[place : place + 8] = rng.randrange(len(original)).to_bytes(8, "little")
        elif kind == 3:
            del content[place : place + length]
        elif kind == 4:
            content[place:place] = rng.randbytes(length)
        elif kind == 5:
            other = rng.randrange(max(1, len(content)))
            content[place : place + length] = content[other : other + length]
        else:
            del content[place:]
    return bytes(content)


def mutated_config(original: bytes, rng: random.Random) -> bytes:
    """Changes values, keys and order inside the JSON, or the text itself."""
    if rng.random() < 0.15:
        return mutated_bytes(original, rng)
    config = json.loads(original)
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        parent, key = rng.choice(list(places(config)))
        action = rng.randrange(5)
        if action == 0:
            del parent[key]
        elif action == 1:
            parent[key] = copy.deepcopy(rng.choice(_ODD_VALUES))
        elif action == 2:
            other, name = rng.choice(list(places(config)))
            parent[key] = copy.deepcopy(other[name])
        elif action == 3 and isinstance(parent, dict):
            parent[str(rng.choice(_ODD_VALUES))] = parent.pop(key)
        elif isinstance(parent[key], int) and not isinstance(parent[key], bool):
            parent[key] = rng.choice([parent[key] * 1000, parent[key] + 1, -parent[key]])
        elif isinstance(parent, list):
            parent.insert(rng.randrange(len(parent) + 1), copy.deepcopy(parent[key]))
    text = json.dumps(config)
    return text.encode()


def places(value):
    """Yields every container inside of a JSON value with each of its keys."""
    keys = list(value) if isinstance(value, dict) else range(len(value))
    for key in keys:
        yield value, key
        if isinstance(value[key], (dict, list)):
            yield from places(value[key])


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _limit_memory() -> None:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + MEMORY_MIB * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
