"""Videos: one frame after the other through an upscaler; sound and timing stay as they were."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from keras_litesr.atomic import published
from keras_litesr.images.decoding import DEFAULT_MAX_PIXELS
from keras_litesr.inference.upscaler import Progress, Upscaler
from keras_litesr.inference.video_encoder import Encoder
from keras_litesr.inference.video_look import VideoError, look_of, read_with, upright

SUFFIXES = (".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi")
OUTPUT_SUFFIXES = (".mp4", ".m4v", ".mov", ".mkv")

# H.264 codes at most this many pixels a side.
_LONGEST_SIDE = 16_384


def enlarge_video(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    upscaler: Upscaler,
    *,
    outscale: float | None = None,
    software: str = "",
    strip_metadata: bool = False,
    max_pixels: int = DEFAULT_MAX_PIXELS,
    progress: Progress | None = None,
) -> tuple[tuple[int, int], tuple[str, ...]]:
    """Enlarges every frame of a video into a new one, which appears whole or not at all.

    Frames keep their times, also where their rate varies; chapters, sound, and subtitles that the
    output's format can hold, are copied with their languages. Frames are turned upright. The new
    video is H.264 with 8 bits a channel in 4:2:0, for which an odd last row or column is cut off.

    Args:
        source: Video file.
        target: Ends in `.mp4`, `.m4v`, `.mov` or `.mkv`; replaced if it is there.
        upscaler: Enlarges the frames.
        outscale: Final enlargement per side, at most the model's.
        software: Written down as the comment.
        strip_metadata: Whether to leave out titles, place, time and the like.
        max_pixels: A video of more pixels a frame is refused.
        progress: Called with the frames done and in all, as far as the file tells.

    Returns:
        `(height, width)` of the result, and sentences about what the new video lacks.

    Raises:
        VideoError: When the file is missing or no video, damaged, of high dynamic range,
            changes its size, or is too large or becomes so for H.264; or PyAV is not installed.
        OSError: When the output cannot be written.
    """
    av = _library()
    source, target = Path(source), Path(target)
    if target.suffix.lower() not in OUTPUT_SUFFIXES:
        raise VideoError(
            f"Expected an output name that ends in {', '.join(OUTPUT_SUFFIXES)}, received "
            f"{str(target)!r}. Choose one of these suffixes."
        )
    if not os.path.exists(source):
        raise VideoError(
            f"Expected a video at {str(source)!r}, received nothing: no such file. Check the path."
        )
    try:
        look = look_of(av, source)
        _check_size(source, look.size, max_pixels)
        size = _coded(upscaler.size_after(look.size, outscale))
        with (
            read_with(av, source) as original,
            published(target) as temporary,
            av.open(f"file:{temporary}", "w") as large,
        ):
            if not strip_metadata:
                large.metadata.update(original.metadata)
                large.set_chapters(original.chapters())
            large.metadata["comment"] = software
            # The pictures first, as players expect them.
            writer = Encoder(large, original.streams.video[0], look, size)
            copies, notices = _copies(original, large, target, strip_metadata=strip_metadata)
            for frame in _frames(original, copies, large):
                writer.write(upscaler(upright(frame, look), outscale=outscale), frame)
                if progress:
                    progress(writer.count, max(_expected(original), writer.count))
            writer.finish()
    except av.error.FFmpegError as error:
        raise VideoError(
            f"Expected a video in {str(source)!r}, received an error ({error.strerror}). "
            "Check that it plays, and that there is room for the output."
        ) from error
    return size, (*look.notices, *notices)


def _check_size(source: str | os.PathLike[str], size: tuple[int, int], max_pixels: int) -> None:
    height, width = size
    if height * width > max_pixels:
        raise VideoError(
            f"Expected frames of at most {max_pixels:,} pixels, received {width}x{height} in "
            f"{str(source)!r}. Raise the limit (--max-pixels) if you trust the file."
        )


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


def _copies(
    original: Any, large: Any, target: Path, *, strip_metadata: bool
) -> tuple[dict[Any, Any], list[str]]:
    """Makes streams for what is copied, in their order, and says what cannot be."""
    copies, notices = {}, []
    advice = "" if target.suffix.lower() == ".mkv" else "; .mkv may hold it"
    for stream in original.streams:
        if stream is original.streams.video[0]:
            continue
        if stream.type not in ("audio", "subtitle"):
            notices.append(f"{stream.type} {stream.index} is left out.")
        elif stream.codec_context and stream.codec_context.name in large.supported_codecs:
            copies[stream] = large.add_stream_from_template(stream)
            copies[stream].metadata.update(_kept(stream.metadata, strip_metadata))
        else:
            notices.append(f"{stream.type} {stream.index} is left out{advice}.")
    return copies, notices


def _kept(tags: dict[str, str], strip_metadata: bool) -> dict[str, str]:
    """Picks the language of a track and, where it may be told, its title."""
    # FFmpeg calls the title of a track in MP4 its name.
    title = tags.get("title") or tags.get("name")
    kept = {"language": tags.get("language"), "title": None if strip_metadata else title}
    return {name: value for name, value in kept.items() if value}


def _frames(original: Any, copies: dict[Any, Any], large: Any) -> Iterator[Any]:
    """Yields the frames in order, and copies on the way what is not a frame."""
    for packet in original.demux(original.streams.video[0], *copies):
        if packet.stream not in copies:
            yield from packet.decode()
        elif packet.dts is not None:
            packet.stream = copies[packet.stream]
            large.mux(packet)


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
