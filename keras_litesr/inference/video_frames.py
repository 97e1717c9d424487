"""The frames of a video, in the order in which they are shown."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

from keras_litesr.inference.video_copies import Copies

# What FFmpeg finds besides the pixels and a new video does not get.
_LOSSES = {
    "A53_CC": "captions within its pictures are left out.",
    "SPHERICAL": "its mark as a 360-degree video is left out.",
    "STEREO3D": "its mark as a stereoscopic video is left out.",
}
# Their decoder names a colour profile, and PyAV frees the name that FFmpeg will free: a crash.
_NAMING_CODECS = ("png", "apng")
# Tracks seldom end together.
_TOLERATED_SECONDS = 1.0


class Frames:
    """Reads the frames of a video; damaged ones are left out.

    Args:
        av: PyAV.
        original: Open container.
        copies: Gets on the way what is not a frame.
    """

    def __init__(self, av: Any, original: Any, copies: Copies | None = None):
        self._damage = av.error.InvalidDataError
        self._original, self._copies = original, copies
        self._stream = original.streams.video[0]
        self._dated_as_decoded = original.format.name == "avi"
        self._dates: deque[int] = deque()
        self._end = 0.0
        self._damaged = 0
        self._is_interlaced = False
        self._lost: set[str] = set()

    def __iter__(self) -> Iterator[Any]:
        others = self._copies.originals if self._copies else ()
        for packet in self._original.demux(self._stream, *others):
            self._end = max(self._end, _end(packet))
            if self._copies and packet.stream in others:
                self._copies.write(packet)
                continue
            for frame in self._decoded(packet):
                self._is_interlaced |= frame.interlaced_frame
                self._lost |= side_data(frame, self._stream.codec.name).keys() & _LOSSES.keys()
                yield frame

    @property
    def notices(self) -> Iterator[str]:
        """Sentences about what was wrong with the frames so far and what they lost."""
        if self._is_interlaced:
            yield "it is interlaced, so combs are enlarged as well; deinterlace it first."
        yield from (_LOSSES[kind] for kind in sorted(self._lost))
        if self._damaged:
            subject = "frame is" if self._damaged == 1 else "frames are"
            yield f"{self._damaged} damaged {subject} left out; later ones may have suffered."
        announced = (self._original.duration or 0) / 1_000_000
        if announced - self._end > _TOLERATED_SECONDS:
            yield f"it breaks off at {self._end:.1f} of the {announced:.1f} s that it announces."

    def _decoded(self, packet: Any) -> Iterator[Any]:
        if packet.dts is not None:
            self._dates.append(packet.dts)
        try:
            frames = packet.decode()
        except self._damage:
            self._damaged += 1
            if packet.dts is not None:
                self._dates.pop()
            return
        for frame in frames:
            date = self._dates.popleft() if self._dates else None
            if self._dated_as_decoded:
                # The decoder reads ahead, so the date that it gives is that of a later frame.
                frame.pts = date
            yield frame


def side_data(frame: Any, codec: str) -> dict[str, Any]:
    """Names what a frame holds besides its pixels; nothing where PyAV cannot read all of it."""
    if codec in _NAMING_CODECS:
        return {}
    try:
        return {each.type.name: each for each in frame.side_data}
    except ValueError:  # of kinds, such as EXIF, that FFmpeg knows and PyAV does not
        return {}


def _end(packet: Any) -> float:
    """Tells when a packet ends, in seconds; 0 where it is not dated."""
    begin = packet.dts if packet.pts is None else packet.pts
    return 0.0 if begin is None else float((begin + (packet.duration or 0)) * packet.time_base)
