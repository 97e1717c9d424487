"""Kaggle's real client against a local server."""

import json
import shutil

import pytest
from hub_server import TOKEN, Fault, Repository

from keras_litesr.zoo import folders, sharing
from keras_litesr.zoo.folders import PresetError

NAME = "ada/litesr/keras/mine_x4"
URI = f"kaggle://{NAME}"
STORED = r"/stored/.*/model\.weights\.h5"


def files_of(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def pushed(kaggle, publishable):
    """Puts the folder on the hub without the client."""
    repository = kaggle.repositories[NAME] = Repository()
    repository.add(files_of(publishable))
    return repository


def test_what_is_pushed_is_pulled_bit_for_bit_with_its_version(
    kaggle, publishable, tmp_path, capsys
):
    assert sharing.upload_preset(URI, publishable) == URI
    pulled = sharing.pull(URI, tmp_path / "pulled")
    assert files_of(pulled.folder) == files_of(publishable)
    record = json.loads((tmp_path / "pulled.source.json").read_text())
    assert (record["pinned"], record["revision"]) == (f"{URI}/1", "1")
    assert capsys.readouterr().out == ""


def test_the_licence_is_named_and_what_belongs_to_git_stays(kaggle, publishable):
    (publishable / ".git").mkdir()
    (publishable / ".git" / "config").write_text("")
    (publishable / ".gitattributes").write_text("")
    sharing.upload_preset(URI, publishable)
    (files,) = kaggle.repositories[NAME].snapshots.values()
    assert set(files) == {*folders.manifest(publishable), folders.MANIFEST, folders.SIGNATURE}
    assert kaggle.licences == ["Apache 2.0"]


def test_a_second_push_makes_a_second_version(kaggle, publishable, tmp_path):
    sharing.upload_preset(URI, publishable)
    first = files_of(publishable)
    (publishable / "results.json").write_text((publishable / "results.json").read_text() + " ")
    folders.write_manifest(publishable)
    sharing.upload_preset(URI, publishable)
    assert files_of(sharing.pull(URI, tmp_path / "new").folder) == files_of(publishable) != first
    assert files_of(sharing.pull(f"{URI}/1", tmp_path / "old").folder) == first


def test_a_connection_that_breaks_within_a_file_goes_on_where_it_stopped(
    kaggle, pushed, tmp_path, publishable, monkeypatch
):
    # The client keeps what came in pieces of this size; no preset file is as large as its own.
    monkeypatch.setattr("kagglehub.clients.CHUNK_SIZE", 250)
    kaggle.faults = [Fault(STORED, after_bytes=1000)]
    pulled = sharing.pull(URI, tmp_path / "pulled")
    asked = kaggle.asked_for("model.weights.h5")
    assert [each.range for each in asked] == [None, None, "bytes=1000-"]
    assert files_of(pulled.folder) == files_of(publishable)


def test_an_interrupted_pull_leaves_nothing_and_the_next_gets_only_the_rest(
    kaggle, pushed, tmp_path
):
    kaggle.faults = [Fault(STORED, status=500)]
    with pytest.raises(PresetError, match="answered 500"):
        sharing.pull(URI, tmp_path / "new" / "pulled")
    assert list((tmp_path / "new").iterdir()) == []
    assert len(kaggle.asked_for("README.md")) == 1
    sharing.pull(URI, tmp_path / "new" / "pulled")
    assert len(kaggle.asked_for("README.md")) == 1


def test_a_wrong_file_is_refused_with_both_hashes(pushed, tmp_path):
    (files,) = pushed.snapshots.values()
    files["model.weights.h5"] = b"something else"
    with pytest.raises(PresetError, match=r"expected SHA-256 [0-9a-f]{64}, received [0-9a-f]{64}"):
        sharing.pull(URI, tmp_path / "pulled")
    assert not (tmp_path / "pulled").exists()


def test_names_that_could_leave_the_folder_are_refused_and_not_asked_for(kaggle, pushed, tmp_path):
    (files,) = pushed.snapshots.values()
    files["SHA256SUMS"] += f"{'0' * 64}  ../../evil\n".encode()
    with pytest.raises(PresetError, match="leads out of the folder"):
        sharing.pull(URI, tmp_path / "pulled")
    assert not list(tmp_path.glob("**/evil"))
    assert [each.path.rpartition("/")[2] for each in kaggle.asked_for("/stored/")] == ["SHA256SUMS"]


def test_missing_models_and_versions_are_named(pushed, tmp_path):
    with pytest.raises(PresetError, match=r"at kaggle://ada/none/keras/x, Kaggle shows none"):
        sharing.pull("kaggle://ada/none/keras/x", tmp_path / "pulled")
    with pytest.raises(PresetError, match=r"mine_x4/7, Kaggle shows none \(404\)"):
        sharing.pull(f"{URI}/7", tmp_path / "pulled")


def test_a_wrong_token_is_told_how_to_log_in_and_never_shown(
    kaggle, publishable, monkeypatch, capfd
):
    monkeypatch.setenv("KAGGLE_API_TOKEN", "kaggle_wrong")
    with pytest.raises(PresetError, match=r"\(401\).*set KAGGLE_API_TOKEN") as caught:
        sharing.upload_preset(URI, publishable)
    said = "".join([str(caught.value), *capfd.readouterr()])
    assert "kaggle_wrong" not in said
    assert TOKEN not in said


def test_a_hub_that_asks_to_wait_is_asked_again(kaggle, publishable, tmp_path):
    wait = {"Retry-After": "0"}
    kaggle.faults = [
        Fault("/StartBlobUpload", status=429, headers=wait),
        Fault("/GetModelInstance", status=429, headers=wait),
        Fault(STORED, status=429, headers=wait),
    ]
    sharing.upload_preset(URI, publishable)
    sharing.pull(URI, tmp_path / "pulled")
    assert [fault.times for fault in kaggle.faults] == [0, 0, 0]
    kaggle.faults = [Fault("/GetModelInstance", status=429, headers={"Retry-After": "3600"})]
    with pytest.raises(PresetError, match="asks to wait 3600 s"):
        sharing.pull(URI, tmp_path / "again")


def test_without_network_the_cache_serves_what_it_has(pushed, kaggle, tmp_path, publishable):
    sharing.pull(URI, tmp_path / "first")
    kaggle.__exit__()
    pulled = sharing.pull(URI, tmp_path / "second")
    assert pulled.from_cache
    assert pulled.address.revision == "1"
    assert files_of(pulled.folder) == files_of(publishable)
    shutil.rmtree(tmp_path / "kaggle_cache")
    with pytest.raises(PresetError, match=r"Cannot reach Kaggle.*does not hold kaggle://ada"):
        sharing.pull(URI, tmp_path / "third")


def test_an_address_stands_for_its_folder(pushed, publishable):
    assert files_of(folders.preset_folder(URI)) == files_of(publishable)
