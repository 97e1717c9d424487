"""XMP edited in place: what is not true of the new picture is corrected or taken out."""

import re

_ORIENTATION = re.compile(rb"tiff:Orientation(?:\s*=\s*[\"']|>)\s*([1-8])")
_WIDTHS = (b"tiff:ImageWidth", b"exif:PixelXDimension")
_HEIGHTS = (b"tiff:ImageLength", b"exif:PixelYDimension")
# Properties that tell of what stands behind the picture or in a second packet.
_NAMES = (
    rb"(?:G?Camera:(?:MotionPhoto|MicroVideo)\w*|hdrgm:\w+|Container:Directory"
    rb"|xmpNote:HasExtendedXMP)"
)
_ATTRIBUTE = re.compile(rb"\s" + _NAMES + rb"\s*=\s*(?:\"[^\"]*\"|'[^']*')")
_ELEMENT = re.compile(
    rb"<(" + _NAMES + rb")\b[^<>]*(?:/>|>(?:(?!<" + _NAMES + rb").)*</\1\s*>)", re.DOTALL
)
GAIN_MAP = "a gain map, which makes it HDR"
_LOSSES = {
    GAIN_MAP: rb"hdrgm:Version|Item:Semantic(?:\s*=\s*[\"']|>)GainMap",
    "the clip of a motion photo": rb"G?Camera:(?:MotionPhoto|MicroVideo)(?:\s*=\s*[\"']|>)\s*1",
    "a second packet of XMP": rb"xmpNote:HasExtendedXMP",
}


def orientation(xmp: bytes) -> int | None:
    """Reads the orientation, 1 to 8; None when there is none."""
    match = _ORIENTATION.search(xmp)
    return int(match[1]) if match else None


def corrected(xmp: bytes, *, height: int, width: int) -> bytes:
    """Makes a packet tell the truth about an upright picture of `height` x `width` pixels.

    Orientation becomes 1 and size tags the true size; what tells of a gain map, a motion clip or a
    second packet, none of which is kept, is taken out. All else stays.
    """
    values = {b"tiff:Orientation": 1}
    values |= dict.fromkeys(_WIDTHS, width) | dict.fromkeys(_HEIGHTS, height)
    for name, value in values.items():
        pattern = rb"(" + name + rb"(?:\s*=\s*[\"']|>)\s*)\d+"
        xmp = re.sub(pattern, rb"\g<1>%d" % value, xmp)
    return _ELEMENT.sub(b"", _ATTRIBUTE.sub(b"", xmp))


def left_out(xmp: bytes, name: str) -> tuple[str, ...]:
    """Says in sentences what a packet tells of that is not kept."""
    return tuple(
        f"{name} names {what}: it is left out."
        for what, pattern in _LOSSES.items()
        if re.search(pattern, xmp)
    )
