import math

import keras
import numpy as np
import pytest

from keras_litesr.models.bicubic import bicubic
from keras_litesr.models.cost import receptive_radius
from keras_litesr.models.lite import lite
from keras_litesr.models.srcnn import srcnn
from keras_litesr.models.srresnet import separable_srresnet, srresnet


def folded_count(model):
    """Parameters once every batch normalisation is folded into the convolution before it."""
    normalisations = [layer for layer in model.layers if "normalisation" in layer.name]
    return model.count_params() - sum(layer.count_params() for layer in normalisations)


def trained_count(model):
    """Parameters without the moving statistics of batch normalisation."""
    return sum(math.prod(weight.shape) for weight in model.trainable_weights)


def test_srcnn_has_the_papers_weights_and_our_output_and_biases():
    assert 9 * 9 * 3 * 64 + 5 * 5 * 64 * 32 + 5 * 5 * 32 == 67_552
    model = srcnn()
    assert model.count_params() == 67_552 + 5 * 5 * 32 * 2 + 64 + 32 + 3 == 69_251


def test_srresnet_and_its_separable_twin_have_the_counted_parameters():
    assert folded_count(srresnet()) == 1_546_435
    assert trained_count(srresnet()) == 1_550_659
    assert srresnet().count_params() == 1_554_883
    assert folded_count(separable_srresnet()) == 197_814
    assert trained_count(separable_srresnet()) == 202_038
    assert separable_srresnet().count_params() == 206_262


def test_separable_srresnet_has_an_eighth_of_the_parameters_as_the_paper_says():
    ratio = folded_count(srresnet()) / folded_count(separable_srresnet())
    assert ratio == pytest.approx(8, abs=0.25)


@pytest.mark.parametrize("build", [srcnn, srresnet, separable_srresnet])
@pytest.mark.parametrize("size", [(1, 1), (3, 5)])
def test_any_size_becomes_four_times_as_large(build, size):
    small = {} if build is srcnn else {"filters": 4, "num_blocks": 1}
    enlarged = build(**small).predict(np.zeros((1, *size, 3), np.float32), verbose=0)
    assert enlarged.shape == (1, 4 * size[0], 4 * size[1], 3)


@pytest.mark.parametrize("scale", [2, 8])
def test_each_doubling_has_its_pixel_shuffle(scale):
    model = srresnet(scale=scale, filters=4, num_blocks=1)
    assert model.predict(np.zeros((1, 2, 2, 3)), verbose=0).shape == (1, 2 * scale, 2 * scale, 3)


@pytest.mark.parametrize("scale", [0, 1, 3, 6])
def test_other_scales_are_refused(scale):
    with pytest.raises(ValueError, match=f"received {scale}"):
        srresnet(scale=scale)


def test_receptive_radius_counts_high_resolution_layers_by_their_share():
    # 9x9; two 3x3 in the block; 3x3 behind it; 3x3 at x1 and, by half, at x2; 9x9 at x4, quartered.
    assert receptive_radius(srresnet(filters=4, num_blocks=1)) == 4 + 2 + 1 + 1 + 1 + 1
    assert receptive_radius(srcnn()) == 2 + 2


def test_srcnn_sees_the_bicubic_enlargement(rng):
    low_res = rng.random((1, 5, 4, 3), np.float32)
    model = srcnn()
    first = model.get_layer("features")
    enlarged = bicubic().predict(low_res, verbose=0)
    expected = np.asarray(first(enlarged))
    through = type(model)(model.input, first.output).predict(low_res, verbose=0)
    np.testing.assert_allclose(through, expected, atol=1e-5)


@pytest.mark.parametrize(
    ("build", "picture"),
    [(lite, {"bicubic", "global_skip"}), (srcnn, {"bicubic", "enlarged"}), (srresnet, set())],
)
def test_the_picture_stays_in_single_precision_between_half_ones(build, picture):
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = build()
    finally:
        keras.config.set_dtype_policy("float32")
    computed = {layer.name for layer in model.layers if layer.compute_dtype == "float32"}
    assert computed >= picture | {"high_res"}
    assert model.output.dtype == "float32"
    assert model.get_layer("low_res").output.dtype == "float32"
