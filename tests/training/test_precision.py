"""What half precision costs on the machine at hand."""

import time

import numpy as np
import pytest

from keras_litesr.training import precision


def test_the_slowdown_is_that_of_the_half_precise_step(monkeypatch):
    seconds = {"float32": 0.002, "mixed_bfloat16": 0.012}
    monkeypatch.setattr(precision, "_step", lambda policy, _: lambda: time.sleep(seconds[policy]))
    assert precision.bfloat16_slowdown() == pytest.approx(6, rel=0.5)


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_a_step_gives_the_gradients_of_kernel_and_bias(policy, rng):
    step = precision._step(policy, rng.random((1, 3, 4, precision._CHANNELS), np.float32))
    kernel, bias = step()
    assert (kernel.shape, bias.shape) == ((1, 1, 96, 96), (96,))
    assert np.abs(kernel).max() > 0
