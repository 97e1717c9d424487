"""The sound and the subtitles of a video, which are copied as they are."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any


class Copies:
    """Copies sound, and subtitles that the new format holds, in their order and with their flags.

    Args:
        original: Open container.
        large: Open container of the new video.
        target: Its name, which says the format.
        strip_metadata: Whether to leave out the titles of tracks.

    Attributes:
        notices: Sentences about what cannot be copied.
    """

    def __init__(self, original: Any, large: Any, target: Path, *, strip_metadata: bool):
        self.notices: list[str] = []
        self._large, self._copies = large, dict[Any, Any]()
        self._is_matroska = target.suffix.lower() == ".mkv"
        advice = "" if self._is_matroska else "; .mkv may hold it"
        for stream in original.streams:
            if stream is original.streams.video[0]:
                continue
            if stream.type not in ("audio", "subtitle"):
                self.notices.append(f"{stream.type} {stream.index} is left out.")
            elif stream.codec_context and stream.codec_context.name in large.supported_codecs:
                copy = self._copies[stream] = large.add_stream_from_template(stream)
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
