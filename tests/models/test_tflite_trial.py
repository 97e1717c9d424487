"""What a file is like is measured from pictures alone, here on functions made by hand."""

import numpy as np
import pytest

from keras_litesr.models.litert import Door
from keras_litesr.models.tflite_trial import _levels, _radius


class Enlarger:
    """Doubles pictures; before that it takes the mean of itself and one pixel away from it."""

    levels = (0.0, 1.0)

    def __init__(self, away=(0, 0), offset=0.0):
        self.away, self.offset = away, offset

    def __call__(self, low_res):
        _, white = self.levels
        height, width = low_res.shape[1:3]
        rows = np.clip(np.arange(height) + self.away[0], 0, height - 1)
        columns = np.clip(np.arange(width) + self.away[1], 0, width - 1)
        blurred = (low_res + low_res[:, rows][:, :, columns]) / 2 + self.offset / white
        return blurred.repeat(2, axis=1).repeat(2, axis=2)


@pytest.mark.parametrize(
    ("away", "radius"), [((0, 0), 0), ((1, 0), 1), ((0, 3), 3), ((0, -5), 5), ((-2, 4), 4)]
)
def test_the_radius_is_how_far_a_pixel_sees(away, radius):
    assert _radius(Enlarger(away), (32, 40), 2) == radius


def test_what_sees_the_whole_picture_has_no_radius():
    def by_mean(low_res):
        return low_res.repeat(2, axis=1).repeat(2, axis=2) + low_res.mean()

    assert _radius(by_mean, (32, 32), 2) is None
    assert _radius(Enlarger((16, 0)), (32, 40), 2) is None


@pytest.mark.parametrize(
    ("offset", "levels"),
    [(0.0, (0.0, 1.0)), (0.05, (0.0, 1.0)), (4.0, (0.0, 255.0)), (90.0, (0.0, 1.0))],
)
def test_levels_are_those_that_keep_the_brightness(offset, levels):
    """A bias of four is a few grey levels of 255 and could not be one of 0..1."""
    assert _levels(Enlarger(offset=offset), (16, 16), 2) == levels


def details(dtype, quantization, shape=(1, 4, 4, 3)):
    return {
        "index": 0,
        "dtype": dtype,
        "quantization": quantization,
        "shape_signature": np.array(shape),
    }


@pytest.mark.parametrize(
    ("door", "stored"),
    [
        (details(np.uint8, (1 / 255, 0)), [0, 128, 255]),
        (details(np.int8, (1 / 255, -128)), [-128, 0, 127]),
        (details(np.uint8, (0.0, 0)), [0, 128, 255]),
        (details(np.uint8, (1 / 127.5, 100)), [100, 164, 228]),
        (details(np.float32, (0.0, 0)), np.array([0, 128 / 255, 1], np.float32)),
    ],
)
def test_integers_stand_for_multiples_of_a_step(door, stored):
    door = Door.of(door)
    values = np.array([0, 128 / 255, 1], np.float32)
    received = door.stored(values)
    assert received.dtype == door.dtype
    np.testing.assert_array_equal(received, stored)
    np.testing.assert_allclose(door.real(received), values, atol=1 / 255)
    assert door.holds_pictures


def test_what_a_door_does_not_hold_is_clipped():
    door = Door.of(details(np.int8, (1 / 255, -128)))
    np.testing.assert_array_equal(door.stored(np.array([-0.2, 1.2])), [-128, 127])


@pytest.mark.parametrize(
    "door",
    [
        details(np.int8, (0.0, 0)),
        details(np.int16, (1 / 32767, 0)),
        details(np.float16, (0.0, 0)),
        details(np.float32, (0.0, 0), (1, 1001)),
        details(np.float32, (0.0, 0), (1, 4, 4, 1)),
    ],
)
def test_other_ends_hold_no_pictures(door):
    assert not Door.of(door).holds_pictures


def test_a_door_names_its_shape():
    door = Door.of(details(np.float32, (0.0, 0), (1, -1, -1, 3)))
    assert str(door) == "float32 (1, any, any, 3)"
