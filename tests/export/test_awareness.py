"""Quantisation-aware training by the toolkit."""

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from keras_litesr.export import tflite
from keras_litesr.export.quantization import prepare_int8
from keras_litesr.models.bicubic import bicubic
from keras_litesr.silence import captured_output

pytest.importorskip(
    "keras_litesr.export.legacy", reason="needs the extra compress", exc_type=ImportError
)
from keras_litesr.export import awareness
from keras_litesr.export.awareness import FilterRounding, aware_twin, train_aware


@pytest.fixture(scope="module")
def prepared(trained, pictures):
    return prepare_int8(trained, pictures)


def darkened(prepared):
    layer = prepared.get_layer("subpixels_pointwise")
    kernel, bias = layer.get_weights()
    layer.set_weights([kernel, bias - 0.03])


def test_each_filter_has_the_step_of_its_largest_weight():
    kernel = np.zeros((1, 1, 2, 2), np.float32)
    kernel[0, 0] = [[1.27, 12.7], [0.304, 0.304]]
    rounded = np.asarray(FilterRounding(depthwise=False)(kernel, True, None))[0, 0]
    np.testing.assert_allclose(rounded, [[1.27, 12.7], [0.30, 0.3]], atol=1e-6)
    kernel[0, 0] = [[1.27, 12.7], [0.304, 3.04]]
    rounded = np.asarray(FilterRounding(depthwise=False)(kernel, True, None))[0, 0]
    np.testing.assert_allclose(rounded, [[1.27, 12.7], [0.30, 3.0]], atol=1e-5)


def test_depthwise_filters_have_steps_of_their_own():
    kernel = np.float32([[0.127, 12.7], [0.0304, 3.04]]).reshape(2, 1, 2, 1)
    rounded = np.asarray(FilterRounding(depthwise=True)(kernel, True, None)).reshape(2, 2)
    np.testing.assert_allclose(rounded, [[0.127, 12.7], [0.030, 3.0]], atol=1e-5)


@pytest.mark.slow
def test_file_computes_what_the_aware_twin_computes(prepared, pictures, tmp_path, trained):
    with pytest.warns(UserWarning, match="8 representative pictures are few"):
        path = tflite.export(trained, tmp_path / "a.tflite", dtype="int8", representative=pictures)
    low_res = np.stack(pictures)
    expected = 255 * aware_twin(prepared)(low_res / np.float32(255)).numpy()
    painted = run(path, low_res)
    assert painted.dtype == np.uint8
    assert np.abs(painted - expected).max() < 2.5
    assert np.mean(np.abs(painted - expected) > 0.6) < 0.05


@pytest.mark.slow
def test_darkened_network_comes_back_to_its_original(trained, pictures):
    dark = prepare_int8(trained, pictures)
    darkened(dark)
    low_res = np.stack(pictures) / np.float32(255)
    target = np.clip(trained(low_res), 0, 1)
    counted = []
    learnt = train_aware(
        dark, trained, pictures, steps=40, learning_rate=2e-3, progress=counted.append
    )
    before, after = (np.mean((np.asarray(m(low_res)) - target) ** 2) for m in (dark, learnt))
    assert after < 0.5 * before
    assert sum(counted) == 40


def test_batches_are_made_when_they_are_needed(prepared, trained, pictures, monkeypatch):
    given = []
    monkeypatch.setattr(awareness, "train_twin", lambda _, batches, **__: given.append(batches))
    train_aware(prepared, trained, pictures, steps=3)
    assert iter(given[0]) is given[0]  # A list would hold every batch at once.
    assert [len(low_res) for low_res, _ in given[0]] == [4, 4, 4]


def test_network_without_weights_is_left_alone(pictures):
    prepared = prepare_int8(bicubic(), pictures)
    assert train_aware(prepared, bicubic(), pictures, steps=5) is prepared


@pytest.mark.parametrize(
    ("options", "received"),
    [
        ({"dtype": "float16", "aware_steps": 5}, "aware_steps=5 for float16"),
        ({"dtype": "float32", "tune_steps": 3}, "tune_steps=3 for float32"),
        ({"dtype": "int8", "tune_steps": 3, "aware_steps": 5}, "tune_steps=3 and aware_steps=5"),
    ],
)
def test_two_kinds_of_steps_and_other_dtypes_are_refused(options, received, tmp_path):
    with pytest.raises(ValueError, match=f"Expected at most one .* received {received}"):
        tflite.export(bicubic(), tmp_path / "a.tflite", **options)


def run(path, low_res):
    with captured_output():
        opened = Interpreter(str(path), num_threads=1)
        opened.resize_tensor_input(opened.get_input_details()[0]["index"], low_res.shape)
        opened.allocate_tensors()
    opened.set_tensor(opened.get_input_details()[0]["index"], low_res)
    opened.invoke()
    return opened.get_tensor(opened.get_output_details()[0]["index"])
