"""The owner's mark: put into a model's weights, and read from those of a suspect."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from keras_litesr.protection import carriers
from keras_litesr.protection.keys import OwnerKey
from keras_litesr.protection.networks import Network, refuse_other_architecture
from keras_litesr.protection.slots import MARGIN, SLOTS, Slots, slots_of
from keras_litesr.protection.verdict import MARKED, Verdict

if TYPE_CHECKING:
    import keras

# Of the training that gives back what the shift cost.
STEPS = 500
LEARNING_RATE = 5e-4
# Share of the margin that a slot has at least when the training is over.
_HELD = 0.9
# Balancing anew what was emptied brings a little back, less every time.
_ROUNDS = 4


def mark(
    model: "keras.Model",
    key: OwnerKey,
    batches: "keras.utils.PyDataset | None" = None,
    *,
    margin: float = MARGIN,
    steps: int = STEPS,
    learning_rate: float = LEARNING_RATE,
    callbacks: Sequence["keras.callbacks.Callback"] = (),
) -> "keras.Model":
    """Copies a model and puts the owner's mark into the copy.

    The weights are moved by the smallest amount that gives every slot its margin. With pictures
    the copy then learns to answer as the model did, while the mark is held, which gives back
    nearly all that the shift cost and leaves the look of a model as it is, whatever it was trained
    for. To train a mark in from the start of a recipe, see `embedding.KeepMark`.

    Args:
        model: Functional model; it stays as it is.
        key: The owner's.
        batches: Batches whose first part is `low_res`, such as `datasets.patches.Patches`; the
            rest is not used. None to shift the weights only.
        margin: In standard deviations of an unmarked network's slots; a larger one survives more
            and costs more.
        steps: Of training, rounded up to whole epochs of `batches`.
        learning_rate: Peak of Adam's; it falls to zero on a cosine.
        callbacks: Further ones for the training, to show its progress for instance.

    Returns:
        The marked copy; it was compiled if it was trained.

    Raises:
        TooFewWeightsError: When the model has no room for the mark.
        ArchitectureError: When it is no functional model.
    """
    from keras_litesr.models.copies import copied
    from keras_litesr.protection.embedding import KeepMark, KeepZeros, relearn, shift

    copy = copied(model)
    shift(copy, key, margin=margin)
    if batches is not None and steps:
        held = [KeepMark(key, margin=margin), KeepZeros(), *callbacks]
        relearn(copy, model, batches, steps=steps, learning_rate=learning_rate, callbacks=held)
        shift(copy, key, margin=_HELD * margin)
    return copy


def verify(
    suspect: carriers.Suspect,
    key: OwnerKey,
    *,
    reference: carriers.Suspect | None = None,
    committed: bool = False,
) -> Verdict:
    """Reads an owner's mark from a suspect's weights.

    Args:
        suspect: Keras model, preset name or folder, `.tflite` file, or a network read before.
        key: The owner's.
        reference: The owner's own copy. With it another architecture is refused, and a suspect
            that does not show the mark as it stands is aligned and read once more, for which its
            p-value is doubled. Needs SciPy then. It must have been published before the suspect.
        committed: Whether the key was fixed by a commitment that was published before the suspect.

    Returns:
        The verdict, which says how sure it is.

    Raises:
        ArchitectureError: When the suspect cannot be read, or is no relative of the reference.
        PresetError: When the reference is a preset folder that is not what its manifest says.
        TooFewWeightsError: When it has no room for a mark.
        ImportError: When it has to be aligned and SciPy is missing.
    """
    network = carriers.read(suspect)
    slots = slots_of(key, len(network.values))
    direct = Verdict(slots.matching(network.values), SLOTS, committed=committed)
    if reference is None:
        return direct
    owned = carriers.read(reference, verify="auto")
    refuse_other_architecture(network, owned)
    if direct.answer == MARKED:
        return direct
    from keras_litesr.protection.alignment import align

    aligned = align(network, emptied(owned, slots)).values
    matching = slots.matching(aligned)
    is_better = matching > direct.matching
    return Verdict(
        max(direct.matching, matching), SLOTS, committed=committed, readings=2, aligned=is_better
    )


def emptied(network: Network, slots: Slots) -> Network:
    """Takes what the slots say out of a network, so that they say nothing.

    A suspect that is aligned to the result is not turned towards the mark: whatever its weights
    are, the opposite bits would have led to the same alignment. That holds for a network which was
    fixed before the suspect was known.
    """
    for _ in range(_ROUNDS):
        values = network.values - slots.spread(slots.read(network.values))
        network = _with_carriers(network, values)
    return network


def _with_carriers(network: Network, values: np.ndarray) -> Network:
    sizes = [step.balanced.size for step in network.carriers]
    parts = iter(np.split(values, np.cumsum(sizes)[:-1]))
    steps = (
        replace(step, kernel=next(parts).reshape(step.balanced.shape)) if step.is_carrier else step
        for step in network.steps
    )
    return Network(tuple(steps))
