"""Videos: one frame after the other through an upscaler; sound and timing stay as they were."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from keras_litesr.atomic import published
from keras_litesr.inference.upscaler import Progress, Upscaler

SUFFIXES = (".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi")
OUTPUT_SUFFIXES = (".mp4", ".m4v", ".mov", ".mkv")

# H.264 codes at most this many pixels a side.
_LONGEST_SIDE = 16_384
# Constant rate factor of x264; nobody sees a loss at 17.
_RATE_FACTOR = "17"
# Numbers of ITU-T H.273: matrices, and transfer functions that no 8-bit output can stand for.
_BT709, _BT601, _UNKNOWN = 1, 6, 2
_MATRICES = (_BT709, 4, 5, _BT601, 7, 9)
_HDR = {16: "PQ", 18: "HLG"}
_FULL_RANGE = 2


class VideoError(ValueError):
    """A video that cannot be read, enlarged or written, in a sentence for its owner."""


@dataclass(frozen=True)
class _Look:
    """How a video's frames are to be shown, as its first one says.

    Attributes:
        size: `(height, width)` of an upright frame.
        rotation: Degrees counter-clockwise that turn a frame upright, a multiple of 90.
        matrix: Of colour, as H.273 numbers it.
        primaries: Likewise.
        transfer: Likewise.
        full_range: Whether luma takes all of 0 to 255.
        interlaced: Whether a frame holds two moments.
        bits: A channel.
    """

    size: tuple[int, int]
    rotation: int
    matrix: int
    primaries: int
    transfer: int
    full_range: bool
    interlaced: bool
    bits: int


def enlarge_video(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    upscaler: Upscaler,
    *,
    outscale: float | None = None,
    software: str = "",
    strip_metadata: bool = False,
    progress: Progress | None = None,
) -> tuple[tuple[int, int], tuple[str, ...]]:
    """Enlarges every frame of a video into a new one, which appears whole or not at all.

    Frames keep their times, also where their rate varies; sound, and subtitles that the output's
    format can hold, are copied. Frames are turned upright. The new video is H.264 with 8 bits a
    channel in 4:2:0, for which an odd last row or column is cut off.

    Args:
        source: Video file.
        target: Ends in `.mp4`, `.m4v`, `.mov` or `.mkv`; replaced if it is there.
        upscaler: Enlarges the frames.
        outscale: Final enlargement per side, at most the model's.
        software: Written down as the comment.
        strip_metadata: Whether to leave out title, place, time and the like.
        progress: Called with the frames done and in all, as far as the file tells.

    Returns:
        `(height, width)` of the result, and sentences about what the new video lacks.

    Raises:
        VideoError: When the file is missing or no video, damaged, of high dynamic range, or
            becomes too large for H.264; or PyAV is not installed.
        OSError: When the output cannot be written.
    """
    av = _library()
    source, target = Path(source), Path(target)
    if target.suffix.lower() not in OUTPUT_SUFFIXES:
        raise VideoError(
            f"Expected an output name that ends in {', '.join(OUTPUT_SUFFIXES)}, received "
            f"{str(target)!r}. Choose one of these suffixes."
        )
    try:
        look = _look(av, source)
        size = _coded(upscaler.size_after(look.size, outscale))
        with (
            av.open(str(source)) as original,
            published(target) as temporary,
            av.open(str(temporary), "w") as large,
        ):
            if not strip_metadata:
                large.metadata.update(original.metadata)
            large.metadata["comment"] = software
            copies, notices = _copies(original, large)
            writer = _Writer(large, original.streams.video[0], look, size)
            for frame in _frames(original, copies, large):
                writer.write(upscaler(_upright(frame, look), outscale=outscale), frame)
                if progress:
                    progress(writer.count, max(_expected(original), writer.count))
            writer.finish()
    except av.error.FFmpegError as error:
        raise VideoError(
            f"Expected a video in {str(source)!r}, received an error ({error.strerror}). "
            "Check that it plays, and that there is room for the output."
        ) from error
    return size, (*_notices(look), *notices)


def _library() -> Any:
    try:
        import av
    except ModuleNotFoundError as error:
        raise VideoError(
            "Expected PyAV, which reads and writes videos, and it is not installed. Run "
            "`pip install 'keras_litesr[video]'`."
        ) from error
    av.logging.set_level(av.logging.PANIC)
    return av


def _look(av: Any, source: Path) -> _Look:
    with av.open(str(source)) as original:
        if not original.streams.video:
            raise VideoError(f"Expected a video in {str(source)!r}, found no pictures in it.")
        first = next(original.decode(original.streams.video[0]), None)
    if first is None:
        raise VideoError(f"Expected a video in {str(source)!r}, found no frame in it.")
    if first.color_trc in _HDR:
        raise VideoError(
            f"Expected a video of standard dynamic range in {str(source)!r}, received "
            f"{_HDR[first.color_trc]}. Convert it to BT.709 first."
        )
    # Players take an untagged video for BT.601 when it is small and for BT.709 when it is large;
    # enlarged, it would be taken for another one.
    guess = _BT709 if first.height >= 720 else _BT601
    rotation = int(first.rotation) % 360
    size = (first.height, first.width)
    return _Look(
        size=size[::-1] if rotation % 180 else size,
        rotation=rotation,
        matrix=int(first.colorspace) if first.colorspace in _MATRICES else guess,
        primaries=guess if first.color_primaries == _UNKNOWN else int(first.color_primaries),
        transfer=guess if first.color_trc == _UNKNOWN else int(first.color_trc),
        full_range=first.color_range == _FULL_RANGE,
        interlaced=bool(first.interlaced_frame),
        bits=first.format.components[0].bits,
    )


def _notices(look: _Look) -> Iterator[str]:
    if look.bits > 8:
        yield f"{look.bits} bits a channel are rounded to 8."
    if look.interlaced:
        yield "it is interlaced, so combs are enlarged as well; deinterlace it first."


def _copies(original: Any, large: Any) -> tuple[dict[Any, Any], list[str]]:
    """Makes streams for what is copied, and says what cannot be."""
    copies, notices = {}, []
    for stream in (*original.streams.audio, *original.streams.subtitles):
        if stream.codec_context and stream.codec_context.name in large.supported_codecs:
            copies[stream] = large.add_stream_from_template(stream)
        else:
            notices.append(f"{stream.type} {stream.index} is left out; .mkv may hold it.")
    return copies, notices


def _frames(original: Any, copies: dict[Any, Any], large: Any) -> Iterator[Any]:
    """Yields the frames in order, and copies on the way what is not a frame."""
    for packet in original.demux(original.streams.video[0], *copies):
        if packet.stream not in copies:
            yield from packet.decode()
        elif packet.dts is not None:
            packet.stream = copies[packet.stream]
            large.mux(packet)


def _upright(frame: Any, look: _Look) -> np.ndarray:
    pixels = frame.reformat(
        format="rgb24", src_colorspace=_swscale(look.matrix), src_color_range=_range(look)
    ).to_ndarray()
    return np.ascontiguousarray(np.rot90(pixels, look.rotation // 90))


def _expected(original: Any) -> int:
    """Tells how many frames there should be, 0 where the file does not say."""
    stream = original.streams.video[0]
    if stream.frames or not (original.duration and stream.average_rate):
        return stream.frames
    return round(original.duration / 1_000_000 * stream.average_rate)


def _coded(size: tuple[int, int]) -> tuple[int, int]:
    """Rounds a size down to what 4:2:0 can hold.

    Raises:
        VideoError: When H.264 cannot.
    """
    height, width = (side // 2 * 2 for side in size)
    if max(height, width) > _LONGEST_SIDE or min(height, width) < 2:
        raise VideoError(
            f"Expected enlarged frames of 2 to {_LONGEST_SIDE} pixels a side, received "
            f"{width}x{height}. Choose another --outscale."
        )
    return height, width


class _Writer:
    """Encodes enlarged frames at the times of the original ones."""

    def __init__(self, large: Any, original: Any, look: _Look, size: tuple[int, int]):
        self.count = 0
        self._large, self._look, self._size = large, look, size
        self._time_base = original.time_base
        rate = original.average_rate or original.guessed_rate or Fraction(25)
        self._step = round(1 / rate / self._time_base)
        self._last = -self._step
        options = {"crf": _RATE_FACTOR, "preset": "medium"}
        self._stream = large.add_stream("libx264", rate=rate, options=options)
        self._stream.height, self._stream.width = size
        self._stream.pix_fmt = "yuv420p"
        coder = self._stream.codec_context
        coder.time_base = self._time_base
        coder.colorspace, coder.color_range = look.matrix, _range(look)
        coder.color_primaries, coder.color_trc = look.primaries, look.transfer
        ratio = original.sample_aspect_ratio
        if ratio:
            coder.sample_aspect_ratio = 1 / ratio if look.rotation % 180 else ratio

    def write(self, picture: np.ndarray, frame: Any) -> None:
        """Encodes a picture, uint8 RGB, at the time of a frame."""
        height, width = self._size
        cut = np.ascontiguousarray(picture[:height, :width])
        new = (
            type(frame)
            .from_ndarray(cut, "rgb24")
            .reformat(
                format="yuv420p",
                dst_colorspace=_swscale(self._look.matrix),
                dst_color_range=_range(self._look),
            )
        )
        new.time_base = self._time_base
        # Old AVI files number no frame.
        self._last = new.pts = self._last + self._step if frame.pts is None else frame.pts
        self._large.mux(self._stream.encode(new))
        self.count += 1

    def finish(self) -> None:
        """Writes what the encoder still holds."""
        self._large.mux(self._stream.encode())


def _range(look: _Look) -> int:
    return 2 if look.full_range else 1


def _swscale(matrix: int) -> int:
    """Translates a matrix of H.273 into what the converter of FFmpeg calls it."""
    return 5 if matrix == _BT601 else matrix
