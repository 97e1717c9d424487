from itertools import pairwise

import keras
import numpy as np
import pytest

from keras_litesr.models.discriminator import discriminator


def test_it_has_the_parameters_of_ledigs_figure_4():
    """3x3 convolutions with biases, four vectors a batch norm, dense layers over 6x6 places."""
    channels = [3, 64, 64, 128, 128, 256, 256, 512, 512]
    convolutions = sum(9 * m * n + n for m, n in pairwise(channels))
    normalisations = 4 * sum(channels[2:])
    dense = (6 * 6 * 512 * 1024 + 1024) + (1024 + 1)
    expected = convolutions + normalisations + dense
    assert expected == 4_685_376 + 7_424 + 18_876_417 == 23_569_217
    assert discriminator().count_params() == expected


def test_four_halvings_and_one_logit_a_picture():
    model = discriminator(size=16)
    assert model.get_layer("stage7").output.shape == (None, 1, 1, 512)
    model.get_layer("score").set_weights([np.zeros((1024, 1)), np.array([-7.0])])
    scores = keras.ops.convert_to_numpy(model(np.zeros((2, 16, 16, 3), np.float32)))
    np.testing.assert_allclose(scores, [[-7], [-7]], atol=1e-5)


@pytest.mark.parametrize("size", [0, 8, 40])
def test_sizes_that_four_halvings_do_not_fit_are_refused(size):
    with pytest.raises(ValueError, match=f"multiple of 16 pixels, received {size}"):
        discriminator(size=size)
