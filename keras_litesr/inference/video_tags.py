"""The tags of a video: title, comment, place, date and the like."""

from __future__ import annotations

from collections.abc import Mapping

# How FFmpeg calls what QuickTime calls otherwise, after a prefix that only QuickTime has.
_PREFIX = "com.apple.quicktime."
_PLAIN_NAMES = {"location.iso6709": "location", "creationdate": "date", "displayname": "title"}
# Facts of the old file and of the program that wrote it.
_OF_THE_FILE = {"major_brand", "minor_version", "compatible_brands", "encoder", "software"}


def kept_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """Picks what describes the film, by the names that players know."""
    kept = {}
    for name, value in tags.items():
        plain = name.lower().removeprefix(_PREFIX)
        plain = _PLAIN_NAMES.get(plain, plain)
        if value and plain not in _OF_THE_FILE:
            kept[plain] = value
    return kept


def signed(tags: Mapping[str, str], software: str) -> dict[str, str]:
    """Adds the name of a software below the comment."""
    comment = "\n".join(line for line in (tags.get("comment"), software) if line)
    return {**tags, "comment": comment}


def lost_tags(tags: Mapping[str, str], written: Mapping[str, str]) -> list[str]:
    """Says in a sentence, or none, which tags a format did not take."""
    there = {name.lower() for name in written}
    # A language may stand behind a name: location-eng.
    lost = sorted(name for name in tags if name.split("-")[0] not in there)
    return [f"tags left out: {', '.join(lost)}; .mkv may hold them."] if lost else []
