"""Signatures both ways: `model-signing` accepts ours, we accept those of `model-signing`."""

import hashlib
import os
import stat
import sys

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from keras_litesr.protection.signing import generate_key_pair, sign
from keras_litesr.zoo import folders
from keras_litesr.zoo.integrity import checked_folder

model_signing = pytest.importorskip("model_signing")
from model_signing import hashing, signing, verifying  # noqa: E402


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "preset"
    folder.mkdir()
    for name in ("config.json", "metadata.json", "model.weights.h5", "README.md"):
        (folder / name).write_text(name)
    folders.write_manifest(folder)
    return folder


@pytest.fixture
def pair(tmp_path):
    generate_key_pair(tmp_path / "own.pem", tmp_path / "own.pub")
    return tmp_path / "own.pem", tmp_path / "own.pub"


def theirs(public):
    return verifying.Config().use_elliptic_key_verifier(public_key=public)


def test_model_signing_accepts_ours(folder, pair):
    private, public = pair
    path = sign(folder, private)
    theirs(public).verify(folder, path)
    (folder / "README.md").write_text("other")
    with pytest.raises(ValueError, match=r"Hash mismatch for .*README\.md"):
        theirs(public).verify(folder, path)


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()])
def test_we_accept_what_model_signing_signs(folder, tmp_path, curve):
    key = ec.generate_private_key(curve)
    write_key(tmp_path / "own.pem", key)
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    (tmp_path / "own.pub").write_bytes(public)
    config = signing.Config().use_elliptic_key_signer(private_key=tmp_path / "own.pem")
    config.set_hashing_config(hashing.Config().set_ignored_paths(paths=["model.sig"]))
    config.sign(folder, folder / "model.sig")
    files = checked_folder(folder, verify="require", trusted_keys=[tmp_path / "own.pub"])
    assert files.signer == hashlib.sha256(public).hexdigest()


def test_we_accept_ours_and_a_signature_can_be_renewed(folder, pair):
    private, public = pair
    sign(folder, private)
    assert checked_folder(folder, verify="require", trusted_keys=[public]).signer is not None
    (folder / "README.md").write_text("other")
    folders.write_manifest(folder)
    assert sign(folder, private) == folder / "model.sig"
    assert checked_folder(folder, verify="require", trusted_keys=[public]).signer is not None
    theirs(public).verify(folder, folder / "model.sig")


def test_files_of_git_stay_unsigned(folder, pair):
    private, public = pair
    (folder / ".gitattributes").write_text("*.h5 filter=lfs\n")
    sign(folder, private)
    (folder / ".gitattributes").write_text("other\n")
    theirs(public).verify(folder, folder / "model.sig")
    assert checked_folder(folder, verify="require", trusted_keys=[public]).signer is not None


def test_folder_that_is_not_what_its_manifest_says_is_not_signed(folder, pair):
    (folder / "README.md").write_text("other")
    with pytest.raises(folders.PresetError, match=r"README\.md is not the file"):
        sign(folder, pair[0])
    (folder / "README.md").write_text("README.md")
    (folder / "notes.txt").touch()
    with pytest.raises(folders.PresetError, match=r"notes\.txt is not listed"):
        sign(folder, pair[0])
    assert not (folder / "model.sig").exists()


def write_key(path, key, encryption=None):
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            encryption or serialization.NoEncryption(),
        )
    )


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: rsa.generate_private_key(65537, 2048), "is of another type"),
        (lambda: ec.generate_private_key(ec.SECP256K1()), "is of another type"),
    ],
)
def test_key_of_another_type_does_not_sign(folder, tmp_path, make, message):
    write_key(tmp_path / "odd.pem", make())
    with pytest.raises(ValueError, match=message):
        sign(folder, tmp_path / "odd.pem")


def test_what_is_no_private_key_does_not_sign(folder, pair, tmp_path):
    with pytest.raises(ValueError, match=r"Expected a private key .*own\.pub"):
        sign(folder, pair[1])
    write_key(
        tmp_path / "locked.pem",
        ec.generate_private_key(ec.SECP256R1()),
        serialization.BestAvailableEncryption(b"secret"),
    )
    with pytest.raises(ValueError, match="without password"):
        sign(folder, tmp_path / "locked.pem")


def test_private_key_inside_of_the_folder_is_refused(folder, pair):
    os.replace(pair[0], folder / "own.pem")
    with pytest.raises(ValueError, match="lies in the folder that is to be signed"):
        sign(folder, folder / "own.pem")


def test_private_key_is_for_its_owner_alone_and_never_replaced(pair, tmp_path):
    private = pair[0]
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    before = private.read_bytes()
    for names in (("own.pem", "new.pub"), ("new.pem", "own.pub")):
        with pytest.raises(FileExistsError, match="exists and is not replaced"):
            generate_key_pair(*(tmp_path / name for name in names))
    assert private.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["own.pem", "own.pub"]


def test_fingerprint_is_what_sha256sum_prints(tmp_path):
    found = generate_key_pair(tmp_path / "own.pem", tmp_path / "own.pub")
    assert found == hashlib.sha256((tmp_path / "own.pub").read_bytes()).hexdigest()


def test_without_model_signing_the_error_says_how_to_get_it(folder, pair, monkeypatch):
    monkeypatch.setitem(sys.modules, "model_signing", None)
    with pytest.raises(ImportError, match=r"pip install 'keras_litesr\[protect\]'"):
        sign(folder, pair[0])
