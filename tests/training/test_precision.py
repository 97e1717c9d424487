"""What half precision costs on the machine at hand."""

from functools import partial

import keras
import numpy as np
import pytest

from keras_litesr.timing import alternate
from keras_litesr.training import precision


def test_the_slowdown_is_that_of_the_half_precise_step(monkeypatch):
    seconds, steps = {"float32": 2, "mixed_bfloat16": 12}, [0]
    monkeypatch.setattr(precision, "_step", lambda policy, _: lambda: steps.append(seconds[policy]))
    monkeypatch.setattr(precision, "alternate", partial(alternate, clock=lambda: sum(steps)))
    assert precision.bfloat16_slowdown() == 6


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_a_step_gives_the_gradients_of_kernel_and_bias_in_its_precision(policy, rng):
    step = precision._step(policy, rng.random((1, 3, 4, precision._CHANNELS), np.float32))
    kernel, bias = step()
    assert (kernel.shape, bias.shape) == ((1, 1, 96, 96), (96,))
    assert np.abs(kernel).max() > 0
    # A bfloat16 is a float32 without its last sixteen bits.
    is_half_precise = (kernel.view(np.uint32) & 0xFFFF == 0).all()
    assert is_half_precise == (policy == "mixed_bfloat16")


def test_the_policy_is_given_back_even_after_an_error():
    with pytest.raises(ZeroDivisionError), precision.layers_in("mixed_bfloat16"):
        assert keras.config.dtype_policy().name == "mixed_bfloat16"
        raise ZeroDivisionError
    assert keras.config.dtype_policy().name == "float32"
