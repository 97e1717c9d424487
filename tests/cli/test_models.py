"""`litesr list` and `litesr info`."""

import json
from dataclasses import replace

import pytest

from keras_litesr.zoo.presets import PRESETS


@pytest.fixture
def missing_preset(monkeypatch) -> str:
    monkeypatch.setitem(PRESETS, "lite_huge_x4", replace(PRESETS["lite_x4"], summary="Coming."))
    return "lite_huge_x4"


def test_list_shows_every_model_also_without_its_weights(litesr, missing_preset):
    result = litesr("list")
    assert result.exit_code == 0
    for name in PRESETS:
        assert name in result.stdout
    assert "Not installed. Coming." in result.stdout


def test_list_as_json(litesr, missing_preset):
    result = litesr("list", "--json")
    assert result.exit_code == 0
    rows = {row["model"]: row for row in json.loads(result.stdout)}
    assert list(rows) == list(PRESETS)
    assert (rows["bicubic_x4"]["scale"], rows["bicubic_x4"]["parameters"]) == (4, 0)
    terms = {name: rows[name]["terms"] for name in ("bicubic_x4", "lite_x4", "srresnet_x4")}
    assert terms == {
        "bicubic_x4": "apache-2.0",
        "lite_x4": "cc-by-sa-4.0",
        "srresnet_x4": "cc-by-sa-4.0",
    }
    assert rows[missing_preset]["parameters"] is None
    assert "not installed" in rows[missing_preset]["problem"]


def test_info_counts_layer_by_layer(litesr):
    result = litesr("info", "bicubic_x4", "--size", "10x20")
    assert result.exit_code == 0
    assert "bicubic_x4: 0 parameters" in result.stdout
    assert "from 10x20 to 40x80, sees 2 pixels far" in result.stdout
    assert result.stderr == ""


def test_info_as_json(litesr, x2_preset):
    result = litesr("info", x2_preset, "--size", "10x20", "--json")
    assert result.exit_code == 0
    facts = json.loads(result.stdout)
    assert (facts["name"], facts["scale"]) == ("bicubic_x2", 2)
    # 5x5 kernel, 3 colours in, 3 colours times 4 sub-pixels out, 200 pixels.
    assert facts["multiply_adds"] == 25 * 3 * 12 * 200
    assert sum(layer["multiply-adds"] for layer in facts["layers"]) == facts["multiply_adds"]


@pytest.mark.parametrize("size", ["128", "0x9", "axb", "1x2x3", "-4x4"])
def test_a_size_that_is_none_is_wrong_usage(litesr, size):
    result = litesr("info", "bicubic_x4", f"--size={size}")
    assert result.exit_code == 2
    assert f"received {size!r}" in result.stderr


@pytest.mark.parametrize(("model", "message"), [("bicubik_x4", "Did you mean bicubic_x4"),
                                                ("/", "no preset folder")])  # fmt: skip
def test_an_unknown_model_is_wrong_usage(litesr, model, message):
    result = litesr("info", model)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr


def test_a_file_is_no_preset(litesr, tmp_path):
    path = tmp_path / "lite_x4.tflite"
    path.write_bytes(b"")
    result = litesr("info", path)
    assert result.exit_code == 2
    assert "it is a file. Expected here: a name" in result.stderr
    assert "Of a Keras model, keras_litesr.save_to_preset makes a preset" in result.stderr


def test_a_preset_without_weights_says_what_to_do(litesr, missing_preset):
    result = litesr("info", missing_preset)
    assert result.exit_code == 2
    assert "The weights of lite_huge_x4 are not installed" in result.stderr
