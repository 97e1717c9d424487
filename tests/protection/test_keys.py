import hashlib
import hmac
import json
import os

import numpy as np
import pytest

from keras_litesr.protection import keys
from keras_litesr.protection.keys import KeyFileError, OwnerKey

SECRET = bytes(range(32))


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "owner.key"
    keys.generate(path, name="Ada Lovelace")
    return path


def test_key_comes_back_from_its_file(tmp_path):
    key = keys.generate(tmp_path / "owner.key", name="Zoë")
    assert keys.read(tmp_path / "owner.key") == key
    assert len(key.secret) == 32


def test_two_keys_differ(tmp_path):
    first, second = (keys.generate(tmp_path / name, name="Ada") for name in ("a", "b"))
    assert first.secret != second.secret


@pytest.mark.skipif(os.name != "posix", reason="modes are those of POSIX")
def test_only_its_owner_may_read_it(file):
    assert file.stat().st_mode & 0o777 == 0o600
    file.chmod(0o640)
    with pytest.raises(KeyFileError, match=r"mode 640. Run `chmod 600 "):
        keys.read(file)


def test_existing_file_is_never_replaced(file):
    before = file.read_bytes()
    with pytest.raises(FileExistsError, match="cannot be made again"):
        keys.generate(file, name="Eve")
    assert file.read_bytes() == before


def test_key_that_was_not_written_whole_leaves_no_file(tmp_path, monkeypatch):
    def full(number):
        raise OSError("no space left")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space"):
        keys.generate(tmp_path / "owner.key", name="Ada")
    assert not list(tmp_path.iterdir())


def test_printing_a_key_does_not_show_the_secret():
    shown = f"{OwnerKey(SECRET, 'Ada')!r}"
    assert "Ada" in shown
    assert SECRET.hex() not in shown and repr(SECRET) not in shown


def test_stream_is_hkdf_and_shake_by_another_implementation():
    # RFC 5869 with an empty salt and one block, written with the standard library alone.
    extracted = hmac.new(bytes(32), SECRET, hashlib.sha256).digest()
    derived = hmac.new(extracted, b"keras_litesr stream 1: mark\x01", hashlib.sha256).digest()
    expected = hashlib.shake_256(derived).digest(100)
    assert OwnerKey(SECRET, "Ada").stream("mark", 100) == expected


def test_stream_depends_on_label_and_secret_and_continues():
    key = OwnerKey(SECRET, "Ada")
    assert key.stream("a", 10) == key.stream("a", 1000)[:10]
    assert key.stream("a", 32) != key.stream("b", 32)
    assert key.stream("a", 32) != OwnerKey(SECRET[::-1], "Ada").stream("a", 32)


def test_bits_are_those_of_the_name():
    bits = OwnerKey(SECRET, "A ").bits  # 0x41 0x20
    np.testing.assert_array_equal(bits[:16], [0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0])
    assert bits.shape == (128,) and not bits[16:].any()


def test_commitment_is_a_hash_of_label_secret_and_payload():
    payload = b"Ada" + bytes(13)
    expected = hashlib.sha256(b"keras_litesr commitment 1\0" + SECRET + payload).hexdigest()
    assert OwnerKey(SECRET, "Ada").commitment == expected
    assert OwnerKey(SECRET, "Eve").commitment != expected


@pytest.mark.parametrize("name", ["é" * 8, "sixteen letters.", "x"])
def test_names_of_up_to_sixteen_bytes_fit(name):
    assert OwnerKey(SECRET, name).payload.rstrip(b"\0").decode() == name


@pytest.mark.parametrize("name", ["", "é" * 9, "seventeen letters", "a\nb", "a\0b"])
def test_other_names_are_refused(name):
    with pytest.raises(ValueError, match="Expected a name of 1 to 16 bytes"):
        OwnerKey(SECRET, name)


def test_short_secret_is_refused():
    with pytest.raises(ValueError, match="32 bytes, received 31"):
        OwnerKey(SECRET[1:], "Ada")


def altered(file, **changes):
    content = json.loads(file.read_text()) | changes
    return json.dumps({name: value for name, value in content.items() if value is not None})


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"secret": SECRET.hex()[2:]}, "received 31"),
        ({"secret": SECRET.hex()}, "do not give the commitment"),
        ({"secret": "no hex"}, "non-hexadecimal"),
        ({"secret": 5}, "damaged"),
        ({"name": "Eve"}, "do not give the commitment"),
        ({"name": None}, "lacks 'name'"),
        ({"format": "pem"}, "its format is 'pem'"),
    ],
)
def test_altered_file_is_refused_without_showing_the_secret(file, changes, reason):
    secret = json.loads(file.read_text())["secret"]
    file.write_text(altered(file, **changes))
    with pytest.raises(KeyFileError, match="Expected an owner key") as error:
        keys.read(file)
    assert reason in str(error.value) and secret not in str(error.value)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"7", b"\xff\xfe\x00", b'{"format": {}}'])
def test_file_of_something_else_is_refused(file, content):
    file.write_bytes(content)
    with pytest.raises(KeyFileError, match="Take your backup"):
        keys.read(file)


def test_cut_off_file_is_refused(file):
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(KeyFileError, match="damaged"):
        keys.read(file)


def test_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none\.key is no file"):
        keys.read(tmp_path / "none.key")
