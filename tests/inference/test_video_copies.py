"""What goes from a video into the enlarged one beside the pictures: tracks and tags."""

import struct
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest

from keras_litesr.inference.video import enlarge_video
from keras_litesr.inference.video_copies import Copies
from keras_litesr.inference.video_tags import kept_tags

av = pytest.importorskip("av", reason="PyAV is not installed")


def tags(path):
    with av.open(str(path)) as container:
        return {name.lower(): value for name, value in container.metadata.items()}


def copy_pictures(original, made):
    film = made.add_stream_from_template(original.streams.video[0])
    for packet in original.demux(video=0):
        if packet.dts is not None:
            packet.stream = film
            made.mux(packet)


def tagged(source, path, *, chapters=(), **metadata):
    """Copies a video and gives it chapters, and tags of any name."""
    options = {"movflags": "use_metadata_tags"} if path.suffix in (".mp4", ".mov") else {}
    with av.open(str(source)) as original, av.open(str(path), "w", options=options) as made:
        made.metadata.update(metadata)
        made.set_chapters(list(chapters))
        copy_pictures(original, made)
    return path


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_tracks_keep_their_flags(upscaler, clip, voiced, tmp_path, suffix):
    source = tmp_path / "film.mkv"
    with av.open(str(clip(sound=True))) as original, av.open(str(source), "w") as made:
        film, *voices = (
            made.add_stream_from_template(original.streams.best(kind))
            for kind in ("video", "audio", "audio")
        )
        first, second = voices
        first.disposition, second.disposition = 0, av.stream.Disposition.default
        voiced(original, made, film, voices)
    enlarge_video(source, tmp_path / f"large{suffix}", upscaler)
    with av.open(str(tmp_path / f"large{suffix}")) as large:
        flags = [bool(each.disposition & 1) for each in large.streams.audio]
    assert flags == [False, True]


def with_voice(source, path, codec):
    """Copies a film and gives it a silent voice of another codec."""
    with av.open(str(source)) as original, av.open(str(path), "w") as made:
        voice = made.add_stream(codec, rate=48_000, layout="stereo")
        silence = np.zeros((1, 2 * 4_800), np.int16)
        frame = av.AudioFrame.from_ndarray(silence, voice.format.name, "stereo")
        frame.sample_rate, frame.pts = 48_000, 0
        copy_pictures(original, made)
        made.mux([*voice.encode(frame), *voice.encode()])
    return path


def test_sound_without_a_layout_is_kept(upscaler, clip, tmp_path):
    """Matroska does not say which of two channels is the left one, and MP4 asks for it."""
    source = with_voice(clip(), tmp_path / "film.mkv", "pcm_s16le")
    _, notices = enlarge_video(source, tmp_path / "large.mp4", upscaler)
    assert notices == ()
    with av.open(str(tmp_path / "large.mp4")) as large:
        assert sum(frame.samples for frame in large.decode(audio=0)) == 4_800


def test_sound_that_a_format_cannot_hold_is_said_to_be_left_out(upscaler, clip, tmp_path):
    source = with_voice(clip(), tmp_path / "film.mkv", "flac")
    _, notices = enlarge_video(source, tmp_path / "large.mov", upscaler)
    assert notices == ("audio 0 is left out; .mkv may hold it.",)
    _, notices = enlarge_video(source, tmp_path / "large.mkv", upscaler)
    assert notices == ()


def trimmed(source, seconds):
    """Lets the edit lists of a film begin later."""
    content = bytearray(source.read_bytes())
    place = 0
    while (place := content.find(b"elst", place) + 4) > 3:
        duration, begin = struct.unpack_from(">Ii", content, place + 8)
        header = content.index(b"mdhd", place)
        (ticks,) = struct.unpack_from(">I", content, header + 16)
        edit = duration - round(seconds * 1000), begin + round(seconds * ticks)
        struct.pack_into(">Ii", content, place + 8, *edit)
    source.write_bytes(content)
    return source


def starts(path):
    """Tells when pictures and sound begin."""
    begins = {}
    with av.open(str(path)) as container:
        for packet in container.demux(container.streams.video[0], container.streams.audio[0]):
            if packet.pts is not None:
                time = packet.pts * packet.time_base
                begins[packet.stream.type] = min(time, begins.get(packet.stream.type, time))
    return begins["video"], begins["audio"]


def test_sound_that_was_cut_off_stays_cut_off_in_matroska(upscaler, clip, tmp_path):
    source = trimmed(clip("clip.mov", sound=True), 0.1)
    enlarge_video(source, tmp_path / "large.mkv", upscaler)
    pictures, sound = starts(tmp_path / "large.mkv")
    assert 0 <= pictures - sound <= 2 * Fraction(1024, 48_000)


def test_the_packet_that_sound_begins_with_is_kept(upscaler, clip, tmp_path):
    source = clip(sound=True)
    enlarge_video(source, tmp_path / "large.mkv", upscaler)
    counts = []
    for path in (source, tmp_path / "large.mkv"):
        with av.open(str(path)) as container:
            counts.append(sum(1 for packet in container.demux(audio=0) if packet.size))
    assert counts[0] == counts[1]


def test_the_comment_of_the_owner_stays_above_ours(upscaler, clip, tmp_path):
    source = tagged(clip(), tmp_path / "film.mkv", comment="Aunt Mary's wedding")
    for suffix in (".mp4", ".mov", ".mkv"):
        target = tmp_path / f"large{suffix}"
        enlarge_video(source, target, upscaler, software="litesr")
        assert tags(target)["comment"] == "Aunt Mary's wedding\nlitesr"
    target = tmp_path / "bare.mp4"
    enlarge_video(source, target, upscaler, software="litesr", strip_metadata=True)
    assert tags(target)["comment"] == "litesr"


QUICKTIME = {
    "com.apple.quicktime.location.ISO6709": "+48.1000+011.5000/",
    "com.apple.quicktime.creationdate": "2024-05-01T12:00:00+0200",
}


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
def test_place_and_date_of_a_phone_are_kept(upscaler, clip, tmp_path, suffix):
    source = tagged(clip(), tmp_path / "phone.mov", **QUICKTIME)
    assert tags(source).keys() >= {name.lower() for name in QUICKTIME}
    _, notices = enlarge_video(source, tmp_path / f"large{suffix}", upscaler)
    large = tags(tmp_path / f"large{suffix}")
    assert (large["location"], large["date"]) == tuple(QUICKTIME.values())
    assert notices == ()


def test_chapters_of_mp4_are_no_track_that_is_left_out(upscaler, clip, tmp_path):
    chapter = {"id": 1, "start": 0, "end": 40, "time_base": Fraction(1, 1000)}
    chapter["metadata"] = {"title": "Dawn"}
    source = tagged(clip(), tmp_path / "film.mp4", chapters=[chapter])
    with av.open(str(source)) as original:
        assert [stream.type for stream in original.streams] == ["video", "data"]
    _, notices = enlarge_video(source, tmp_path / "large.mp4", upscaler)
    assert notices == ()
    with av.open(str(tmp_path / "large.mp4")) as large:
        assert [each["metadata"]["title"] for each in large.chapters()] == ["Dawn"]


def test_a_track_of_data_without_chapters_is_said_to_be_left_out(tmp_path):
    film = SimpleNamespace(type="video")
    data = SimpleNamespace(type="data", name="bin_data", frames=0, index=1)
    streams = type("Streams", (list,), {"video": [film]})([film, data])
    original = SimpleNamespace(streams=streams, chapters=list)
    copies = Copies(av, original, None, tmp_path / "large.mkv", strip_metadata=False)
    assert copies.notices == ["data 1 is left out."]


def test_tags_that_a_format_does_not_take_are_named(upscaler, clip, tmp_path):
    source = tagged(clip(), tmp_path / "film.mkv", actor="Mary", title="wedding")
    _, notices = enlarge_video(source, tmp_path / "large.mp4", upscaler)
    assert notices == ("tags left out: actor; .mkv may hold them.",)
    _, notices = enlarge_video(source, tmp_path / "large.mkv", upscaler)
    assert (notices, tags(tmp_path / "large.mkv")["actor"]) == ((), "Mary")
    _, notices = enlarge_video(source, tmp_path / "bare.mp4", upscaler, strip_metadata=True)
    assert notices == ()


def test_facts_of_the_old_file_are_no_tags_of_the_new_one():
    received = {"major_brand": "qt", "ENCODER": "Lavf", "TITLE": "wedding", "artist": ""}
    assert kept_tags(received) == {"title": "wedding"}
