from itertools import pairwise

import keras
import numpy as np
import pytest

from keras_litesr.models.critic import critic


def test_there_is_one_unbounded_score_a_picture_and_no_batch_norm():
    model = critic(filters=4, num_stages=2)
    assert model.output_shape == (None, 1)
    assert not any(isinstance(layer, keras.layers.BatchNormalization) for layer in model.layers)
    model.get_layer("score").bias.assign([-7.0])
    assert float(model(np.zeros((1, 8, 8, 3), np.float32))[0, 0]) == pytest.approx(-7, abs=1e-5)


def test_a_score_depends_on_its_own_picture_alone(rng):
    model = critic(filters=4, num_stages=2)
    pictures = rng.random((3, 12, 9, 3), dtype=np.float32)
    together = keras.ops.convert_to_numpy(model(pictures))
    alone = [keras.ops.convert_to_numpy(model(pictures[i : i + 1]))[0] for i in range(3)]
    np.testing.assert_allclose(together, alone, atol=1e-6)


def test_parameters_are_those_of_the_formula():
    """A stage holds 16 M N + N, the score one more than the last stage's channels."""
    channels = [3, 4, 8, 16, 16]
    stages = sum(16 * m * n + n for m, n in pairwise(channels))
    assert critic(filters=4, num_stages=4).count_params() == stages + 16 + 1


def test_any_size_of_picture_is_taken():
    assert critic(filters=2, num_stages=3)(np.zeros((2, 1, 5, 3), np.float32)).shape == (2, 1)
