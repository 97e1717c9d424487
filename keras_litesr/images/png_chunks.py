"""Chunks of a PNG ahead of its pixels, for what Pillow does not tell."""

import struct
from collections.abc import Iterator
from itertools import dropwhile, takewhile
from pathlib import Path

_SIGNATURE_BYTES, _CHECKSUM_BYTES = 8, 4
_LONGEST = 64  # of the chunks that are asked for here, all are shorter
_USUAL_GAMMA, _TOLERANCE = 45455, 0.05  # 1/2.2 in 100,000ths; libpng takes what is near for equal
# The white point, red, green and blue of sRGB as cHRM writes them, x and y in 100,000ths.
_USUAL_PRIMARIES = (31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)
_PRIMARIES_TOLERANCE = 1000  # of libpng
_TEXTS = {b"tEXt", b"zTXt", b"iTXt"}
_STRONGER = {b"cICP", b"iCCP", b"sRGB"}
_SRGB = bytes([1, 13, 0, 1])


def ahead_of_pixels(path: Path) -> dict[bytes, bytes]:
    """Reads the chunks before `IDAT` by name, each cut to its first 64 bytes."""
    return dict(takewhile(lambda chunk: chunk[0] != b"IDAT", _chunks(path)))


def has_text_behind_pixels(path: Path) -> bool:
    """Tells whether there is text that a decoder meets only after the pixels."""
    names = (name for name, _ in _chunks(path))
    return any(name in _TEXTS for name in dropwhile(lambda name: name != b"IDAT", names))


def _chunks(path: Path) -> Iterator[tuple[bytes, bytes]]:
    with path.open("rb") as stream:
        stream.seek(_SIGNATURE_BYTES)
        while len(head := stream.read(8)) == 8:
            length, name = struct.unpack(">I4s", head)
            end = stream.tell() + length + _CHECKSUM_BYTES
            yield name, stream.read(min(length, _LONGEST))
            stream.seek(end)


def left_out(chunks: dict[bytes, bytes], name: str) -> tuple[str, ...]:
    """Says in sentences which chunks that change how colours look are not kept."""
    if b"cICP" in chunks and chunks[b"cICP"] != _SRGB:
        return (
            f"{name} holds cICP, the colours of HDR or a wide gamut: it is left out, the picture "
            "may look different.",
        )
    if _STRONGER & chunks.keys():
        return ()
    return *_gamma_left_out(chunks, name), *_primaries_left_out(chunks, name)


def _gamma_left_out(chunks: dict[bytes, bytes], name: str) -> tuple[str, ...]:
    gamma = int.from_bytes(chunks.get(b"gAMA", b"")[:4], "big")
    if b"gAMA" not in chunks or abs(gamma / _USUAL_GAMMA - 1) <= _TOLERANCE:
        return ()
    return (
        f"{name} holds a gamma of {gamma / 100_000:g} (gAMA): it is left out, the picture may "
        "look lighter or darker.",
    )


def _primaries_left_out(chunks: dict[bytes, bytes], name: str) -> tuple[str, ...]:
    if len(chunk := chunks.get(b"cHRM", b"")) != struct.calcsize(">8I"):
        return ()
    pairs = zip(struct.unpack(">8I", chunk), _USUAL_PRIMARIES, strict=True)
    if all(abs(value - usual) <= _PRIMARIES_TOLERANCE for value, usual in pairs):
        return ()
    return (
        f"{name} holds the primaries of another gamut (cHRM): they are left out, the picture may "
        "look more or less colourful.",
    )
