"""What an enlarged video lacks is said."""

import numpy as np
import pytest

from keras_litesr.inference.video import enlarge_video

av = pytest.importorskip("av", reason="PyAV is not installed")

COARSER = "colour is stored once for two by two pixels (4:2:0); it was finer before."


def film(path, codec, pix_fmt, **options):
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25, options=options)
        stream.height, stream.width, stream.pix_fmt = 48, 64, pix_fmt
        for number in range(4):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 90, np.uint8), "rgb24")
            frame = frame.reformat(format=pix_fmt)
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


@pytest.mark.parametrize(
    ("pix_fmt", "lost"),
    [
        ("yuv420p", ()),
        ("gray", ()),
        ("yuv422p", (COARSER,)),
        ("yuv444p", (COARSER,)),
        ("bgr0", (COARSER,)),
    ],
)
def test_colour_that_becomes_coarser_is_said_to(upscaler, tmp_path, pix_fmt, lost):
    source = film(tmp_path / "film.mkv", "ffv1", pix_fmt)
    _, notices = enlarge_video(source, tmp_path / "large.mp4", upscaler)
    assert notices == lost


def test_a_video_that_becomes_interlaced_is_said_to_be(upscaler, tmp_path):
    parts = [
        film(tmp_path / "a.h264", "libx264", "yuv420p"),
        film(tmp_path / "b.h264", "libx264", "yuv420p", **{"x264-params": "tff=1"}),
    ]
    source = tmp_path / "film.h264"
    source.write_bytes(b"".join(part.read_bytes() for part in parts))
    _, notices = enlarge_video(source, tmp_path / "large.mp4", upscaler)
    assert [notice for notice in notices if notice.startswith("it is interlaced")]


def test_captions_within_the_pictures_are_said_to_be_left_out(upscaler, tmp_path):
    source = film(tmp_path / "film.h264", "libx264", "yuv420p")
    # ITU-T T.35, USA, ATSC: one pair of bytes of CEA-608.
    words = b"\xb5\x00\x31GA94\x03\x41\xff\xfc\x94\x2c\xff"
    message = b"\x00\x00\x01\x06\x04" + bytes([len(words)]) + words + b"\x80"
    source.write_bytes(
        source.read_bytes().replace(b"\x00\x00\x01\x65", message + b"\x00\x00\x01\x65")
    )
    _, notices = enlarge_video(source, tmp_path / "large.mp4", upscaler)
    assert notices == ("captions within its pictures are left out.",)
