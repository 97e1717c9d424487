import numpy as np
import pytest

from keras_litesr.inference.ensemble import SelfEnsemble


def _doubled(low_res):
    return low_res.repeat(2, axis=1).repeat(2, axis=2)


@pytest.fixture
def low_res(rng):
    return rng.random((2, 3, 5, 3), np.float32)


def test_a_network_that_treats_all_orientations_alike_is_left_as_it_is(low_res):
    np.testing.assert_allclose(SelfEnsemble(_doubled)(low_res), _doubled(low_res), atol=1e-6)


def test_errors_that_differ_between_orientations_cancel(low_res):
    def brighter_at_the_top(batch):
        large = _doubled(batch)
        height = large.shape[1]
        return large + np.linspace(1, -1, height, dtype=np.float32)[:, None, None]

    alone = np.abs(brighter_at_the_top(low_res) - _doubled(low_res)).max()
    together = np.abs(SelfEnsemble(brighter_at_the_top)(low_res) - _doubled(low_res)).max()
    assert alone == 1
    assert together < 1e-6


def test_the_network_sees_eight_different_orientations():
    seen = []

    def look(batch):
        seen.append(batch[0, :, :, 0].tobytes() + bytes(batch.shape))
        return _doubled(batch)

    SelfEnsemble(look)(np.arange(12, dtype=np.float32).reshape(1, 2, 2, 3))
    assert len(set(seen)) == len(seen) == 8
