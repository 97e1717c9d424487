"""Videos made here, enlarged and read back: pictures, times, sound, colours, orientation."""

import sys
from fractions import Fraction

import numpy as np
import pytest

from keras_litesr.images.files import ImageFileError
from keras_litesr.inference.video import VideoError, enlarge_video
from keras_litesr.inference.video_frames import side_data
from keras_litesr.inference.video_look import look_of, upright

av = pytest.importorskip("av", reason="PyAV is not installed")

RED, GREEN = (200, 30, 60), (20, 180, 90)
BT709, BT601 = 1, 6


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


def _write(
    path, pictures, codec, *, pix_fmt="yuv420p", times=None, options=None, chapters=(), streams=1
):
    """Makes a video of 25 frames a second."""
    with av.open(str(path), "w") as container:
        if chapters:
            container.set_chapters(list(chapters))
        made = [container.add_stream(codec, rate=25, options=options or {}) for _ in range(streams)]
        for stream in made:
            stream.height, stream.width = pictures[0].shape[:2]
            stream.pix_fmt = pix_fmt
        kind = "rgba" if pictures[0].shape[2] == 4 else "rgb24"
        for time, picture in zip(times or range(len(pictures)), pictures, strict=True):
            for stream in made:
                frame = av.VideoFrame.from_ndarray(picture, kind).reformat(format=pix_fmt)
                frame.pts, frame.time_base = time, Fraction(1, 25)
                container.mux(stream.encode(frame))
        for stream in made:
            container.mux(stream.encode())


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


def test_frames_that_a_file_does_not_count_are_reckoned_from_its_length(upscaler, clip, tmp_path):
    done = []
    source = clip("clip.mkv", times=range(6))
    enlarge_video(
        source, tmp_path / "large.mp4", upscaler, progress=lambda *count: done.append(count)
    )
    assert done == [(number, 6) for number in range(1, 7)]


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


def test_luma_of_the_full_range_stays_so(upscaler, clip, tmp_path):
    source = clip(pix_fmt="yuvj420p", color_range=2)
    enlarge_video(source, tmp_path / "large.mp4", upscaler)
    (large, *_) = frames(tmp_path / "large.mp4")
    assert large.color_range == 2
    for before, after in zip(colours(frames(source)[0]), colours(large), strict=True):
        np.testing.assert_allclose(before.astype(int), after.astype(int), atol=3)


def test_flat_colours_are_no_darker_than_before(upscaler, tmp_path, rng):
    colours = rng.integers(40, 200, (12, 3), dtype=np.uint8)
    source = tmp_path / "flat.mkv"
    _write(source, [np.full((32, 32, 3), colour) for colour in colours], "ffv1")
    enlarge_video(source, tmp_path / "large.mkv", upscaler)

    def planes(path):
        """Means of Y, U and V, one row a frame."""
        luma = [frame.to_ndarray() for frame in frames(path)]
        height = frames(path)[0].height
        return np.array([[each[:height].mean(), each[height:].mean()] for each in luma])

    shift = (planes(tmp_path / "large.mkv") - planes(source)).mean(axis=0)
    np.testing.assert_allclose(shift, 0, atol=0.3)


def test_chroma_of_half_the_size_is_painted_smoothly(tmp_path):
    ramp = np.tile(np.linspace(40, 220, 32).astype(np.uint8)[None, :, None], (32, 1, 3))
    ramp[..., :2] = 90
    _write(tmp_path / "ramp.mkv", [ramp], "ffv1")
    picture = upright(frames(tmp_path / "ramp.mkv")[0], look_of(av, tmp_path / "ramp.mkv"))
    steps = np.diff(picture[16, 4:28, 2].astype(int))
    assert steps.min() > 0  # in blocks of two pixels every other step would be none


@pytest.mark.parametrize("codec", ["libx264", "mpeg4"])
def test_frames_of_avi_come_in_the_order_they_are_shown(upscaler, tmp_path, codec):
    """AVI dates them as they are decoded."""
    source = tmp_path / "old.avi"
    bars = [np.zeros((32, 32, 3), np.uint8) for _ in range(20)]
    for number, bar in enumerate(bars):
        bar[:, : number + 1] = 255
    _write(source, bars, codec, options={"bf": "2"})
    enlarge_video(source, tmp_path / "large.mp4", upscaler)
    large = frames(tmp_path / "large.mp4")
    assert [round(frame.time * 25) for frame in large] == list(range(20))
    brightness = [frame.to_ndarray(format="gray").mean() for frame in large]
    assert brightness == sorted(brightness)


@pytest.mark.parametrize("codec", ["libx264", "mpeg4"])
def test_a_gap_in_avi_stays_where_it_is(upscaler, tmp_path, codec):
    source = tmp_path / "old.avi"
    pictures = [np.full((32, 32, 3), 9, np.uint8)] * 7
    _write(source, pictures, codec, options={"bf": "2"}, times=(0, 9, 10, 11, 12, 13, 14))
    with av.open(str(source)) as container:
        dates = [packet.dts for packet in container.demux(video=0) if packet.size]
    assert dates[1] - dates[0] == 9
    enlarge_video(source, tmp_path / "large.mkv", upscaler)
    assert [round(frame.time * 25) for frame in frames(tmp_path / "large.mkv")] == dates


def test_frames_of_one_time_follow_each_other(upscaler, tmp_path):
    source = tmp_path / "twice.mkv"
    _write(source, [np.full((32, 32, 3), 9, np.uint8)] * 4, "ffv1", times=(0, 1, 1, 2))
    enlarge_video(source, tmp_path / "large.mp4", upscaler)
    times = [frame.time for frame in frames(tmp_path / "large.mp4")]
    assert times == sorted(set(times)) and len(times) == 4
    np.testing.assert_allclose(times, [0, 0.04, 0.04, 0.08], atol=0.002)


def test_frames_without_times_follow_at_their_rate(upscaler, clip, tmp_path):
    source = clip("bare.h264")
    assert [frame.pts for frame in frames(source)] == [None] * 4
    enlarge_video(source, tmp_path / "large.mp4", upscaler)
    times = [frame.time for frame in frames(tmp_path / "large.mp4")]
    # 25 a second is what FFmpeg takes for the rate of a bare stream.
    np.testing.assert_allclose(np.diff(times), 1 / 25, atol=1e-3)


def test_a_name_with_a_colon_is_no_protocol(upscaler, clip, tmp_path, monkeypatch):
    clip("day 1: Rome.mp4")
    (tmp_path / "2024:05").mkdir()
    monkeypatch.chdir(tmp_path)
    enlarge_video("day 1: Rome.mp4", "2024:05/large: one.mp4", upscaler)
    assert len(frames(f"file:{tmp_path}/2024:05/large: one.mp4")) == 4


def test_a_title_that_is_not_utf8_is_no_reason_to_stop(upscaler, clip, tmp_path):
    source = clip("clip.avi")
    source.write_bytes(source.read_bytes().replace(b"holidays", b"Caf\xe9 now"))
    enlarge_video(source, tmp_path / "large.mp4", upscaler)
    with av.open(str(tmp_path / "large.mp4")) as large:
        assert large.metadata["title"] == "Caf\ufffd now"


@pytest.mark.parametrize(
    ("source", "expected"),
    [(BT709, (BT709, BT709, BT709)), (None, (BT601, BT601, BT601)), (9, (9, 9, 14))],
)
def test_what_is_tagged_in_part_is_completed_by_what_is_known(clip, source, expected):
    look = look_of(av, clip(matrix=source))
    assert (look.matrix, look.primaries, look.transfer) == expected


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


def with_display_matrix(source, *corner):
    """Writes the turning part of the matrix into the track header: a, b, c, d."""
    content = source.read_bytes()
    begin = content.index(b"tkhd") + 44
    a, b, c, d = (round(value * 65_536) for value in corner)
    matrix = np.array([a, b, 0, c, d, 0, 0, 0, 1 << 30], ">i4").tobytes()
    source.write_bytes(content[:begin] + matrix + content[begin + 36 :])
    return source


def test_side_data_that_pyav_does_not_know_is_no_reason_to_stop():
    class Frame:
        @property
        def side_data(self):
            raise ValueError("31 is not a valid Type")

    assert side_data(Frame(), "mjpeg") == {}


def test_a_video_of_too_many_pixels_is_refused(upscaler, clip, tmp_path):
    with pytest.raises(VideoError, match=r"at most 3,071 pixels, received 64x48 .*--max-pixels"):
        enlarge_video(clip(), tmp_path / "large.mp4", upscaler, max_pixels=64 * 48 - 1)
    assert not (tmp_path / "large.mp4").exists()


def test_a_video_that_was_filmed_upright_is_upright(upscaler, clip, tmp_path):
    source = with_display_matrix(clip(), 0, 1, -1, 0)  # to be shown a quarter clockwise
    assert frames(source)[0].rotation == -90
    size, _ = enlarge_video(source, tmp_path / "large.mp4", upscaler)
    assert size == (256, 192)
    (large, *_) = frames(tmp_path / "large.mp4")
    assert large.rotation == 0
    top, bottom = large.to_ndarray(format="rgb24")[[64, 192], 96].astype(int)
    # Turned clockwise, the left half is the upper one.
    np.testing.assert_allclose([top, bottom], [RED, GREEN], atol=5)


@pytest.mark.parametrize(("corner", "ratio"), [((1, 0, 0, 1), (4, 3)), ((0, 1, -1, 0), (3, 4))])
def test_pixels_that_are_no_squares_turn_with_the_picture(upscaler, clip, tmp_path, corner, ratio):
    source = with_display_matrix(clip(times=[0], sample_aspect_ratio=Fraction(4, 3)), *corner)
    enlarge_video(source, tmp_path / "large.mp4", upscaler)
    with av.open(str(tmp_path / "large.mp4")) as large:
        assert large.streams.video[0].sample_aspect_ratio == Fraction(*ratio)


@pytest.mark.parametrize("lean", [0.03, -0.03])
def test_a_turn_of_nearly_a_quarter_is_one(clip, lean):
    look = look_of(av, with_display_matrix(clip(), lean, 1, -1, lean))
    assert (look.rotation, look.size) == (270, (64, 48))


@pytest.mark.parametrize(
    "corner",
    [(-1, 0, 0, 1), (1, 0, 0, -1), (0, 1, 1, 0), (0, -1, -1, 0), (-1, 0, 0, -1)],
    ids=["left-right", "upside down", "transposed", "transposed backwards", "half a turn"],
)
def test_mirrored_videos_are_shown_as_their_matrix_says(clip, corner):
    """A point of the stored frame, seen from its middle, goes to (a x + c y, b x + d y)."""
    look = look_of(av, with_display_matrix(clip(times=[0]), *corner))
    pixels = np.zeros((48, 64, 3), np.uint8)
    pixels[6, 8] = 255
    shown = upright(av.VideoFrame.from_ndarray(pixels, "rgb24"), look)
    a, b, c, d = corner
    x, y = 8 - 31.5, 6 - 23.5
    height, width = look.size
    row, column = b * x + d * y + (height - 1) / 2, a * x + c * y + (width - 1) / 2
    assert tuple(np.argwhere(shown[..., 0])[0]) == (row, column)


def test_a_change_of_size_is_refused(upscaler, clip, tmp_path):
    source = tmp_path / "two.h264"
    parts = [clip("a.h264"), clip("b.h264", size=(64, 96))]
    source.write_bytes(b"".join(part.read_bytes() for part in parts))
    with pytest.raises(VideoError, match=r"frames of 64x48 throughout.* one of 96x64\. Cut"):
        enlarge_video(source, tmp_path / "large.mp4", upscaler)
    assert not (tmp_path / "large.mp4").exists()


@pytest.fixture
def two_voices(clip, voiced, tmp_path):
    """A film with two voices, which stand before the pictures."""
    path = tmp_path / "two_voices.mkv"
    with av.open(str(clip(sound=True))) as original, av.open(str(path), "w") as made:
        voices = [made.add_stream_from_template(original.streams.audio[0]) for _ in range(2)]
        voices[0].metadata.update(language="ger", title="Deutsch")
        voices[1].metadata.update(language="fre", title="Kommentar")
        film = made.add_stream_from_template(original.streams.video[0])
        voiced(original, made, film, voices)
    return path


def tracks(path):
    with av.open(str(path)) as container:
        tags = [(stream.type, stream.metadata) for stream in container.streams]
    return [
        (kind, each.get("language"), each.get("title", each.get("name"))) for kind, each in tags
    ]


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_tracks_keep_order_language_and_title(upscaler, two_voices, tmp_path, suffix):
    first, second = (tmp_path / f"{name}{suffix}" for name in ("first", "second"))
    enlarge_video(two_voices, first, upscaler)
    enlarge_video(first, second, upscaler, outscale=1)
    for path in (first, second):
        film, *voices = tracks(path)
        assert film[0] == "video"
        assert voices == [("audio", "ger", "Deutsch"), ("audio", "fre", "Kommentar")]
    enlarge_video(two_voices, first, upscaler, strip_metadata=True, overwrite=True)
    assert tracks(first)[1:] == [("audio", "ger", None), ("audio", "fre", None)]


def test_transparency_is_said_to_be_left_out(upscaler, tmp_path):
    source = tmp_path / "overlay.mkv"
    with av.open(str(source), "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.height, stream.width, stream.pix_fmt = 16, 16, "yuva420p"
        frame = av.VideoFrame.from_ndarray(np.full((16, 16, 4), 99, np.uint8), "rgba")
        container.mux(stream.encode(frame.reformat(format="yuva420p")))
        container.mux(stream.encode())
    _, notices = enlarge_video(source, tmp_path / "large.mp4", upscaler)
    assert notices == ("its transparency is left out.",)


def test_transparency_of_webm_is_said_to_be_left_out(upscaler, tmp_path):
    """Its decoder gives frames without it."""
    source = tmp_path / "overlay.webm"
    _write(
        source,
        [np.full((16, 16, 4), 99, np.uint8)],
        "libvpx",
        pix_fmt="yuva420p",
        options={"auto-alt-ref": "0"},
    )
    _, notices = enlarge_video(source, tmp_path / "large.mp4", upscaler)
    assert notices == ("its transparency is left out.",)


def test_chapters_are_kept_and_what_is_no_sound_is_said_to_be_left_out(upscaler, tmp_path):
    source = tmp_path / "film.mkv"
    chapter = {"id": 1, "start": 0, "end": 40, "time_base": Fraction(1, 1000)}
    chapter["metadata"] = {"title": "Dawn"}
    _write(source, [np.zeros((16, 16, 3), np.uint8)] * 3, "ffv1", chapters=[chapter], streams=2)
    _, notices = enlarge_video(source, tmp_path / "large.mkv", upscaler)
    assert notices == ("video 1 is left out.",)
    with av.open(str(tmp_path / "large.mkv")) as large:
        assert [each["metadata"]["title"] for each in large.chapters()] == ["Dawn"]
    enlarge_video(source, tmp_path / "bare.mkv", upscaler, strip_metadata=True)
    with av.open(str(tmp_path / "bare.mkv")) as large:
        assert large.chapters() == []


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


def test_a_file_that_appears_meanwhile_is_left_alone(upscaler, clip, tmp_path):
    target = tmp_path / "large.mp4"

    def write_of_somebody_else(done, total):
        target.write_text("of somebody else")

    source = clip()
    with pytest.raises(FileExistsError, match=r"Expected a new file name.*an existing file"):
        enlarge_video(source, target, upscaler, progress=write_of_somebody_else)
    assert target.read_text() == "of somebody else"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clip.mp4", "large.mp4"]
    with pytest.raises(ImageFileError, match=r"an existing file\. Allow overwriting"):
        enlarge_video(source, target, upscaler)
    enlarge_video(source, target, upscaler, overwrite=True)
    assert len(frames(target)) == 4


def test_without_pyav_the_extra_is_named(upscaler, clip, tmp_path, monkeypatch):
    source = clip()
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(VideoError, match=r"pip install 'keras_litesr\[video\]'"):
        enlarge_video(source, tmp_path / "large.mp4", upscaler)
