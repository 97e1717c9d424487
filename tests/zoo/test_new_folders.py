"""Where a preset folder may be made, and what it may replace."""

import os
from functools import partial

import pytest

from keras_litesr.zoo import folders
from keras_litesr.zoo.folders import PresetError
from keras_litesr.zoo.new_folders import appearing, require_free


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


def test_a_link_is_no_place_for_a_folder(preset, tmp_path):
    (tmp_path / "link_x4").symlink_to(preset)
    with pytest.raises(PresetError, match="which is a symbolic link"):
        require_free(tmp_path / "link_x4", overwrite=True)


def test_what_appears_meanwhile_is_kept(tmp_path):
    target = tmp_path / "mine_x4"
    check = partial(require_free, overwrite=False)
    with pytest.raises(PresetError, match="exists"), appearing(target, check=check):
        target.mkdir()
        (target / "diary.txt").write_text("mine")
    assert [path.name for path in tmp_path.rglob("*")] == ["mine_x4", "diary.txt"]


@pytest.mark.parametrize("kind", ["file", "link"])
def test_nothing_is_left_beside_the_new_folder(preset, tmp_path, kind):
    target = tmp_path / "new_x4"
    target.write_text("old") if kind == "file" else target.symlink_to(preset)
    with appearing(target) as folder:
        (folder / "a").touch()
    assert {path.name for path in tmp_path.iterdir()} == {"mine_x4", "new_x4"}
    assert [path.name for path in target.iterdir()] == ["a"]
    assert (preset / folders.CONFIG).exists()


def test_the_old_folder_is_back_when_the_new_one_cannot_take_its_place(preset, monkeypatch):
    replace = os.replace

    def full(source, target):
        if target == preset and not str(source).endswith(".old"):
            raise OSError("disk full")
        replace(source, target)

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="disk full"), appearing(preset):
        pass
    assert [path.name for path in preset.parent.iterdir()] == ["mine_x4"]
    assert (preset / folders.CONFIG).exists()
