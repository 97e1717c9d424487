"""The mark put into weights: at once, or held in place while a network trains."""

import warnings
from collections.abc import Sequence

import keras
import numpy as np
from keras import ops

from keras_litesr.protection import keras_graph
from keras_litesr.protection.balance import factors
from keras_litesr.protection.keras_graph import Place
from keras_litesr.protection.keys import OwnerKey
from keras_litesr.protection.slots import MARGIN, SLOTS, Slots, slots_of

_MOST_ROUNDS = 20
_NEARLY = 0.999
# Weights other than zero that a slot needs if the zeros of a pruned network are to stay.
_LEAST_LEFT = 8


class KeepMark(keras.callbacks.Callback):
    """Trains the owner's mark into a network: `model.fit(..., callbacks=[KeepMark(key)])`.

    It adds a penalty to the loss of whatever recipe the model was compiled with: the mean, over
    the slots, of what a slot lacks to its margin. For the time of the training it hangs on one of
    the kernels as a regulariser, so the model's class and configuration stay as they are. Belongs
    before `SwapEMAWeights`. A trainer with a `train_step` of its own has to add the `losses` of
    the network that it trains, as Keras' own does.

    Args:
        key: The owner's.
        margin: Wanted in every slot, in standard deviations of an unmarked network's slots.
        weight: Of the penalty.
        refresh_steps: Steps between two looks at how large the channels have become.
    """

    def __init__(
        self,
        key: OwnerKey,
        *,
        margin: float = MARGIN,
        weight: float = 0.01,
        refresh_steps: int = 100,
    ):
        super().__init__()
        self.key = key
        self.margin = margin
        self.weight = weight
        self.refresh_steps = refresh_steps

    def on_train_begin(self, logs=None):
        """Hangs the penalty on the first kernel; raises for a network without room."""
        network = getattr(self.model, "generator", self.model)
        self.slots = _Placed(network, self.key)
        self.shares = keras.Variable(self.slots.shares(), trainable=False, dtype="float32")
        self.bearer = self.slots.places[0].variable
        self.former = self.bearer.regularizer
        self.bearer.regularizer = self._penalty
        # A model that was trained before has a compiled step without the penalty.
        self.model.make_train_function(force=True)
        self.looked = int(self.model.optimizer.iterations)

    def on_train_batch_end(self, batch, logs=None):
        """Looks from time to time at how large the channels have become."""
        step = int(self.model.optimizer.iterations)  # A call may be that of several steps.
        if step - self.looked >= self.refresh_steps:
            self.looked = step
            self.shares.assign(self.slots.shares())

    def on_epoch_end(self, epoch, logs=None):
        """Looks at the channels once more."""
        self.shares.assign(self.slots.shares())

    def on_train_end(self, logs=None):
        """Takes the penalty off."""
        self.bearer.regularizer = self.former
        self.model.make_train_function(force=True)

    def _penalty(self, kernel):
        read = self.slots.read(self.shares.value)
        penalty = self.weight * ops.mean(ops.relu(self.margin - read))
        return penalty if self.former is None else penalty + self.former(kernel)


class KeepZeros(keras.callbacks.Callback):
    """Holds the kernels' weights that are zero when the training begins."""

    def on_train_begin(self, logs=None):
        """Looks for them."""
        kernels = [each for each in self.model.trainable_variables if len(each.shape) == 4]
        looks = [(kernel, kernel.numpy() != 0) for kernel in kernels]
        self.pruned = [(kernel, rest) for kernel, rest in looks if not rest.all()]

    def on_train_batch_end(self, batch, logs=None):
        """Sets them to zero again."""
        for kernel, rest in self.pruned:
            kernel.assign(kernel.value * ops.cast(rest, kernel.dtype))


class _Placed:
    """The slots of a key in the variables of a network, in the variables' own layout."""

    def __init__(self, network: keras.Model, key: OwnerKey):
        self.places = keras_graph.carrier_places(network)
        shapes = [place.kernel.shape for place in self.places]
        sizes = [int(np.prod(shape)) for shape in shapes]
        self.slots: Slots = slots_of(key, sum(sizes))
        numbers = np.split(np.arange(sum(sizes)), np.cumsum(sizes)[:-1])
        placed = zip(self.places, numbers, shapes, strict=True)
        self.order = np.concatenate(
            [place.in_variable(part.reshape(shape)).ravel() for place, part, shape in placed]
        )
        self.index = ops.convert_to_tensor(self.slots.index[self.order].astype(np.int32))

    def read(self, shares):
        """Computes what the slots say of the present weights, as `Slots.read`, differentiably."""
        weights = [ops.reshape(place.variable.value, (-1,)) for place in self.places]
        parts = ops.concatenate(weights) * shares
        return ops.segment_sum(parts, self.index, num_segments=SLOTS)

    def shares(self) -> np.ndarray:
        """Computes how much a unit of each weight adds to its slot, given the channels' sizes."""
        scales = np.concatenate([_scales(place).ravel() for place in self.places])
        return (scales * self.slots.spread(np.ones(SLOTS)))[self.order].astype(np.float32)


class _Answers(keras.utils.PyDataset):
    """Serves the low-resolution pictures of batches, and what a model makes of them."""

    def __init__(self, model: keras.Model, batches: keras.utils.PyDataset):
        super().__init__()
        self.model = model
        self.batches = batches

    def __len__(self) -> int:
        return len(self.batches)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """Returns a batch."""
        low_res = self.batches[index][0]
        return low_res, self.model.predict_on_batch(low_res)

    def on_epoch_end(self) -> None:
        """Lets the batches draw others."""
        self.batches.on_epoch_end()


def shift(model: keras.Model, key: OwnerKey, *, margin: float = MARGIN) -> None:
    """Moves a model's weights in place, as little as possible, until every slot has its margin.

    Weights that are zero, as in a pruned model, stay so where the others suffice; it warns where
    they do not.

    Args:
        model: Functional model.
        key: The owner's.
        margin: In standard deviations of an unmarked network's slots.

    Raises:
        TooFewWeightsError: When the model has no room for the mark.
    """
    values = keras_graph.network(model).values
    slots = slots_of(key, len(values))
    movable = _movable(slots, values)
    left = np.maximum(np.bincount(slots.index, weights=movable, minlength=SLOTS), 1)
    for _ in range(_MOST_ROUNDS):
        missing = np.maximum(margin - slots.read(values), 0)
        if missing.max() <= (1 - _NEARLY) * margin:
            return
        change = slots.spread(missing * slots.sizes / left) * movable
        _write(keras_graph.carrier_places(model), values + change)
        values = keras_graph.network(model).values


def _movable(slots: Slots, values: np.ndarray) -> np.ndarray:
    """Tells which weights may bear the mark: all but the zeros, if every slot has enough others."""
    others = values != 0
    if np.bincount(slots.index, weights=others, minlength=SLOTS).min() >= _LEAST_LEFT:
        return others
    warnings.warn(
        f"{np.mean(~others):.0%} of the weights are zero, and the others are too few to bear the "
        "mark: the zeros are filled, and the model packs no better than before it was pruned.",
        stacklevel=2,
    )
    return np.ones_like(others)


def relearn(
    model: keras.Model,
    original: keras.Model,
    batches: keras.utils.PyDataset,
    *,
    steps: int,
    learning_rate: float,
    callbacks: Sequence[keras.callbacks.Callback],
) -> None:
    """Trains a model in place to answer as its original does; see `watermark.mark`."""
    answers = _Answers(original, batches)
    warmup = steps // 20
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, max(steps - warmup, 1), warmup_target=learning_rate, warmup_steps=warmup
    )
    model.compile(keras.optimizers.Adam(schedule), loss="mae", jit_compile=False)
    an_epoch = min(steps, len(answers))
    model.fit(
        answers,
        steps_per_epoch=an_epoch,
        epochs=-(-steps // an_epoch),
        shuffle=False,
        verbose=0,
        callbacks=callbacks,
    )


def _write(places: list[Place], values: np.ndarray) -> None:
    """Gives the kernels the values that `Network.values` shall have."""
    for place in places:
        scales = _scales(place)
        part, values = np.split(values, [scales.size])
        part = part.reshape(scales.shape)
        array = np.divide(part, scales, out=np.zeros_like(part), where=scales != 0)
        place.variable.assign(place.in_variable(array.astype(np.float32)))


def _scales(place: Place) -> np.ndarray:
    """Computes by what each weight of a variable is multiplied to give its balanced value."""
    kernel = place.kernel
    return np.broadcast_to(factors(kernel, groups=place.groups) * place.gain, kernel.shape)
