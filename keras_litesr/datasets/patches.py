"""Random training patches, and centre crops for validation, as `keras.utils.PyDataset`."""

import copy
from collections.abc import Sequence

import keras
import numpy as np

from keras_litesr.datasets.degradation import Pair
from keras_litesr.images.pixels import to_float


class Patches(keras.utils.PyDataset):
    """Serves batches of aligned random patches, flipped and turned at random.

    A batch depends on `seed`, the epoch and its index alone, so a resumed run sees what an
    uninterrupted one would have seen, given `fit(shuffle=False)`. When resuming, set `epoch` to
    the number of epochs behind before `fit`, which counts it up once at its start.

    Args:
        pairs: Decoded pictures, kept in memory as uint8.
        scale: Enlargement per side.
        patch_size: Side of a patch in low-resolution pixels.
        batch_size: Patches a batch.
        steps: Batches an epoch.
        seed: At least 0.

    Raises:
        ValueError: When there is no pair, none as large as a patch, one of another scale or not
            RGB, or a number is too small.
    """

    def __init__(
        self,
        pairs: Sequence[Pair],
        *,
        scale: int = 4,
        patch_size: int = 24,
        batch_size: int = 16,
        steps: int = 500,
        seed: int = 0,
    ):
        super().__init__()
        if min(patch_size, batch_size, steps, seed + 1) < 1:
            raise ValueError(
                "Expected patch_size, batch_size and steps of at least 1 and a seed of at least 0, "
                f"received {patch_size}, {batch_size}, {steps} and {seed}."
            )
        _require_scale(pairs, scale)
        self.pairs = [pair for pair in pairs if min(pair.low_res.shape[:2]) >= patch_size]
        if not self.pairs:
            raise ValueError(
                f"Expected pictures of at least {patch_size * scale}x{patch_size * scale} pixels, "
                f"received {len(pairs)} pictures, none that large. Add larger pictures or choose "
                "a smaller patch."
            )
        areas = np.array([np.prod(pair.low_res.shape[:2]) for pair in self.pairs], np.float64)
        self.probabilities = areas / areas.sum()
        self.scale = scale
        self.patch_size = patch_size
        self.batch_size = batch_size
        self.steps = steps
        self.seed = seed
        self.epoch = 0
        self.first = 0

    def __len__(self) -> int:
        return self.steps - self.first

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """Returns `(low_res, high_res)` patches, float32 NHWC in [0, 1]."""
        random = np.random.default_rng([self.seed, self.epoch, self.first + index])
        chosen = random.choice(len(self.pairs), self.batch_size, p=self.probabilities)
        crops = [self._crop(self.pairs[number], random) for number in chosen]
        low_res, high_res = zip(*crops, strict=True)
        return to_float(np.stack(low_res)), to_float(np.stack(high_res))

    def on_epoch_end(self) -> None:
        self.epoch += 1

    def skipping(self, batches: int) -> "Patches":
        """Returns the rest of an epoch: the same patches without the first batches."""
        rest = copy.copy(self)
        rest.first = batches
        return rest

    def _crop(self, pair: Pair, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        size, scale = np.repeat(self.patch_size, 2), self.scale
        corner = random.integers(np.array(pair.low_res.shape[:2]) - size + 1)
        low_res = _crop(pair.low_res, corner, size)
        high_res = _crop(pair.high_res, corner * scale, size * scale)
        turns, mirrored = int(random.integers(4)), int(random.integers(2))
        return _turn(low_res, turns, mirrored), _turn(high_res, turns, mirrored)


class CentreCrops(keras.utils.PyDataset):
    """Serves the middle of every picture, in order, for validation.

    All crops have the largest size that every picture can give, because `fit` wants one shape;
    pictures of one size are served whole.

    Args:
        pairs: Decoded pictures.
        scale: Enlargement per side.

    Raises:
        ValueError: When there is no pair, or one of another scale or not RGB.
    """

    def __init__(self, pairs: Sequence[Pair], *, scale: int = 4):
        super().__init__()
        if not pairs:
            raise ValueError("Expected pictures for validation, received none. Add at least one.")
        _require_scale(pairs, scale)
        self.pairs = list(pairs)
        self.scale = scale
        self.size = np.min([pair.low_res.shape[:2] for pair in self.pairs], axis=0)

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """Returns `(low_res, high_res)`, each a batch of one, float32 NHWC in [0, 1]."""
        pair = self.pairs[index]
        corner = (pair.low_res.shape[:2] - self.size) // 2
        low_res = _crop(pair.low_res, corner, self.size)
        high_res = _crop(pair.high_res, corner * self.scale, self.size * self.scale)
        return to_float(low_res[None]), to_float(high_res[None])


def _require_scale(pairs: Sequence[Pair], scale: int) -> None:
    for number, pair in enumerate(pairs):
        (height, width), received = pair.low_res.shape[:2], pair.high_res.shape[:2]
        if received != (scale * height, scale * width):
            raise ValueError(
                f"Expected {scale * height}x{scale * width} high-resolution pixels for the "
                f"{height}x{width} of pair {number} at scale {scale}, received "
                f"{received[0]}x{received[1]}. Name the scale of the pairs, or make them anew "
                "with `degrade`."
            )
        if pair.low_res.shape[2:] != (3,) or pair.high_res.shape[2:] != (3,):
            raise ValueError(
                f"Expected (height, width, 3) RGB in pair {number}, received {pair.low_res.shape} "
                f"and {pair.high_res.shape}. Repeat the channel of grey pictures, and leave "
                "transparency out; `load_folders` does."
            )


def _crop(picture: np.ndarray, corner: np.ndarray, size: np.ndarray) -> np.ndarray:
    (top, left), (height, width) = corner, size
    return picture[top : top + height, left : left + width]


def _turn(patch: np.ndarray, turns: int, mirrored: int) -> np.ndarray:
    patch = np.rot90(patch, turns)
    return patch[:, ::-1] if mirrored else patch
