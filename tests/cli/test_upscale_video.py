"""`litesr upscale clip.mp4`."""

import json


def names(folder) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_video_lands_beside_itself(enlarge, clip, tmp_path):
    result = enlarge(clip())
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith(f"{tmp_path / 'clip_x4.mp4'}  256x192  ")
    assert names(tmp_path) == ["clip.mp4", "clip_x4.mp4"]
    again = enlarge(tmp_path / "clip.mp4")
    assert (again.exit_code, "clip_x4.mp4 exists" in again.stderr) == (2, True)
    assert enlarge(tmp_path / "clip.mp4", "--skip-existing").exit_code == 0


def test_a_video_is_replaced_where_that_is_allowed(enlarge, clip, tmp_path):
    (tmp_path / "clip_x4.mp4").write_text("old")
    assert enlarge(clip(), "--overwrite").exit_code == 0
    assert (tmp_path / "clip_x4.mp4").stat().st_size > 100


def test_a_video_goes_with_pictures_and_keeps_its_format(enlarge, clip, picture, tmp_path):
    out = tmp_path / "out"
    result = enlarge(clip(), picture("a.jpg"), "-o", out, "--format", "png", "-s", "2")
    assert result.exit_code == 0, result.output
    assert names(out) == ["a_x2.png", "clip_x2.mp4"]


def test_a_format_that_is_only_read_becomes_matroska(enlarge, clip, tmp_path):
    clip("old.avi")
    assert enlarge(tmp_path / "old.avi").exit_code == 0
    assert names(tmp_path) == ["old.avi", "old_x4.mkv"]


def test_json_names_size_and_notices(enlarge, clip, tmp_path):
    result = enlarge(clip(pix_fmt="yuv420p10le"), "--json")
    facts = json.loads(result.stdout)
    assert (facts["status"], facts["width"], facts["height"]) == ("done", 256, 192)
    assert facts["notices"] == ["clip_x4.mp4: 10 bits a channel are rounded to 8."]


def test_a_broken_video_is_reported_and_the_others_are_made(enlarge, picture, tmp_path):
    (tmp_path / "broken.mp4").write_bytes(b"no video")
    result = enlarge(tmp_path / "broken.mp4", picture("a.png"))
    assert result.exit_code == 1
    assert "failed: Expected a video in" in result.stderr
    assert names(tmp_path) == ["a.png", "a_x4.png", "broken.mp4"]


def test_a_missing_video_is_called_missing(enlarge, tmp_path):
    result = enlarge(tmp_path / "nosuch.mp4")
    assert result.exit_code == 1
    assert "received nothing: no such file. Check the path." in result.stderr


def test_a_broken_video_makes_no_folder(enlarge, clip, tmp_path):
    (tmp_path / "broken.mp4").write_bytes(b"no video")
    (tmp_path / "there").mkdir()
    for folder in ("large", "new/large", "there/large"):
        assert enlarge(tmp_path / "broken.mp4", "-o", tmp_path / folder).exit_code == 1
        assert names(tmp_path) == ["broken.mp4", "there"]
        assert not names(tmp_path / "there")


def test_a_video_is_no_picture(enlarge, clip, tmp_path):
    result = enlarge(clip(), "-o", tmp_path / "out.png")
    assert result.exit_code == 1
    assert "ends in .mp4, .m4v, .mov, .mkv, received" in result.stderr
    assert enlarge(tmp_path / "clip.mp4", "-o", tmp_path / "out.webm").exit_code == 2
    assert names(tmp_path) == ["clip.mp4"]
