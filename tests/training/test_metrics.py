import math

import keras
import numpy as np
import pytest

from keras_litesr.training.metrics import LumaPSNR, luma_psnr


def test_an_offset_of_a_tenth_is_20_db_on_the_full_luma_range():
    """BT.601 luma runs over 219 of 255 levels, so an offset of 0.1 in RGB is 0.1 * 219 / 255."""
    black = np.zeros((2, 16, 16, 3), np.float32)
    psnr = keras.ops.convert_to_numpy(luma_psnr(black, black + 0.1))
    np.testing.assert_allclose(psnr, 20 + 20 * math.log10(255 / 219), rtol=1e-5)


def test_each_picture_has_its_own_figure_and_equal_ones_have_100_db():
    high_res = np.full((2, 16, 16, 3), 0.5, np.float32)
    super_res = high_res + np.array([0.0, 0.2], np.float32)[:, None, None, None]
    psnr = keras.ops.convert_to_numpy(luma_psnr(high_res, super_res))
    np.testing.assert_allclose(psnr, [100, -20 * math.log10(0.2 * 219 / 255)], rtol=1e-5)


def test_the_border_does_not_count_and_values_are_clipped(rng):
    high_res = np.ones((1, 20, 20, 3), np.float32)
    super_res = high_res + 0.5
    super_res[:, :4] = super_res[:, -4:] = super_res[:, :, :4] = super_res[:, :, -4:] = 0.0
    assert float(luma_psnr(high_res, super_res)[0]) == 100
    assert float(luma_psnr(high_res, super_res, border=0)[0]) < 10


def test_nothing_inside_the_border_is_an_error():
    small = np.zeros((1, 8, 20, 3), np.float32)
    with pytest.raises(ValueError, match="more than 8 pixels a side"):
        luma_psnr(small, small)


def test_the_metric_averages_over_pictures_and_keeps_its_border():
    black = np.zeros((1, 16, 16, 3), np.float32)
    metric = LumaPSNR(border=2)
    metric.update_state(black, black)
    metric.update_state(black, black + 0.1)
    assert float(metric.result()) == pytest.approx((100 + 20 + 20 * math.log10(255 / 219)) / 2)
    assert LumaPSNR.from_config(metric.get_config()).border == 2
