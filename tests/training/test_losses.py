import keras
import numpy as np
import pytest
from keras import ops

from keras_litesr.evaluation.metrics import gmsd
from keras_litesr.training import losses
from keras_litesr.training.autodiff import gradients, input_gradient, minimize
from keras_litesr.training.metrics import luma_psnr

BLACK = np.zeros((2, 4, 4, 3), np.float32)
OFFSETS = np.array([0.3, 0.5], np.float32)[:, None, None, None]


def _numpy(tensor):
    return keras.ops.convert_to_numpy(tensor)


def _linear(slope):
    """Returns a critic whose gradient has the norm `slope` everywhere."""
    size = BLACK[0].size

    def critic(picture):
        return slope / size**0.5 * ops.sum(picture, axis=(1, 2, 3))[:, None]

    return critic


def _penalty(critic, high_res, super_res, share):
    return losses.gradient_penalty(losses.gradient_norms(critic, high_res, super_res, share))


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        (losses.l1, [0.3, 0.5]),
        (losses.mse, [0.09, 0.25]),
        (losses.l2, [0.3, 0.5]),
        (losses.charbonnier, [(0.09 + 1e-6) ** 0.5, (0.25 + 1e-6) ** 0.5]),
        (losses.negative_psnr, [10 * np.log10(0.09 + 1e-5), 10 * np.log10(0.25 + 1e-5)]),
        (losses.negative_luma_psnr, [10 * np.log10(0.09 + 1e-5), 10 * np.log10(0.25 + 1e-5)]),
    ],
)
def test_pixel_losses_of_a_constant_offset(loss, expected):
    np.testing.assert_allclose(_numpy(loss(BLACK, BLACK + OFFSETS)), expected, rtol=1e-5)
    np.testing.assert_allclose(_numpy(loss(BLACK + OFFSETS, BLACK)), expected, rtol=1e-5)


@pytest.mark.parametrize(
    "loss", [losses.l1, losses.mse, losses.charbonnier, losses.negative_luma_psnr, luma_psnr]
)
@pytest.mark.parametrize("originals", [BLACK[..., :1], BLACK[:1], BLACK[:, :2]])
def test_what_would_be_repeated_to_fit_is_refused(loss, originals):
    with pytest.raises(ValueError, match=r"\(2, 4, 4, 3\), as the model makes them, received"):
        loss(originals, BLACK, **({"border": 0} if loss is luma_psnr else {}))


def test_l2_is_the_norm_over_the_root_of_the_number_of_values(rng):
    """An error of 0.8 in one of 48 values: norm 0.8, root mean square 0.8 / sqrt(48)."""
    one_wrong = BLACK.copy()
    one_wrong[0, 1, 2, 0] = 0.8
    np.testing.assert_allclose(
        _numpy(losses.l2(BLACK, one_wrong)), [0.8 / 48**0.5, 1e-6], rtol=1e-5
    )


def test_negative_psnr_of_an_offset_of_a_tenth_is_20_decibels_and_at_most_50():
    assert float(losses.negative_psnr(BLACK, BLACK + 0.1)[0]) == pytest.approx(-20, abs=0.01)
    assert float(losses.negative_psnr(BLACK, BLACK)[0]) == pytest.approx(-50, abs=1e-4)


def test_negative_luma_psnr_weighs_a_fault_of_blue_by_its_part_of_luma():
    """BT.601 gives blue 24.966 of 219: luma is off by 0.0114, the mean square of RGB by 1/300."""
    blue = BLACK + np.array([0, 0, 0.1], np.float32)
    for colour_weight in (0.2, 0.6):
        luma = (1 - colour_weight) * (0.1 * 24.966 / 219) ** 2
        expected = 10 * np.log10(luma + colour_weight * 0.01 / 3 + 1e-5)
        received = losses.negative_luma_psnr(BLACK, blue, colour_weight=colour_weight)
        np.testing.assert_allclose(_numpy(received), expected, rtol=1e-5)


def test_gmsd_as_a_loss_is_what_the_metric_measures(rng):
    """The metric lays a black pixel of half the size around a picture; the loss takes none."""
    high_res = rng.random((2, 20, 26, 3), dtype=np.float32)
    super_res = high_res + 0.1 * rng.random(high_res.shape, dtype=np.float32)
    expected = [gmsd(*pair) for pair in zip(high_res, super_res, strict=True)]
    framed = [
        np.pad(picture, ((0, 0), (2, 2), (2, 2), (0, 0))) for picture in (high_res, super_res)
    ]
    for weight in (1, 3):
        both, of_pixels = losses.l2_and_gmsd(*framed, gmsd_weight=weight), losses.l2(*framed)
        received = _numpy(ops.subtract(both, of_pixels)) / weight
        np.testing.assert_allclose(received, expected, rtol=1e-3)


def test_gmsd_of_a_constant_offset_is_nothing():
    flat = np.zeros((2, 8, 8, 3), np.float32)
    received = _numpy(losses.l2_and_gmsd(flat, flat + OFFSETS))
    np.testing.assert_allclose(received, [0.3, 0.5], atol=1e-4)


def test_gmsd_of_equal_flat_pictures_has_a_finite_gradient():
    flat = np.zeros((2, 8, 8, 3), np.float32)
    slope = _numpy(input_gradient(lambda x: losses.l2_and_gmsd(flat, x), flat))
    np.testing.assert_array_equal(slope, 0)


def test_gmsd_of_pictures_that_are_flat_in_places_has_a_finite_gradient():
    step = np.zeros((1, 16, 16, 3), np.float32)
    step[:, :, 12:] = 0.5
    slope = _numpy(input_gradient(lambda x: losses.l2_and_gmsd(step, x), step / 2))
    assert np.isfinite(slope).all() and slope.any()


def test_l2_of_equal_pictures_has_a_finite_gradient():
    slope = _numpy(input_gradient(lambda x: losses.l2(BLACK, x), BLACK))
    np.testing.assert_array_equal(slope, 0)


def test_distance_and_losses_of_given_scores():
    """Originals 3 and 5, made 1 and 2: distance 4 - 1.5; alpha 0.1, beta 2, pixel loss 0.7."""
    real, fake = np.array([[3.0], [5.0]]), np.array([[1.0], [2.0]])
    assert float(losses.wasserstein_distance(real, fake)) == pytest.approx(2.5)
    assert float(losses.adversarial_loss(fake)) == pytest.approx(-1.5)
    total = losses.critic_loss(real, fake, 0.25, gradient_penalty_weight=10.0)
    assert float(total) == pytest.approx(10 * 0.25 - 2.5)
    total = losses.generator_loss(
        losses.adversarial_loss(fake),
        np.array([0.6, 0.8]),
        adversarial_weight=0.1,
        pixel_weight=2.0,
    )
    assert float(total) == pytest.approx(0.1 * -1.5 + 2 * 0.7)


@pytest.mark.parametrize(("slope", "penalty"), [(3, 4), (1, 0), (0, 1), (0.5, 0.25)])
def test_a_linear_critic_is_punished_by_its_slope(slope, penalty, rng):
    share = rng.random((2, 1, 1, 1), dtype=np.float32)
    received = _penalty(_linear(slope), BLACK, BLACK + OFFSETS, share)
    assert float(_numpy(received)) == pytest.approx(penalty, abs=1e-4)


def test_the_penalty_is_taken_on_the_line_between_the_pictures():
    """A critic of half the square has the slope |x|: 0.3 sqrt(48) a third of the way to 0.9."""

    def critic(picture):
        return ops.sum(ops.square(picture), axis=(1, 2, 3))[:, None] / 2

    share = np.full((2, 1, 1, 1), 1 / 3, np.float32)
    received = _penalty(critic, BLACK, BLACK + 0.9, share)
    assert float(_numpy(received)) == pytest.approx((0.3 * 48**0.5 - 1) ** 2, rel=1e-4)


def test_the_penaltys_gradient_reaches_the_critic():
    """With slope w the penalty (w - 1)^2 has the derivative 2 (w - 1) = 4 at w = 3."""
    slope = keras.Variable(3.0)
    share = np.full((2, 1, 1, 1), 0.5, np.float32)
    value, (derivative,) = gradients(
        lambda: _penalty(_linear(slope), BLACK, BLACK + OFFSETS, share), [slope]
    )
    assert float(_numpy(value)) == pytest.approx(4, abs=1e-4)
    assert float(_numpy(derivative)) == pytest.approx(4, abs=1e-4)


def test_the_penalty_of_a_flat_critic_has_a_finite_gradient():
    slope = keras.Variable(0.0)
    share = np.full((2, 1, 1, 1), 0.5, np.float32)

    def penalty():
        norms = losses.gradient_norms(_linear(slope), BLACK, BLACK + OFFSETS, share)
        return losses.gradient_penalty(norms)

    _, (derivative,) = gradients(penalty, [slope])
    assert np.isfinite(float(_numpy(derivative)))


def test_gradients_of_a_product_and_of_what_has_no_part_in_it():
    a, b, c = (keras.Variable(value) for value in (2.0, 5.0, 7.0))
    (product, also), slopes = gradients(lambda: (a * b, "also"), [a, b, c])
    assert (float(_numpy(product)), also) == (10, "also")
    assert [*map(float, _numpy(slopes[:2])), slopes[2]] == [5, 2, None]


def test_a_step_goes_down_the_gradient():
    variable = keras.Variable(3.0)
    optimizer = keras.optimizers.SGD(0.1)
    minimize(lambda: ops.square(variable), [variable], optimizer)
    assert float(_numpy(variable)) == pytest.approx(3 - 0.1 * 6)


def test_jax_is_refused_by_name(monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(NotImplementedError, match="received jax"):
        input_gradient(lambda x: x, BLACK)
