import os

import numpy as np
import pytest
import tensorflow as tf

from keras_litesr.export import formats
from keras_litesr.export.conversion import ConversionError
from keras_litesr.models.bicubic import bicubic

pytestmark = pytest.mark.slow
SIZES = [(1, 1), (5, 8)]


@pytest.fixture(params=SIZES, ids=str)
def low_res(request, rng):
    return rng.random((1, *request.param, 3), np.float32)


@pytest.fixture(scope="module")
def saved_model(trained, tmp_path_factory):
    return formats.export(trained, tmp_path_factory.mktemp("formats") / "saved_model")


@pytest.fixture(scope="module")
def onnx(trained, tmp_path_factory):
    pytest.importorskip("tf2onnx", reason="needs the extra onnx")
    return formats.export(trained, tmp_path_factory.mktemp("formats") / "lite.onnx")


@pytest.fixture(scope="module")
def openvino(trained, tmp_path_factory):
    pytest.importorskip("openvino", reason="needs the extra openvino")
    return formats.export(trained, tmp_path_factory.mktemp("formats") / "lite.xml")


def test_saved_model_equals_keras(saved_model, trained, low_res):
    loaded = tf.saved_model.load(saved_model)
    np.testing.assert_allclose(loaded.serve(low_res), trained(low_res), atol=1e-5)


def test_onnx_equals_keras(onnx, trained, low_res):
    runtime = pytest.importorskip("onnxruntime", reason="needs the extra test")
    session = runtime.InferenceSession(onnx, providers=["CPUExecutionProvider"])
    (super_res,) = session.run(None, {session.get_inputs()[0].name: low_res})
    np.testing.assert_allclose(super_res, trained(low_res), atol=1e-5)


def test_openvino_equals_keras(openvino, trained, low_res):
    runtime = pytest.importorskip("openvino", reason="needs the extra openvino")
    # OpenVINO computes in bfloat16 where the machine can, unless told otherwise.
    exact = {"INFERENCE_PRECISION_HINT": "f32"}
    compiled = runtime.Core().compile_model(openvino, "CPU", exact)
    super_res = compiled(low_res)[compiled.output(0)]
    np.testing.assert_allclose(super_res, trained(low_res), atol=1e-5)


def test_second_export_replaces_the_first(trained, tmp_path):
    target = tmp_path / "saved"
    formats.export(bicubic(), target)
    formats.export(trained, target)
    grey = np.full((1, 4, 4, 3), 0.5, np.float32)
    loaded = tf.saved_model.load(target)
    np.testing.assert_allclose(loaded.serve(grey), trained(grey), atol=1e-5)
    assert [path.name for path in tmp_path.iterdir()] == ["saved"]


def test_export_prints_nothing(capfd, tmp_path):
    formats.export(bicubic(), tmp_path / "saved")
    assert capfd.readouterr() == ("", "")


def test_other_endings_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"\.onnx or \.xml, or a folder .* received .*a\.pb"):
        formats.export(bicubic(), tmp_path / "a.pb")


def test_missing_packages_are_named(tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r"needs onnx and tf2onnx: .*'keras_litesr\[onnx\]'"):
        formats.export(bicubic(), tmp_path / "a.onnx")


def test_failure_leaves_nothing(tmp_path, monkeypatch):
    model = bicubic()
    monkeypatch.setattr(model, "export", lambda *_, **__: 1 / 0)
    with pytest.raises(ConversionError, match="bicubic_x4 did not convert to tf_saved_model"):
        formats.export(model, tmp_path / "saved")
    assert not list(tmp_path.iterdir())


def test_what_is_no_conversion_is_never_replaced(tmp_path, monkeypatch):
    model = bicubic()
    monkeypatch.setattr(model, "export", lambda *_, **__: pytest.fail("converted before the check"))
    (tmp_path / "mydata").mkdir()
    (tmp_path / "mydata/holiday.jpg").write_bytes(b"photo")
    (tmp_path / "notes").write_text("mine")
    (tmp_path / "link").symlink_to("mydata")
    (tmp_path / "net.onnx").mkdir()
    for name, odd in (
        ("mydata", "a folder of other files"),
        ("notes", "a file"),
        ("link", "a link"),
        ("net.onnx", "a folder"),
    ):
        with pytest.raises(ValueError, match=rf"at .*{name}, or an earlier .* received {odd}\."):
            formats._check_target(tmp_path / name)
    with pytest.raises(ValueError, match="received a folder of other files"):
        formats.export(model, tmp_path / "mydata")
    assert (tmp_path / "mydata/holiday.jpg").read_bytes() == b"photo"


def test_an_interruption_leaves_the_earlier_folder(tmp_path, monkeypatch):
    target = formats.export(bicubic(), tmp_path / "saved")
    replace, interruptions = os.replace, iter([KeyboardInterrupt])

    def replace_or_stop(source, place):
        if place == target:
            for interruption in interruptions:
                raise interruption
        replace(source, place)

    monkeypatch.setattr(os, "replace", replace_or_stop)
    with pytest.raises(KeyboardInterrupt):
        formats.export(bicubic(), target)
    assert [path.name for path in tmp_path.iterdir()] == ["saved"]
    assert (target / "saved_model.pb").is_file()
