"""What a picture file says besides its pixels: colour profile, EXIF and XMP."""

import struct
from dataclasses import dataclass

from PIL import Image, TiffImagePlugin
from PIL.ExifTags import IFD, Base

from keras_litesr.images import exif as exif_block
from keras_litesr.images import xmp as xmp_packet

EXIF_PREFIX = b"Exif\0\0"
_DAMAGED = b""  # no valid EXIF block, so whoever looks into it finds that out
_DAMAGE = (TypeError, ValueError, KeyError, AttributeError, OverflowError, struct.error)
_TEXT_TAGS = (
    Base.ImageDescription,
    Base.Make,
    Base.Model,
    Base.Software,
    Base.DateTime,
    Base.Artist,
    Base.HostComputer,
    Base.Copyright,
)


@dataclass(frozen=True)
class Metadata:
    """What is kept besides the pixels; each None where the file has none.

    Attributes:
        icc_profile: Colour profile of the pixels.
        exif: TIFF structure, without the `Exif` prefix of JPEG.
        xmp: XML packet, as a rule in UTF-8.
    """

    icc_profile: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None


def from_image(image: Image.Image) -> Metadata:
    """Takes the metadata of a decoded Pillow image as they are, orientation included."""
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        return from_tiff_tags(image.getexif())
    xmp = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp")
    return Metadata(
        icc_profile=image.info.get("icc_profile") or None,
        exif=_exif_of(image),
        xmp=xmp.encode() if isinstance(xmp, str) else xmp or None,
    )


def from_tiff_tags(tags: Image.Exif) -> Metadata:
    """Takes the metadata of a TIFF from its first directory, orientation included."""
    icc_profile, xmp = tags.get(Base.InterColorProfile), tags.get(Base.XMLPacket)
    turn = tags.get(Base.Orientation, 1)
    try:
        exif = describing_tags(tags)
        if turn != 1 or xmp:  # where XMP has an orientation too, this one counts
            exif[Base.Orientation] = turn
        block = b"II*\0" + (8).to_bytes(4, "little") + exif.tobytes(8) if len(exif) else None
    except _DAMAGE:
        block = _DAMAGED
    return Metadata(
        icc_profile=icc_profile if isinstance(icc_profile, bytes) else None,
        exif=block,
        xmp=xmp if isinstance(xmp, bytes) else None,
    )


def orientation(metadata: Metadata) -> int:
    """Reads the orientation, 1 to 8, from EXIF or else XMP; 1 when neither has one.

    Raises:
        ValueError: When the EXIF block is damaged.
    """
    found = None if metadata.exif is None else exif_block.orientation(metadata.exif)
    if found is None and metadata.xmp:
        found = xmp_packet.orientation(metadata.xmp)
    return found or 1


def corrected(
    metadata: Metadata, *, height: int, width: int, is_grey: bool, software: str | None = None
) -> Metadata:
    """Makes metadata fit an upright picture of a size: orientation, size tags and colour profile.

    A profile of another kind of colour (CMYK, or RGB beside grey pixels) is left out, for it would
    falsify the pixels.

    Raises:
        ValueError: When the EXIF block is damaged.
    """
    exif, xmp = metadata.exif, metadata.xmp
    if exif is not None or software is not None:
        exif = exif_block.corrected(exif, height=height, width=width, software=software)
    if xmp is not None:
        xmp = xmp_packet.corrected(xmp, height=height, width=width)
    return Metadata(_matching(metadata.icc_profile, is_grey), exif, xmp)


def describing_tags(source: Image.Exif) -> TiffImagePlugin.ImageFileDirectory_v2:
    """Picks what describes the photo: TIFF mixes it with tags that describe the file's layout.

    Raises:
        ValueError: When the tags are damaged.
    """
    kept = TiffImagePlugin.ImageFileDirectory_v2(prefix=b"II")
    try:
        for tag in _TEXT_TAGS:
            if isinstance(text := source.get(tag), str):
                kept[tag] = text.encode("latin-1", "replace")  # Pillow would write "?" for umlauts
        for part in (IFD.Exif, IFD.GPSInfo):
            if entries := source.get_ifd(part):
                # An offset is not valid elsewhere.
                kept[part] = {key: value for key, value in entries.items() if key != IFD.Interop}
        kept.tobytes(8)  # damage shows when the values are packed
    except _DAMAGE as error:
        raise ValueError(f"Expected EXIF tags, received damaged ones: {error}.") from error
    return kept


def _matching(icc_profile: bytes | None, is_grey: bool) -> bytes | None:
    colour_space = (icc_profile or b"")[16:20]
    return icc_profile if colour_space == (b"GRAY" if is_grey else b"RGB ") else None


def _exif_of(image: Image.Image) -> bytes | None:
    found = image.info.get("exif")
    if not found and (text := image.info.get("Raw profile type exif")):
        try:
            found = bytes.fromhex("".join(str(text).split("\n")[3:]))
        except ValueError:
            return _DAMAGED
    while found and found.startswith(EXIF_PREFIX):
        found = found[len(EXIF_PREFIX) :]
    return found or None
