"""Boxes of an AVIF ahead of its pixels, for what Pillow does not tell."""

import struct
from pathlib import Path

_LONGEST = 1 << 20  # of the box of properties, which takes some hundred bytes
# Numbers of ITU-T H.273: primaries that are wider than those of sRGB, and transfers of HDR.
_WIDE = {9, 11, 12}
_HDR = {16, 18}


def left_out(path: Path) -> tuple[str, ...]:
    """Says in sentences what of an AVIF does not reach the pixels that are decoded."""
    properties = _properties(path)
    sentences = []
    start = properties.find(b"colrnclx")
    has_profile = b"colrprof" in properties or b"colrrICC" in properties
    if start >= 0 and not has_profile:
        primaries, transfer = struct.unpack_from(">HH", properties.ljust(start + 12), start + 8)
        if primaries in _WIDE or transfer in _HDR:
            sentences.append(
                f"{path.name} holds the colours of HDR or a wide gamut (nclx): they are taken for "
                "sRGB, the picture may look different."
            )
    bits = _bits(properties)
    if bits > 8:
        sentences.append(f"{path.name}: {bits} bits a channel are rounded to 8.")
    return tuple(sentences)


def _properties(path: Path) -> bytes:
    """Reads the box `meta`, within which those of the properties are."""
    with path.open("rb") as stream:
        while len(head := stream.read(8)) == 8:
            size, name = struct.unpack(">I4s", head)
            if name == b"meta":
                return stream.read(min(size, _LONGEST))
            if size < 8:  # to the end of the file, or longer than 4 GiB
                break
            stream.seek(size - 8, 1)
    return b""


def _bits(properties: bytes) -> int:
    start = properties.find(b"av1C")
    flags = properties[start + 6] if 0 <= start < len(properties) - 6 else 0
    if not flags & 0x40:
        return 8
    return 12 if flags & 0x20 else 10
