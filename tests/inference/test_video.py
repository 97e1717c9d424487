"""Videos made here, enlarged and read back: pictures, times, sound, colours, orientation."""

import sys

import numpy as np
import pytest

from keras_litesr.inference.upscaler import Upscaler
from keras_litesr.inference.video import VideoError, enlarge_video

av = pytest.importorskip("av", reason="PyAV is not installed")

RED, GREEN = (200, 30, 60), (20, 180, 90)
BT709, BT601 = 1, 6


@pytest.fixture(scope="module")
def upscaler():
    return Upscaler("bicubic_x4")


def frames(path):
    with av.open(str(path)) as container:
        return list(container.decode(container.streams.video[0]))


def packets(path, kind):
    with av.open(str(path)) as container:
        (stream,) = getattr(container.streams, kind)
        return [bytes(packet) for packet in container.demux(stream) if packet.size]


def colours(frame):
    """Reads the colours in the middle of both halves as a player shows them."""
    row = frame.to_ndarray(format="rgb24")[frame.height // 2]
    return row[len(row) // 4], row[3 * len(row) // 4]


def test_every_frame_is_enlarged_at_its_time(upscaler, clip, tmp_path):
    source = clip(times=(0, 1, 2, 7, 8, 30))
    done = []
    size, notices = enlarge_video(
        source, tmp_path / "large.mp4", upscaler, progress=lambda *count: done.append(count)
    )
    assert (size, notices) == ((192, 256), ())
    assert done == [(number, 6) for number in range(1, 7)]
    large = frames(tmp_path / "large.mp4")
    assert [frame.time for frame in large] == [frame.time for frame in frames(source)]
    assert {(frame.height, frame.width) for frame in large} == {(192, 256)}


def test_frames_are_what_the_upscaler_makes_of_them(upscaler, clip, tmp_path):
    source = clip(matrix=BT709)
    enlarge_video(source, tmp_path / "large.mkv", upscaler)
    (first, *_), (large, *_) = frames(source), frames(tmp_path / "large.mkv")
    expected = upscaler(first.reformat(format="rgb24", src_colorspace=1).to_ndarray())
    received = large.reformat(format="rgb24", src_colorspace=1).to_ndarray()
    difference = np.abs(expected.astype(int) - received)
    # Where red meets green, 4:2:0 mixes their colours.
    assert difference[:, :112].mean() < 2
    assert difference[:, 144:].mean() < 2


@pytest.mark.parametrize(("matrix", "tagged"), [(None, BT601), (BT709, BT709)])
def test_colours_stay_and_an_untagged_video_is_tagged(upscaler, clip, tmp_path, matrix, tagged):
    """An untagged small video is BT.601 to a player; enlarged and untagged it would be BT.709."""
    enlarge_video(clip(matrix=matrix), tmp_path / "large.mp4", upscaler)
    large = frames(tmp_path / "large.mp4")[0]
    assert large.colorspace == tagged
    for received, expected in zip(colours(large), (RED, GREEN), strict=True):
        np.testing.assert_allclose(received.astype(int), expected, atol=5)


def test_an_untagged_large_video_is_taken_for_bt709_as_players_do(upscaler, clip, tmp_path):
    enlarge_video(clip(size=(720, 64), times=[0]), tmp_path / "large.mp4", upscaler, outscale=2)
    assert frames(tmp_path / "large.mp4")[0].colorspace == BT709


def test_sound_is_copied_and_the_title_kept(upscaler, clip, tmp_path):
    source = clip(sound=True)
    enlarge_video(source, tmp_path / "large.mp4", upscaler, software="keras_litesr, a model")
    assert packets(tmp_path / "large.mp4", "audio") == packets(source, "audio")
    with av.open(str(tmp_path / "large.mp4")) as container:
        assert container.metadata["title"] == "holidays"
        assert container.metadata["comment"] == "keras_litesr, a model"
    enlarge_video(source, tmp_path / "bare.mp4", upscaler, strip_metadata=True)
    with av.open(str(tmp_path / "bare.mp4")) as container:
        assert "title" not in container.metadata


def test_a_video_that_was_filmed_upright_is_upright(upscaler, clip, tmp_path):
    source = clip()
    content = source.read_bytes()
    # The matrix of the track header: to be shown a quarter clockwise.
    begin = content.index(b"tkhd") + 44
    quarter = np.array([0, 1 << 16, 0, -1 << 16, 0, 0, 0, 0, 1 << 30], ">i4").tobytes()
    source.write_bytes(content[:begin] + quarter + content[begin + 36 :])
    assert frames(source)[0].rotation == -90
    size, _ = enlarge_video(source, tmp_path / "large.mp4", upscaler)
    assert size == (256, 192)
    (large, *_) = frames(tmp_path / "large.mp4")
    assert large.rotation == 0
    top, bottom = large.to_ndarray(format="rgb24")[[64, 192], 96].astype(int)
    # Turned clockwise, the left half is the upper one.
    np.testing.assert_allclose([top, bottom], [RED, GREEN], atol=5)


def test_an_odd_side_loses_its_last_row(upscaler, clip, tmp_path):
    size, _ = enlarge_video(clip(size=(50, 66)), tmp_path / "large.mp4", upscaler, outscale=1.5)
    assert size == (74, 98)  # of 75x99


def test_ten_bits_are_rounded_and_said_to_be(upscaler, clip, tmp_path):
    _, notices = enlarge_video(clip(pix_fmt="yuv420p10le"), tmp_path / "large.mp4", upscaler)
    assert notices == ("10 bits a channel are rounded to 8.",)
    assert frames(tmp_path / "large.mp4")[0].format.name == "yuv420p"


def test_high_dynamic_range_is_refused(upscaler, clip, tmp_path):
    source = clip(pix_fmt="yuv420p10le", color_trc=16, color_primaries=9)
    with pytest.raises(VideoError, match=r"standard dynamic range.*received PQ"):
        enlarge_video(source, tmp_path / "large.mp4", upscaler)


def test_what_is_no_video_is_refused_and_nothing_left(upscaler, clip, tmp_path):
    text = tmp_path / "text.mp4"
    text.write_text("no video")
    with pytest.raises(VideoError, match=r"Expected a video in .*text\.mp4"):
        enlarge_video(text, tmp_path / "large.mp4", upscaler)
    with pytest.raises(VideoError, match=r"Expected a video at .*none\.mp4.* no such file"):
        enlarge_video(tmp_path / "none.mp4", tmp_path / "large.mp4", upscaler)
    with pytest.raises(VideoError, match=r"ends in \.mp4, \.m4v, \.mov, \.mkv, received"):
        enlarge_video(clip(), tmp_path / "large.webm", upscaler)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clip.mp4", "text.mp4"]


def test_sound_without_pictures_is_refused(upscaler, tmp_path):
    path = tmp_path / "song.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=48_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.sample_rate = 48_000
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    with pytest.raises(VideoError, match="found no pictures in it"):
        enlarge_video(path, tmp_path / "large.mp4", upscaler)


def test_frames_too_large_for_the_codec_are_refused_before_the_work(upscaler, clip, tmp_path):
    source = clip(size=(16, 4098), times=[0])
    with pytest.raises(VideoError, match=r"2 to 16384 pixels a side, received 16392x64"):
        enlarge_video(source, tmp_path / "large.mp4", upscaler)


def test_an_interrupted_video_leaves_nothing(upscaler, clip, tmp_path):
    def interrupt(done, total):
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        enlarge_video(clip(), tmp_path / "large.mp4", upscaler, progress=interrupt)
    assert [path.name for path in tmp_path.iterdir()] == ["clip.mp4"]


def test_without_pyav_the_extra_is_named(upscaler, clip, tmp_path, monkeypatch):
    source = clip()
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(VideoError, match=r"pip install 'keras_litesr\[video\]'"):
        enlarge_video(source, tmp_path / "large.mp4", upscaler)
