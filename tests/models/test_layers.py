import keras
import numpy as np

from keras_litesr.images import resize
from keras_litesr.images.pixels import to_float, to_uint8
from keras_litesr.models.bicubic import bicubic
from keras_litesr.models.layers import BicubicSubpixels, PixelShuffle, bicubic_subpixel_kernel


def test_pixel_shuffle_orders_channels_by_row_column_colour():
    subpixels = np.arange(12, dtype=np.float32).reshape(1, 1, 1, 12)
    shuffled = np.asarray(PixelShuffle(2)(subpixels))[0]
    assert shuffled[0, 0].tolist() == [0, 1, 2]
    assert shuffled[0, 1].tolist() == [3, 4, 5]
    assert shuffled[1, 0].tolist() == [6, 7, 8]


def test_pixel_shuffle_without_its_operation_is_the_same(rng, monkeypatch):
    subpixels = rng.random((2, 3, 5, 48), np.float32)
    expected = np.asarray(PixelShuffle(4)(subpixels))
    monkeypatch.delattr(keras.ops, "depth_to_space", raising=False)
    np.testing.assert_array_equal(np.asarray(PixelShuffle(4)(subpixels)), expected)


def test_kernel_of_every_subpixel_sums_to_one_and_keeps_colours_apart():
    kernel = bicubic_subpixel_kernel(4).reshape(5, 5, 3, 16, 3)
    for colour in range(3):
        np.testing.assert_allclose(kernel[:, :, colour, :, colour].sum((0, 1)), 1, atol=1e-6)
        assert not kernel[:, :, colour, :, colour - 1].any()


def test_middle_subpixel_of_an_odd_scale_is_the_pixel_itself():
    kernel = bicubic_subpixel_kernel(3).reshape(5, 5, 3, 3, 3, 3)
    middle = kernel[:, :, 0, 1, 1, 0]
    expected = np.zeros((5, 5))
    expected[2, 2] = 1
    np.testing.assert_allclose(middle, expected, atol=1e-7)


def test_bicubic_equals_pillow_inside_within_one_grey_level(rng):
    # Moderate contrast, because Pillow clips between its two passes.
    low_res = rng.integers(80, 176, (20, 24, 3), dtype=np.uint8)
    model = to_uint8(bicubic().predict(to_float(low_res)[None], verbose=0)[0])
    difference = np.abs(model.astype(int) - resize.enlarge(low_res, 4))
    assert difference[8:-8, 8:-8].max() <= 1


def test_bicubic_keeps_a_constant_picture_even_of_one_pixel():
    for shape in [(1, 1, 1, 3), (1, 1, 5, 3), (2, 3, 2, 3)]:
        picture = np.full(shape, 0.3, np.float32)
        enlarged = bicubic().predict(picture, verbose=0)
        assert enlarged.shape == (shape[0], 4 * shape[1], 4 * shape[2], 3)
        np.testing.assert_allclose(enlarged, 0.3, atol=1e-6)


def test_layers_report_the_shape_they_make_and_rebuild_from_their_config():
    for layer, channels in [(PixelShuffle(4), 48), (BicubicSubpixels(4), 3)]:
        low_res = np.zeros((2, 6, 5, channels), np.float32)
        twin = type(layer).from_config(layer.get_config())
        assert twin(low_res).shape == layer.compute_output_shape(low_res.shape)
        assert layer.compute_output_shape((None, None, None, channels))[1] is None


def test_layers_are_registered_so_that_models_load_without_custom_objects(tmp_path):
    model = bicubic()
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert [type(layer) for layer in loaded.layers] == [type(layer) for layer in model.layers]


def test_bicubic_repeats_the_edges_to_the_bit(rng):
    low_res = rng.random((2, 6, 5, 3), np.float32)
    layer = BicubicSubpixels(4)
    padded = np.pad(low_res, ((0, 0), (2, 2), (2, 2), (0, 0)), mode="edge")
    expected = keras.ops.conv(padded, layer.kernel, padding="valid")
    np.testing.assert_array_equal(np.asarray(layer(low_res)), np.asarray(expected))
