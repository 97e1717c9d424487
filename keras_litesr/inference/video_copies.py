"""The sound and the subtitles of a video, which are copied as they are."""

from __future__ import annotations

import io
from collections.abc import Collection
from pathlib import Path
from typing import Any

# How sound of so many channels is meant where a file does not say; MP4 must say it.
_USUAL_LAYOUTS = ("mono", "stereo", "2.1", "4.0", "5.0", "5.1", "6.1", "7.1")


class Copies:
    """Copies sound, and subtitles that the new format holds, in their order and with their flags.

    Args:
        av: PyAV.
        original: Open container.
        large: Open container of the new video.
        target: Its name, which says the format.
        strip_metadata: Whether to leave out the titles of tracks.

    Attributes:
        notices: Sentences about what cannot be copied.
    """

    def __init__(self, av: Any, original: Any, large: Any, target: Path, *, strip_metadata: bool):
        self.notices: list[str] = []
        self._large, self._copies = large, dict[Any, Any]()
        self._is_matroska = target.suffix.lower() == ".mkv"
        advice = "" if self._is_matroska else "; .mkv may hold it"
        for stream in original.streams:
            if stream is original.streams.video[0] or _names_chapters(stream, original.chapters()):
                continue
            if stream.type not in ("audio", "subtitle"):
                self.notices.append(f"{stream.type} {stream.index} is left out.")
            elif _holds(av, large.format.name, stream):
                copy = self._copies[stream] = _added(large, stream)
                copy.metadata.update(_kept(stream.metadata, strip_metadata))
                copy.disposition = stream.disposition
            else:
                self.notices.append(f"{stream.type} {stream.index} is left out{advice}.")

    @property
    def originals(self) -> Collection[Any]:
        """The streams that are copied."""
        return self._copies.keys()

    def write(self, packet: Any) -> None:
        """Copies a packet of one of the originals."""
        if packet.dts is None or (self._is_matroska and _is_cut_off(packet)):
            return
        packet.stream = self._copies[packet.stream]
        self._large.mux(packet)


def _names_chapters(stream: Any, chapters: Collection[Any]) -> bool:
    """Tells whether a track is that of MP4 that holds the titles of chapters, a packet each."""
    is_data = stream.type == "data" and stream.name == "bin_data"
    return is_data and 0 < stream.frames == len(chapters)


def _holds(av: Any, container_format: str, stream: Any) -> bool:
    """Tries a copy of a stream in memory, as a format may refuse what FFmpeg lists for it."""
    try:
        with av.open(io.BytesIO(), "w", format=container_format) as trial:
            _added(trial, stream)
            trial.start_encoding()
    except (ValueError, av.error.FFmpegError):
        return False
    return True


def _added(container: Any, stream: Any) -> Any:
    copy = container.add_stream_from_template(stream)
    if stream.type == "audio":
        channels = stream.layout.nb_channels
        if stream.layout.name == f"{channels} channels" and channels <= len(_USUAL_LAYOUTS):
            copy.layout = _USUAL_LAYOUTS[channels - 1]
    return copy


def _kept(tags: dict[str, str], strip_metadata: bool) -> dict[str, str]:
    """Picks the language of a track and, where it may be told, its title."""
    # FFmpeg calls the title of a track in MP4 its name.
    title = tags.get("title") or tags.get("name")
    kept = {"language": tags.get("language"), "title": None if strip_metadata else title}
    return {name: value for name, value in kept.items() if value}


def _is_cut_off(packet: Any) -> bool:
    """Tells whether a packet lies outside of a trimmed clip, which Matroska would play.

    Decoders need the packet before the first one, without which sound begins with a gap.
    """
    begin, duration = packet.pts or 0, packet.duration or 0
    return packet.is_discard and not -2 * duration < begin < 0
