"""The door itself: what it offers and which pictures it finds."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from keras_litesr.images import files


def test_public_names_exist_and_are_sorted() -> None:
    constants = [name for name in files.__all__ if name.isupper()]
    assert constants == sorted(constants)
    assert all(hasattr(files, name) for name in files.__all__)
    assert set(files.OUTPUT_SUFFIXES) <= set(files.SUFFIXES)


def test_the_door_opens_without_tensorflow_and_without_the_sixteen_bit_codecs() -> None:
    code = (
        "import sys; import keras_litesr.images.files; "
        "sys.exit(bool({'tensorflow', 'keras', 'imagecodecs'} & set(sys.modules)))"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)


def test_pictures_are_found_by_suffix_sorted_and_without_hidden_ones(tmp_path: Path) -> None:
    for name in (
        "b.PNG",
        "a ü.jpg",
        "sub/c.tiff",
        "d.jfif",
        "e.jpe",
        "notes.txt",
        ".hidden.png",
        ".cache/d.png",
    ):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    found = [path.relative_to(tmp_path).as_posix() for path in files.find_images(tmp_path)]
    assert found == ["a ü.jpg", "b.PNG", "d.jfif", "e.jpe", "sub/c.tiff"]


def test_a_hidden_folder_that_is_named_is_searched(tmp_path: Path) -> None:
    folder = tmp_path / ".photos"
    folder.mkdir()
    (folder / "a.png").touch()
    assert files.find_images(str(folder)) == [folder / "a.png"]


def test_an_empty_folder_has_no_pictures(tmp_path: Path) -> None:
    assert files.find_images(tmp_path) == []


@pytest.mark.parametrize("name", ["absent", "file.png"])
def test_what_is_no_folder_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "file.png").touch()
    with pytest.raises(files.ImageFileError, match=f"Expected a folder.*{name}"):
        files.find_images(tmp_path / name)


def test_a_subfolder_that_cannot_be_searched_is_named(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "private").mkdir()
    search = os.scandir

    def refuse(path):
        if Path(path).name == "private":
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return search(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(files.ImageFileError, match=r"private', .*searched \(Permission denied\)"):
        files.find_images(tmp_path)
