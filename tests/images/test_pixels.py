"""Number ranges: ends, halves, round trips and refusals."""

import numpy as np
import pytest

from keras_litesr.images.pixels import to_float, to_uint8, to_uint16


def test_black_and_white_are_zero_and_one() -> None:
    assert to_float(np.array([0, 255], np.uint8)).tolist() == [0.0, 1.0]
    assert to_float(np.array([0, 65535], np.uint16)).tolist() == [0.0, 1.0]


def test_a_fifth_of_the_range_is_51_and_13107() -> None:
    fifth = np.float32(0.2)
    assert to_float(np.array([51], np.uint8))[0] == fifth
    assert to_float(np.array([13107], np.uint16))[0] == fifth


def test_float_results_are_float32_and_floats_are_not_clipped() -> None:
    values = to_float(np.array([-1.0, 2.0], np.float64))
    assert values.dtype == np.float32
    assert values.tolist() == [-1.0, 2.0]


def test_halves_round_up() -> None:
    halves = np.array([0.5, 1.5, 254.5]) / 255
    assert to_uint8(halves).tolist() == [1, 2, 255]


def test_values_outside_are_clipped() -> None:
    assert to_uint8(np.array([-0.5, 1.5])).tolist() == [0, 255]
    assert to_uint16(np.array([-0.5, 1.5])).tolist() == [0, 65535]


def test_every_integer_survives_the_round_trip() -> None:
    bytes_ = np.arange(256, dtype=np.uint8)
    words = np.arange(65536, dtype=np.uint16)
    assert np.array_equal(to_uint8(to_float(bytes_)), bytes_)
    assert np.array_equal(to_uint16(to_float(words)), words)


def test_eight_bits_in_sixteen_are_repeated_bytes() -> None:
    assert to_uint16(to_float(np.array([0x12, 0xAB], np.uint8))).tolist() == [0x1212, 0xABAB]


def test_shape_is_kept() -> None:
    assert to_uint8(to_float(np.zeros((2, 3, 4, 3), np.uint8))).shape == (2, 3, 4, 3)


@pytest.mark.parametrize("dtype", [np.int32, np.bool_, np.int8])
def test_other_dtypes_are_refused_by_name(dtype: type) -> None:
    with pytest.raises(TypeError, match=f"received {np.dtype(dtype)}"):
        to_float(np.zeros(1, dtype))
