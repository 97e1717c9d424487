"""`tools/benchmark.py --export`: every model, file and runtime in turns, and the Pareto picture."""

import argparse
import sys
import tempfile
import time
from importlib import metadata
from pathlib import Path
from typing import Any

from benchmark_networks import DATA, FLOOR, UNIT, Network, networks
from benchmark_runtimes import Runs, runs
from benchmark_wishes import duels, frontier, parameters, sentences, shares
from peak import matrix_multiply_peak

from keras_litesr.atomic import write_json
from keras_litesr.evaluation.frontier import Point, draw_frontier
from keras_litesr.evaluation.tables import as_text
from keras_litesr.silence import captured_output
from keras_litesr.timing import alternate, milliseconds, ratio

_SIZES = ((128, 128), (270, 480))
_FILE = ("LiteRT", "float32")
_UNITS = (FLOOR, UNIT)
# Lai et al., 2017, Deep Laplacian Pyramid Networks, Table 3: Set5, x4, in the standard protocol.
_PUBLISHED_PSNR = {UNIT: 30.71}
_PACKAGES = ("ai-edge-litert", "tensorflow", "keras", "onnxruntime", "opencv-python-headless")
# Seconds that may be spent on one run at one size, and the rounds that slow runs get for them.
_PATIENCE = 2
_FEWER_ROUNDS = (5, 2)
# Multiply-adds at 128x128 up to which a network is light.
_LIGHT = 5e9


def measure(arguments: argparse.Namespace, machine: str) -> None:
    """Times everything, prints a table and writes `pareto.json` and `pareto.png`."""
    arguments.out.mkdir(parents=True, exist_ok=True)
    notes: list[str] = []
    with tempfile.TemporaryDirectory() as scratch:
        found = networks(arguments.models, arguments.dtypes, Path(scratch), notes)
        peak, rows = _table(found, arguments, notes)
        wishes = [*duels(found, arguments.threads, arguments.rounds), *parameters(found)]
    wishes += [*frontier(rows), *shares(rows)]
    notes = list(dict.fromkeys(notes))
    report = {
        "command": _command(arguments),
        "machine": machine,
        "matrix_multiply_peak_gflops": round(peak, 1),
        "versions": {name: _version(name) for name in _PACKAGES},
        "notes": notes,
        "rows": rows,
        "wishes": wishes,
    }
    print(f"{machine}; matrix multiply {peak:.0f} GFLOP/s\n")
    print(f"{as_text([_short(row) for row in rows])}\n")
    print("\n".join(notes))
    write_json(arguments.out / "pareto.json", report)
    print(arguments.out / "pareto.json")
    _draw(rows, machine, arguments.out / "pareto.png")
    print("", *sentences(wishes), sep="\n")


def _command(arguments: argparse.Namespace) -> str:
    # The models stand first, or they would be taken for dtypes.
    words = ["tools/benchmark.py", *arguments.models, "--export"]
    words += ["--rounds", str(arguments.rounds), "--threads", str(arguments.threads)]
    return " ".join([*words, "--dtypes", *arguments.dtypes])


def _table(
    found: list[Network], arguments: argparse.Namespace, notes: list[str]
) -> tuple[float, list[dict[str, Any]]]:
    """Times the light networks in LiteRT in turns; all else a network after the other.

    Those are in turns with the units alone, for memory has its bounds.
    """
    rows, peaks = [], []
    light = [network for network in found if network.multiply_adds(_SIZES[0]) <= _LIGHT]
    for size in _SIZES:
        print(f"timing light networks in LiteRT at {size[1]}x{size[0]}", file=sys.stderr)
        with captured_output():
            ready = {
                network.name: runs(
                    network,
                    size,
                    threads=arguments.threads,
                    notes=[] if network.name in _UNITS else notes,
                )
                for network in light
            }
        in_turns = _in_turns(ready, arguments.rounds)
        references = {f"{name}|unit": ready[name][_FILE] for name in _UNITS}
        for network in found:
            print(f"timing {network.name} at {size[1]}x{size[0]}", file=sys.stderr)
            peaks.append(matrix_multiply_peak(arguments.threads))
            with captured_output():  # Keras warns that it compiles for each size
                mine = ready.get(network.name) or runs(
                    network, size, threads=arguments.threads, notes=notes
                )
                known = in_turns.get(network.name, {})
                others = {label: run for label, run in mine.items() if label not in known}
                figures = {**known, **_timed(others, references, arguments.rounds)}
                rows += _rows(network, size, figures)
    peak = max(peaks)
    for row in rows:
        row["share_of_peak"] = round(row["gflops"] / peak, 3)
    return peak, rows


def _in_turns(ready: dict[str, Runs], rounds: int) -> dict[str, dict[tuple[str, str], dict]]:
    """Times the LiteRT files of networks in the same rounds; figures by network."""
    files = {
        f"{name}|{dtype}": run
        for name, mine in ready.items()
        for (runtime, dtype), run in mine.items()
        if runtime == "LiteRT"
    }
    times = alternate(files, rounds)
    units = {name: times[f"{name}|float32"] for name in _UNITS}
    figures: dict[str, dict[tuple[str, str], dict]] = {name: {} for name in ready}
    for label, seconds in times.items():
        name, dtype = label.split("|")
        figures[name]["LiteRT", dtype] = _figures(seconds, units)
    return figures


def _timed(mine: Runs, references: dict[str, Any], rounds: int) -> dict[tuple[str, str], dict]:
    """Gives slow runs fewer rounds; each with the units in the same rounds.

    Runtimes are timed one by one, for the threads of some go on spinning after a run.
    """
    tiers: dict[tuple[str, int], Runs] = {}
    for label, run in mine.items():
        begin = time.perf_counter()
        run()
        wanted = min(rounds, _PATIENCE / (time.perf_counter() - begin))
        tier = next((tier for tier in (rounds, *_FEWER_ROUNDS) if tier <= wanted), 0)
        tier = tier or min(rounds, _FEWER_ROUNDS[-1])
        tiers.setdefault((label[0], tier), {})[label] = run
    figures: dict[tuple[str, str], dict] = {}
    for (_, tier), alike in tiers.items():
        labelled = {"|".join(label): run for label, run in alike.items()}
        warm_ups = 2 if tier == rounds else 0
        times = alternate({**references, **labelled}, tier, warm_ups=warm_ups)
        units = {name: times[f"{name}|unit"] for name in _UNITS}
        figures |= {label: _figures(times["|".join(label)], units) for label in alike}
    return {label: figures[label] for label in mine}


def _figures(seconds: list[float], units: dict[str, list[float]]) -> dict[str, Any]:
    return {
        **milliseconds(seconds),
        "rounds": len(seconds),
        "times_bicubic": round(ratio(seconds, units[FLOOR]), 2),
        "times_fsrcnn": round(ratio(seconds, units[UNIT]), 2),
    }


def _rows(
    network: Network, size: tuple[int, int], figures: dict[tuple[str, str], dict]
) -> list[dict[str, Any]]:
    billions = 2e-9 * network.multiply_adds(size)
    return [
        {
            "model": name,
            "runtime": runtime,
            "dtype": dtype,
            "size": f"{size[1]}x{size[0]}",
            **row,
            "gflops": round(1e3 * billions / row["median_ms"], 1),
            "psnr": psnr.get(dtype),
        }
        for name, psnr in {network.name: network.psnr, **network.twins}.items()
        for (runtime, dtype), row in figures.items()
    ]


def _draw(rows: list[dict[str, Any]], machine: str, path: Path) -> None:
    """Draws LiteRT at the first size, without float16, which takes the time of float32."""
    size = f"{_SIZES[0][1]}x{_SIZES[0][0]}"
    points = []
    for row in rows:
        psnr = row["psnr"] or _PUBLISHED_PSNR.get(row["model"])
        wanted = (row["runtime"], row["size"]) == ("LiteRT", size) and row["dtype"] != "float16"
        if wanted and psnr:
            label = row["model"] if row["model"] == UNIT else f"{row['model']} {row['dtype']}"
            note = "" if row["psnr"] else "PSNR as published"
            points.append(Point(label, row["median_ms"], psnr, note))
    try:
        draw_frontier(points, path, title=f"{size} in LiteRT, {machine}", data=DATA)
    except ImportError:
        print("no picture: pip install 'keras_litesr[plot]' draws it")
        return
    print(path)


def _short(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: f"{value:.2f}" if isinstance(value, float) else value or ""
        for name, value in row.items()
    }


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
