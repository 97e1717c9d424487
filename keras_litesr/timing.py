"""Timing runs against each other on a machine that is never quite quiet."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence

_WARM_UPS = 2


def alternate(
    runs: Mapping[str, Callable[[], object]],
    rounds: int,
    *,
    warm_ups: int = _WARM_UPS,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, list[float]]:
    """Times every run once a round, in turns, so that a busy moment hits all alike.

    Every other round goes backwards, so that none always follows the same one.

    Args:
        runs: What to time, by label.
        rounds: At least 1.
        warm_ups: Further rounds that go before and are not counted.
        clock: Gives seconds.

    Returns:
        Seconds of each round, by label.
    """
    times: dict[str, list[float]] = {label: [] for label in runs}
    for number in range(-warm_ups, rounds):
        for label in list(runs)[:: -1 if number % 2 else 1]:
            begin = clock()
            runs[label]()
            if number >= 0:
                times[label].append(clock() - begin)
    return times


def milliseconds(seconds: Sequence[float]) -> dict[str, float]:
    """Sums up the times of a run: median and spread.

    Example:
        >>> milliseconds([0.25, 0.125, 0.5])
        {'median_ms': 250.0, 'fastest_ms': 125.0, 'slowest_ms': 500.0}
    """
    summary = {"median": statistics.median(seconds), "fastest": min(seconds)}
    summary["slowest"] = max(seconds)
    return {f"{name}_ms": round(1e3 * value, 2) for name, value in summary.items()}


def ratio(seconds: Sequence[float], unit: Sequence[float]) -> float:
    """Computes how many times as long a run takes as another, round by round, as the median.

    Args:
        seconds: Of the run.
        unit: Of the other, in the same rounds of `alternate`.

    Example:
        >>> ratio([2.0, 9.0, 4.0], [1.0, 3.0, 2.0])
        2.0
    """
    return statistics.median(mine / other for mine, other in zip(seconds, unit, strict=True))
