"""What `tools/benchmark.py --export` is asked first: is the zoo faster than what is around?"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from benchmark_networks import BIG, UNIT, Network
from benchmark_runtimes import opencv
from tqdm import tqdm

from keras_litesr.evaluation.invocation import invocation
from keras_litesr.silence import captured_output
from keras_litesr.timing import alternate, ratio

_SIZE = (270, 480)
_FAST, _GOOD = "lite_tiny_x4", "lite_psnr_x4"
# Who against whom, in which runtime of the second, and the bound wanted of their times' ratio.
_DUELS = (
    (_FAST, UNIT, "LiteRT", "less than", 1.0),
    (_FAST, UNIT, "OpenCV", "less than", 1.0),
    (BIG, _GOOD, "LiteRT", "at least", 20.0),
)
# PSNR wanted on Set5 (dB) by the time that a file may take, as a multiple of FSRCNN's.
_FRONTIER = {0.5: 30.9, 1.0: 31.5, 2.0: 32.0}
_FRONTIER_SIZE = "128x128"
_MOST_PARAMETERS = 0.1
_LEAST_SHARE = 0.6
_SLOW_ROUNDS = 5


def duels(found: Sequence[Network], threads: int, rounds: int) -> list[dict[str, Any]]:
    """Times two networks against each other at 480x270, in a run of their own.

    Args:
        found: What is there; duels of others are left out.
        threads: CPU threads.
        rounds: Of the networks that are fast; others get fewer.

    Returns:
        What was compared, with the ratio that was found and the one wanted.
    """
    by_name = {name: network for network in found for name in (network.name, *network.twins)}
    rows = []
    for first, second, runtime, relation, bound in tqdm(_DUELS, desc="duels", disable=None):
        if not _both(by_name, first, second, runtime):
            continue
        with captured_output():
            runs = {
                "first": invocation(by_name[first].files["float32"], _SIZE, threads=threads),
                "second": _opponent(by_name[second], runtime, threads),
            }
            slow = first == BIG or runtime == "OpenCV"
            times = alternate(runs, min(rounds, _SLOW_ROUNDS) if slow else rounds)
        found_ratio = round(ratio(times["first"], times["second"]), 2)
        subject = f"{first} float32 in LiteRT, time as a multiple of {second} in {runtime}"
        rows.append(_wish(f"{subject} at {_SIZE[1]}x{_SIZE[0]}", found_ratio, relation, bound))
    return rows


def parameters(found: Sequence[Network]) -> list[dict[str, Any]]:
    """Compares the sizes of the good light network and the big one."""
    by_name = {name: network for network in found for name in (network.name, *network.twins)}
    if not {_GOOD, BIG} <= by_name.keys():
        return []
    share = by_name[_GOOD].model.count_params() / by_name[BIG].model.count_params()
    subject = f"{_GOOD}, parameters as a multiple of {BIG}'s"
    return [_wish(subject, round(share, 3), "at most", _MOST_PARAMETERS)]


def shares(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Picks each preset's share of the matrix-multiply peak out of the table."""
    return [
        _wish(
            f"{row['model']} float32 in LiteRT, share of the matrix-multiply peak at {row['size']}",
            row["share_of_peak"],
            "at least",
            _LEAST_SHARE,
        )
        for row in rows
        if (row["runtime"], row["dtype"]) == ("LiteRT", "float32") and row["model"] != UNIT
    ]


def frontier(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Picks the best PSNR that is to be had in LiteRT within each multiple of FSRCNN's time."""
    timed = [
        row
        for row in rows
        if (row["runtime"], row["size"]) == ("LiteRT", _FRONTIER_SIZE) and row["psnr"]
    ]
    wishes = []
    for times, psnr in _FRONTIER.items():
        within = [row for row in timed if row["times_fsrcnn"] <= times]
        if within:
            best = max(within, key=lambda row: row["psnr"])
            file = f"{best['model']} {best['dtype']} takes {best['times_fsrcnn']:g}"
            subject = f"PSNR on Set5 within {times:g} of FSRCNN's time at {_FRONTIER_SIZE} ({file})"
            wishes.append(_wish(subject, round(best["psnr"], 2), "at least", psnr))
    return wishes


def sentences(wishes: Sequence[dict[str, Any]]) -> list[str]:
    """Says a line for each comparison."""
    return [
        f"{wish['subject']}: {wish['value']:g} (wanted {wish['relation']} {wish['bound']:g}: "
        f"{'met' if wish['met'] else 'not met'})"
        for wish in wishes
    ]


def _both(by_name: dict[str, Network], first: str, second: str, runtime: str) -> bool:
    if first not in by_name or second not in by_name:
        return False
    if "float32" not in by_name[first].files or "float32" not in by_name[second].files:
        return False
    return runtime == "LiteRT" or "OpenCV" in by_name[second].runtimes


def _opponent(network: Network, runtime: str, threads: int):
    if runtime == "LiteRT":
        return invocation(network.files["float32"], _SIZE, threads=threads)
    picture = np.random.default_rng(0).random((1, *_SIZE, network.channels), np.float32)
    assert network.onnx is not None, network.name
    return opencv(network.onnx, picture, threads)


def _wish(subject: str, value: float, relation: str, bound: float) -> dict[str, Any]:
    met = {
        "less than": value < bound,
        "at most": value <= bound,
        "at least": value >= bound,
    }
    return {
        "subject": subject,
        "value": value,
        "relation": relation,
        "bound": bound,
        "met": met[relation],
    }
