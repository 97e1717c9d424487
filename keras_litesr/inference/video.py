"""Videos: one frame after the other through an upscaler; sound and timing stay as they were."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from keras_litesr.atomic import published
from keras_litesr.images.decoding import DEFAULT_MAX_PIXELS
from keras_litesr.images.output import check_place
from keras_litesr.inference.upscaler import Progress, Upscaler
from keras_litesr.inference.video_copies import Copies
from keras_litesr.inference.video_encoder import Encoder
from keras_litesr.inference.video_frames import Frames
from keras_litesr.inference.video_look import VideoError, look_of, read_with, upright
from keras_litesr.inference.video_tags import kept_tags, lost_tags, signed

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
    overwrite: bool = False,
    software: str = "",
    strip_metadata: bool = False,
    max_pixels: int = DEFAULT_MAX_PIXELS,
    progress: Progress | None = None,
) -> tuple[tuple[int, int], tuple[str, ...]]:
    """Enlarges every frame of a video into a new one, which appears whole or not at all.

    Frames keep their times, also where their rate varies; chapters, sound, and subtitles that the
    output's format can hold, are copied with their languages and flags. Frames are turned upright;
    damaged ones are left out. The new video is H.264 with 8 bits a channel in 4:2:0, for which an
    odd last row or column is cut off.

    Args:
        source: Video file.
        target: Ends in `.mp4`, `.m4v`, `.mov` or `.mkv`.
        upscaler: Enlarges the frames.
        outscale: Final enlargement per side, at most the model's.
        overwrite: Whether an existing file may be replaced.
        software: Written down below the comment.
        strip_metadata: Whether to leave out titles, place, time and the like.
        max_pixels: A video of more pixels a frame is refused.
        progress: Called with the frames done and in all, as far as the file tells.

    Returns:
        `(height, width)` of the result, and sentences about what the new video lacks.

    Raises:
        VideoError: When the file is missing or no video, of high dynamic range, changes its size,
            or is too large or becomes so for H.264; or PyAV is not installed.
        ImageFileError: When the output exists, or its folder is missing or may not be written to.
        OSError: When the output cannot be written, or a file of its name appeared meanwhile.
    """
    av = _library()
    source, target = Path(source), Path(target)
    _check_names(source, target, overwrite)
    try:
        look = look_of(av, source, max_pixels)
        size = _coded(upscaler.size_after(look.size, outscale))
        with published(target, overwrite=overwrite) as temporary:
            with read_with(av, source) as original, av.open(f"file:{temporary}", "w") as large:
                tags = {} if strip_metadata else kept_tags(original.metadata)
                large.metadata.update(signed(tags, software))
                if not strip_metadata:
                    large.set_chapters(original.chapters())
                # The pictures first, as players expect them.
                writer = Encoder(large, original.streams.video[0], look, size)
                copies = Copies(av, original, large, target, strip_metadata=strip_metadata)
                frames = Frames(av, original, copies)
                for frame in frames:
                    writer.write(upscaler(upright(frame, look), outscale=outscale), frame)
                    if progress:
                        progress(writer.count, max(_expected(original), writer.count))
                writer.finish()
                notices = [*look.notices, *frames.notices, *copies.notices]
            with read_with(av, temporary) as large:
                notices += lost_tags(tags, large.metadata)
    except av.error.FFmpegError as error:
        raise VideoError(
            f"Expected a video in {str(source)!r}, received an error ({error.strerror}). "
            "Check that it plays, and that there is room for the output."
        ) from error
    return size, tuple(notices)


def _check_names(source: Path, target: Path, overwrite: bool) -> None:
    if target.suffix.lower() not in OUTPUT_SUFFIXES:
        raise VideoError(
            f"Expected an output name that ends in {', '.join(OUTPUT_SUFFIXES)}, received "
            f"{str(target)!r}. Choose one of these suffixes."
        )
    if not os.path.exists(source):
        raise VideoError(
            f"Expected a video at {str(source)!r}, received nothing: no such file. Check the path."
        )
    check_place(target, overwrite=overwrite)


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
