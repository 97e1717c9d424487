"""Networks read from Keras and from TFLite files, which must give the same numbers."""

import subprocess
import sys
from functools import partial
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from keras import layers

from keras_litesr.models.layers import PixelShuffle, bicubic_subpixel_kernel
from keras_litesr.models.lite import lite
from keras_litesr.models.srresnet import srresnet
from keras_litesr.protection import carriers, networks, tflite_graph
from keras_litesr.protection.balance import balanced
from keras_litesr.protection.networks import ArchitectureError, Network, Step
from keras_litesr.zoo.saving import save_to_preset


def mixed():
    """A network with layers of many kinds, one of them used twice."""
    low_res = keras.Input((None, None, 3))
    first = layers.Conv2D(16, 3, padding="same", activation="relu")(low_res)
    wide = layers.DepthwiseConv2D(3, padding="same", depth_multiplier=2)(first)
    second = layers.Conv2D(16, 1)(wide)
    both = layers.Concatenate()([first, second])
    twice = layers.Conv2D(32, 3, padding="same", name="twice")
    both = twice(layers.ReLU()(twice(both)))
    dense = layers.Dense(24)(both)
    grouped = layers.Conv2D(24, 3, padding="same", groups=4)(dense)
    normed = layers.BatchNormalization()(grouped)
    curved = layers.PReLU(shared_axes=[1, 2])(normed)
    large = layers.Conv2DTranspose(12, 4, strides=2, padding="same")(curved)
    inner = keras.Sequential([layers.Conv2D(12, 3, padding="same"), layers.ReLU()])
    return keras.Model(low_res, PixelShuffle(2)(inner(large)))


def shapes(network):
    return [(step.kind, step.kernel.shape, step.groups, step.again) for step in network.kernels]


def correlation(first, second):
    return np.corrcoef(first.values, second.values)[0, 1]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("dtype", "least"),
    [("float32", 1 - 1e-9), ("float16", 1 - 1e-6), ("dynamic", 0.9995), ("int8", 0.9995)],
)
def test_tflite_of_any_dtype_gives_what_keras_has(dtype, least, marked, files):
    network, read = carriers.read(marked), carriers.read(files(dtype))
    assert shapes(read) == shapes(network)
    assert correlation(read, network) > least


@pytest.mark.slow
@pytest.mark.usefixtures("litert_export")
@pytest.mark.parametrize("build", [mixed, partial(srresnet, filters=8, num_blocks=1)])
def test_layers_of_many_kinds_are_read_alike(build, lived, tmp_path):
    model = lived(build())
    model.export(tmp_path / "model.tflite", format="litert", verbose=False)
    read, network = carriers.read(tmp_path / "model.tflite"), carriers.read(model)
    assert shapes(read) == shapes(network)
    assert correlation(read, network) > 1 - 1e-9


def test_kernels_are_listed_as_the_pictures_pass_them():
    network = carriers.read(mixed())
    assert [shape for _, shape, *_ in shapes(network)] == [
        (3, 3, 3, 16),
        (3, 3, 16, 2),
        (1, 1, 32, 16),
        (3, 3, 32, 32),
        (3, 3, 32, 32),
        (1, 1, 32, 24),
        (3, 3, 6, 24),
        (4, 4, 24, 12),
        (3, 3, 12, 12),
    ]
    assert [step.again for step in network.kernels].index(True) == 4
    assert len(network.carriers) == 7  # without the depthwise one and the repeated one
    assert network.steps[-1].kind == networks.SHUFFLE


def test_bicubic_skip_is_no_kernel(model):
    assert len(carriers.read(model).kernels) == 1 + 2 * 3 + 2
    assert networks.paints_flat(bicubic_subpixel_kernel(4))
    assert networks.paints_flat(np.tile(np.eye(3), 16)[None, None])  # the nearest pixel
    random = np.random.default_rng(0)
    assert not networks.paints_flat(random.normal(0, 0.2, (5, 5, 3, 48)))


def test_norm_of_one_reader_is_folded_in_with_its_sign():
    low_res = keras.Input((None, None, 3))
    conv = layers.Conv2D(4, 3, use_bias=False, name="conv")
    norm = layers.BatchNormalization(epsilon=0.0)
    model = keras.Model(low_res, norm(conv(low_res)))
    norm.set_weights([np.array([1, -1, 2, 3]), np.zeros(4), np.zeros(4), np.array([1, 1, 4, 1])])
    (step,) = carriers.read(model).kernels
    np.testing.assert_allclose(step.kernel, conv.kernel.numpy() * [1, -1, 1, 3], rtol=1e-6)


def test_preset_folder_is_read_even_if_its_checksums_are_not_in_order(model, tmp_path):
    folder = save_to_preset(model, tmp_path / "suspect")
    (folder / "SHA256SUMS").unlink()
    np.testing.assert_array_equal(carriers.read(folder).values, carriers.read(model).values)


@pytest.mark.slow
def test_reading_a_file_needs_no_tensorflow(files):
    code = (
        "import sys, time; from keras_litesr.protection import keys, watermark; "
        "key = keys.OwnerKey(bytes(range(32)), 'Ada Lovelace'); start = time.process_time(); "
        f"print(watermark.verify({str(files('float32'))!r}, key).matching, "
        "time.process_time() - start < 1, 'keras' in sys.modules, 'scipy' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout == "256 True False False\n", result.stderr


@pytest.mark.parametrize(
    "content", [b"", b"0123TFL3", b"not a TFLite file", b"\0" * 4 + b"TFL3abc"]
)
def test_other_files_are_refused(content, tmp_path):
    path = tmp_path / "bad.tflite"
    path.write_bytes(content)
    with pytest.raises(ArchitectureError, match=r"bad\.tflite"):
        carriers.read(path)


@pytest.mark.slow
def test_damaged_files_are_refused_or_read(files, tmp_path, rng):
    path = tmp_path / "model.tflite"
    content = files("float32").read_bytes()
    for _ in range(30):
        damaged = bytearray(content[: rng.integers(8, len(content))])
        for place in rng.integers(8, len(damaged), 20):
            damaged[place] = rng.integers(256)
        path.write_bytes(bytes(damaged))
        try:
            carriers.read(path)
        except ArchitectureError as error:
            assert "model.tflite" in str(error)


def test_preset_folders_may_be_called_as_files_are(tmp_path):
    folder = save_to_preset(lite(filters=3, num_blocks=1), tmp_path / "mine.tflite")
    assert len(carriers.read(folder).kernels) == 6


def test_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none\.tflite is no file"):
        carriers.read(tmp_path / "none.tflite")


def test_model_that_is_no_graph_is_refused():
    class Own(keras.Model):
        def call(self, low_res):
            return low_res

    with pytest.raises(ArchitectureError, match="functional Keras model, received Own"):
        carriers.read(Own())


def test_other_architectures_are_told_apart(model):
    network = carriers.read(model)
    networks.refuse_other_architecture(network, carriers.read(lite(filters=32, num_blocks=2)))
    longer = carriers.read(lite(filters=32, num_blocks=3))
    with pytest.raises(ArchitectureError, match=r"12 kernels .* as number 9, received 9"):
        networks.refuse_other_architecture(network, longer)
    with pytest.raises(ArchitectureError, match="a convolution kernel of 3x3x3x32 as number 1"):
        networks.refuse_other_architecture(carriers.read(lite(filters=8)), network)
    first = Network(network.steps[:3])
    with pytest.raises(ArchitectureError, match="received 2 with none"):
        networks.refuse_other_architecture(first, network)


def test_balanced_two_by_two():
    # Of a matrix [[a, b], [c, d]] the ratio ad/bc stays: 4/6, and here squares of rows and columns
    # have mean 1, so [[x, y], [y, x]] with x^2 + y^2 = 2 and x/y = sqrt(4/6).
    kernel = np.array([[1.0, 2.0], [3.0, 4.0]])[None, None]
    x, y = np.sqrt(2 * 4 / 10), np.sqrt(2 * 6 / 10)
    np.testing.assert_allclose(balanced(kernel)[0, 0], [[x, y], [y, x]], rtol=1e-6)


def test_balanced_kernel_forgets_the_sizes_of_channels(rng):
    kernel = rng.normal(size=(3, 3, 6, 8))
    scaled = kernel * np.exp(rng.normal(0, 3, (6, 1))) * np.exp(rng.normal(0, 3, 8))
    np.testing.assert_allclose(balanced(scaled), balanced(kernel), rtol=1e-5)
    squares = np.mean(balanced(kernel) ** 2, axis=(0, 1))
    np.testing.assert_allclose(squares.mean(axis=0), np.ones(8), rtol=1e-6)
    np.testing.assert_allclose(squares.mean(axis=1), np.ones(6), rtol=1e-6)


def test_groups_are_balanced_each_by_itself(rng):
    kernel = rng.normal(size=(3, 3, 2, 6))
    each = [balanced(kernel[..., :3]), balanced(kernel[..., 3:])]
    np.testing.assert_allclose(balanced(kernel, groups=2), np.concatenate(each, -1), rtol=1e-6)


@pytest.mark.parametrize(
    ("zeros", "scales", "values"),
    [([3], [0.5], [[0, 1], [-1, 0.5]]), ([3, 1], [0.5, 2], [[0, 8], [-1, 6]])],
)
def test_quantised_kernels_count_from_their_zero_point(zeros, scales, values):
    stored = np.array([[3, 5], [1, 4]], np.int8)
    described = SimpleNamespace(scale=scales, zeroPoint=zeros, quantizedDimension=1)
    np.testing.assert_array_equal(tflite_graph._dequantised(stored, described), values)


def test_dead_channels_stay_zero(rng):
    kernel = rng.normal(size=(1, 1, 6, 8))
    kernel[:, :, 2] = kernel[..., 5] = 0
    result = balanced(kernel)
    assert np.isfinite(result).all()
    np.testing.assert_array_equal(result == 0, kernel == 0)
    np.testing.assert_array_equal(balanced(np.zeros((1, 1, 6, 8))), np.zeros((1, 1, 6, 8)))


def test_walk_visits_sources_in_their_order():
    graph = {"end": ["b", "a", "b"], "a": ["in"], "b": ["in"], "in": [], "unused": []}
    assert networks.post_order(["end"], graph.__getitem__) == ["in", "b", "a", "end"]


def test_kernel_of_a_step_without_one_is_refused():
    with pytest.raises(ValueError, match="received sum, a pointwise"):
        _ = Step("sum", networks.POINTWISE, 8).balanced
