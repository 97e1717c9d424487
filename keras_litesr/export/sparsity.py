"""Unstructured sparsity by TensorFlow's toolkit: the smallest weights of every kernel set to 0."""

from collections.abc import Callable, Sequence

import keras

from keras_litesr.export.filters import without_normalisation
from keras_litesr.export.legacy import tf_keras, tfmot
from keras_litesr.export.twin import twin, weights_back
from keras_litesr.export.twin_training import Batch, train_twin

_RAMP = 0.6
_EVERY = 10


def prune(
    model: keras.Model,
    patches: Sequence[Batch],
    *,
    sparsity: float = 0.5,
    steps: int = 500,
    learning_rate: float = 5e-4,
    progress: Callable[[int], object] | None = None,
) -> keras.Model:
    """Sets the smallest weights to 0 while the others are trained to make up for them.

    The share of zeros rises over the first three fifths of the steps. Kernels of convolutions are
    pruned, of separable ones the pointwise half, which holds nine tenths of the weights; biases and
    depthwise kernels stay whole. Files pack better; arithmetic stays the same, see
    `remove_filters` for a network that computes less.

    Args:
        model: Functional model; it stays as it is.
        patches: `(low_res, high_res)` batches by index, float32 NHWC in [0, 1], such as
            `datasets.patches.Patches`.
        sparsity: Share of zeros in every pruned kernel, above 0 and below 1.
        steps: Weight updates, at least 20.
        learning_rate: At the start; it falls to zero on a cosine.
        progress: Called with 1 after every step.

    Returns:
        Model of the same layers whose pruned weights are exactly 0. One with batch normalisation
        comes back with it folded, as `split_separable` does it.

    Raises:
        ValueError: For another share, too few steps, a layer that the twin does not know, or a
            model without anything to prune.
        DivergedError: When the training diverges.

    Reference:
        Zhu and Gupta, 2017, To Prune, or Not to Prune, Eq. 1.
    """
    _check(sparsity, steps)
    frequency = min(_EVERY, max(steps // 10, 1))
    schedule = tfmot.sparsity.keras.PolynomialDecay(
        initial_sparsity=0.0,
        final_sparsity=sparsity,
        begin_step=0,
        # A step at which the toolkit looks, or the last zeros would never come.
        end_step=max(round(_RAMP * steps / frequency), 1) * frequency,
        frequency=frequency,
    )

    def prunable(layer: tf_keras.layers.Layer) -> tf_keras.layers.Layer:
        if type(layer) is not tf_keras.layers.Conv2D:
            return layer
        return tfmot.sparsity.keras.prune_low_magnitude(layer, pruning_schedule=schedule)

    source = without_normalisation(model)
    pruned = twin(source, wrap=prunable)
    if not any(layer.name.startswith("prune_low_magnitude_") for layer in pruned.layers):
        raise ValueError(
            f"Expected a model with trained convolutions, received {model.name}, which has none. "
            "There is nothing to prune."
        )
    train_twin(
        pruned,
        (patches[step % len(patches)] for step in range(steps)),
        steps=steps,
        learning_rate=learning_rate,
        callback=tfmot.sparsity.keras.UpdatePruningStep(),
        progress=progress,
    )
    return weights_back(pruned, source)


def _check(sparsity: float, steps: int) -> None:
    if not 0 < sparsity < 1:
        raise ValueError(
            f"Expected a sparsity above 0 and below 1, such as 0.5 for every other weight, "
            f"received {sparsity}."
        )
    if steps < 20:
        raise ValueError(
            f"Expected at least 20 steps, over which weights vanish and the others make up for "
            f"it, received {steps}. 500 are a fair trial."
        )
