"""Keyed slots: which weights carry which bit of the payload."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from keras_litesr.protection.keys import PAYLOAD_BITS, OwnerKey

COPIES = 2
SLOTS = COPIES * PAYLOAD_BITS
LEAST_WEIGHTS = 32 * SLOTS
# What a slot gets, in standard deviations of an unmarked network's.
MARGIN = 2.0


class TooFewWeightsError(ValueError):
    """A network without room for the mark; the message says what would fit."""


@dataclass(frozen=True)
class Slots:
    """The slots of one key in a network of so many carrier weights.

    Every weight belongs to one slot, with one sign. As signs and slots are drawn for each weight
    alone, a key that has nothing to do with a network finds fair and independent coins in it,
    whatever its weights are.

    Attributes:
        index: `(weights,)` uint8, the slot of every weight.
        signs: `(weights,)` float32, -1 or 1.
        wanted: `(256,)` float32, -1 or 1: the payload's bits, each of them twice.
    """

    index: np.ndarray
    signs: np.ndarray
    wanted: np.ndarray

    @cached_property
    def sizes(self) -> np.ndarray:
        """Weights of every slot, `(256,)`."""
        return np.bincount(self.index, minlength=SLOTS)

    def read(self, values: np.ndarray) -> np.ndarray:
        """Computes what the slots say.

        Args:
            values: `Network.values`, `(weights,)` of mean square 1.

        Returns:
            `(256,)`: positive where the slot's bit is the key's. In a network that does not bear
            the mark they have mean 0 and standard deviation 1.
        """
        sums = np.bincount(self.index, weights=self.signs * values, minlength=SLOTS)
        return self.wanted * sums / np.sqrt(np.maximum(self.sizes, 1))

    def matching(self, values: np.ndarray) -> int:
        """Counts the slots whose bit is the key's; an empty one counts as wrong."""
        return int(np.sum(self.read(values) > 0))

    def spread(self, amounts: np.ndarray) -> np.ndarray:
        """Computes the smallest change of the weights that raises the slots by some amounts.

        Args:
            amounts: `(256,)`, in the units of `read`.

        Returns:
            `(weights,)`, to be added to `Network.values`.
        """
        shares = amounts * self.wanted / np.sqrt(np.maximum(self.sizes, 1))
        return self.signs * shares[self.index]


def slots_of(key: OwnerKey, weights: int) -> Slots:
    """Derives a key's slots for a network.

    Args:
        key: The owner's.
        weights: Number of the network's carrier weights.

    Raises:
        TooFewWeightsError: When there are fewer than 8,192.
    """
    if weights < LEAST_WEIGHTS:
        raise TooFewWeightsError(
            f"Expected at least {LEAST_WEIGHTS:,} weights in convolutions other than depthwise "
            f"ones, for {SLOTS} slots of {LEAST_WEIGHTS // SLOTS}, received {weights:,}, in which "
            f"{weights * SLOTS // LEAST_WEIGHTS} slots would fit. Take a network of more channels "
            "or blocks."
        )
    index = np.frombuffer(key.stream("mark slots", weights), np.uint8)
    coins = np.frombuffer(key.stream("mark signs", -(-weights // 8)), np.uint8)
    signs = 1 - 2 * np.unpackbits(coins, count=weights).astype(np.float32)
    wanted = np.tile(2 * key.bits.astype(np.float32) - 1, COPIES)
    return Slots(index, signs, wanted)
