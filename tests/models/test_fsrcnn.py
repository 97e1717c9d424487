import numpy as np

from keras_litesr.models.cost import multiply_adds
from keras_litesr.models.fsrcnn import fsrcnn


def test_parameters_are_those_of_the_publication():
    """Convolutions with biases 12,637, and a slope for each of 56 + 12 + 4 x 12 + 56 channels."""
    assert fsrcnn().count_params() == 12_637 + 172


def test_multiply_adds_counted_by_hand():
    """Per low-resolution pixel; the deconvolution spreads 56 channels over 9 x 9 each."""
    a_pixel = 25 * 56 + 56 * 12 + 4 * 9 * 12 * 12 + 12 * 56 + 81 * 56
    assert multiply_adds(fsrcnn(), (8, 6)) == 48 * a_pixel


def test_luma_is_enlarged_four_times(rng):
    assert fsrcnn().predict(rng.random((1, 5, 3, 1), np.float32), verbose=0).shape == (1, 20, 12, 1)
