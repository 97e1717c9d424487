"""EXIF edited in place: orientation, sizes and software change, every other byte stays."""

import struct

from PIL.ExifTags import IFD, Base

_ASCII, _SHORT, _LONG = 2, 3, 4
_EMPTY = b"II*\0" + struct.pack("<IHI", 8, 0, 0)


def orientation(exif: bytes) -> int | None:
    """Reads the orientation tag, 1 to 8; None when there is none.

    Raises:
        ValueError: When the block is damaged.
    """
    order, offset = _start(exif)
    for tag, kind, _, value in _entries(exif, order, offset):
        if tag == Base.Orientation:
            (number,) = struct.unpack_from(order + ("I" if kind == _LONG else "H"), value)
            return number if 1 <= number <= 8 else None
    return None


def corrected(exif: bytes | None, *, height: int, width: int, software: str | None = None) -> bytes:
    """Makes an EXIF block tell the truth about an upright picture of `height` x `width` pixels.

    Orientation becomes 1, size tags that are present become the true size, the preview (which
    shows the old picture) is no longer referred to, and `software` replaces the Software tag.
    Offsets of all other data stay valid, those inside maker notes too, because the first directory
    is rewritten behind the old bytes rather than the whole block laid out anew.

    Args:
        exif: TIFF structure that starts with `II*` or `MM`; None makes a new block.
        height: In pixels.
        width: In pixels.
        software: Text of the Software tag; None leaves it.

    Returns:
        The new TIFF structure, without the `Exif` prefix that JPEG puts before it.

    Raises:
        ValueError: When the block is damaged.
    """
    block = bytearray(_EMPTY if exif is None else exif)
    block += b"\0" * (len(block) % 2)
    order, offset = _start(block)
    sizes: dict[int, int] = {
        Base.ImageWidth: width,
        Base.ImageLength: height,
        Base.ExifImageWidth: width,
        Base.ExifImageHeight: height,
    }
    directory = {}
    for tag, kind, count, value in _entries(block, order, offset):
        if tag == IFD.Exif:
            _correct_sizes(block, order, struct.unpack(order + "I", value)[0], sizes)
        if tag == Base.Orientation:
            kind, count, value = _SHORT, 1, struct.pack(order + "HH", 1, 0)
        elif tag in (Base.ImageWidth, Base.ImageLength):
            kind, count, value = _LONG, 1, struct.pack(order + "I", sizes[tag])
        directory[tag] = (kind, count, value)
    if software is not None:
        text = software.encode() + b"\0"
        directory[Base.Software] = (_ASCII, len(text), _place(block, order, text))
    block[4:8] = struct.pack(order + "I", len(block))
    block += struct.pack(order + "H", len(directory))
    for tag, (kind, count, value) in sorted(directory.items()):
        block += struct.pack(order + "HHI4s", tag, kind, count, value)
    return bytes(block + bytes(4))


def _start(exif: bytes | bytearray) -> tuple[str, int]:
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(bytes(exif[:4]))
    if order is None or len(exif) < 8:
        raise ValueError(f"Expected EXIF that starts with 'II*' or 'MM', received {exif[:8]!r}.")
    return order, struct.unpack_from(order + "I", exif, 4)[0]


def _entries(exif: bytes | bytearray, order: str, offset: int) -> list[tuple[int, int, int, bytes]]:
    try:
        (count,) = struct.unpack_from(order + "H", exif, offset)
        places = range(offset + 2, offset + 2 + 12 * count, 12)
        return [struct.unpack_from(order + "HHI4s", exif, place) for place in places]
    except struct.error as error:
        raise ValueError(f"Expected an EXIF directory at byte {offset}: {error}.") from error


def _correct_sizes(block: bytearray, order: str, offset: int, sizes: dict[int, int]) -> None:
    for index, (tag, _, _, _) in enumerate(_entries(block, order, offset)):
        if tag in (Base.ExifImageWidth, Base.ExifImageHeight):
            entry = struct.pack(order + "HHII", tag, _LONG, 1, sizes[tag])
            block[offset + 2 + 12 * index : offset + 14 + 12 * index] = entry


def _place(block: bytearray, order: str, data: bytes) -> bytes:
    """Puts data behind the block and returns the four bytes that stand for it in an entry."""
    if len(data) <= 4:
        return data.ljust(4, b"\0")
    place = struct.pack(order + "I", len(block))
    block += data + b"\0" * (len(data) % 2)
    return place
