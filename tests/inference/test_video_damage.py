"""Videos with damaged frames, without an end, or of sizes that nobody should decode."""

from types import SimpleNamespace

import pytest

from keras_litesr.inference import video_look
from keras_litesr.inference.video import VideoError, enlarge_video
from keras_litesr.inference.video_look import look_of, upright

av = pytest.importorskip("av", reason="PyAV is not installed")


def times(path):
    with av.open(str(path)) as container:
        return [frame.time for frame in container.decode(video=0)]


def places(path):
    """Lists where the packets of the pictures begin and how long they are."""
    with av.open(str(path)) as container:
        return [(each.pos, each.size) for each in container.demux(video=0) if each.size]


def damaged(source, *numbers):
    """Writes over what these frames are decoded from."""
    content, packets = bytearray(source.read_bytes()), places(source)
    for begin, size in (packets[number] for number in numbers):
        content[begin : begin + size] = b"\xff" * size
    source.write_bytes(content)
    return source


@pytest.mark.parametrize(
    ("numbers", "notice"),
    [([2], "1 damaged frame is"), ([7], "1 damaged frame is"), ([2, 7], "2 damaged frames are")],
    ids=["in the middle", "at the end", "both"],
)
def test_damaged_frames_are_left_out_and_counted(upscaler, clip, tmp_path, numbers, notice):
    source = clip(times=range(8))
    whole = times(source)
    _, notices = enlarge_video(damaged(source, *numbers), tmp_path / "large.mp4", upscaler)
    assert notices == (f"{notice} left out; later ones may have suffered.",)
    left = [time for number, time in enumerate(whole) if number not in numbers]
    assert times(tmp_path / "large.mp4") == pytest.approx(left)


def test_a_damaged_frame_takes_its_date_in_avi_with_it(upscaler, clip, tmp_path):
    source = damaged(clip("old.avi", times=range(8)), 4)
    enlarge_video(source, tmp_path / "large.mkv", upscaler)
    shown = [round(time * 30_000 / 1_001) for time in times(tmp_path / "large.mkv")]
    assert shown == [0, 1, 2, 3, 5, 6, 7]


def test_a_video_of_which_nothing_decodes_is_refused(upscaler, clip, tmp_path):
    with pytest.raises(VideoError, match="found no frame in it"):
        enlarge_video(damaged(clip(), *range(4)), tmp_path / "large.mp4", upscaler)


def test_a_video_that_breaks_off_is_said_to(upscaler, clip, tmp_path):
    source = clip("clip.mkv", times=range(0, 300, 10))
    _, notices = enlarge_video(source, tmp_path / "whole.mkv", upscaler)
    assert notices == ()
    begin, _ = places(source)[20]
    source.write_bytes(source.read_bytes()[:begin])
    _, notices = enlarge_video(source, tmp_path / "large.mkv", upscaler)
    assert len(times(tmp_path / "large.mkv")) == 20
    assert notices == ("it breaks off at 6.4 of the 9.7 s that it announces.",)


def test_the_size_is_checked_before_anything_is_decoded(upscaler, clip, tmp_path):
    source = damaged(clip(), *range(4))
    with pytest.raises(VideoError, match=r"at most 99 pixels, received 64x48"):
        enlarge_video(source, tmp_path / "large.mp4", upscaler, max_pixels=99)


def test_a_first_frame_larger_than_was_announced_is_refused(clip, monkeypatch):
    huge = SimpleNamespace(height=40_000, width=40_000)
    monkeypatch.setattr(video_look, "Frames", lambda *_: iter([huge]))
    with pytest.raises(VideoError, match=r"at most .* pixels, received 40000x40000"):
        look_of(av, clip())


def test_a_frame_of_another_size_is_refused_before_it_is_converted(clip):
    huge = SimpleNamespace(height=40_000, width=40_000)
    with pytest.raises(VideoError, match=r"frames of 64x48 throughout.* one of 40000x40000"):
        upright(huge, look_of(av, clip()))
