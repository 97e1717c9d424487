"""Colour under transparency, painted by hand."""

import numpy as np

from keras_litesr.images.transparency import painted_on


def test_hidden_pixels_take_the_nearest_visible_colour():
    colour = np.array([[5, 0, 0, 0, 0, 9]], np.uint8)
    alpha = np.array([[1, 0, 0, 0, 0, 255]], np.uint8)
    assert painted_on(colour, alpha, 1).tolist() == [[5, 5, 0, 0, 9, 9]]
    assert painted_on(colour, alpha, 9).tolist() == [[5, 5, 5, 9, 9, 9]]
    assert colour.tolist() == [[5, 0, 0, 0, 0, 9]]


def test_a_neighbour_beside_counts_before_a_diagonal_one():
    colour = np.array([[1, 0], [2, 3]], np.uint16)
    alpha = np.array([[1, 0], [1, 0]], np.uint16)
    assert painted_on(colour, alpha, 1).tolist() == [[1, 1], [2, 2]]
    corner = np.zeros((3, 3), np.uint8)
    corner[0, 0] = 1
    assert painted_on(corner * 7, corner, 1).tolist() == [[7, 7, 0], [7, 7, 0], [0, 0, 0]]


def test_nothing_hidden_and_nothing_visible_stay_as_they_are(pixels):
    for alpha in (1, 0):
        assert painted_on(pixels, np.full((2, 3), alpha, np.uint8), 4) is pixels
