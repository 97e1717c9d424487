import numpy as np
import pytest
from scipy.signal import convolve2d
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from keras_litesr.evaluation.metrics import (
    gmsd,
    high_frequency_energy,
    psnr,
    ssim,
    ssim_uniform,
)

METRICS = [psnr, ssim, ssim_uniform, gmsd, lambda a, b: high_frequency_energy(a, b, 4)]


@pytest.fixture
def pictures(rng):
    """A smooth reference with some texture, and a noisy copy."""
    y, x = np.mgrid[:45, :52] / 10
    reference = 0.5 + 0.2 * np.sin(x)[..., None] * np.cos(y[..., None] + np.arange(3))
    reference += 0.05 * rng.standard_normal(reference.shape)
    restored = reference + 0.05 * rng.standard_normal(reference.shape)
    return np.clip(reference, 0, 1), np.clip(restored, 0, 1)


@pytest.mark.parametrize(
    "metric, best", list(zip(METRICS, [float("inf"), 1.0, 1.0, 0.0, 1.0], strict=True))
)
@pytest.mark.parametrize("kind", ["grey", "rgb", "uint8"])
def test_equal_images_are_best(pictures, metric, best, kind):
    image = {
        "grey": pictures[0][..., 0],
        "rgb": pictures[0],
        "uint8": np.uint8(255 * pictures[0]),
    }[kind]
    assert metric(image, image.copy()) == pytest.approx(best, abs=1e-12)


@pytest.mark.parametrize("metric", METRICS)
def test_other_shapes_are_refused(metric):
    with pytest.raises(ValueError, match=r"\(20, 20\).*\(20, 21\)"):
        metric(np.zeros((20, 20)), np.zeros((20, 21)))


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("span", [lambda image: 255 * image, lambda image: 2 * image - 1])
def test_floats_of_another_range_are_refused(pictures, metric, span):
    with pytest.raises(ValueError, match=r"Expected floating-point pixels in \[0, 1\], received"):
        metric(*(span(image) for image in pictures))


@pytest.mark.parametrize("metric", METRICS)
def test_results_are_plain_floats(pictures, metric):
    assert type(metric(*(image.astype(np.float32) for image in pictures))) is float


def test_psnr_of_an_offset():
    black = np.zeros((3, 4, 3))
    assert psnr(black, black + 0.1) == pytest.approx(20)
    assert psnr(black, black + 1) == 0


def test_psnr_of_one_wrong_pixel_in_a_hundred():
    reference = np.zeros((10, 10), np.uint8)
    restored = reference.copy()
    restored[3, 4] = 255
    assert psnr(reference, restored) == pytest.approx(20)


def test_integers_are_measured_over_their_range(pictures):
    reference, restored = (np.uint8(255 * image) for image in pictures)
    expected = peak_signal_noise_ratio(reference, restored)
    assert psnr(reference, restored) == pytest.approx(expected, abs=1e-5)
    assert psnr(np.uint16(257) * reference, np.uint16(257) * restored) == pytest.approx(
        expected, abs=1e-5
    )


def test_ssim_of_two_flat_images_is_its_luminance_term():
    expected = (2 * 0.2 * 0.6 + 1e-4) / (0.2**2 + 0.6**2 + 1e-4)
    for metric in (ssim, ssim_uniform):
        assert metric(np.full((11, 12), 0.2), np.full((11, 12), 0.6)) == pytest.approx(expected)


def test_ssim_of_a_negative_is_its_structure_term():
    """A checkerboard and its negative have one mean, and covariance is minus the variance."""
    board = np.indices((40, 40)).sum(axis=0) % 2 * 1.0
    weights = np.exp(-0.5 * (np.arange(-5, 6) / 1.5) ** 2)
    weights /= weights.sum()
    imbalance = (weights * (-1.0) ** np.arange(11)).sum() ** 2
    variance = (1 - imbalance**2) / 4
    mean, other = (1 + imbalance) / 2, (1 - imbalance) / 2
    luminance = (2 * mean * other + 1e-4) / (mean**2 + other**2 + 1e-4)
    expected = luminance * (-2 * variance + 9e-4) / (2 * variance + 9e-4)
    assert ssim(board, 1 - board) == pytest.approx(expected)


def test_ssim_averages_the_channels(pictures):
    reference, restored = pictures
    for metric in (ssim, ssim_uniform):
        channels = [metric(reference[..., c], restored[..., c]) for c in range(3)]
        assert metric(reference, restored) == pytest.approx(np.mean(channels))


def test_ssim_agrees_with_scikit_image(pictures):
    """Its mean leaves out the same border of half a window."""
    options = {"data_range": 1, "channel_axis": 2}
    gaussian = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    assert ssim(*pictures) == pytest.approx(
        structural_similarity(*pictures, **options, **gaussian), abs=1e-6
    )
    assert ssim_uniform(*pictures) == pytest.approx(
        structural_similarity(*pictures, **options), abs=1e-6
    )


def test_ssim_needs_one_window():
    assert ssim(np.zeros((11, 11)), np.zeros((11, 11))) == 1
    with pytest.raises(ValueError, match=r"at least 11 pixels, received \(10, 30\)"):
        ssim(np.zeros((10, 30)), np.zeros((10, 30)))


def test_ssim_takes_one_image_at_a_time(pictures):
    with pytest.raises(ValueError, match="one image at a time"):
        ssim(*(image[None] for image in pictures))


def test_gmsd_of_white_against_black():
    """Zeros beyond the border give white an edge all around, and nothing inside.

    An 8x8 picture is halved to 4x4: 4 pixels inside; 8 at a side, where Prewitt gives 255;
    4 in the corners, where both directions give 255 * 2/3.
    """
    inside, side, corner = 1.0, 170 / (255**2 + 170), 170 / (2 * (255 * 2 / 3) ** 2 + 170)
    expected = np.std([inside] * 4 + [side] * 8 + [corner] * 4)
    assert gmsd(np.zeros((8, 8)), np.ones((8, 8))) == pytest.approx(expected)
    assert gmsd(np.zeros((8, 8, 3)), np.ones((8, 8, 3))) == pytest.approx(expected)


@pytest.mark.parametrize("size", [(40, 52), (45, 51)])
def test_gmsd_agrees_with_convolutions(pictures, size):
    grey = [255 * image[: size[0], : size[1], 0] for image in pictures]
    prewitt = np.array([[1, 0, -1]] * 3) / 3
    gradients = []
    for image in grey:
        small = convolve2d(image, np.full((2, 2), 0.25))[1:, 1:][::2, ::2]
        gradients.append(
            np.hypot(convolve2d(small, prewitt, "same"), convolve2d(small, prewitt.T, "same"))
        )
    first, second = gradients
    expected = np.std((2 * first * second + 170) / (first**2 + second**2 + 170))
    assert gmsd(grey[0] / 255, grey[1] / 255) == pytest.approx(expected, abs=1e-12)


def test_gmsd_weighs_red_green_blue_as_grey(rng):
    weights = np.array([0.299, 0.587, 0.114])
    first, second = rng.random((2, 20, 24, 3))
    assert gmsd(first, second) == pytest.approx(gmsd(first @ weights, second @ weights), abs=1e-5)


def _wave(cycles: int, amplitude: float) -> np.ndarray:
    """A wave across 64 pixels; the Nyquist frequency at a quarter of the size is 8 cycles."""
    return np.tile(amplitude * np.cos(2 * np.pi * cycles * np.arange(64) / 64), (64, 1))


def test_high_frequency_energy_grows_with_the_square_of_contrast():
    reference = 0.5 + _wave(3, 0.2) + _wave(20, 0.1)
    half = 0.5 + _wave(3, 0.2) + _wave(20, 0.05)
    assert high_frequency_energy(reference, half, 4) == pytest.approx(0.25)
    assert high_frequency_energy(half, reference, 4) == pytest.approx(4)


def test_high_frequency_energy_ignores_what_the_small_picture_holds():
    reference = 0.5 + _wave(3, 0.2) + _wave(20, 0.1)
    blurred = 0.3 + _wave(3, 0.2)
    assert high_frequency_energy(reference, blurred, 4) == pytest.approx(0, abs=1e-12)
    assert high_frequency_energy(reference + _wave(6, 0.1), reference, 4) == pytest.approx(1)
    assert high_frequency_energy(reference + _wave(10, 0.1), reference, 4) == pytest.approx(0.5)
    assert high_frequency_energy(reference + _wave(10, 0.1), reference, 2) == pytest.approx(1)


def test_high_frequency_energy_is_radial():
    """Seven cycles both ways have a radius of ten; their mean square is twice the reference's."""
    reference = _wave(20, 0.1)
    for cycles, expected in ((7, 3), (4, 1)):
        diagonal = 20 * _wave(cycles, 0.1) * _wave(cycles, 0.1).T
        assert high_frequency_energy(reference, reference + diagonal, 4) == pytest.approx(expected)


def test_the_nyquist_frequency_itself_is_one_that_the_small_picture_holds():
    """Of seven cycles the window moves 1/9 of the energy to eight, and 1/18 beyond."""
    assert high_frequency_energy(_wave(20, 0.1), _wave(7, 0.1), 4) == pytest.approx(1 / 18)


def test_high_frequency_energy_weighs_all_sides_alike(pictures):
    turned = [np.rot90(picture, 2) for picture in pictures]
    expected = high_frequency_energy(*pictures, 4)
    assert high_frequency_energy(*turned, 4) == pytest.approx(expected)


def test_high_frequency_energy_of_flat_images():
    flat, detailed = np.full((9, 9), 0.3), np.eye(9)
    assert high_frequency_energy(flat, flat + 0.1, 4) == 1
    assert high_frequency_energy(flat, detailed, 4) == float("inf")
    assert high_frequency_energy(detailed, flat, 4) == 0


def test_sharpness_wants_grey_or_rgb():
    for metric in METRICS[3:]:
        with pytest.raises(ValueError, match=r"received \(1, 16, 16, 3\)"):
            metric(np.zeros((1, 16, 16, 3)), np.zeros((1, 16, 16, 3)))
