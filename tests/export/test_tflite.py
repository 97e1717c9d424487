import collections

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from keras_litesr.export.tflite import ConversionError, export
from keras_litesr.models.bicubic import bicubic
from keras_litesr.models.lite import lite
from keras_litesr.silence import captured_output

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def model():
    return lite(filters=12, num_blocks=2)


@pytest.fixture(scope="module")
def file(model, tmp_path_factory):
    return export(model, tmp_path_factory.mktemp("export") / "lite.tflite")


def run(path, low_res):
    with captured_output():
        interpreter = Interpreter(str(path))
    source, target = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    interpreter.resize_tensor_input(source["index"], low_res.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(source["index"], low_res)
    interpreter.invoke()
    return interpreter.get_tensor(target["index"]), interpreter


@pytest.mark.parametrize("size", [(1, 1), (3, 8), (17, 12)])
def test_file_takes_any_size_and_equals_keras(file, model, size, rng):
    low_res = rng.random((1, *size, 3), np.float32)
    super_res, _ = run(file, low_res)
    np.testing.assert_allclose(super_res, model.predict(low_res, verbose=0), atol=1e-5)


def test_operators_are_built_in_and_all_of_them_run_in_xnnpack(file):
    _, interpreter = run(file, np.zeros((1, 8, 8, 3), np.float32))
    operators = collections.Counter(op["op_name"] for op in interpreter._get_ops_details())
    assert operators == {
        "ADD": 4,
        "CONV_2D": 7,
        "DELEGATE": 1,
        "DEPTHWISE_CONV_2D": 4,
        "DEPTH_TO_SPACE": 1,
        "LEAKY_RELU": 2,
        "MIRROR_PAD": 2,
    }


def test_conversion_prints_nothing(capfd, tmp_path):
    export(bicubic(), tmp_path / "bicubic.tflite")
    assert capfd.readouterr() == ("", "")


def test_nothing_but_the_file_is_left(tmp_path):
    export(bicubic(), tmp_path / "bicubic.tflite")
    assert [path.name for path in tmp_path.iterdir()] == ["bicubic.tflite"]


def test_other_suffixes_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"ending in \.tflite, received"):
        export(bicubic(), tmp_path / "bicubic.onnx")


def test_failure_names_the_model_and_leaves_nothing(tmp_path, monkeypatch):
    model = bicubic()
    monkeypatch.setattr(model, "export", lambda *_, **__: 1 / 0)
    with pytest.raises(ConversionError, match="bicubic_x4 did not convert to TFLite: division"):
        export(model, tmp_path / "bicubic.tflite")
    assert not list(tmp_path.iterdir())
