"""Photos to the bytes of PNG, JPEG, WebP and TIFF files, metadata included."""

import io
import struct
import warnings
import zlib
from itertools import accumulate

import numpy as np
from PIL import Image, TiffImagePlugin
from PIL.ExifTags import Base

from keras_litesr.images import exif as exif_block
from keras_litesr.images.metadata import EXIF_PREFIX, Metadata, describing_tags
from keras_litesr.images.photos import ImageFileError, Photo, eight_bit, to_pil
from keras_litesr.images.pixels import row_blocks

_JPEG_EXIF_LIMIT = 65533
_JPEG_XMP_LIMIT = 65504
_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_HEADER_END = 33
_PNG_COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}
_SUB_FILTER = 1
_COMPRESSION_LEVEL = 4  # Photographs grow by 4 % against level 6 and take a quarter of the time.
_STRIP_BYTES = 1 << 20


def png(photo: Photo, *, software: str | None = None) -> bytes:
    """Encodes losslessly at the photo's own 8 or 16 bits, with every kind of metadata."""
    if photo.colour.dtype == np.uint16:
        encoded = _png_of_sixteen_bit(_channels(photo))
    else:
        stream = io.BytesIO()
        to_pil(_bare(photo)).save(stream, "PNG", compress_level=_COMPRESSION_LEVEL)
        encoded = stream.getvalue()
    chunks = _png_metadata(photo.metadata, software)
    return b"".join([encoded[:_PNG_HEADER_END], chunks, memoryview(encoded)[_PNG_HEADER_END:]])


def jpeg(photo: Photo, *, quality: int, software: str | None = None) -> bytes:
    """Encodes at 8 bits with full colour resolution (4:4:4), transparency laid on white.

    EXIF or XMP beyond the 64 kB that JPEG has room for is left out; a block with `software` alone
    takes the place of such EXIF.
    """
    too_long = too_long_for_jpeg(photo.metadata)
    exif, xmp = photo.metadata.exif, photo.metadata.xmp
    if "EXIF" in too_long:
        height, width = photo.size
        alone = exif_block.corrected(None, height=height, width=width, software=software)
        exif = alone if software is not None else None
    options = {
        "exif": EXIF_PREFIX + exif if exif else None,
        "xmp": None if "XMP" in too_long else xmp,
        "icc_profile": photo.metadata.icc_profile,
    }
    options = {name: value for name, value in options.items() if value}
    return _jpeg_with_head_of_pillow(on_white(eight_bit(photo)).colour, quality, options)


def too_long_for_jpeg(metadata: Metadata) -> list[str]:
    """Names what JPEG has no room for: `EXIF`, `XMP`, both or none."""
    exif_bytes = len(EXIF_PREFIX) + len(metadata.exif or b"")
    names = ["EXIF"] if exif_bytes > _JPEG_EXIF_LIMIT else []
    return [*names, "XMP"] if len(metadata.xmp or b"") > _JPEG_XMP_LIMIT else names


def webp(photo: Photo, *, quality: int) -> bytes:
    """Encodes at 8 bits; quality 100 is lossless.

    Grey is stored as RGB, WebP knows no other, and its colour profile, which is of grey, left out.
    """
    kept = vars(photo.metadata).items()
    options = {name: value for name, value in kept if value is not None}
    if photo.is_grey:
        options.pop("icc_profile", None)
    stream = io.BytesIO()
    image = to_pil(_bare(eight_bit(photo)))
    image.save(stream, "WEBP", quality=quality, lossless=quality == 100, exact=True, **options)
    return stream.getvalue()


def tiff(photo: Photo) -> bytes:
    """Encodes losslessly at the photo's own 8 or 16 bits: deflate with horizontal differences.

    Raises:
        ImageFileError: Beyond the 4 GiB that classic TIFF can address.
    """
    pixels = _channels(photo)
    directory = _tiff_directory(photo.metadata)
    height, width, channels = pixels.shape
    rows = max(1, _STRIP_BYTES // (width * channels * pixels.itemsize))
    strips = [_tiff_strip(pixels[start : start + rows]) for start in range(0, height, rows)]
    sizes = [len(strip) for strip in strips]
    directory.update(
        {
            Base.ImageWidth: width,
            Base.ImageLength: height,
            Base.BitsPerSample: (8 * pixels.itemsize,) * channels,
            Base.Compression: 8,  # deflate
            Base.PhotometricInterpretation: 1 if photo.is_grey else 2,
            Base.StripOffsets: tuple(accumulate(sizes[:-1], initial=0)),
            Base.SamplesPerPixel: channels,
            Base.RowsPerStrip: rows,
            Base.StripByteCounts: tuple(sizes),
            Base.PlanarConfiguration: 1,  # channels interleaved
            Base.Predictor: 2,  # horizontal differences
        }
    )
    if photo.alpha is not None:
        directory[Base.ExtraSamples] = 2  # alpha not multiplied into the colour
    if sum(sizes) > (1 << 32) - (1 << 24):
        raise ImageFileError(
            f"Expected at most 4 GiB of pixels for TIFF, received {sum(sizes)} bytes. "
            "Write PNG instead."
        )
    stream = io.BytesIO()
    directory.save(stream)
    stream.writelines(strips)
    return stream.getvalue()


def _jpeg_with_head_of_pillow(pixels: np.ndarray, quality: int, options: dict) -> bytes:
    """Encodes from the array itself; Pillow, whose copy would be larger, writes the metadata.

    The head of a JPEG, up to its first quantisation table, does not depend on the pixels, so that
    of one pixel of the same kind serves.
    """
    import imagecodecs

    stream = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels[:1, :1])).save(
        stream, "JPEG", quality=quality, subsampling=0, **options
    )
    one_pixel = stream.getvalue()
    encoded = bytes(
        imagecodecs.jpeg8_encode(np.ascontiguousarray(pixels), level=quality, subsampling="444")
    )
    return one_pixel[: _jpeg_head_end(one_pixel)] + encoded[_jpeg_head_end(encoded) :]


def _jpeg_head_end(data: bytes) -> int:
    """Finds the first segment that is neither metadata (APPn) nor a comment."""
    position = 2
    while 0xE0 <= data[position + 1] <= 0xEF or data[position + 1] == 0xFE:
        position += 2 + int.from_bytes(data[position + 2 : position + 4], "big")
    return position


def on_white(photo: Photo) -> Photo:
    """Lays a photo on white and drops its alpha, rounding half-up."""
    if photo.alpha is None:
        return photo
    mixed = np.empty(photo.colour.shape, photo.colour.dtype)
    for rows in row_blocks(mixed):
        mixed[rows] = _mixed_with_white(photo.colour[rows], photo.alpha[rows])
    return Photo(mixed, None, photo.metadata, photo.file_format, photo.notices)


def _mixed_with_white(colour: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    white = int(np.iinfo(alpha.dtype).max)
    # white**2 + white // 2, the largest sum, just fits into twice the bits.
    alpha = alpha.astype(np.uint16 if alpha.dtype == np.uint8 else np.uint32)
    alpha = alpha if colour.ndim == 2 else alpha[..., None]
    return (colour * alpha + white * (white - alpha) + white // 2) // white


def _bare(photo: Photo) -> Photo:
    """Takes the metadata off, so that Pillow writes none but those it is given."""
    return Photo(photo.colour, photo.alpha)


def _channels(photo: Photo) -> np.ndarray:
    colour = photo.colour[..., None] if photo.is_grey else photo.colour
    return colour if photo.alpha is None else np.dstack([colour, photo.alpha])


def _png_of_sixteen_bit(pixels: np.ndarray) -> bytes:
    height, width, channels = pixels.shape
    header = struct.pack(">IIBBBBB", width, height, 16, _PNG_COLOUR_TYPES[channels], 0, 0, 0)
    chunks = [_PNG_SIGNATURE, _chunk(b"IHDR", header)]
    compressor = zlib.compressobj(_COMPRESSION_LEVEL)
    for rows in row_blocks(pixels):
        if data := compressor.compress(_png_rows(pixels[rows]).data):
            chunks.append(_chunk(b"IDAT", data))
    return b"".join([*chunks, _chunk(b"IDAT", compressor.flush()), _chunk(b"IEND", b"")])


def _png_rows(pixels: np.ndarray) -> np.ndarray:
    height, width, channels = pixels.shape
    step = 2 * channels
    raw = pixels.astype(">u2", order="C").view(np.uint8).reshape(height, width * step)
    rows = np.empty((height, 1 + width * step), np.uint8)
    rows[:, 0] = _SUB_FILTER
    rows[:, 1 : 1 + step] = raw[:, :step]
    np.subtract(raw[:, step:], raw[:, :-step], out=rows[:, 1 + step :])
    return rows


def _png_metadata(metadata: Metadata, software: str | None) -> bytes:
    chunks = b""
    if metadata.icc_profile:
        chunks += _chunk(b"iCCP", b"ICC profile\0\0" + zlib.compress(metadata.icc_profile))
    if software is not None:
        chunks += _chunk(b"tEXt", b"Software\0" + software.encode("latin-1", "replace"))
    if metadata.xmp:
        chunks += _chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + metadata.xmp)
    if metadata.exif:
        chunks += _chunk(b"eXIf", metadata.exif)
    return chunks


def _chunk(name: bytes, data: bytes) -> bytes:
    checksum = zlib.crc32(name + data)
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", checksum)


def _tiff_directory(metadata: Metadata) -> TiffImagePlugin.ImageFileDirectory_v2:
    source = Image.Exif()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of single tags that Pillow leaves out
        if metadata.exif:
            source.load(metadata.exif)
        try:
            directory = describing_tags(source)
        except ValueError:  # better a photo without camera data than none
            directory = describing_tags(Image.Exif())
    if metadata.xmp:
        directory[Base.XMLPacket] = metadata.xmp
    if metadata.icc_profile:
        directory.tagtype[Base.InterColorProfile] = 7
        directory[Base.InterColorProfile] = metadata.icc_profile
    return directory


def _tiff_strip(rows: np.ndarray) -> bytes:
    differences = rows.astype(rows.dtype.newbyteorder("<"), order="C")
    differences[:, 1:] -= rows[:, :-1]
    return zlib.compress(differences.data, _COMPRESSION_LEVEL)
