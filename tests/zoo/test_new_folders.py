"""Where a preset folder may be made, and what it may replace."""

import pytest

from keras_litesr.zoo import folders
from keras_litesr.zoo.folders import PresetError
from keras_litesr.zoo.new_folders import require_free


@pytest.fixture
def preset(tmp_path):
    folder = tmp_path / "mine_x4"
    folder.mkdir()
    for name in (folders.CONFIG, folders.METADATA):
        (folder / name).write_text("{}")
    folders.write_manifest(folder)
    return folder


def test_an_earlier_preset_is_replaced_when_told(preset):
    with pytest.raises(PresetError, match="add --overwrite"):
        require_free(preset, overwrite=False)
    (preset / "model.sig").write_text("{}")
    require_free(preset, overwrite=True)


@pytest.mark.parametrize("name", [".git/HEAD", "src/a.py", "notes.txt"])
def test_what_is_not_the_presets_is_never_lost(preset, name):
    (preset / name).parent.mkdir(exist_ok=True)
    (preset / name).write_text("mine")
    kept = name.split("/")[0]
    with pytest.raises(PresetError, match=rf"holds {kept}, which is not the preset's"):
        require_free(preset, overwrite=True)
    assert (preset / name).read_text() == "mine"


@pytest.mark.parametrize("name", [folders.METADATA, "SHA256SUMS"])
def test_a_project_with_a_config_is_no_preset(preset, name):
    (preset / name).unlink()
    with pytest.raises(PresetError, match="Expected a preset folder to replace"):
        require_free(preset, overwrite=True)


def test_no_folder_is_made_inside_of_a_preset_folder(preset):
    with pytest.raises(PresetError, match="inside of the preset folder"):
        require_free(preset / "small", overwrite=False)
    require_free(preset.parent / "small", overwrite=False)
