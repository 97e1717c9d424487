"""Segments of a JPEG ahead of its pixels, for what Pillow does not tell."""

from collections.abc import Iterable

from keras_litesr.images.xmp import GAIN_MAP

_ISO_GAIN_MAP = b"urn:iso:std:iso:ts:21496:-1"


def left_out(segments: Iterable[tuple[str, bytes]], name: str) -> tuple[str, ...]:
    """Says in a sentence, which XMP may say as well, when a gain map of ISO 21496-1 is not kept."""
    if any(kind == "APP2" and content.startswith(_ISO_GAIN_MAP) for kind, content in segments):
        return (f"{name} names {GAIN_MAP}: it is left out.",)
    return ()
