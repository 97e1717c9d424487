"""Weight clustering by TensorFlow's toolkit: every kernel drawn from a few values."""

from collections.abc import Callable, Sequence

import keras

from keras_litesr.export.filters import without_normalisation
from keras_litesr.export.legacy import tfmot
from keras_litesr.export.twin import twin, weights_back
from keras_litesr.export.twin_training import Batch, train_twin

_clustering = tfmot.clustering.keras


def cluster(
    model: keras.Model,
    patches: Sequence[Batch],
    *,
    clusters: int = 32,
    steps: int = 500,
    learning_rate: float = 1e-4,
    progress: Callable[[int], object] | None = None,
) -> keras.Model:
    """Draws the weights of every kernel from a few values, which are trained.

    Depthwise kernels and biases stay as they are. The file packs better; nothing else is gained.

    Args:
        model: Functional model; it stays as it is.
        patches: `(low_res, high_res)` batches by index, float32 NHWC in [0, 1], such as
            `datasets.patches.Patches`.
        clusters: Number of values in each kernel, at least 2.
        steps: Weight updates.
        learning_rate: At the start; it falls to zero on a cosine.
        progress: Called with 1 after every step.

    Returns:
        Model of the same layers, batch normalisation folded.

    Raises:
        ValueError: For fewer clusters, or a layer that the twin does not know.
        DivergedError: When the training diverges.
    """
    if clusters < 2:
        raise ValueError(f"Expected at least 2 clusters, received {clusters}. 32 are a fair trial.")
    source = without_normalisation(model)
    clustered = _clustering.cluster_weights(
        twin(source),
        number_of_clusters=clusters,
        cluster_centroids_init=_clustering.CentroidInitialization.KMEANS_PLUS_PLUS,
    )
    batches = (patches[step % len(patches)] for step in range(steps))
    train_twin(clustered, batches, steps=steps, learning_rate=learning_rate, progress=progress)
    return weights_back(_clustering.strip_clustering(clustered), source)
