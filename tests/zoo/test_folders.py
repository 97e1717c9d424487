import hashlib
import json
from pathlib import Path

import pytest

from keras_litesr.zoo import folders, integrity

FACTS = {
    "name": "a_x4",
    "scale": 4,
    "parameter_count": 9,
    "receptive_radius": 2,
    "date_saved": "2024-02-29",
}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "weights").write_bytes(b"abc")
    (tmp_path / "metadata.json").write_text(json.dumps(FACTS))
    folders.write_manifest(tmp_path)
    return tmp_path


def test_manifest_is_what_sha256sum_prints(folder):
    digest = hashlib.sha256(b"abc").hexdigest()
    assert f"{digest}  weights\n" in (folder / "SHA256SUMS").read_text()
    assert folders.manifest(folder)["weights"] == digest


def test_manifest_of_binary_mode_is_read_too(folder):
    digest = hashlib.sha256(b"abc").hexdigest()
    (folder / "SHA256SUMS").write_text(f"{digest} *weights\n\n")
    assert folders.manifest(folder) == {"weights": digest}


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


@pytest.mark.parametrize("content", ["no hash at all\n", f"{'0' * 64}\n", f"{'0' * 63}  x\n"])
def test_damaged_manifest_is_refused(folder, content):
    (folder / "SHA256SUMS").write_text(content)
    with pytest.raises(folders.PresetError, match="not a list of SHA-256"):
        folders.manifest(folder)


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "a/b", "..", "C:x", "a\\b", "a\x1bb"])
def test_manifest_that_leads_out_of_the_folder_is_refused(folder, name):
    (folder / "SHA256SUMS").write_text(f"{'0' * 64}  {name}\n")
    with pytest.raises(folders.PresetError, match="leads out of the folder"):
        folders.manifest(folder)


def test_manifest_that_lists_a_file_twice_is_refused(folder):
    with (folder / "SHA256SUMS").open("a") as file:
        file.write(f"{'0' * 64}  weights\n")
    with pytest.raises(folders.PresetError, match="listed twice"):
        folders.manifest(folder)


def test_links_are_not_followed(folder, tmp_path_factory):
    other = tmp_path_factory.mktemp("other") / "weights"
    other.write_bytes(b"abc")
    (folder / "weights").unlink()
    (folder / "weights").symlink_to(other)
    with pytest.raises(folders.PresetError, match="weights is a symbolic link"):
        folders.verified(folder, "weights")
    with pytest.raises(folders.PresetError, match="weights is a link or a folder"):
        folders.write_manifest(folder)


def test_texts_of_absurd_size_are_not_read(folder):
    with (folder / "metadata.json").open("ab") as file:
        file.truncate(5 * 2**20)
    with pytest.raises(folders.PresetError, match="larger than 4 MiB"):
        folders.metadata(folder)


def test_a_new_manifest_ends_an_old_signature(folder):
    (folder / "model.sig").write_text("{}")
    folders.write_manifest(folder)
    assert (folder / "model.sig").exists()
    assert "model.sig" not in folders.manifest(folder)
    (folder / "weights").write_bytes(b"abd")
    folders.write_manifest(folder)
    assert not (folder / "model.sig").exists()


def test_files_of_git_are_no_part_of_a_preset(folder):
    (folder / ".git").mkdir()
    (folder / ".gitattributes").touch()
    folders.write_manifest(folder)
    assert set(folders.manifest(folder)) == {"config.json", "metadata.json", "weights"}


def test_a_file_of_git_that_a_manifest_lists_is_checked_as_every_other(folder):
    (folder / "model.weights.h5").touch()
    folders.write_manifest(folder)
    (folder / ".gitattributes").touch()
    with (folder / "SHA256SUMS").open("a") as sums:
        sums.write(f"{hashlib.sha256(b'').hexdigest()}  .gitattributes\n")
    files = integrity.listed_folder(folder)
    files.require_unaltered()
    (folder / ".gitattributes").write_text("*.h5 filter=lfs\n")
    with pytest.raises(folders.PresetError, match="not the file that was released"):
        files.require_unaltered()


def test_metadata_are_read(folder):
    assert folders.metadata(folder) == FACTS


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("name", "../../x"),
        ("name", 7),
        ("scale", 0),
        ("scale", "4"),
        ("scale", True),
        ("scale", 10**9),
        ("receptive_radius", -1),
        ("receptive_radius", 10**9),
        ("parameter_count", 1.5),
        ("date_saved", None),
    ],
)
def test_metadata_that_no_model_has_are_refused(folder, name, value):
    (folder / "metadata.json").write_text(json.dumps({**FACTS, name: value}))
    folders.write_manifest(folder)
    with pytest.raises(folders.PresetError, match=f"says that {name} is"):
        folders.metadata(folder)


@pytest.mark.parametrize("content", ["[1]", "{", "\udcff", "[" * 100_000])
def test_results_that_are_no_object_are_refused(folder, content):
    (folder / "results.json").write_text(content, errors="surrogateescape")
    folders.write_manifest(folder)
    with pytest.raises(folders.PresetError, match="is no JSON object"):
        folders.results(folder)


def test_unknown_name_gets_the_nearest_ones():
    with pytest.raises(folders.PresetError, match="Did you mean bicubic_x4"):
        folders.preset_folder("bicubc_x4")
    with pytest.raises(folders.PresetError, match="The zoo has bicubic_x4"):
        folders.preset_folder("zzzzzzzz")


def test_a_path_is_a_folder_even_when_it_is_called_as_a_model_of_the_zoo(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(folders.PresetError, match=r"no folder bicubic_x4.*give a str"):
        folders.preset_folder(Path("bicubic_x4"))
    Path("bicubic_x4").mkdir()
    Path("bicubic_x4/config.json").write_text("{}")
    assert folders.preset_folder(Path("bicubic_x4")) == Path("bicubic_x4")
    assert folders.preset_folder("bicubic_x4").is_absolute()


def test_folder_without_a_configuration_is_refused(tmp_path):
    with pytest.raises(folders.PresetError, match=r"holds no config\.json.*save_to_preset"):
        folders.preset_folder(tmp_path)
    (tmp_path / "best.weights.h5").touch()
    with pytest.raises(folders.PresetError, match=r"share save .*best\.weights\.h5 --architecture"):
        folders.preset_folder(tmp_path)


@pytest.mark.parametrize(
    "secret",
    [
        "-----BEGIN PRIVATE KEY-----\nMIG\n",
        "-----BEGIN OPENSSH PRIVATE KEY-----\nb3B\n",
        '{"name": "Ada",\n "format": "keras_litesr owner key 1", "secret": "00"}',
    ],
)
def test_a_secret_key_is_never_listed(folder, secret):
    (folder / "notes.txt").write_text(secret)
    before = (folder / "SHA256SUMS").read_bytes()
    with pytest.raises(folders.PresetError, match=r"notes\.txt is a secret key"):
        folders.write_manifest(folder)
    assert (folder / "SHA256SUMS").read_bytes() == before
