import json
import os

import keras
import numpy as np
import pytest

import keras_litesr
from keras_litesr.models.cost import receptive_radius
from keras_litesr.models.layers import PixelShuffle
from keras_litesr.models.lite import lite
from keras_litesr.protection.signing import generate_key_pair, sign
from keras_litesr.zoo import folders, signatures
from keras_litesr.zoo.configuration import parsed
from keras_litesr.zoo.presets import PRESETS
from keras_litesr.zoo.registry import ARCHITECTURES
from keras_litesr.zoo.signatures import SignatureError
from keras_litesr.zoo.sizes import parameter_count

CARD = {
    **{"title": "A", "summary": "B", "use": "C", "limits": "D", "degradation": "E"},
    **{"licence": "mit", "data": "F", "datasets": ["f"], "command": "G", "hardware": "H"},
}


def assert_same_network(loaded, saved, rng):
    for one, other in zip(loaded.get_weights(), saved.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    low_res = rng.random((1, 4, 5, 3), np.float32)
    super_res = saved(low_res)
    assert np.isfinite(super_res).all()
    # The same sums are added up in another order where other threads were faster.
    np.testing.assert_allclose(loaded(low_res), super_res, rtol=2e-6, atol=2e-6)


@pytest.fixture
def model():
    return lite(filters=12, num_blocks=1)


@pytest.fixture
def folder(model, tmp_path):
    return keras_litesr.save_to_preset(model, tmp_path / "mine_x4")


def test_saved_preset_loads_as_the_same_network(folder, model, rng):
    assert_same_network(keras_litesr.load(folder), model, rng)


@pytest.mark.parametrize(
    ("name", "expected"), [("mine_x4", "mine_x4"), ("my own, 2", "my_own__2"), ("_x4", "model_x4")]
)
def test_a_loaded_model_bears_the_name_of_its_preset(model, name, expected, tmp_path):
    folder = keras_litesr.save_to_preset(model, tmp_path / "saved", name=name)
    loaded = keras_litesr.load(folder)
    assert loaded.name == expected
    assert loaded.predict(np.zeros((1, 2, 2, 3)), verbose=0).shape == (1, 8, 8, 3)


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


def test_files_of_an_earlier_model_are_not_listed_as_the_new_ones(folder, tmp_path):
    for name in ("old_float32.tflite", "results.json", "README.md", "training.png", "LICENSE"):
        (folder / name).write_bytes(b"of the old model")
    (folder / "comparison.png").write_bytes(b"shown by both cards")
    folders.write_manifest(folder)
    generate_key_pair(tmp_path / "own.pem", tmp_path / "own.pub")
    sign(folder, tmp_path / "own.pem")
    card = {**CARD, "picture": str(folder / "comparison.png")}
    keras_litesr.save_to_preset(lite(filters=12, num_blocks=2), folder, card=card)
    listed = {"LICENSE", "README.md", "comparison.png", "config.json", "metadata.json"}
    assert set(folders.manifest(folder)) == {*listed, "model.weights.h5"}
    assert set(os.listdir(folder)) == {*listed, "model.weights.h5", "SHA256SUMS"}
    assert "# A" in (folder / "README.md").read_text()
    keras_litesr.save_to_preset(lite(filters=12, num_blocks=1), folder)
    assert not list(folder.glob("*.png")) and not (folder / "README.md").exists()


def test_a_folder_with_a_subfolder_is_left_as_it_is(folder):
    (folder / "more").mkdir()
    before = {path.name: path.read_bytes() for path in folder.glob("*.*")}
    with pytest.raises(folders.PresetError, match="more is a link or a folder"):
        keras_litesr.save_to_preset(lite(filters=12, num_blocks=2), folder)
    assert {path.name: path.read_bytes() for path in folder.glob("*.*")} == before


def test_a_folder_that_is_no_preset_is_left_as_it_is(model, tmp_path):
    names = ["SHA256SUMS", "README.md", "other.tflite", "photo.jpg"]
    for name in names:
        (tmp_path / name).write_text("mine")
    with pytest.raises(folders.PresetError, match="Expected a preset folder to replace"):
        keras_litesr.save_to_preset(model, tmp_path)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == dict.fromkeys(
        names, "mine"
    )


def test_what_a_preset_does_not_list_is_never_lost(folder, model):
    (folder / "other.tflite").write_text("mine")
    with pytest.raises(folders.PresetError, match=r"holds other\.tflite, which is not the"):
        keras_litesr.save_to_preset(model, folder)
    assert (folder / "other.tflite").read_text() == "mine"


def test_a_fresh_clone_of_a_repository_becomes_a_preset(model, tmp_path):
    (tmp_path / ".git").mkdir()
    for _ in range(2):
        keras_litesr.save_to_preset(model, tmp_path, name="mine_x4")
    assert (tmp_path / ".git").is_dir()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"activation": "tanh"}, "activation"),
        ({"kernel_regularizer": "l2"}, "L2"),
        ({"kernel_initializer": "truncated_normal"}, "TruncatedNormal"),
    ],
)
def test_a_model_that_could_not_be_loaded_is_not_saved(tmp_path, options, message):
    low_res = keras.Input((None, None, 3))
    subpixels = keras.layers.Conv2D(12, 3, padding="same", **options)(low_res)
    network = keras.Model(low_res, PixelShuffle(2)(subpixels))
    with pytest.raises(folders.PresetError, match=rf"{message}.* that `load` can read it"):
        keras_litesr.save_to_preset(network, tmp_path / "mine_x2")
    assert not list(tmp_path.iterdir())


class _WithoutGraph(keras.Model):
    def call(self, low_res):
        return low_res


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("shared", "applied once, received twice, which is applied 2 times. Make"),
        ("nested", "received one with inner, which is a model of its own. Apply"),
        ("two outputs", r"received odd, .* gives \[\(.*Take the part"),
        ("two inputs", r"received odd, which takes \[\(.*Take the part"),
        ("dictionary", r"received odd, .* gives \{'large'.*Take the part"),
        ("subclass", "Expected a functional Keras model, received odd, a _WithoutGraph. Build it"),
        ("no input", "Expected a functional Keras model, received odd, a Sequential. Build it"),
    ],
)
def test_a_model_that_is_no_chain_of_layers_is_refused_in_words(tmp_path, kind, message):
    low_res, other = keras.Input((None, None, 3)), keras.Input((None, None, 3))
    same = keras.layers.Conv2D(3, 3, padding="same", name="twice")
    inner = keras.Model(low_res, same(low_res), name="inner")
    models = {
        "shared": lambda: keras.Model(other, same(same(other))),
        "nested": lambda: keras.Model(other, inner(other)),
        "two outputs": lambda: keras.Model(low_res, [low_res, same.output], name="odd"),
        "two inputs": lambda: keras.Model(
            [low_res, other], keras.layers.Add()([low_res, other]), name="odd"
        ),
        "dictionary": lambda: keras.Model(low_res, {"large": same.output}, name="odd"),
        "subclass": lambda: _WithoutGraph(name="odd"),
        "no input": lambda: keras.Sequential([keras.layers.ReLU()], name="odd"),
    }
    with pytest.raises(ValueError, match=message):
        keras_litesr.save_to_preset(models[kind](), tmp_path / "mine_x4")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "facts", [{"training": {"steps": np.float32(1)}}, {"training": [1, 2]}, {"licence": 5}]
)
def test_facts_that_could_not_be_read_leave_the_earlier_preset_whole(folder, model, facts):
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(folders.PresetError, match="Give training as a dict"):
        keras_litesr.save_to_preset(model, folder, **facts)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_preset_bears_the_name_of_the_working_folder(model, tmp_path, monkeypatch):
    (tmp_path / "here_x4").mkdir()
    monkeypatch.chdir(tmp_path / "here_x4")
    keras_litesr.save_to_preset(model, ".")
    assert folders.metadata(tmp_path / "here_x4")["name"] == "here_x4"


def test_a_name_that_no_model_can_have_is_refused(model, tmp_path):
    with pytest.raises(folders.PresetError, match="a name that a model can have, received 'a/b'"):
        keras_litesr.save_to_preset(model, tmp_path / "a", name="a/b")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("file", ["", "bicubic_x4_float32.tflite"])
def test_a_misspelt_way_to_verify_is_refused(file):
    with pytest.raises(ValueError, match="Expected verify to be auto, require, off, received"):
        keras_litesr.load(folders.preset_folder("bicubic_x4") / file, verify="required")


def test_what_is_no_model_is_refused_with_what_is_one(tmp_path):
    with pytest.raises(TypeError, match=r"name of a model, .* received None"):
        keras_litesr.load(None)
    with pytest.raises(TypeError, match="Expected a Keras model, received 3"):
        keras_litesr.save_to_preset(3, tmp_path / "mine_x4")


def test_weights_are_saved_without_optimizer_state(model, folder, tmp_path):
    model.compile(optimizer="adam", loss="mae")
    model.optimizer.build(model.trainable_variables)
    model.save_weights(tmp_path / "all.weights.h5")
    trained = keras_litesr.save_to_preset(model, tmp_path / "trained")
    sizes = [(path / "model.weights.h5").stat().st_size for path in (trained, folder)]
    assert sizes[0] == sizes[1] < (tmp_path / "all.weights.h5").stat().st_size


def test_every_row_names_an_architecture():
    assert {row.architecture for row in PRESETS.values()} <= set(ARCHITECTURES)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_architecture_is_saved_loaded_and_counted(name, tmp_path, rng):
    small = {"lite": {"filters": 3, "num_blocks": 1}}
    small |= {deep: {"filters": 4, "num_blocks": 1} for deep in ("srresnet", "separable_srresnet")}
    model = ARCHITECTURES[name](scale=2, **small.get(name, {}))
    for weight in model.weights:
        values = rng.normal(0, 0.1, weight.shape)
        weight.assign(np.abs(values) if weight.name == "moving_variance" else values)
    folder = keras_litesr.save_to_preset(model, tmp_path / name)
    config = parsed((folder / "config.json").read_bytes(), folder / "config.json")
    assert parameter_count(config, folder / "config.json") == model.count_params()
    assert_same_network(keras_litesr.load(folder), model, rng)


def test_parameters_are_counted_without_biases_too(tmp_path):
    low_res = keras.Input((None, None, 3), name="low_res")
    stream = keras.layers.Conv2D(6, 3, groups=3, use_bias=False)(low_res)
    stream = keras.layers.DepthwiseConv2D(5, depth_multiplier=2, use_bias=False)(stream)
    stream = keras.layers.SeparableConv2D(12, (1, 3), use_bias=False)(stream)
    stream = keras.layers.BatchNormalization(scale=False)(stream)
    model = keras.Model(low_res, PixelShuffle(2)(stream))
    config = json.dumps(keras.saving.serialize_keras_object(model)).encode()
    expected = 3 * 3 * 1 * 6 + 5 * 5 * 12 + 3 * 12 + 12 * 12 + 3 * 12
    assert parameter_count(parsed(config, tmp_path), tmp_path) == expected == model.count_params()


def test_a_sequential_model_is_saved_as_a_functional_one(tmp_path, rng):
    layers = [keras.Input((None, None, 3)), keras.layers.Conv2D(12, 3, padding="same")]
    model = keras.Sequential([*layers, PixelShuffle(2)])
    with pytest.raises(ValueError, match="received the Sequential"):
        receptive_radius(model)
    loaded = keras_litesr.load(keras_litesr.save_to_preset(model, tmp_path / "mine_x2"))
    assert folders.metadata(tmp_path / "mine_x2")["receptive_radius"] == 1
    assert_same_network(loaded, model, rng)


def test_no_option_is_saved_that_an_older_keras_would_refuse(tmp_path):
    folder = keras_litesr.save_to_preset(
        ARCHITECTURES["srresnet"](scale=2, filters=4, num_blocks=1), tmp_path / "deep"
    )
    text = (folder / "config.json").read_text()
    assert '"BatchNormalization"' in text
    assert "renorm" not in text


def test_signed_preset_loads_and_unsigned_one_can_be_refused(folder, tmp_path):
    generate_key_pair(tmp_path / "own.pem", tmp_path / "own.pub")
    with pytest.raises(SignatureError, match="is not signed"):
        keras_litesr.load(folder, verify="require")
    sign(folder, tmp_path / "own.pem")
    keys = [tmp_path / "own.pub"]
    assert keras_litesr.load(folder, verify="require", trusted_keys=keys)
    keras_litesr.save_to_preset(lite(filters=3, num_blocks=1), tmp_path / "other")
    for name in ("model.weights.h5", "config.json", "SHA256SUMS", "metadata.json"):
        (folder / name).write_bytes((tmp_path / "other" / name).read_bytes())
    assert keras_litesr.load(folder).count_params() < 1000
    with pytest.raises(SignatureError, match="is not the file that was signed"):
        keras_litesr.load(folder, trusted_keys=keys)


def test_enlarging_refuses_a_signature_that_fails(folder, tmp_path, monkeypatch):
    generate_key_pair(tmp_path / "own.pem", tmp_path / "own.pub")
    sign(folder, tmp_path / "own.pem")
    monkeypatch.setattr(signatures, "RELEASE_KEYS", tmp_path)
    assert keras_litesr.Upscaler(folder).scale == 4
    signature = (folder / "model.sig").read_bytes()
    facts = json.loads((folder / "metadata.json").read_text())
    (folder / "metadata.json").write_text(json.dumps({**facts, "date_saved": "1970-01-01"}))
    folders.write_manifest(folder)
    (folder / "model.sig").write_bytes(signature)
    with pytest.raises(SignatureError, match=r"metadata\.json is not the file that was signed"):
        keras_litesr.Upscaler(folder)


def test_a_card_is_written_before_the_manifest(model, tmp_path):
    folder = keras_litesr.save_to_preset(model, tmp_path / "carded", card=CARD)
    assert "# A" in folders.verified(folder, "README.md").read_text()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"hardware": ""}, "does not say hardware"),
        ({"picture": "nowhere.png"}, "There is no picture nowhere.png"),
        ({"picture": __file__}, "Expected a PNG file as picture"),
    ],
)
def test_nothing_is_written_for_a_card_that_is_none(model, tmp_path, wrong, message):
    with pytest.raises(folders.PresetError, match=message):
        keras_litesr.save_to_preset(model, tmp_path / "carded", card={**CARD, **wrong})
    assert not list(tmp_path.iterdir())
