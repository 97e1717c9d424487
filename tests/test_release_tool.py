import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from keras_litesr.protection import commitments, keys
from keras_litesr.protection.signing import generate_key_pair
from keras_litesr.zoo import folders
from keras_litesr.zoo.integrity import checked_folder

REPOSITORY = Path(__file__).parents[1]


def copied(name, zoo):
    """A preset without signature and commitment."""
    folder = zoo / name
    shutil.copytree(folders.preset_folder(name), folder)
    facts = folders.metadata(folder)
    facts.pop("commitment", None)
    (folder / "metadata.json").write_text(json.dumps(facts))
    folders.write_manifest(folder)
    return folder


@pytest.fixture
def release(load_tool, tmp_path):
    """Runs the tool on a copy of `bicubic_x4`, with keys that are made for it."""
    module = load_tool("release")
    copied("bicubic_x4", tmp_path / "zoo")
    generate_key_pair(tmp_path / "release.pem", tmp_path / "release.pub")
    keys.generate(tmp_path / "owner.key", name="Ada")
    given = {
        "owner-key": tmp_path / "owner.key",
        "private-key": tmp_path / "release.pem",
        "saved-models": tmp_path / "zoo",
    }

    def run(*names, **changed):
        words = [str(name) for name in names]
        for name, path in (given | {k.replace("_", "-"): v for k, v in changed.items()}).items():
            words += [f"--{name}", str(path)]
        return CliRunner().invoke(module.main, words)

    return run


def test_a_preset_without_weights_is_signed_without_commitment(release, tmp_path):
    result = release()
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("bicubic_x4  signed with the key ")
    folder = tmp_path / "zoo/bicubic_x4"
    trusted = [tmp_path / "release.pub"]
    assert checked_folder(folder, verify="require", trusted_keys=trusted).signer is not None
    assert commitments.read(folder) is None
    manifest = (folder / "SHA256SUMS").read_bytes()
    assert release("bicubic_x4").exit_code == 0
    assert (folder / "SHA256SUMS").read_bytes() == manifest


def test_a_marked_preset_gets_the_commitment_in_metadata_and_card(release, tmp_path, monkeypatch):
    from keras_litesr.protection.watermark import mark
    from keras_litesr.zoo import registry, saving

    folder, key = copied("lite_tiny_x4", tmp_path / "zoo"), keys.read(tmp_path / "owner.key")
    facts, results = folders.metadata(folder), (folder / "results.json").read_bytes()
    shutil.rmtree(folder)
    model = mark(registry.load("lite_tiny_x4"), key)
    saving.save_to_preset(model, folder, training=facts["training"])
    (folder / "results.json").write_bytes(results)
    folders.write_manifest(folder)
    # From within the folder of folders, the preset's folder is called as the zoo's model is.
    monkeypatch.chdir(folder.parent)
    result = release("lite_tiny_x4", saved_models=".")
    assert result.exit_code == 0, result.output
    assert commitments.read(folder) == key.commitment
    assert key.commitment in (folder / "README.md").read_text()
    trusted = [tmp_path / "release.pub"]
    assert checked_folder(folder, verify="require", trusted_keys=trusted).signer is not None


def test_weights_without_the_owners_mark_are_refused(release, tmp_path):
    folder = copied("lite_tiny_x4", tmp_path / "zoo")
    result = release("lite_tiny_x4")
    assert result.exit_code == 2
    assert "Expected Ada's mark" in result.stderr
    assert not (folder / "model.sig").exists()


def test_a_key_that_the_package_does_not_have_is_said(release):
    assert "put its public key into keras_litesr/zoo/keys/" in release().stderr


@pytest.mark.parametrize("option", ["private_key", "owner_key"])
def test_keys_inside_of_the_repository_are_refused(release, option):
    result = release(**{option: REPOSITORY / "setup.cfg"})
    assert result.exit_code == 2
    assert "lies in the repository" in result.stderr


def test_an_owner_key_that_others_may_read_is_one_line(release, tmp_path):
    (tmp_path / "owner.key").chmod(0o644)
    result = release()
    assert result.exit_code == 2
    assert result.stderr.startswith("release.py: ")
    assert str(tmp_path / "owner.key") in result.stderr
    assert not (tmp_path / "zoo/bicubic_x4/model.sig").exists()


def test_a_folder_without_presets_is_refused(release, tmp_path):
    (tmp_path / "empty").mkdir()
    result = release(saved_models=tmp_path / "empty")
    assert result.exit_code == 2
    assert f"There is no preset in {tmp_path / 'empty'}" in result.stderr


def test_another_owners_commitment_is_not_replaced(release, tmp_path):
    commitments.write(tmp_path / "zoo/bicubic_x4", keys.generate(tmp_path / "b.key", name="Bob"))
    result = release()
    assert result.exit_code == 2
    assert "of another owner key than Ada's" in result.stderr


def test_a_mark_whose_key_is_lost_is_signed_unread(release, tmp_path):
    folder = tmp_path / "zoo/bicubic_x4"
    commitments.write(folder, keys.generate(tmp_path / "b.key", name="Bob"))
    facts = folders.metadata(folder)
    facts["commitment"]["key_lost"] = True
    (folder / "metadata.json").write_text(json.dumps(facts))
    folders.write_manifest(folder)
    result = release()
    assert result.exit_code == 0, result.output
    assert "bears a mark whose key is lost" in result.stderr
    assert (folder / "model.sig").exists()


def test_nothing_is_signed_when_one_of_the_presets_is_refused(release, tmp_path):
    copied("lite_tiny_x4", tmp_path / "zoo")
    assert release().exit_code == 2
    assert not list((tmp_path / "zoo").glob("*/model.sig"))


def test_an_unknown_preset_is_refused_before_anything_is_signed(release, tmp_path):
    result = release("bicubic_x4", "nonsense")
    assert result.exit_code == 2
    assert "There is no preset nonsense" in result.stderr
    assert not (tmp_path / "zoo/bicubic_x4/model.sig").exists()
