"""`litesr protect overlap`."""

import json

import keras
import numpy as np
import pytest

import keras_litesr
from keras_litesr.models.lite import lite
from keras_litesr.protection import keys, watermark


def _preset(folder, seed, num_blocks=4):
    keras.utils.set_random_seed(seed)
    return keras_litesr.save_to_preset(lite(filters=24, num_blocks=num_blocks), folder)


def _marked(folder, key, output):
    return keras_litesr.save_to_preset(watermark.mark(keras_litesr.load(folder), key), output)


@pytest.fixture(scope="module")
def presets(tmp_path_factory):
    """Two strangers."""
    folder = tmp_path_factory.mktemp("overlap")
    return _preset(folder / "mine_x4", 1), _preset(folder / "theirs_x4", 2)


@pytest.fixture(scope="module")
def key_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("keys") / "owner.key"
    keys.generate(path, name="Ada")
    return path


@pytest.fixture
def copy(presets, tmp_path, rng):
    """The first preset with every weight a little elsewhere."""
    model = keras_litesr.load(presets[0])
    moved = [w + 0.2 * np.std(w) * rng.normal(size=w.shape) for w in model.get_weights()]
    model.set_weights(moved)
    return keras_litesr.save_to_preset(model, tmp_path / "copy_x4")


def test_strangers_show_no_evidence(litesr, presets):
    result = litesr("protect", "overlap", *presets)
    assert result.exit_code == 0
    assert "Identical kernels: none." in result.stdout
    assert "0 of 32 pairs of kernels" in result.stdout
    assert result.stdout.endswith("Answer: no evidence of shared weights\n")


def test_a_copy_is_found_layer_by_layer(litesr, presets, copy):
    result = litesr("protect", "overlap", presets[0], copy, "--json")
    assert result.exit_code == 1
    report = json.loads(result.stdout)
    assert report["answer"] == "shared weights"
    assert (report["shared"], report["compared"], report["ratio"]) == (8, 32, 1)
    assert all(pair["first"] == pair["second"] for pair in report["pairs"][:8])
    assert len(report["pairs"]) == 32


def test_a_mark_that_both_bear_shares_no_weights(litesr, presets, key_file, tmp_path):
    key = keys.read(key_file)
    marked = [_marked(folder, key, tmp_path / folder.name) for folder in presets]
    result = litesr("protect", "overlap", *marked, "--key", key_file)
    assert result.exit_code == 0
    assert result.stdout.count("256 of 256 bits match") == 2
    assert result.stdout.endswith("Answer: no evidence of shared weights\n")


@pytest.mark.parametrize("first_bears_it", [True, False])
def test_a_mark_is_found_in_a_model_of_another_architecture(
    litesr, presets, key_file, tmp_path, first_bears_it
):
    key = keys.read(key_file)
    first = _marked(presets[0], key, tmp_path / "first_x4") if first_bears_it else presets[0]
    deeper = _marked(_preset(tmp_path / "deeper_x4", 3, num_blocks=5), key, tmp_path / "second_x4")
    result = litesr("protect", "overlap", first, deeper, "--key", key_file, "--json")
    assert result.exit_code == 0
    assert [row["found"] for row in json.loads(result.stdout)["marks"]] == [first_bears_it, True]


def test_a_model_without_the_mark_is_said_to_have_none(litesr, presets, key_file):
    result = litesr("protect", "overlap", *presets, "--key", key_file)
    assert result.exit_code == 0
    assert result.stdout.count("not shown") == 2


def test_quality_is_measured_on_request(litesr, presets, picture):
    folder = picture("photos/a.png", 40, 32).parent
    result = litesr("protect", "overlap", presets[0], "bicubic_x4", "--data", folder, "--json")
    assert result.exit_code == 2
    report = json.loads(result.stdout)
    assert report["answer"] == "could not tell"
    assert [row["model"] for row in report["quality"]] == [str(presets[0]), "bicubic_x4"]
    assert report["quality"][1]["psnr"] > 0


def test_a_model_without_weights_cannot_be_compared(litesr, presets):
    result = litesr("protect", "overlap", presets[0], "bicubic_x4")
    assert result.exit_code == 2
    assert "No kernel of one could be compared with one of the other." in result.stdout


@pytest.mark.parametrize(
    ("name", "message"),
    [("nosuch", "There is no model named 'nosuch'"), ("no.tflite", "no.tflite is no file")],
)
def test_models_that_are_not_there_are_named(litesr, presets, name, message):
    result = litesr("protect", "overlap", presets[0], name)
    assert result.exit_code == 2
    assert message in result.stderr


def test_without_scipy_the_extra_is_named(litesr, presets, monkeypatch):
    monkeypatch.setattr("keras_litesr.cli.extras.find_spec", lambda name: None)
    result = litesr("protect", "overlap", *presets)
    assert result.exit_code == 2
    assert "pip install 'keras_litesr[protect]'" in result.stderr
