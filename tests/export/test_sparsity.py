"""Weights set to zero, and weights drawn from a few values."""

import numpy as np
import pytest

from keras_litesr.models.bicubic import bicubic

pytest.importorskip(
    "keras_litesr.export.legacy", reason="needs the extra compress", exc_type=ImportError
)
from keras_litesr.export.clustering import cluster
from keras_litesr.export.sparsity import prune

STANDS_STILL = 1e-12


@pytest.fixture(scope="module")
def batch(trained):
    low_res = np.random.default_rng(3).random((1, 6, 6, 3), np.float32)
    return low_res, np.asarray(trained(low_res))


@pytest.mark.slow
def test_the_smallest_weights_vanish_and_the_others_stay(trained, batch):
    counted = []
    pruned = prune(
        trained,
        [batch],
        sparsity=0.6,
        steps=20,
        learning_rate=STANDS_STILL,
        progress=counted.append,
    )
    assert sum(counted) == 20
    for layer in trained.layers:
        for old, new in zip(
            layer.get_weights(), pruned.get_layer(layer.name).get_weights(), strict=True
        ):
            if old.ndim == 4 and (old.shape[:2] == (1, 1) or layer.name == "shallow"):
                gone = new == 0
                assert gone.mean() == pytest.approx(0.6, abs=1 / old.size + 0.005)
                assert np.abs(old[gone]).max() <= np.abs(old[~gone]).min()
                old = np.where(gone, 0, old)
            np.testing.assert_allclose(new, old, atol=1e-6)


@pytest.mark.slow
def test_every_kernel_is_drawn_from_its_clusters(trained, batch):
    clustered = cluster(trained, [batch], clusters=4, steps=2)
    kernel = clustered.get_layer("block0_project").get_weights()[0]
    assert len(np.unique(kernel)) == 4
    original = trained.get_layer("block0_project").get_weights()[0]
    assert np.corrcoef(kernel.ravel(), original.ravel())[0, 1] > 0.8


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sparsity": 0}, "above 0 and below 1, .* received 0"),
        ({"sparsity": 1.0}, "received 1.0"),
        ({"steps": 19}, "at least 20 steps, .* received 19"),
    ],
)
def test_odd_settings_are_refused(trained, batch, options, message):
    with pytest.raises(ValueError, match=message):
        prune(trained, [batch], **options)


def test_one_cluster_is_none(trained, batch):
    with pytest.raises(ValueError, match="at least 2 clusters, received 1"):
        cluster(trained, [batch], clusters=1)


def test_a_model_without_weights_cannot_be_pruned(batch):
    with pytest.raises(ValueError, match="received bicubic_x4, which has none"):
        prune(bicubic(), [batch])
