"""What a reading proves: matching bits, and how probable as many are by chance."""

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import comb

COMMITTED_LIMIT = 1e-6
# A key may be searched for: 2^80 secrets, and for each the name among 2^128 that fits best.
UNCOMMITTED_LIMIT = 2.0**-208
MARKED = "marked"
NOT_SHOWN = "not shown"


@dataclass(frozen=True)
class Verdict:
    """Result of reading a mark.

    Attributes:
        matching: Slots whose bit is the key's.
        slots: Slots read.
        committed: Whether the key was fixed by a commitment that was published before the suspect
            was. One that was not could have been searched for, so more is asked of it.
        readings: How many readings were tried, of which this is the best.
        aligned: Whether the suspect was brought into the order of a reference first. Whoever makes
            the reference afterwards can choose that order, so it proves something only when the
            reference was published before the suspect, too.
    """

    matching: int
    slots: int
    committed: bool = False
    readings: int = 1
    aligned: bool = False

    @property
    def accuracy(self) -> float:
        """Share of matching slots; about 0.5 by chance."""
        return self.matching / self.slots

    @property
    def p_value(self) -> float:
        """Probability that a key which was fixed before the model was known matches as well."""
        return min(1.0, self.readings * binomial_tail(self.matching, self.slots))

    @property
    def limit(self) -> float:
        """Largest p-value that counts as marked."""
        return COMMITTED_LIMIT if self.committed else UNCOMMITTED_LIMIT

    @property
    def answer(self) -> str:
        """`marked` or `not shown`; never a bare yes, and a no proves nothing."""
        return MARKED if self.p_value <= self.limit else NOT_SHOWN

    def __str__(self) -> str:
        origin = "committed" if self.committed else "without a commitment"
        words = (
            f"{self.answer}: {self.matching} of {self.slots} bits match ({self.accuracy:.1%}), "
            f"p = {self.p_value:.1e}, key {origin}: asked is p <= {self.limit:.1e}"
        )
        if self.aligned:
            words += "; aligned, which counts if the reference was published before the suspect"
        return words


@lru_cache(maxsize=4096)
def binomial_tail(matching: int, slots: int) -> float:
    """Computes the probability of at least so many heads in that many throws of a fair coin.

    Exact but for the last rounding to a float.

    Raises:
        ValueError: When `matching` is not in 0..`slots`.

    Example:
        >>> binomial_tail(3, 4)  # 5 of 16
        0.3125
    """
    if not 0 <= matching <= slots:
        raise ValueError(f"Expected 0 to {slots} matching bits, received {matching}.")
    ways = sum(comb(slots, heads) for heads in range(matching, slots + 1))
    return float(Fraction(ways, 2**slots))
