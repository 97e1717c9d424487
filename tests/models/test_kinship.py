import numpy as np
import pytest

from keras_litesr.models.kinship import check_kinship, check_weight, kinship


def test_opposite_kernels_of_equal_size_cancel():
    kernel = np.array([[1.0, -1.0], [2.0, -2.0]])
    assert kinship([(kernel, -kernel)]) == pytest.approx(-1)
    assert kinship([(kernel, 3 * kernel), (kernel, -kernel)]) == pytest.approx(0)


def test_kernels_count_by_their_size():
    small, large = np.array([[1.0, -1.0]]), np.array([[1.0, -1.0] * 3])
    assert kinship([(small, -small), (large, 2 * large)]) == pytest.approx((6 - 2) / 8)


def test_an_offset_does_not_count():
    kernel = np.array([[1.0, -1.0, 3.0]])
    assert kinship([(kernel, kernel + 5)]) == pytest.approx(1)


def test_biases_and_what_is_equal_do_not_count():
    kernel, bias = np.array([[1.0, -1.0]]), np.array([1.0, -1.0])
    assert kinship([(bias, -bias), (kernel, kernel)]) == 1
    assert kinship([(kernel, kernel), (kernel, -kernel)]) == pytest.approx(-1)


def test_a_kernel_without_contrast_is_like_no_other():
    assert kinship([(np.zeros((2, 2)), np.eye(2))]) == 0


def test_noise_as_large_as_the_weights_is_just_allowed(rng):
    """The correlation of x and x + n is 1 / sqrt(1 + var n / var x)."""
    kernel, noise = rng.standard_normal((2, 200, 200))
    assert kinship([(kernel, kernel + noise)]) == pytest.approx(1 / np.sqrt(2), abs=0.01)
    check_kinship([(kernel, kernel + noise)], ("one", "two"))
    with pytest.raises(ValueError, match=r"at least 0\.5, received 0\.4\d for one and two"):
        check_kinship([(kernel, kernel + 2 * noise)], ("one", "two"))


@pytest.mark.parametrize("weight", [-0.01, 1.01, float("nan"), "a", None])
def test_what_is_no_number_from_0_to_1_is_refused(weight):
    with pytest.raises(ValueError, match=f"a weight from 0.* received {weight!r}"):
        check_weight(weight)


def test_weights_that_are_no_numbers_are_of_no_relative(rng):
    kernel = rng.random((3, 3, 2, 2))
    with pytest.raises(ValueError, match="received nan"):
        check_kinship([(kernel, np.full_like(kernel, np.nan))], ("first", "second"))
