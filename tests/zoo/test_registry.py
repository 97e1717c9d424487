import json
import os

import numpy as np
import pytest

import keras_litesr
from keras_litesr.models.lite import lite
from keras_litesr.zoo import folders
from keras_litesr.zoo.registry import ARCHITECTURES


@pytest.fixture
def model():
    return lite(filters=12, num_blocks=1)


@pytest.fixture
def folder(model, tmp_path):
    return keras_litesr.save_to_preset(model, tmp_path / "mine_x4")


def change_config(folder, change):
    path = folder / "config.json"
    config = json.loads(path.read_text())
    change(config["config"]["layers"])
    path.write_text(json.dumps(config))
    folders.write_manifest(folder)


def test_saved_preset_loads_with_equal_output(folder, model, rng):
    low_res = rng.random((1, 5, 6, 3), np.float32)
    loaded = keras_litesr.load(folder)
    np.testing.assert_array_equal(
        loaded.predict(low_res, verbose=0), model.predict(low_res, verbose=0)
    )


def test_metadata_states_the_facts(folder, model):
    facts = folders.metadata(folder)
    assert facts["name"] == "mine_x4"
    assert facts["scale"] == 4
    assert facts["parameter_count"] == model.count_params()
    assert facts["receptive_radius"] == 3


def test_configuration_names_no_defaults_that_an_older_keras_would_refuse(folder):
    text = (folder / "config.json").read_text()
    assert '"GlorotUniform"' in text
    assert "input_axes" not in text


def test_saving_again_replaces_the_model_and_leaves_no_scratch_file(folder, model):
    keras_litesr.save_to_preset(lite(filters=12, num_blocks=2), folder)
    assert keras_litesr.load(folder).count_params() > model.count_params()
    expected = {"SHA256SUMS", "config.json", "metadata.json", "model.weights.h5"}
    assert set(os.listdir(folder)) == expected


def test_weights_are_saved_without_optimizer_state(model, folder, tmp_path):
    model.compile(optimizer="adam", loss="mae")
    model.fit(np.zeros((1, 4, 4, 3)), np.zeros((1, 16, 16, 3)), verbose=0)
    trained = keras_litesr.save_to_preset(model, tmp_path / "trained")
    sizes = [(path / "model.weights.h5").stat().st_size for path in (trained, folder)]
    assert sizes[0] == sizes[1]


def test_weights_are_not_opened_when_their_hash_differs(folder):
    with (folder / "model.weights.h5").open("ab") as file:
        file.write(b"x")
    with pytest.raises(folders.PresetError, match="is not the file that was released"):
        keras_litesr.load(folder)


def test_weights_of_another_network_are_refused(folder, tmp_path):
    other = keras_litesr.save_to_preset(lite(filters=24, num_blocks=1), tmp_path / "other")
    (folder / "model.weights.h5").write_bytes((other / "model.weights.h5").read_bytes())
    folders.write_manifest(folder)
    with pytest.raises(
        folders.PresetError, match=r"holds float32 .* for the layer .*, expected float32"
    ):
        keras_litesr.load(folder)


@pytest.mark.parametrize(
    "forged",
    [
        {"module": "keras.layers", "class_name": "Lambda"},
        {"module": "os", "class_name": "system"},
        {"module": "os", "class_name": "Conv2D"},
        {"module": "keras.layers", "class_name": "Conv2D", "registered_name": "other>Conv2D"},
    ],
)
def test_classes_that_the_zoo_does_not_know_are_refused(folder, forged):
    change_config(folder, lambda layers: layers[1].update(forged))
    with pytest.raises(folders.PresetError, match="names the class"):
        keras_litesr.load(folder)


def test_forged_class_is_found_however_deep_it_hides(folder):
    forged = {"module": "builtins", "class_name": "eval", "config": {}}
    change_config(folder, lambda layers: layers[1]["config"].update(name=[{"x": forged}]))
    with pytest.raises(folders.PresetError, match=r"builtins\.eval"):
        keras_litesr.load(folder)


def test_configuration_that_is_no_model_is_refused(folder):
    (folder / "config.json").write_text('["not", "a", "model"]')
    folders.write_manifest(folder)
    with pytest.raises(folders.PresetError, match="does not describe a functional Keras model"):
        keras_litesr.load(folder)


def test_configuration_that_keras_cannot_read_is_refused(folder):
    change_config(folder, lambda layers: layers[1]["config"].update(filters="many"))
    with pytest.raises(folders.PresetError, match="does not describe a model"):
        keras_litesr.load(folder)


def test_every_row_names_an_architecture():
    assert {row.architecture for row in keras_litesr.presets().values()} <= set(ARCHITECTURES)
