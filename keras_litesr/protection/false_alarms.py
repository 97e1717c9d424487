"""Whether chance looks like chance: wrong keys on a marked model, the right key on others."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from keras_litesr.protection import carriers, watermark
from keras_litesr.protection.keys import OwnerKey
from keras_litesr.protection.verdict import COMMITTED_LIMIT, Verdict, binomial_tail


@dataclass(frozen=True)
class Chance:
    """What readings look like where there is no mark.

    Attributes:
        readings: How many.
        alarms: How many of them would have been called marked, with a committed key.
        highest: Most matching bits of any.
        lowest_p_value: Of any reading.
        uniformity: p-value of a Kolmogorov-Smirnov test that the p-values are uniform, as they
            have to be; a small one, below 0.01 say, is a fault of the mark's statistics.
    """

    readings: int
    alarms: int
    highest: int
    lowest_p_value: float
    uniformity: float


def wrong_keys(count: int, *, seed: int = 0) -> Iterator[OwnerKey]:
    """Makes keys that have nothing to do with any model, the same ones for the same seed."""
    for number in range(count):
        secret = hashlib.sha256(f"wrong key {seed} {number}".encode()).digest()
        yield OwnerKey(secret, f"wrong {number}")


def read_with(
    suspect: carriers.Suspect,
    keys: Iterator[OwnerKey],
    *,
    progress: Callable[[], None] = lambda: None,
) -> list[Verdict]:
    """Reads a suspect with many keys.

    Args:
        suspect: As for `watermark.verify`; it is opened once.
        keys: The keys.
        progress: Called after each.
    """
    network, verdicts = carriers.read(suspect), []
    for key in keys:
        verdicts.append(watermark.verify(network, key, committed=True))
        progress()
    return verdicts


def chance_of(verdicts: Sequence[Verdict], *, seed: int = 0) -> Chance:
    """Tests whether readings are throws of fair coins.

    The number of matching bits takes few values, so that their p-values cannot be uniform as they
    stand; each is drawn from the span between its own and the next smaller one.

    Args:
        verdicts: Of direct readings, at least one, without alignment.
        seed: Of these draws.
    """
    from scipy.stats import kstest

    random = np.random.default_rng(seed)
    spread = [_spread_p_value(each, random.random()) for each in verdicts]
    return Chance(
        readings=len(verdicts),
        alarms=sum(each.p_value <= COMMITTED_LIMIT for each in verdicts),
        highest=max(each.matching for each in verdicts),
        lowest_p_value=min(each.p_value for each in verdicts),
        uniformity=float(kstest(spread, "uniform").pvalue),
    )


def _spread_p_value(verdict: Verdict, share: float) -> float:
    """Gives P(more bits) + share * P(as many bits), which is uniform for fair coins."""
    matching, slots = verdict.matching, verdict.slots
    more = binomial_tail(matching + 1, slots) if matching < slots else 0.0
    return more + share * (binomial_tail(matching, slots) - more)
