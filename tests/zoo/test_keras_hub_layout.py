"""A preset folder is one of Keras Hub's: field by field, and by its own loader where there is one.

Keras Hub pins other versions than ours. `python -m venv hub && hub/bin/pip install keras-hub
pillow` makes an environment for it; `LITESR_KERAS_HUB=hub/bin/python` names its interpreter.
"""

import json
import os
import subprocess
from datetime import date
from pathlib import Path

import h5py
import pytest

from keras_litesr.zoo import folders

_LOAD = """
import sys

import keras_hub
import keras_litesr.models.layers
import numpy as np
from keras_hub.src.utils.preset_utils import get_preset_loader

loader = get_preset_loader(sys.argv[1])
model = loader.load_backbone(loader.check_backbone_class(), load_weights=True)
np.save(sys.argv[3], model(np.load(sys.argv[2])))
try:
    keras_hub.models.Backbone.from_preset(sys.argv[1])
except ValueError as error:
    print(error)
"""


@pytest.fixture(params=["bicubic_x4", "lite_psnr_x4"])
def folder(request):
    return folders.preset_folder(request.param)


def test_files_have_the_names_of_keras_hub(folder):
    names = {path.name for path in folder.iterdir()}
    assert names >= {"config.json", "metadata.json", "model.weights.h5"}


def test_configuration_is_a_serialised_keras_object(folder):
    config = json.loads((folder / "config.json").read_text())
    assert {"module", "class_name", "config", "registered_name"} <= set(config)
    # By this field Keras Hub knows that a folder is its own, not that of another library.
    assert config["registered_name"] == "Functional"


def test_metadata_have_the_fields_of_keras_hub(folder):
    facts = json.loads((folder / "metadata.json").read_text())
    assert isinstance(facts["keras_version"], str)
    assert isinstance(facts["parameter_count"], int)
    assert date.fromisoformat(facts["date_saved"])


def test_weights_are_a_keras_weight_file(folder):
    parameter_count = json.loads((folder / "metadata.json").read_text())["parameter_count"]
    sizes = {}
    with h5py.File(folder / "model.weights.h5") as file:
        assert "layers" in file
        file.visititems(lambda name, node: sizes.update({name: getattr(node, "size", 0)}))
    trainable = sum(size for name, size in sizes.items() if "bicubic" not in name)
    assert trainable == parameter_count


@pytest.fixture
def keras_hub(monkeypatch):
    """Runs code in the environment of Keras Hub and returns what it printed."""
    interpreter = os.environ.get("LITESR_KERAS_HUB")
    if not interpreter:
        pytest.skip("LITESR_KERAS_HUB does not name an interpreter that has keras-hub")
    monkeypatch.setenv("PYTHONPATH", str(Path(folders.__file__).parents[2]))
    monkeypatch.setenv("HF_HUB_DISABLE_XET", "1")

    def run(code, *arguments):
        command = [interpreter, "-c", code, *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    return run


@pytest.mark.slow
def test_keras_hubs_own_loader_reads_the_folder(keras_hub, tmp_path):
    import numpy as np

    import keras_litesr

    folder = folders.preset_folder("lite_psnr_x4")
    np.save(tmp_path / "low_res.npy", np.linspace(0, 1, 60, dtype=np.float32).reshape(1, 4, 5, 3))
    printed = keras_hub(_LOAD, folder, tmp_path / "low_res.npy", tmp_path / "super_res.npy")
    expected = keras_litesr.load(folder)(np.load(tmp_path / "low_res.npy"))
    np.testing.assert_allclose(np.load(tmp_path / "super_res.npy"), expected, atol=1e-5)
    assert "not a subclass of calling class `Backbone`" in printed


@pytest.mark.slow
def test_keras_hub_uploads_the_folder_but_replaces_the_card(
    keras_hub, hugging_face, publishable, tmp_path, monkeypatch
):
    from keras_litesr.zoo import sharing

    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf_home"))
    upload = "import sys, keras_hub; keras_hub.upload_preset(sys.argv[1], sys.argv[2])"
    keras_hub(upload, "hf://ada/mine_x4", publishable)
    # It writes a card of its own into a folder for a new repository, and removes it afterwards.
    assert not (publishable / "README.md").exists()
    with pytest.raises(folders.PresetError, match=r"README\.md .* is not what its manifest lists"):
        sharing.pull("hf://ada/mine_x4", tmp_path / "pulled")
