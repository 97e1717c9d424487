"""What `load` must refuse, each built here; nothing in any of these files may run."""

import io
import json
import marshal
import os
import pickle
import shutil
import zipfile

import h5py
import numpy as np
import pytest

import keras_litesr
from keras_litesr.models.lite import lite
from keras_litesr.zoo import folders
from keras_litesr.zoo.folders import PresetError


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    return keras_litesr.save_to_preset(
        lite(filters=3, num_blocks=1), tmp_path_factory.mktemp("presets") / "honest_x4"
    )


@pytest.fixture
def folder(saved, tmp_path):
    folder = tmp_path / "preset"
    shutil.copytree(saved, folder)
    return folder


class Bomb:
    """Leaves a file behind where it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def refused(folder, message, **options):
    with pytest.raises(PresetError, match=message):
        keras_litesr.load(folder, **options)


def replace(folder, name, content):
    """Replaces a file and lists it, so that only what it holds can be refused."""
    (folder / name).write_bytes(content)
    folders.write_manifest(folder)


def change_config(folder, change):
    path = folder / "config.json"
    config = json.loads(path.read_text())
    change(config["config"]["layers"])
    path.write_text(json.dumps(config))
    folders.write_manifest(folder)


def named(layers, name):
    return next(layer for layer in layers if layer["name"] == name)


def test_the_honest_preset_loads(folder):
    assert keras_litesr.load(folder).output_shape == (None, None, None, 3)


def code_of_lambda(marker):
    function = eval(f"lambda x: __import__('os').mkdir({str(marker)!r}) or x")
    return marshal.dumps(function.__code__).hex()


def test_lambda_is_refused_and_does_not_run(folder, tmp_path):
    code = {"class_name": "__lambda__", "config": {"code": code_of_lambda(tmp_path / "ran")}}

    def put(layers):
        config = {"name": "evil", "function": code}
        layers[1].update(module="keras.layers", class_name="Lambda", config=config)

    change_config(folder, put)
    refused(folder, r"names the class keras\.layers\.Lambda")
    refused(folder, r"names the class keras\.layers\.Lambda", verify="off")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "forged",
    [
        {"module": "os", "class_name": "system"},
        {"module": "os", "class_name": "Conv2D"},
        {"module": "builtins", "class_name": "eval"},
        {"module": "keras.layers", "class_name": "TorchModuleWrapper"},
        {"module": "keras.layers", "class_name": "TFSMLayer"},
        {"module": "keras.layers", "class_name": "Conv2D", "registered_name": "other>Conv2D"},
    ],
)
def test_classes_that_the_zoo_does_not_know_are_refused(folder, forged):
    change_config(folder, lambda layers: layers[1].update(forged))
    refused(folder, "names the class")


@pytest.mark.parametrize("forged", [{"class_name": ["Conv2D"]}, {"module": ["keras.layers"]}])
def test_a_class_that_is_not_named_by_text_is_refused(folder, forged):
    change_config(folder, lambda layers: layers[1].update(forged))
    refused(folder, r"does not describe a model: .*unhashable type")


def test_forged_class_is_found_however_deep_it_hides(folder):
    forged = {"module": "builtins", "class_name": "eval", "config": {}}
    change_config(folder, lambda layers: layers[1]["config"].update(name=[{"x": forged}]))
    refused(folder, r"builtins\.eval")


@pytest.mark.parametrize("name", ["config.json", "model.weights.h5"])
def test_pickle_is_refused_and_does_not_run(folder, tmp_path, name):
    replace(folder, name, pickle.dumps(Bomb(tmp_path / "ran")))
    refused(folder, "does not describe a model|is not a weight file")
    assert not (tmp_path / "ran").exists()


def keras_archive(tmp_path):
    """A `.keras` file with a Lambda, a pickle and a member that leads out of the folder."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        code = {"class_name": "__lambda__", "config": {"code": code_of_lambda(tmp_path / "ran")}}
        layer = {"module": "keras.layers", "class_name": "Lambda", "config": {"function": code}}
        archive.writestr("config.json", json.dumps(layer))
        archive.writestr("model.weights.h5", pickle.dumps(Bomb(tmp_path / "ran")))
        archive.writestr("../escaped", "x")
    return stream.getvalue()


def test_keras_archive_is_no_preset(tmp_path):
    (tmp_path / "model.keras").write_bytes(keras_archive(tmp_path))
    refused(tmp_path / "model.keras", "There is no model named")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("name", ["config.json", "model.weights.h5"])
def test_keras_archive_inside_of_a_preset_is_refused(folder, tmp_path, name):
    replace(folder, name, keras_archive(tmp_path))
    refused(folder, "does not describe a model|is not a weight file")
    assert not (tmp_path / "ran").exists()
    assert not (tmp_path / "escaped").exists()


def test_external_and_soft_links_in_h5_are_refused(folder, tmp_path):
    with h5py.File(tmp_path / "secret.h5", "w") as other:
        other["x"] = np.zeros(48, np.float32)
    for link in (h5py.ExternalLink(str(tmp_path / "secret.h5"), "/x"), h5py.SoftLink("/vars")):
        with h5py.File(folder / "model.weights.h5", "a") as file:
            group = file["layers/separable_conv2d_1/vars"]
            del group["2"]
            group["2"] = link
        folders.write_manifest(folder)
        refused(folder, "links where arrays should be|unknown structures")


def test_tensor_larger_than_the_configuration_says_is_refused(folder, tmp_path):
    other = keras_litesr.save_to_preset(lite(filters=6, num_blocks=1), tmp_path / "other")
    replace(folder, "model.weights.h5", (other / "model.weights.h5").read_bytes())
    refused(folder, r"model of 375 numbers, model\.weights\.h5 holds [\d,]+")


def test_configuration_larger_than_the_weights_is_refused_before_it_is_built(folder):
    wide = {"depth_multiplier": 10**6}
    change_config(folder, lambda layers: named(layers, "block0_expand")["config"].update(wide))
    # 3x3 depthwise and 6 pointwise weights for each of 3 million channels, where 3 were.
    expected = 375 + (3 * 10**6 - 3) * (9 + 6)
    refused(folder, f"model of {expected:,} numbers, .* holds 375")


@pytest.mark.parametrize(
    ("layer", "options", "message"),
    [
        ("shallow", {"filters": 10**9}, "whole number of 1 to 1048576 as filters"),
        ("shallow", {"filters": 10**30}, "it has a number beyond 2,147,483,648"),
        ("shallow", {"filters": 10**400}, "it has a number beyond 2,147,483,648"),
        ("shallow", {"filters": -1}, "as filters, received -1"),
        ("shallow", {"filters": "many"}, "as filters, received many"),
        ("shallow", {"filters": True}, "as filters, received True"),
        ("shallow", {"kernel_size": [10**5, 10**5]}, "whole number of 1 to 64"),
        ("shallow", {"kernel_size": 3}, "kernel is not height and width"),
        ("shallow", {"dtype": "complex128"}, "expected float32"),
        ("shallow", {"activation": "os.system"}, "activation is unknown"),
        ("shallow", {"bias_regularizer": "l2"}, "it has a bias_regularizer"),
        ("high_res", {"scale": 10**6}, "whole number of 1 to 16 as scale"),
        ("bicubic", {"scale": 0}, "whole number of 1 to 16 as scale"),
        ("low_res", {"batch_shape": [None, 10**6, 10**6, 3]}, "expected RGB of any size"),
        ("low_res", {"batch_shape": [None, None, None, 10**6]}, "expected RGB of any size"),
    ],
)
def test_absurd_options_are_refused(folder, layer, options, message):
    change_config(folder, lambda layers: named(layers, layer)["config"].update(options))
    refused(folder, message)


def test_layers_that_are_called_with_options_are_refused(folder):
    def put(layers):
        named(layers, "shallow")["inbound_nodes"][0]["kwargs"] = {"training": True}

    change_config(folder, put)
    refused(folder, "layer 'shallow': it is called with options")


def test_shapes_to_build_from_are_not_believed(folder):
    """Keras would make the arrays of a layer for the shape that `build_config` names."""
    shape = {"input_shape": [None, None, None, 10**7]}
    change_config(folder, lambda layers: named(layers, "shallow").update(build_config=shape))
    assert keras_litesr.load(folder).count_params() > 0


def test_too_many_layers_are_refused(folder):
    def multiply(layers):
        activation = named(layers, "block0_activation")
        layers.extend({**activation, "name": f"copy{index}"} for index in range(1000))

    change_config(folder, multiply)
    refused(folder, r"it has 10\d\d layers")


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 200_000,
        b"NaN",
        b'{"x": 1e999}',
        b"\xff\xfe",
        b"7" * 6000,
        b'["not", "a model"]',
        b"{}",
    ],
)
def test_text_that_is_no_configuration_is_refused(folder, content):
    replace(folder, "config.json", content)
    refused(folder, "does not describe a")


def test_configuration_of_absurd_size_is_not_parsed(folder):
    replace(folder, "config.json", b" " * (4 * 2**20 + 1))
    refused(folder, "larger than 4 MiB")


def test_symbolic_links_are_refused(folder, saved, tmp_path):
    shutil.copy(folder / "model.weights.h5", tmp_path / "weights")
    (folder / "model.weights.h5").unlink()
    (folder / "model.weights.h5").symlink_to(tmp_path / "weights")
    refused(folder, r"model\.weights\.h5 is a symbolic link")
    refused(folder, r"model\.weights\.h5 is a symbolic link", verify="off")
    (folder / "model.weights.h5").unlink()
    shutil.copy(tmp_path / "weights", folder / "model.weights.h5")
    (folder / "notes.txt").symlink_to("/etc/passwd")
    refused(folder, r"notes\.txt is a symbolic link")


@pytest.mark.parametrize("name", ["../outside", "/etc/passwd", "sub/file"])
def test_manifest_that_leads_out_of_the_folder_is_refused(folder, tmp_path, name):
    (tmp_path / "outside").write_text("x")
    with (folder / "SHA256SUMS").open("a") as file:
        file.write(f"{folders.sha256(tmp_path / 'outside')}  {name}\n")
    refused(folder, "leads out of the folder")


def test_metadata_that_lead_out_of_the_folder_are_refused(folder):
    facts = folders.metadata(folder)
    replace(folder, "metadata.json", json.dumps({**facts, "name": "../../x"}).encode())
    with pytest.raises(PresetError, match="says that name is"):
        keras_litesr.Upscaler(folder)


def test_files_and_folders_that_nobody_listed_are_refused(folder):
    (folder / "run_me.py").write_text("print()")
    refused(folder, r"run_me\.py is not listed in SHA256SUMS")
    with pytest.raises(PresetError, match=r"run_me\.py is not listed"):
        keras_litesr.Upscaler(folder)
    assert keras_litesr.load(folder, verify="off")
    (folder / "run_me.py").unlink()
    (folder / "assets").mkdir()
    refused(folder, "assets is no file")
    (folder / "assets").rmdir()
    os.mkfifo(folder / "pipe")
    refused(folder, "pipe is no file")


def test_listed_file_that_is_missing_is_refused(folder):
    (folder / "metadata.json").unlink()
    refused(folder, r"metadata\.json is missing although the manifest lists it")


@pytest.mark.parametrize("name", ["config.json", "model.weights.h5"])
def test_wrong_hash_is_refused_before_the_file_is_opened(folder, name):
    with (folder / name).open("ab") as file:
        file.write(b"x")
    refused(folder, f"{name} is not the file that was released: expected SHA-256 .* received")


@pytest.mark.parametrize("name", ["config.json", "model.weights.h5"])
def test_manifest_without_what_is_loaded_is_refused(folder, name):
    lines = (folder / "SHA256SUMS").read_text().splitlines(keepends=True)
    (folder / "SHA256SUMS").write_text("".join(line for line in lines if name not in line))
    refused(folder, f"SHA256SUMS does not list {name}")


def test_folder_without_a_manifest_is_refused_unless_nothing_is_to_be_checked(folder):
    (folder / "SHA256SUMS").unlink()
    refused(folder, "SHA256SUMS is missing")
    assert keras_litesr.load(folder, verify="off")
