"""Commands that work for minutes try the place of their output first."""

import errno
import tempfile

import pytest

from keras_litesr.zoo import registry

LONG_COMMANDS = {
    "convert": ["convert", "lite_tiny_x4", "-o", "new/a.tflite"],
    "prune": ["prune", "lite_tiny_x4", "-o", "new/small_x4", "--data", "photos"],
    "mark": ["protect", "mark", "lite_tiny_x4", "-o", "new/marked_x4", "--key", "owner.key"],
    "derive": ["protect", "derive", "lite_tiny_x4", "-o", "new/light_x4", "--data", "photos"],
    "attack": [
        *("protect", "attack", "lite_tiny_x4", "--key", "owner.key", "--data", "photos"),
        *("--validation", "photos", "--json", "photos/attacks.json"),
    ],
    "train": ["train", "lite_tiny_x4", "--data", "photos", "--out", "new/run"],
    "save": ["share", "save", "lite_tiny_x4", "-o", "new/copy_x4"],
}


@pytest.fixture
def read_only(tmp_path, monkeypatch):
    """A working folder in which no file can be made any more."""

    def refuse(*_, dir, **__):
        raise OSError(errno.EROFS, "Read-only file system", str(dir / ".temporary"))

    for name in ("new", "photos"):
        (tmp_path / name).mkdir()
    (tmp_path / "owner.key").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "NamedTemporaryFile", refuse)


@pytest.mark.usefixtures("read_only")
@pytest.mark.parametrize("command", LONG_COMMANDS)
def test_a_place_that_takes_no_file_is_refused_before_the_work(command, litesr, monkeypatch):
    monkeypatch.setattr(registry, "load", lambda *_, **__: pytest.fail("the work began"))
    result = litesr(*LONG_COMMANDS[command])
    assert result.exit_code == 2
    place = "photos" if command == "attack" else "new"
    assert f"Expected a place to write '{place}', received an error (Read-only" in result.stderr
