"""What a signature file may say, and what is refused; signed by hand, without `model-signing`."""

import base64
import hashlib
import json
import subprocess
import sys

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from keras_litesr.zoo import folders, signatures
from keras_litesr.zoo.folders import PresetError
from keras_litesr.zoo.integrity import checked_folder
from keras_litesr.zoo.signatures import SignatureError

KIND = "application/vnd.in-toto+json"
HASHES = {256: hashes.SHA256(), 384: hashes.SHA384(), 521: hashes.SHA512()}


def pem(key):
    return key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def statement_of(folder, **changes):
    """The in-toto statement over a folder; `changes` replace files' hashes, or None drops them."""
    names = {path.name for path in folder.iterdir()} - {"model.sig"}
    digests = {name: folders.sha256(folder / name) for name in sorted(names)} | changes
    resources = [
        {"name": name, "algorithm": "sha256", "digest": digest}
        for name, digest in digests.items()
        if digest is not None
    ]
    whole = b"".join(bytes.fromhex(resource["digest"]) for resource in resources)
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "x", "digest": {"sha256": hashlib.sha256(whole).hexdigest()}}],
        "predicateType": "https://model_signing/signature/v1.0",
        "predicate": {
            "serialization": {"method": "files", "hash_type": "sha256", "allow_symlinks": False},
            "resources": resources,
        },
    }


def bundle_of(statement, key, *, hint=None):
    payload = json.dumps(statement).encode()
    message = f"DSSEv1 {len(KIND)} {KIND} {len(payload)} ".encode() + payload
    signature = key.sign(message, ec.ECDSA(HASHES[key.curve.key_size]))
    if hint is None:
        hint = hashlib.sha256(pem(key.public_key())).hexdigest()
    return {
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": {"publicKey": {"hint": hint}, "tlogEntries": []},
        "dsseEnvelope": {
            "payload": base64.b64encode(payload).decode(),
            "payloadType": KIND,
            "signatures": [{"sig": base64.b64encode(signature).decode(), "keyid": ""}],
        },
    }


def write(folder, bundle):
    (folder / "model.sig").write_text(json.dumps(bundle))


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "preset"
    folder.mkdir()
    for name in ("config.json", "metadata.json", "model.weights.h5"):
        (folder / name).write_text(name)
    folders.write_manifest(folder)
    return folder


@pytest.fixture(scope="module")
def key():
    return ec.generate_private_key(ec.SECP256R1())


@pytest.fixture
def public(key, tmp_path):
    path = tmp_path / "release.pub"
    path.write_bytes(pem(key.public_key()))
    return path


@pytest.fixture
def signed(folder, key):
    write(folder, bundle_of(statement_of(folder), key))
    return folder


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()])
def test_signature_of_a_trusted_key_is_accepted(folder, tmp_path, curve):
    own = ec.generate_private_key(curve)
    (tmp_path / "own.pub").write_bytes(pem(own.public_key()))
    write(folder, bundle_of(statement_of(folder), own))
    files = checked_folder(folder, verify="require", trusted_keys=[tmp_path / "own.pub"])
    assert files.signer == hashlib.sha256((tmp_path / "own.pub").read_bytes()).hexdigest()
    assert files.read("model.weights.h5") == b"model.weights.h5"


def test_require_reads_every_file_and_auto_those_that_are_used(folder, key, public):
    (folder / "README.md").write_text("the licence")
    folders.write_manifest(folder)
    write(folder, bundle_of(statement_of(folder), key))
    (folder / "README.md").write_text("another one")
    assert checked_folder(folder, trusted_keys=[public]).signer is not None
    with pytest.raises(PresetError, match=r"README\.md"):
        checked_folder(folder, verify="require", trusted_keys=[public])


def test_release_keys_are_trusted_without_being_named(signed, public, monkeypatch, tmp_path):
    assert checked_folder(signed).signer is None
    monkeypatch.setattr(signatures, "RELEASE_KEYS", tmp_path)
    assert checked_folder(signed, verify="require").signer is not None


def test_every_bundled_release_key_is_readable():
    names = {path.name for path in signatures.RELEASE_KEYS.iterdir()}
    assert "README.md" in names
    assert len(signatures.public_keys()) == len([name for name in names if name.endswith(".pub")])


@pytest.mark.parametrize("name", ["config.json", "metadata.json", "model.weights.h5"])
def test_file_altered_together_with_the_manifest_is_refused(signed, public, name):
    before = folders.sha256(signed / name)
    signature = (signed / "model.sig").read_text()
    (signed / name).write_text("other")
    folders.write_manifest(signed)
    (signed / "model.sig").write_text(signature)
    after = folders.sha256(signed / name)
    assert checked_folder(signed).read(name) == b"other"
    with pytest.raises(SignatureError, match=f"{name} is not .* expected .*{before}.*{after}"):
        checked_folder(signed, trusted_keys=[public])
    assert checked_folder(signed, verify="off").read(name) == b"other"


def test_file_altered_alone_is_refused_when_it_is_read(signed, public):
    before = folders.sha256(signed / "config.json")
    (signed / "config.json").write_text("other")
    files = checked_folder(signed, trusted_keys=[public])
    with pytest.raises(PresetError, match=f"config.json is not .* expected SHA-256 {before}"):
        files.read("config.json")
    assert files.read("model.weights.h5")


def test_manifest_altered_alone_is_refused(signed, public):
    with (signed / "SHA256SUMS").open("a") as file:
        file.write("\n")
    with pytest.raises(SignatureError, match="SHA256SUMS is not the file that was signed"):
        checked_folder(signed, trusted_keys=[public])


@pytest.mark.parametrize("name", ["SHA256SUMS", "model.weights.h5", "metadata.json"])
def test_file_that_the_signature_does_not_cover_is_refused(folder, key, public, name):
    write(folder, bundle_of(statement_of(folder, **{name: None}), key))
    with pytest.raises(SignatureError, match=f"{name} is not .* it was not signed"):
        checked_folder(folder, trusted_keys=[public])


def test_signed_file_that_was_removed_is_refused(folder, key, public):
    write(folder, bundle_of(statement_of(folder, more="0" * 64), key))
    with pytest.raises(SignatureError, match=r"more is not .*received none, it is not listed"):
        checked_folder(folder, trusted_keys=[public])


def test_auto_passes_over_keys_that_are_not_trusted_and_require_names_them(signed, tmp_path):
    named = json.loads((signed / "model.sig").read_text())["verificationMaterial"]["publicKey"]
    other = tmp_path / "other.pub"
    other.write_bytes(pem(ec.generate_private_key(ec.SECP256R1()).public_key()))
    assert checked_folder(signed, trusted_keys=[other]).signer is None
    with pytest.raises(SignatureError, match=f"key {named['hint']}, which is not trusted"):
        checked_folder(signed, verify="require", trusted_keys=[other])


def test_unsigned_folder_is_refused_by_require_alone(folder, public):
    assert checked_folder(folder, trusted_keys=[public]).signer is None
    with pytest.raises(SignatureError, match="is not signed"):
        checked_folder(folder, verify="require", trusted_keys=[public])


def test_forger_who_names_a_trusted_key_is_refused(folder, key, public):
    hint = hashlib.sha256(public.read_bytes()).hexdigest()
    forger = ec.generate_private_key(ec.SECP256R1())
    write(folder, bundle_of(statement_of(folder), forger, hint=hint))
    with pytest.raises(SignatureError, match="that key did not sign"):
        checked_folder(folder, trusted_keys=[public])


def test_signature_that_names_no_key_is_tried_with_every_key(folder, key, public):
    write(folder, bundle_of(statement_of(folder), key, hint=""))
    assert checked_folder(folder, trusted_keys=[public]).signer is not None
    write(folder, bundle_of(statement_of(folder), ec.generate_private_key(key.curve), hint=""))
    assert checked_folder(folder, trusted_keys=[public]).signer is None


def test_signature_by_certificate_is_not_ours_to_judge(signed, public):
    bundle = json.loads((signed / "model.sig").read_text())
    bundle["verificationMaterial"] = {"x509CertificateChain": {"certificates": []}}
    write(signed, bundle)
    assert checked_folder(signed, trusted_keys=[public]).signer is None
    with pytest.raises(SignatureError, match="of a certificate, which is not trusted"):
        checked_folder(signed, verify="require", trusted_keys=[public])


def broken(*path, value):
    """Replaces a value deep inside a bundle."""

    def change(bundle):
        for step in path[:-1]:
            bundle = bundle[step]
        bundle[path[-1]] = value

    return change


@pytest.mark.parametrize(
    "change",
    [
        broken("mediaType", value="text/plain"),
        broken("dsseEnvelope", value=[]),
        broken("dsseEnvelope", "payloadType", value="text/plain"),
        broken("dsseEnvelope", "payload", value="%%%"),
        broken("dsseEnvelope", "payload", value=7),
        broken("dsseEnvelope", "signatures", value=[]),
        broken("dsseEnvelope", "signatures", value=[{"sig": ""}, {"sig": ""}]),
        broken("verificationMaterial", value=None),
        broken("verificationMaterial", "publicKey", value="x"),
        lambda bundle: bundle.clear(),
    ],
)
@pytest.mark.parametrize("verify", ["auto", "require"])
def test_damaged_signature_file_is_refused_even_without_keys(signed, change, verify):
    bundle = json.loads((signed / "model.sig").read_text())
    change(bundle)
    write(signed, bundle)
    with pytest.raises(SignatureError, match="not a signature in the format"):
        checked_folder(signed, verify=verify)


@pytest.mark.parametrize("content", ["", "no JSON", "[]", "7", "[" * 100_000])
def test_signature_file_that_is_no_bundle_is_refused(folder, content):
    (folder / "model.sig").write_text(content)
    with pytest.raises(SignatureError, match="not a signature in the format"):
        checked_folder(folder)


@pytest.mark.parametrize(
    "change",
    [
        broken("_type", value="https://in-toto.io/Statement/v0.1"),
        broken("predicateType", value="https://slsa.dev/provenance/v1"),
        broken("subject", value=[]),
        broken("subject", 0, "digest", "sha256", value="0" * 64),
        broken("predicate", "serialization", "method", value="shards"),
        broken("predicate", "resources", 0, "algorithm", value="md5"),
        broken("predicate", "resources", 0, "digest", value="0" * 63),
        broken("predicate", "resources", 0, "name", value="../x"),
        broken("predicate", "resources", 0, "name", value="/etc/passwd"),
        broken("predicate", "resources", 0, "name", value="metadata.json"),
        broken("predicate", "resources", 0, "name", value="model.sig"),
        broken("predicate", "resources", value=None),
    ],
)
def test_signed_statement_of_another_kind_is_refused(folder, key, public, change):
    statement = statement_of(folder)
    change(statement)
    write(folder, bundle_of(statement, key))
    with pytest.raises(SignatureError, match="not a signature in the format"):
        checked_folder(folder, trusted_keys=[public])


@pytest.mark.parametrize(
    "make",
    [
        lambda: ed25519.Ed25519PrivateKey.generate().public_key(),
        lambda: rsa.generate_private_key(65537, 2048).public_key(),
        lambda: ec.generate_private_key(ec.SECP256K1()).public_key(),
    ],
)
def test_key_of_another_type_is_refused(signed, tmp_path, make):
    (tmp_path / "odd.pub").write_bytes(pem(make()))
    with pytest.raises(SignatureError, match=r"odd\.pub, which is of another type"):
        checked_folder(signed, trusted_keys=[tmp_path / "odd.pub"])


def test_files_that_are_no_public_key_are_refused(signed, public, key, tmp_path):
    der = base64.b64decode(b"".join(public.read_bytes().splitlines()[1:-1]))
    off_curve = base64.b64encode(der[:-1] + bytes([der[-1] ^ 1]))
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    begin, end = b"-----BEGIN PUBLIC KEY-----\n", b"\n-----END PUBLIC KEY-----\n"
    for content in (b"", b"x", private, begin + off_curve + end, begin + b"AAA" + end):
        (tmp_path / "odd.pub").write_bytes(content)
        with pytest.raises(SignatureError, match=r"Expected a.* key"):
            checked_folder(signed, trusted_keys=[tmp_path / "odd.pub"])


def test_unknown_mode_is_refused(folder):
    with pytest.raises(ValueError, match="Expected verify to be auto, require, off"):
        checked_folder(folder, verify="maybe")


def test_check_takes_at_most_50_ms_with_its_imports(tmp_path, key, public):
    import shutil

    folder = tmp_path / "lite_psnr_x4"
    shutil.copytree(folders.preset_folder("lite_psnr_x4"), folder)
    write(folder, bundle_of(statement_of(folder), key))
    code = (
        "import time; from pathlib import Path; from keras_litesr.zoo import integrity;"
        "begin = time.process_time();"
        f"files = integrity.checked_folder(Path({str(folder)!r}), verify='require',"
        f" trusted_keys=[{str(public)!r}]); [files.read(name) for name in files.digests];"
        "print(time.process_time() - begin)"
    )
    seconds = [
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout)
        for _ in range(5)
    ]
    assert min(seconds) <= 0.05
