import numpy as np
import pytest

from keras_litesr.export.quantization import prepare_int8
from keras_litesr.export.tuning import tune
from keras_litesr.models.bicubic import bicubic

pytestmark = pytest.mark.slow


def darkened(prepared):
    layer = prepared.get_layer("subpixels_pointwise")
    kernel, bias = layer.get_weights()
    layer.set_weights([kernel, bias - 0.03])
    return prepared


def test_darkened_network_comes_back_to_its_original_and_repeatably(trained, pictures):
    low_res = np.stack(pictures) / np.float32(255)
    target = np.clip(trained(low_res), 0, 1)
    first, second = (darkened(prepare_int8(trained, pictures)) for _ in range(2))
    before = np.mean((np.asarray(first(low_res)) - target) ** 2)
    for prepared in (first, second):
        tune(prepared, trained, pictures, steps=40, learning_rate=2e-3)
    assert np.mean((np.asarray(first(low_res)) - target) ** 2) < 0.5 * before
    for one, other in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_network_without_weights_is_left_alone(pictures):
    prepared = prepare_int8(bicubic(), pictures)
    tune(prepared, bicubic(), pictures, steps=5)
    assert not prepared.compiled


def test_training_that_does_harm_is_undone(trained, pictures):
    prepared = prepare_int8(trained, pictures)
    before = prepared.get_weights()
    tune(prepared, trained, pictures, steps=3, learning_rate=100)
    for one, other in zip(before, prepared.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
