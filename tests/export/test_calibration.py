import numpy as np

from keras_litesr.export.calibration import best_range, channel_reach, ranges
from keras_litesr.models.bicubic import bicubic


def test_reach_is_the_largest_absolute_value():
    pictures = [np.full((4, 4, 3), value, np.uint8) for value in (51, 102)]
    reach = channel_reach(bicubic(), pictures)
    assert set(reach) == {"low_res", "bicubic"}
    np.testing.assert_allclose(reach["low_res"], [0.4] * 3, rtol=1e-6)
    np.testing.assert_allclose(reach["bicubic"], np.full(48, 0.4), rtol=1e-5)


def test_evenly_filled_range_is_kept():
    assert best_range(np.ones(2048), -1.0, 1.0) == (-1.0, 1.0)


def test_lone_outlier_is_clipped():
    counts = np.zeros(2048)
    counts[800:1248] = 1e6
    counts[-1] = 1
    low, high = best_range(counts, -1.0, 1.0)
    assert -0.4 < low < -0.2
    assert 0.2 < high < 0.6


def test_what_is_always_zero_gets_a_range_in_which_runtimes_can_count():
    black = [np.zeros((4, 4, 3), np.uint8)]
    assert set(ranges(bicubic(), black).values()) == {(0.0, 1 / 255)}


def test_ranges_hold_zero():
    grey = [np.full((4, 4, 3), 200, np.uint8)]
    for low, high in ranges(bicubic(), grey).values():
        assert low <= 0 < high
