"""The Hugging Face Hub's real client against a local server."""

import hashlib
import json
import os
import time

import pytest
from hub_server import TOKEN, Fault, Repository
from huggingface_hub import close_session, constants

from keras_litesr.zoo import folders, hubs, manifests, sharing, signatures
from keras_litesr.zoo.folders import PresetError

URI = "hf://ada/mine_x4"
# The client's own way to upload large files is one that its transport wants to give up.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=<...>':DeprecationWarning")


def files_of(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def pushed(hugging_face, publishable):
    """Puts the folder on the hub without the client."""
    repository = hugging_face.repositories["ada/mine_x4"] = Repository()
    repository.add(files_of(publishable))
    return repository


def relisted(repository, **changes):
    """Adds a snapshot with other files whose manifest lists them truly, without a signature."""
    files = dict(repository.snapshots[repository.refs["main"]])
    files.update({name.replace("__", "."): data for name, data in changes.items()})
    for name in ("SHA256SUMS", "model.sig"):
        files.pop(name, None)
    lines = [f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in files.items()]
    files["SHA256SUMS"] = "".join(lines).encode()
    repository.add(files)
    return files


def test_what_is_pushed_is_pulled_bit_for_bit_with_its_commit(hugging_face, publishable, tmp_path):
    address = sharing.upload_preset(URI, publishable)
    commit = hugging_face.repositories["ada/mine_x4"].refs["main"]
    assert address == f"{URI}@{commit}"
    pulled = sharing.pull(URI, tmp_path / "pulled")
    assert files_of(pulled.folder) == files_of(publishable)
    assert not pulled.from_cache
    record = json.loads((tmp_path / "pulled.source.json").read_text())
    assert record["source"] == URI
    assert record["pinned"] == str(pulled.address) == address
    assert record["revision"] == commit
    assert record["manifest_sha256"] == folders.sha256(publishable / "SHA256SUMS")


def test_large_files_go_by_lfs_and_small_ones_in_the_commit(hugging_face, publishable):
    sharing.upload_preset(URI, publishable)
    large = [path for path in publishable.iterdir() if path.suffix in (".h5", ".tflite")]
    assert len(hugging_face.asked_for("/blobs/", method="PUT")) == len(large) == 4
    assert len(hugging_face.asked_for("/commit/main", method="POST")) == 1


def test_the_hubs_own_files_are_left_there(hugging_face, publishable, tmp_path):
    sharing.upload_preset(URI, publishable)
    repository = hugging_face.repositories["ada/mine_x4"]
    assert ".gitattributes" in repository.snapshots[repository.refs["main"]]
    assert not (sharing.pull(URI, tmp_path / "pulled").folder / ".gitattributes").exists()


def test_a_signature_travels_although_no_manifest_lists_it(hugging_face, signed, tmp_path):
    sharing.upload_preset(URI, signed)
    assert files_of(sharing.pull(URI, tmp_path / "pulled").folder) == files_of(signed)
    assert (tmp_path / "pulled/model.sig").is_file()


def test_what_an_earlier_version_had_is_deleted(hugging_face, signed):
    sharing.upload_preset(URI, signed)
    repository = hugging_face.repositories["ada/mine_x4"]
    repository.add(
        repository.snapshots[repository.refs["main"]]
        | {"old/notes.txt": b"", ".github/workflows/mine.yml": b""}
    )
    (signed / "bicubic_x4_int8.tflite").unlink()
    folders.write_manifest(signed)
    sharing.upload_preset(URI, signed)
    there = set(repository.snapshots[repository.refs["main"]])
    assert not (signed / "model.sig").exists()
    kept = {".gitattributes", ".github/workflows/mine.yml", "old/notes.txt"}
    assert there == {*files_of(signed), *kept}


@pytest.mark.parametrize("manifest", [None, f"{'0' * 64}  thesis.pdf\n".encode()])
def test_a_repository_of_something_else_is_left_alone(hugging_face, publishable, manifest):
    repository = hugging_face.repositories["ada/mine_x4"] = Repository()
    files = {"thesis.pdf": b"", "README.md": b"", "SHA256SUMS": manifest}
    before = repository.add({name: data for name, data in files.items() if data is not None})
    with pytest.raises(PresetError, match=r"with .* and without a preset. Push to another"):
        sharing.upload_preset(URI, publishable)
    assert repository.refs["main"] == before


def test_a_repository_with_a_card_alone_is_taken(hugging_face, publishable):
    repository = hugging_face.repositories["ada/mine_x4"] = Repository()
    repository.add({".gitattributes": b"", "README.md": b"made on the hub's page"})
    sharing.upload_preset(URI, publishable)
    there = repository.snapshots[repository.refs["main"]]
    assert there == {**files_of(publishable), ".gitattributes": b""}


def test_private_repositories_need_the_token(hugging_face, publishable, tmp_path, monkeypatch):
    sharing.upload_preset(URI, publishable, private=True)
    assert hugging_face.repositories["ada/mine_x4"].private
    sharing.pull(URI, tmp_path / "with_token")
    monkeypatch.delenv("HF_TOKEN")
    with pytest.raises(PresetError, match=r"refuses hf://ada/mine_x4 \(401\).*hf auth login"):
        sharing.pull(URI, tmp_path / "without_token")


def test_a_revision_is_pulled_even_when_the_branch_went_on(pushed, tmp_path):
    first = pushed.refs["main"]
    pushed.refs["v1"] = first
    relisted(pushed, README__md=b"changed")
    assert pushed.refs["main"] != first
    for revision in ("v1", first):
        pulled = sharing.pull(f"{URI}@{revision}", tmp_path / revision)
        assert pulled.address.revision == first
        assert (pulled.folder / "README.md").read_bytes() != b"changed"
    assert (sharing.pull(URI, tmp_path / "new").folder / "README.md").read_bytes() == b"changed"


def test_a_connection_that_breaks_within_a_file_goes_on_where_it_stopped(
    hugging_face, pushed, tmp_path, publishable, monkeypatch
):
    # The client keeps what came in pieces of this size; no preset file is as large as its own.
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 250)
    hugging_face.faults = [Fault(r"/large/.*/model\.weights\.h5", after_bytes=1000)]
    pulled = sharing.pull(URI, tmp_path / "pulled")
    asked = hugging_face.asked_for("model.weights.h5")
    assert [each.range for each in asked[-2:]] == [None, "bytes=1000-"]
    assert files_of(pulled.folder) == files_of(publishable)


def test_an_interrupted_pull_leaves_nothing_and_the_next_gets_only_the_rest(
    hugging_face, pushed, tmp_path
):
    hugging_face.faults = [Fault("/large/", status=500)]
    with pytest.raises(PresetError, match="answered 500"):
        sharing.pull(URI, tmp_path / "new" / "pulled")
    assert list((tmp_path / "new").iterdir()) == []
    before = len(hugging_face.asked_for("/resolve/"))
    small = [each.path for each in hugging_face.asked_for("/resolve/")]
    sharing.pull(URI, tmp_path / "new" / "pulled")
    later = [each.path for each in hugging_face.asked_for("/resolve/")[before:]]
    commit = pushed.refs["main"]
    assert f"/ada/mine_x4/resolve/{commit}/README.md" in small
    assert f"/ada/mine_x4/resolve/{commit}/README.md" not in later


def test_a_wrong_file_is_refused_with_both_hashes(pushed, tmp_path):
    files = pushed.snapshots[pushed.refs["main"]]
    expected = hashlib.sha256(files["model.weights.h5"]).hexdigest()
    files["model.weights.h5"] = b"something else"
    received = hashlib.sha256(b"something else").hexdigest()
    with pytest.raises(PresetError, match=f"expected SHA-256 {expected}, received {received}"):
        sharing.pull(URI, tmp_path / "pulled")
    assert not (tmp_path / "pulled").exists()
    assert not (tmp_path / "pulled.source.json").exists()


def test_a_damaged_cache_is_healed(hugging_face, pushed, tmp_path, publishable):
    sharing.pull(URI, tmp_path / "first")
    (cached,) = (tmp_path / "hf_cache").glob("**/snapshots/*/model.weights.h5")
    cached.resolve().write_bytes(b"damaged")
    pulled = sharing.pull(URI, tmp_path / "second")
    assert files_of(pulled.folder) == files_of(publishable)


@pytest.mark.parametrize("name", ["../evil", "/tmp/evil", "a/evil", "..", "a\\evil", "c:evil"])
def test_names_that_could_leave_the_folder_are_refused(pushed, tmp_path, name):
    files = pushed.snapshots[pushed.refs["main"]]
    files["SHA256SUMS"] += f"{'0' * 64}  {name}\n".encode()
    with pytest.raises(PresetError, match="leads out of the folder"):
        sharing.pull(URI, tmp_path / "deep" / "pulled")
    assert not list(tmp_path.glob("**/*evil"))


def test_a_repository_that_is_no_preset_is_refused(hugging_face, tmp_path):
    repository = hugging_face.repositories["ada/mine_x4"] = Repository()
    repository.add({"config.json": b"{}"})
    with pytest.raises(PresetError, match=r"does not have a file that a preset needs \(404\)"):
        sharing.pull(URI, tmp_path / "pulled")
    repository.add({"SHA256SUMS": f"{'0' * 64}  a.txt\n".encode(), "a.txt": b""})
    with pytest.raises(PresetError, match="lists no model"):
        sharing.pull(URI, tmp_path / "pulled")


def test_missing_repositories_and_revisions_are_named(pushed, tmp_path):
    with pytest.raises(PresetError, match=r"a model at hf://ada/none, the hub shows none \(404\)"):
        sharing.pull("hf://ada/none", tmp_path / "pulled")
    with pytest.raises(PresetError, match="commit of ada/mine_x4, received 'v9'"):
        sharing.pull(f"{URI}@v9", tmp_path / "pulled")
    with pytest.raises(PresetError, match=f"received '{'0' * 40}'"):
        sharing.pull(f"{URI}@{'0' * 40}", tmp_path / "pulled")


def test_a_wrong_token_is_told_how_to_log_in_and_never_shown(
    hugging_face, publishable, monkeypatch, capfd
):
    monkeypatch.setenv("HF_TOKEN", "hf_wrong")
    with pytest.raises(PresetError, match=r"\(401\).*hf auth login") as caught:
        sharing.upload_preset(URI, publishable)
    said = "".join([str(caught.value), *capfd.readouterr()])
    assert "hf_wrong" not in said
    assert TOKEN not in said


def test_a_hub_that_asks_to_wait_is_asked_again(hugging_face, publishable, tmp_path):
    wait = {"Retry-After": "0"}
    hugging_face.faults = [
        Fault("/api/repos/create", status=429, headers=wait),
        Fault("/blobs/", status=429, headers=wait),
        Fault("/revision/", status=429, headers=wait),
        Fault("/large/", status=429, headers=wait),
    ]
    sharing.upload_preset(URI, publishable)
    sharing.pull(f"{URI}@main", tmp_path / "pulled")
    assert [fault.times for fault in hugging_face.faults] == [0, 0, 0, 0]


def test_the_hubs_time_is_waited(hugging_face, pushed, tmp_path):
    hugging_face.faults = [Fault("/large/", status=429, headers={"Retry-After": "1"})]
    begin = time.perf_counter()
    sharing.pull(URI, tmp_path / "pulled")
    assert 1 <= time.perf_counter() - begin < 30


def test_a_hub_that_asks_for_too_much_time_is_not_waited_for(hugging_face, pushed, tmp_path):
    hugging_face.faults = [Fault("/large/", status=429, headers={"Retry-After": "3600"})]
    with pytest.raises(PresetError, match=r"asks to wait 3600 s.*at most 60 s"):
        sharing.pull(URI, tmp_path / "pulled")


def test_patience_ends_even_with_a_hub_that_always_says_soon():
    def busy():
        raise hubs.TooManyRequestsError(0)

    with pytest.raises(PresetError, match="waited 3 s already"):
        hubs.patiently(busy, longest=3 - 1e-9)


def test_without_network_the_cache_serves_what_it_has(pushed, hugging_face, tmp_path, publishable):
    sharing.pull(URI, tmp_path / "first")
    hugging_face.__exit__()
    close_session()
    pulled = sharing.pull(URI, tmp_path / "second")
    assert pulled.from_cache
    assert pulled.address.revision == pushed.refs["main"]
    assert files_of(pulled.folder) == files_of(publishable)
    with pytest.raises(
        PresetError, match=r"Cannot reach the hub.*does not hold hf://ada/mine_x4@v2"
    ):
        sharing.pull(f"{URI}@v2", tmp_path / "third")


def test_without_network_a_commit_without_signature_is_served(pushed, hugging_face, tmp_path):
    relisted(pushed)
    uri = f"{URI}@{pushed.refs['main']}"
    first = sharing.pull(uri, tmp_path / "first").folder
    hugging_face.__exit__()
    close_session()
    assert files_of(sharing.pull(uri, tmp_path / "second").folder) == files_of(first)


def test_the_offline_switch_is_honoured(pushed, hugging_face, tmp_path, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(PresetError, match=r"HF_HUB_OFFLINE forbids.*does not hold"):
        sharing.pull(URI, tmp_path / "pulled")
    assert hugging_face.asked == []
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    sharing.pull(URI, tmp_path / "first")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    seen = len(hugging_face.asked)
    assert sharing.pull(URI, tmp_path / "second").from_cache
    assert len(hugging_face.asked) == seen


def test_a_folder_that_exists_is_kept_unless_it_may_be_replaced(pushed, tmp_path):
    target = tmp_path / "pulled"
    sharing.pull(URI, target)
    (target / "notes.txt").write_text("mine")
    with pytest.raises(PresetError, match=r"exists.*overwrite"):
        sharing.pull(URI, target)
    assert (target / "notes.txt").exists()
    with pytest.raises(PresetError, match=r"holds notes\.txt"):
        sharing.pull(URI, target, overwrite=True)
    (target / "notes.txt").unlink()
    sharing.pull(URI, target, overwrite=True)
    other = tmp_path / "photos"
    other.mkdir()
    (other / "a.jpg").touch()
    with pytest.raises(PresetError, match="a preset folder to replace"):
        sharing.pull(URI, other, overwrite=True)
    assert (other / "a.jpg").exists()


def test_a_file_of_something_else_in_the_place_of_the_record_is_kept(pushed, tmp_path):
    notes = tmp_path / "got.source.json"
    notes.write_text("my notes")
    with pytest.raises(PresetError, match="received something else, which would be replaced"):
        sharing.pull(URI, tmp_path / "got")
    assert notes.read_text() == "my notes"
    assert not (tmp_path / "got").exists()


def test_a_pull_that_fails_leaves_the_old_folder(pushed, tmp_path):
    target = tmp_path / "pulled"
    sharing.pull(URI, target)
    before = files_of(target)
    relisted(pushed, README__md=b"new")
    pushed.snapshots[pushed.refs["main"]]["README.md"] = b"not what was listed"
    with pytest.raises(PresetError, match="not what its manifest lists"):
        sharing.pull(URI, target, overwrite=True)
    assert files_of(target) == before


def test_a_file_larger_than_presets_have_is_not_downloaded(
    hugging_face, pushed, tmp_path, monkeypatch
):
    relisted(pushed, extra__bin=bytes(200_000))
    monkeypatch.setattr(manifests, "_LARGEST_FILE", 150_000)
    with pytest.raises(PresetError, match=r"extra\.bin of .*so it is not opened"):
        sharing.pull(URI, tmp_path / "pulled")
    assert not (tmp_path / "pulled").exists()
    assert not hugging_face.asked_for("extra.bin")


@pytest.mark.parametrize(
    ("bound", "most", "message"),
    [("_MOST_FILES", 3, "files, expected at most 3"), ("_MOST_BYTES", 30_000, "together larger")],
)
def test_a_preset_larger_than_presets_are_is_not_downloaded(
    hugging_face, pushed, tmp_path, monkeypatch, bound, most, message
):
    monkeypatch.setattr(sharing, bound, most)
    with pytest.raises(PresetError, match=message):
        sharing.pull(URI, tmp_path / "pulled")
    assert not (tmp_path / "pulled").exists()
    assert len(hugging_face.asked_for("/large/")) < 4


def test_files_that_a_release_key_signed_otherwise_are_not_pulled(
    pushed, signed, tmp_path, monkeypatch
):
    monkeypatch.setattr(signatures, "RELEASE_KEYS", tmp_path)
    pushed.add(files_of(signed))
    assert (sharing.pull(URI, tmp_path / "first").folder / "model.sig").is_file()
    signature = (signed / "model.sig").read_bytes()
    pushed.add(relisted(pushed, README__md=b"altered") | {"model.sig": signature})
    with pytest.raises(PresetError, match=r"hf://ada/mine_x4@\w+/README.md is not the file that"):
        sharing.pull(URI, tmp_path / "second")
    assert not (tmp_path / "second").exists()


def test_incomplete_folders_are_not_pushed(hugging_face, publishable):
    (publishable / "README.md").unlink()
    folders.write_manifest(publishable)
    with pytest.raises(PresetError, match=r"cannot be published. README.md is missing"):
        sharing.upload_preset(URI, publishable)
    assert hugging_face.asked == []


def test_an_address_for_uploads_has_no_revision(publishable):
    with pytest.raises(PresetError, match="Leave out 'v1'"):
        sharing.upload_preset(f"{URI}@v1", publishable)


def test_an_address_stands_for_its_folder(pushed, hugging_face, tmp_path, publishable):
    folder = folders.preset_folder(URI)
    assert files_of(folder) == files_of(publishable)
    assert folder.name == pushed.refs["main"]
    assert not any(path.is_symlink() for path in folder.iterdir())
    downloads = len(hugging_face.asked_for("/large/"))
    (folder / "model.weights.h5").write_bytes(b"damaged")
    assert files_of(folders.preset_folder(URI)) == files_of(publishable)
    assert len(hugging_face.asked_for("/large/")) == downloads
    assert os.listdir(folder.parent) == [folder.name]


def test_a_copy_without_the_signature_that_the_hub_has_is_not_kept(pushed, signed, monkeypatch):
    pushed.add(files_of(signed))
    real = sharing.huggingface.file

    def broken(address, name, *, again=False):
        if name == folders.SIGNATURE:
            raise hubs.UnreachableError("Cannot reach the hub.")
        return real(address, name, again=again)

    monkeypatch.setattr(sharing.huggingface, "file", broken)
    with pytest.raises(PresetError, match="Cannot reach the hub"):
        folders.preset_folder(URI)
    monkeypatch.setattr(sharing.huggingface, "file", real)
    assert (folders.preset_folder(URI) / "model.sig").is_file()


def test_a_stray_file_in_the_cache_is_gone_the_next_time(pushed, publishable):
    (folders.preset_folder(URI) / ".DS_Store").touch()
    assert files_of(folders.preset_folder(URI)) == files_of(publishable)


def test_a_copy_that_another_process_made_meanwhile_is_kept(pushed, monkeypatch):
    real, places = sharing._fetch, []

    def quicker(*arguments):
        if not places:
            monkeypatch.setattr(sharing, "_fetch", real)
            places.append(folders.preset_folder(URI).stat().st_ino)
        real(*arguments)

    monkeypatch.setattr(sharing, "_fetch", quicker)
    folder = folders.preset_folder(URI)
    assert [folder.stat().st_ino] == places
    assert os.listdir(folder.parent) == [folder.name]


def test_an_address_survives_a_path_object(pushed):
    from pathlib import Path

    assert folders.preset_folder(Path(URI)) == folders.preset_folder(URI)
