import collections
import functools

import keras
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from keras import layers, ops

from keras_litesr.export.conversion import ConversionError
from keras_litesr.export.metadata import read_metadata
from keras_litesr.export.tflite import export, weights_sha256
from keras_litesr.images.pixels import to_uint8
from keras_litesr.models.bicubic import bicubic
from keras_litesr.models.lite import lite
from keras_litesr.models.litert import LiteRT
from keras_litesr.silence import captured_output

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:8 representative pictures are few:UserWarning"),
]
NETWORK = {
    "ADD": 4,
    "CONCATENATION": 2,
    "CONV_2D": 7,
    "DELEGATE": 1,
    "DEPTHWISE_CONV_2D": 3,
    "DEPTH_TO_SPACE": 1,
    "LEAKY_RELU": 2,
    "STRIDED_SLICE": 4,
}


@pytest.fixture(scope="module")
def exported(trained, pictures, tmp_path_factory):
    """Gives the file of a dtype and size, converted once for the module."""
    folder = tmp_path_factory.mktemp("export")

    @functools.cache
    def converted(dtype, input_size=None):
        path = folder / f"{dtype}_{input_size}.tflite"
        return export(trained, path, dtype=dtype, input_size=input_size, representative=pictures)

    return converted


def interpreter(path, shape=None):
    with captured_output():
        opened = Interpreter(str(path), num_threads=1)
        if shape is not None:
            opened.resize_tensor_input(opened.get_input_details()[0]["index"], shape)
        opened.allocate_tensors()
    return opened


def run(path, low_res):
    opened = interpreter(path, low_res.shape)
    opened.set_tensor(opened.get_input_details()[0]["index"], low_res)
    opened.invoke()
    return opened.get_tensor(opened.get_output_details()[0]["index"])


def operators(path):
    details = interpreter(path)._get_ops_details()
    return collections.Counter(operator["op_name"] for operator in details)


@pytest.mark.parametrize("size", [(1, 1), (3, 8), (17, 12)])
def test_file_takes_any_size_and_equals_keras(exported, trained, size, rng):
    low_res = rng.random((1, *size, 3), np.float32)
    np.testing.assert_allclose(run(exported("float32"), low_res), trained(low_res), atol=1e-5)


def test_file_takes_several_pictures(exported, trained, rng):
    low_res = rng.random((3, 5, 6, 3), np.float32)
    np.testing.assert_allclose(run(exported("float32"), low_res), trained(low_res), atol=1e-5)


@pytest.mark.parametrize(
    ("dtype", "further"),
    [
        ("float32", {}),
        ("float16", {"DEQUANTIZE": 18}),
        ("dynamic", {}),
        ("int8", {"QUANTIZE": 2}),
    ],
)
def test_operators_are_built_in_and_all_of_them_run_in_xnnpack(exported, dtype, further):
    assert operators(exported(dtype)) == {**NETWORK, **further}


@pytest.mark.parametrize("dtype", ["float32", "int8"])
def test_plain_rectifiers_vanish_in_their_convolutions(dtype, pictures, tmp_path):
    network = lite(filters=6, num_blocks=2, negative_slope=0)
    path = export(network, tmp_path / "net.tflite", dtype=dtype, representative=pictures)
    counted = operators(path)
    assert (counted["CONV_2D"], counted["DELEGATE"]) == (7, 1)
    assert not {"RELU", "LEAKY_RELU"} & set(counted)


def test_int16_shuffles_pixels_in_float(exported):
    assert operators(exported("int16x8")) == {**NETWORK, "QUANTIZE": 1, "DEQUANTIZE": 1}


@pytest.mark.parametrize(("dtype", "levels"), [("float16", 0.5), ("dynamic", 4), ("int16x8", 3)])
def test_smaller_files_stay_near_keras(exported, trained, pictures, dtype, levels):
    low_res = pictures[0][None] / np.float32(255)
    error = np.abs(run(exported(dtype), low_res) - trained(low_res))
    assert error.max() * 255 <= levels


def test_int8_takes_and_gives_pixels(exported, trained, pictures):
    low_res = pictures[1][None]
    expected = to_uint8(np.asarray(trained(low_res / np.float32(255))))
    super_res = run(exported("int8"), low_res)
    assert super_res.dtype == np.uint8
    error = super_res.astype(int) - expected
    assert np.abs(error).mean() < 2
    assert abs(error.mean()) < 0.5


def test_int8_pixels_have_steps_of_one(exported):
    opened = interpreter(exported("int8"))
    for details in (*opened.get_input_details(), *opened.get_output_details()):
        step, zero = details["quantization"]
        assert step == pytest.approx(1 / 255, rel=1e-6)
        assert zero == 0


@pytest.mark.parametrize("dtype", ["float32", "int8"])
def test_fixed_size(exported, dtype):
    opened = interpreter(exported(dtype, (6, 10)))
    assert opened.get_input_details()[0]["shape_signature"].tolist() == [1, 6, 10, 3]
    assert opened.get_output_details()[0]["shape"].tolist() == [1, 24, 40, 3]
    assert operators(exported(dtype, (6, 10)))["DELEGATE"] == 1


def test_files_say_what_they_are(exported, trained):
    assert read_metadata(exported("int8", (6, 10))) == {
        "name": "lite_x4",
        "scale": 4,
        "receptive_radius": 4,
        "dtype": "int8",
        "input_size": [6, 10],
        "channels": "RGB",
        "layout": "NHWC",
        "input": {"dtype": "uint8", "range": [0, 255], "normalization": "none"},
        "output": {"dtype": "uint8", "range": [0, 255], "normalization": "none", "clipped": True},
        "weights_sha256": weights_sha256(trained),
    }


def test_further_facts_win(tmp_path):
    facts = {"license": "CC0-1.0", "name": "mine"}
    path = export(bicubic(), tmp_path / "bicubic.tflite", metadata=facts)
    assert facts.items() <= read_metadata(path).items()


def test_equal_input_gives_equal_bytes(trained, pictures, tmp_path):
    twin = trained.__class__.from_config(trained.get_config())
    twin.set_weights(trained.get_weights())
    files = [
        export(model, tmp_path / f"{index}.tflite", dtype="int8", representative=pictures)
        for index, model in enumerate((trained, twin))
    ]
    assert files[0].read_bytes() == files[1].read_bytes()


def test_conversion_prints_nothing(capfd, tmp_path):
    export(bicubic(), tmp_path / "bicubic.tflite")
    assert capfd.readouterr() == ("", "")


def test_nothing_but_the_file_is_left(tmp_path):
    export(bicubic(), tmp_path / "bicubic.tflite")
    assert [path.name for path in tmp_path.iterdir()] == ["bicubic.tflite"]


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("a.onnx", {}, r"ending in \.tflite, received a\.onnx"),
        ("a.tflite", {"dtype": "int4"}, "float32, float16, .*, received 'int4'"),
        ("a.tflite", {"input_size": (0, 8)}, r"\(height, width\).*received \(0, 8\)"),
        ("a.tflite", {"input_size": (8,)}, r"received \(8,\)"),
        ("a.tflite", {"dtype": "int8"}, "at least 8 representative pictures for int8"),
    ],
)
def test_wrong_requests_are_refused(name, options, message):
    with pytest.raises(ValueError, match=message):
        export(bicubic(), name, **options)


def test_operator_that_phones_lack_is_named_with_its_layer(tmp_path):
    low_res = keras.Input((None, None, 3), name="low_res")
    model = keras.Model(low_res, layers.Conv2D(3, 1)(ops.erfinv(low_res)), name="odd")
    with pytest.raises(ConversionError, match=r"no operator for tf\.Erfinv in the layer erfinv\."):
        export(model, tmp_path / "odd.tflite")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("size", [(5, 6), (40, 44)])
def test_int16_of_a_fixed_size_learns_its_ranges_from_pictures_of_that_size(
    pictures, size, tmp_path
):
    """A transposed convolution of a fixed size takes no other."""
    low_res = keras.Input((None, None, 3))
    smooth = layers.Conv2D(3, 3, padding="same", kernel_initializer="ones")(low_res)
    kernel = keras.initializers.GlorotUniform(seed=1)
    large = layers.Conv2DTranspose(3, 2, strides=2, kernel_initializer=kernel)(smooth)
    model = keras.Model(low_res, layers.Activation("sigmoid")(large))
    path = tmp_path / "a.tflite"
    export(model, path, dtype="int16x8", input_size=size, representative=pictures)
    picture = np.resize(pictures[0], (1, *size, 3)).astype(np.float32) / 255
    np.testing.assert_allclose(run(path, picture), model.predict(picture, verbose=0), atol=0.03)


def test_a_layer_that_converts_for_one_size_alone_is_said_to(tmp_path):
    low_res = keras.Input((None, None, 3))
    model = keras.Model(low_res, layers.UpSampling2D(2, interpolation="bilinear")(low_res))
    with pytest.raises(ConversionError, match="For one `input_size`, such as 128x128"):
        export(model, tmp_path / "a.tflite")
    assert LiteRT(export(model, tmp_path / "a.tflite", input_size=(4, 4))).size == (4, 4)


def test_a_model_of_one_size_makes_a_file_of_that_size(pictures, tmp_path):
    low_res = keras.Input((8, 6, 3))
    model = keras.Sequential([low_res, layers.Conv2D(3, 3, padding="same"), layers.UpSampling2D(2)])
    crops = [picture[:8, :6] for picture in pictures]
    for dtype in ("float32", "int8"):
        path = export(model, tmp_path / "a.tflite", dtype=dtype, representative=crops)
        assert LiteRT(path).size == (8, 6)
    with pytest.raises(ValueError, match=r"\(8, 6\), the only one .* received \(8, 8\)"):
        export(model, tmp_path / "b.tflite", input_size=(8, 8))
    with pytest.raises(ValueError, match=r"pictures of \(8, 6\).* Cut them"):
        export(model, tmp_path / "b.tflite", dtype="int8", representative=pictures)


def test_failure_names_the_model_and_leaves_nothing(tmp_path, monkeypatch):
    model = bicubic()
    monkeypatch.setattr(model, "export", lambda *_, **__: 1 / 0)
    with pytest.raises(ConversionError, match="bicubic_x4 did not convert to TFLite: division"):
        export(model, tmp_path / "bicubic.tflite")
    assert not list(tmp_path.iterdir())


def test_a_file_that_no_runtime_opens_is_refused(pictures, tmp_path, monkeypatch):
    low_res = keras.Input((None, None, 3))
    dead = layers.Conv2D(4, 3, padding="same", bias_initializer=keras.initializers.Constant(-50))
    model = keras.Model(low_res, layers.Conv2D(3, 1)(layers.ReLU()(dead(low_res))), name="net")
    path = tmp_path / "a.tflite"
    interpreter(export(model, path, dtype="int8", representative=pictures)).invoke()
    path.unlink()
    monkeypatch.setattr("keras_litesr.export.calibration._LEAST_REACH", 1e-7)
    with pytest.raises(ConversionError, match=r"of net in int8 that it does not: .* more kinds"):
        export(model, path, dtype="int8", representative=pictures)
    assert not list(tmp_path.iterdir())


def test_an_int8_file_that_turns_to_float_within_says_so(pictures, tmp_path):
    low_res = keras.Input((None, None, 3))
    wide = layers.Conv2D(3, 3, padding="same")(low_res)
    normed = layers.BatchNormalization(beta_initializer="ones")(layers.Add()([wide, low_res]))
    narrow = layers.Conv2D(3, 1)(layers.ReLU()(normed))
    model = keras.Model(low_res, layers.UpSampling2D(2)(narrow), name="net")
    with pytest.warns(UserWarning, match="net computes in float32 at 1 places of its int8 file"):
        export(model, tmp_path / "a.tflite", dtype="int8", representative=pictures)


def test_an_int8_file_that_pools_is_opened(pictures, tmp_path):
    low_res = keras.Input((None, None, 3))
    small = layers.Conv2D(3, 3, padding="same")(layers.AveragePooling2D(2)(low_res))
    model = keras.Model(low_res, layers.UpSampling2D(4)(small))
    path = export(model, tmp_path / "a.tflite", dtype="int8", representative=pictures)
    assert LiteRT(path)(np.zeros((1, 8, 6, 3), np.float32)).shape == (1, 16, 12, 3)


def test_one_that_is_killed_leaves_nothing_beside_the_target(tmp_path, monkeypatch):
    model, present = bicubic(), []

    def killed(*_, **__):
        present.extend(tmp_path.iterdir())
        raise MemoryError

    monkeypatch.setattr(model, "export", killed)
    with pytest.raises(MemoryError):
        export(model, tmp_path / "bicubic.tflite")
    assert not present


def test_a_layer_of_unknown_reach_leaves_the_radius_open(tmp_path):
    picture = keras.Input((None, None, 3), name="low_res")
    pooled = layers.AveragePooling2D(3, strides=1, padding="same")(picture)
    path = export(keras.Model(picture, layers.UpSampling2D(2)(pooled)), tmp_path / "pool.tflite")
    assert (read_metadata(path)["scale"], read_metadata(path)["receptive_radius"]) == (2, None)


def test_a_folder_at_the_target_is_refused(trained, tmp_path):
    (tmp_path / "net.tflite").mkdir()
    with pytest.raises(ValueError, match=r"name of a file, received .*net\.tflite, a folder"):
        export(trained, tmp_path / "net.tflite")
