import hashlib

import pytest

from keras_litesr.zoo import folders


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "weights").write_bytes(b"abc")
    folders.write_manifest(tmp_path)
    return tmp_path


def test_manifest_is_what_sha256sum_prints(folder):
    digest = hashlib.sha256(b"abc").hexdigest()
    assert f"{digest}  weights\n" in (folder / "SHA256SUMS").read_text()
    assert folders.manifest(folder)["weights"] == digest


def test_untouched_file_passes(folder):
    assert folders.verified(folder, "weights").read_bytes() == b"abc"


def test_altered_file_is_refused_with_both_hashes(folder):
    (folder / "weights").write_bytes(b"abd")
    before, after = (hashlib.sha256(content).hexdigest() for content in (b"abc", b"abd"))
    with pytest.raises(folders.PresetError, match=f"expected SHA-256 {before}.*{after}"):
        folders.verified(folder, "weights")


def test_missing_unlisted_and_unchecked_files_are_refused(folder):
    (folder / "weights").unlink()
    with pytest.raises(folders.PresetError, match="is missing"):
        folders.verified(folder, "weights")
    (folder / "new").write_text("")
    with pytest.raises(folders.PresetError, match="does not list new"):
        folders.verified(folder, "new")
    (folder / "SHA256SUMS").unlink()
    with pytest.raises(folders.PresetError, match="SHA256SUMS is missing"):
        folders.verified(folder, "config.json")


def test_damaged_manifest_is_refused(folder):
    (folder / "SHA256SUMS").write_text("no hash at all\n")
    with pytest.raises(folders.PresetError, match="not a list of SHA-256"):
        folders.manifest(folder)


def test_unknown_name_gets_the_nearest_ones():
    with pytest.raises(folders.PresetError, match="Did you mean bicubic_x4"):
        folders.preset_folder("bicubc_x4")
    with pytest.raises(folders.PresetError, match="The zoo has bicubic_x4"):
        folders.preset_folder("zzzzzzzz")


def test_folder_without_a_configuration_is_refused(tmp_path):
    with pytest.raises(folders.PresetError, match=r"holds no config\.json"):
        folders.preset_folder(tmp_path)
