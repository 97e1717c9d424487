"""`litesr upscale` when something is wrong with a picture or a place."""

import errno
import os
from unittest.mock import Mock

import pytest

from keras_litesr.inference.upscaler import Upscaler


def names(folder) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_one_bad_file_does_not_keep_the_others_back(enlarge, picture, tmp_path):
    picture("in/a.png"), picture("in/c.png")
    (tmp_path / "in/b.png").write_bytes(b"")
    (tmp_path / "in/text.jpg").write_text("no picture")
    result = enlarge(tmp_path / "in", tmp_path / "missing.png", "-o", tmp_path / "out")
    assert result.exit_code == 1
    assert names(tmp_path / "out") == ["a_x4.png", "c_x4.png"]
    assert "failed: Expected a picture file at" in result.stderr
    assert "missing.png" in result.stderr
    assert result.stderr.endswith("2 done, 3 failed\n")
    assert "Traceback" not in result.stderr


def test_a_subfolder_that_cannot_be_searched_is_a_failure(enlarge, picture, tmp_path, monkeypatch):
    picture("in/a.png"), picture("in/private/b.png")
    search = os.scandir

    def refuse(path):
        if str(path).endswith("private"):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return search(path)

    monkeypatch.setattr(os, "scandir", refuse)
    result = enlarge(tmp_path / "in", "-o", tmp_path / "out")
    assert result.exit_code == 1
    assert result.stderr.count("private', received one that cannot be searched") == 1
    assert result.stderr.endswith("1 done, 1 failed\n")
    monkeypatch.undo()
    assert names(tmp_path / "out") == ["a_x4.png"]


def test_a_defect_with_one_picture_does_not_keep_the_others_back(
    enlarge, picture, tmp_path, monkeypatch
):
    calls = []
    upscale = Upscaler.__call__

    def fails_at_first(self, photo, **options):
        calls.append(photo)
        if len(calls) == 1:
            raise {"memory": MemoryError, "defect": KeyError}[kind]()
        return upscale(self, photo, **options)

    monkeypatch.setattr(Upscaler, "__call__", fails_at_first)
    picture("in/a.png"), picture("in/b.png")
    for kind, words in [("memory", "does not fit into memory"), ("defect", "Unexpected KeyError")]:
        calls.clear()
        result = enlarge(tmp_path / "in", "-o", tmp_path / kind)
        assert result.exit_code == 1
        assert words in result.stderr
        assert "Traceback" not in result.stderr
        assert names(tmp_path / kind) == ["b_x4.png"]
    calls.clear()
    result = enlarge(tmp_path / "in", "-o", tmp_path / "debug", "--debug")
    assert result.exit_code == 1
    assert "Traceback" in result.stderr


def test_an_output_folder_that_cannot_be_made(enlarge, picture, tmp_path):
    picture("in/a.png")
    (tmp_path / "file").write_text("")
    result = enlarge(tmp_path / "in", "-o", tmp_path / "file/deep")
    assert result.exit_code == 1
    assert "Expected a place for the folder" in result.stderr


def test_what_is_left_out_of_a_folder_is_said(enlarge, picture, tmp_path):
    others = picture("others/a.png").parent
    for name in ("in/1.HEIC", "in/deep/2.heic", "in/3.MOV", "in/.4.mov", "in/notes.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    os.symlink(others, tmp_path / "in/linked")
    said = "2 HEIC files, 1 linked folder, 1 video; videos are named one by one."
    result = enlarge(tmp_path / "in")
    assert result.exit_code == 2
    assert f"no pictures in {tmp_path / 'in'} that can be read here; left out: {said}" in (
        result.stderr.replace("\n", " ")
    )
    picture("in/5.png")
    result = enlarge(tmp_path / "in")
    assert result.exit_code == 0
    assert result.stderr.splitlines() == [f"note: left out of {tmp_path / 'in'}: {said}"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write")
def test_a_read_only_output_folder(enlarge, picture, tmp_path):
    (tmp_path / "out").mkdir(mode=0o500)
    result = enlarge(picture("a.png"), "-o", tmp_path / "out")
    assert result.exit_code == 1
    assert "permission" in result.stderr.lower()


def test_the_largest_picture_can_be_chosen(enlarge, picture):
    path = picture("a.png", 9, 6)
    refused = enlarge(path, "--max-pixels", 53)
    assert refused.exit_code == 1
    assert "at most 53 pixels" in refused.stderr
    assert "--max-pixels" in refused.stderr
    assert enlarge(path, "--max-pixels", 54).exit_code == 0


def test_an_unreadable_picture_leaves_no_folder_behind(enlarge, tmp_path):
    (tmp_path / "a.png").write_bytes(b"")
    assert enlarge(tmp_path / "a.png", "-o", tmp_path / "out").exit_code == 1
    assert not (tmp_path / "out").exists()


def test_a_refused_picture_leaves_no_folder_behind(enlarge, picture, tmp_path, monkeypatch):
    path = picture("a.png", 9, 6)
    refusal = Mock(side_effect=ValueError("refused"))
    monkeypatch.setattr("keras_litesr.cli.batch.check_output", refusal)
    assert enlarge(path, "-o", tmp_path / "new" / "out").exit_code == 1
    assert not (tmp_path / "new").exists()
