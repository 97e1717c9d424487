"""Which picture becomes which file."""

import os
from pathlib import Path

import click
import pytest

from keras_litesr.cli.plan import Naming, plan


def naming(output=None, ending="x4", suffix=None) -> Naming:
    return Naming(output=output, ending=ending, suffix=suffix)


@pytest.mark.parametrize(
    ("source", "ending", "suffix", "expected"),
    [
        ("photo.png", "x4", None, "photo_x4.png"),
        ("photo.JPG", "x4", None, "photo_x4.JPG"),
        ("my photo.v2.tif", "x2.5", None, "my photo.v2_x2.5.tif"),
        ("photo.gif", "x4", None, "photo_x4.png"),
        ("photo.avif", "x4", None, "photo_x4.png"),
        ("photo", "x4", None, "photo_x4.png"),
        ("photo.jpg", "x4", ".webp", "photo_x4.webp"),
        ("photo.jpg", "", ".png", "photo.png"),
        ("photo.jpg", "large", None, "photo_large.jpg"),
    ],
)
def test_names(source, ending, suffix, expected):
    assert naming(ending=ending, suffix=suffix).name(Path(source)) == expected


def targets(jobs) -> list[Path]:
    return [job.target for job in jobs]


def test_a_file_goes_beside_itself_into_a_folder_or_to_a_name(picture, tmp_path):
    path = picture("a/b.jpg")
    assert targets(plan([path], naming())) == [tmp_path / "a/b_x4.jpg"]
    assert targets(plan([path], naming(tmp_path / "out"))) == [tmp_path / "out/b_x4.jpg"]
    assert targets(plan([path], naming(tmp_path / "c.webp"))) == [tmp_path / "c.webp"]


def test_a_folder_keeps_its_structure(picture, tmp_path):
    picture("in/a.png"), picture("in/deep/er/b.jpg"), picture("in/.hidden/c.png")
    (tmp_path / "in/notes.txt").write_text("no picture")
    for output, root in [(None, "in_x4"), (tmp_path / "out", "out")]:
        jobs = plan([tmp_path / "in"], naming(output))
        assert targets(jobs) == [tmp_path / root / "a_x4.png", tmp_path / root / "deep/er/b_x4.jpg"]


def test_the_working_folder_goes_beside_itself(picture, tmp_path, monkeypatch):
    monkeypatch.chdir(picture("in/a.png").parent)
    for folder in (".", "../in"):
        assert targets(plan([Path(folder)], naming())) == [Path("../in_x4/a_x4.png")]
    monkeypatch.chdir(tmp_path)
    assert targets(plan([Path("in")], naming())) == [Path("in_x4/a_x4.png")]


@pytest.mark.parametrize("output", ["in/out", "in/deep/out", "in"])
def test_an_output_folder_inside_the_input_is_not_enlarged_again(picture, tmp_path, output):
    picture("in/a.png"), picture("in/deep/b.png")
    first = plan([tmp_path / "in"], naming(tmp_path / output))
    for job in first:
        picture(str(job.target.relative_to(tmp_path)))
    second = plan([tmp_path / "in"], naming(tmp_path / output))
    assert targets(second) == targets(first)


def test_an_output_folder_inside_the_input_is_known_by_any_path(picture, monkeypatch):
    monkeypatch.chdir(picture("in/deep/a.png").parent)
    picture("in/deep/out/a_x4.png")
    for folder in ("..", ".", "../deep"):
        assert len(plan([Path(folder)], naming(Path("out")))) == 1


def test_outputs_that_a_pattern_of_the_shell_names_are_not_enlarged_again(picture):
    paths = [picture(name) for name in ("a.png", "a_x4.png", "a_x4_x4.png", "b.png")]
    assert [job.source.name for job in plan(paths, naming())] == ["a.png", "b.png"]


def test_of_two_pictures_with_one_output_the_second_fails(picture, tmp_path):
    paths = [picture("a.png"), picture("a.gif"), picture("deep/a.png")]
    jobs = plan(paths, naming(tmp_path / "out"))
    assert [job.status for job in jobs] == ["waiting", "failed", "failed"]
    assert f"already made from {paths[0]}" in jobs[1].error


def test_a_picture_named_twice_is_enlarged_once(picture, tmp_path, monkeypatch):
    path = picture("a.png")
    monkeypatch.chdir(tmp_path)
    assert len(plan([path, path, Path("a.png"), Path("./a.png")], naming())) == 1


@pytest.mark.parametrize("names", [["a.png"], ["a.png", "a.jpg"]])
def test_an_input_is_never_the_output(picture, names):
    jobs = plan([picture(name) for name in names], naming(ending="", suffix=".png"))
    assert len(jobs) == len(names)
    assert all("is itself an input" in job.error for job in jobs)


def test_links_that_lead_in_a_circle_end(picture, tmp_path):
    path = picture("in/a.png")
    os.symlink(path.parent, path.with_name("again"))
    os.symlink("loop.png", path.with_name("loop.png"))
    jobs = plan([tmp_path / "in", tmp_path / "in/loop.png"], naming(tmp_path / "out"))
    assert sorted({job.source.name for job in jobs}) == ["a.png", "loop.png"]


@pytest.mark.parametrize(
    ("paths", "output", "options", "message"),
    [
        ([], None, {}, "at least one picture"),
        (["a.png", "b.png"], "one.png", {}, "Several pictures cannot go into"),
        (["in"], "one.png", {}, "Name a folder"),
        (["a.png"], "one.gif", {}, r"\.gif cannot be written"),
        (["a.png"], "one.heic", {}, "cannot be written"),
        (["a.png"], "one.png", {"suffix": ".jpg"}, "--format jpg contradicts"),
        (["a.png"], "notes", {}, "is a file, expected a folder"),
        (["a.png"], None, {"ending": "../x4"}, "--suffix without folders"),
        (["empty"], None, {}, "no pictures in .*videos are named one by one"),
        (["a.png"], "one.xyz", {}, r"\.xyz cannot be written.*make it first"),
    ],
)
def test_wrong_usage_is_refused_before_any_work(picture, tmp_path, paths, output, options, message):
    picture("in/a.png"), picture("a.png"), picture("b.png")
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes").write_text("")
    with pytest.raises(click.UsageError, match=message):
        plan([tmp_path / path for path in paths], naming(output and tmp_path / output, **options))


def test_a_new_folder_may_end_in_a_number(picture, tmp_path):
    jobs = plan([picture("a.png")], naming(tmp_path / "large_2.5"))
    assert targets(jobs) == [tmp_path / "large_2.5/a_x4.png"]


def test_a_folder_may_be_called_like_a_picture(picture, tmp_path):
    (tmp_path / "out.png").mkdir()
    jobs = plan([picture("a.png")], naming(tmp_path / "out.png"))
    assert targets(jobs) == [tmp_path / "out.png/a_x4.png"]


def test_jpeg_names_go_with_the_jpg_format(picture, tmp_path):
    jobs = plan([picture("a.png")], naming(tmp_path / "out.jpeg", suffix=".jpg"))
    assert targets(jobs) == [tmp_path / "out.jpeg"]
