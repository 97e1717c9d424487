"""Picture files of any kind to photos, or to one line that says why not."""

import os
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path

from PIL import Image, PngImagePlugin, UnidentifiedImageError
from PIL.ExifTags import IFD, Base

from keras_litesr.images import avif_boxes, jpeg_segments, metadata, png_chunks, sixteen_bit
from keras_litesr.images.photos import ImageFileError, Photo, from_pil, upright

DEFAULT_MAX_PIXELS = 180_000_000
_READABLE = ("PNG", "JPEG", "TIFF", "WEBP", "BMP", "GIF", "AVIF")
_READABLE_NAMES = "PNG, JPEG, TIFF, WebP, BMP, GIF or AVIF"
_STARTS = (b"\x89PNG", b"\xff\xd8\xff", b"RIFF", b"GIF8", b"BM", *sixteen_bit.TIFF_STARTS)
_HEIC_BRANDS = tuple(b"ftyp" + brand for brand in (b"heic", b"heix", b"hevc", b"mif1", b"msf1"))
_HEAD_BYTES = 32
_IS_REDUCED = 1
_PILLOW_SETTINGS = threading.Lock()


def read(path: str | os.PathLike[str], *, max_pixels: int = DEFAULT_MAX_PIXELS) -> Photo:
    """Reads a picture file, recognised by its content, whatever its name.

    The EXIF orientation is applied. 16-bit PNG and TIFF stay 16-bit, grey stays grey; palette
    and CMYK become RGB (see `from_pil`). Of an animation or a multi-page file the first picture is
    taken, which a notice says.

    Args:
        path: The file.
        max_pixels: Larger pictures are refused from their header, before anything is decoded.

    Returns:
        The photo; its notices are meant to be shown to the person whose file it is.

    Raises:
        ImageFileError: For a file that is missing, not a file, not readable, empty, of another
            kind, damaged, too large, a camera's raw file, or of float, 32-bit or LAB pixels.
    """
    path = Path(path)
    head = _head(path)
    try:
        if head.startswith(sixteen_bit.TIFF_STARTS) and (photo := _deep_tiff(path, max_pixels)):
            return photo
        with _opened(path, max_pixels) as image:
            return _decoded(image, path, sixteen_bit.is_png(head))
    except (ImageFileError, MemoryError, ImportError):
        raise
    except UnidentifiedImageError as error:
        raise _unidentified(path, head) from error
    except Exception as error:  # decoders raise nearly every kind for damaged files
        raise _damaged(path, (str(error).splitlines() or [type(error).__name__])[0]) from error


def _head(path: Path) -> bytes:
    expected = f"Expected a picture file at {str(path)!r}, received "
    if os.path.isdir(path):
        raise ImageFileError(f"{expected}a folder. Name a file in it.")
    if os.path.exists(path) and not os.path.isfile(path):
        raise ImageFileError(f"{expected}a device or pipe. Copy its content to a file.")
    try:
        with path.open("rb") as stream:
            head = stream.read(_HEAD_BYTES)
    except FileNotFoundError:
        raise ImageFileError(f"{expected}nothing: no such file. Check the path.") from None
    except OSError as error:
        raise ImageFileError(
            f"{expected}one that cannot be read ({error.strerror}). Check its permissions."
        ) from error
    if not head:
        raise ImageFileError(f"{expected}an empty file of 0 bytes. Copy or download it again.")
    return head


@contextmanager
def _quiet(max_pixels: int) -> Iterator[None]:
    """Puts our limit in the place of Pillow's; what it warns of is refused or told otherwise.

    A colour profile or text of PNG may be as long as all of them together, not only 1 MiB.
    """
    with _PILLOW_SETTINGS, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        limits = Image.MAX_IMAGE_PIXELS, PngImagePlugin.MAX_TEXT_CHUNK
        Image.MAX_IMAGE_PIXELS = max_pixels
        PngImagePlugin.MAX_TEXT_CHUNK = PngImagePlugin.MAX_TEXT_MEMORY
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS, PngImagePlugin.MAX_TEXT_CHUNK = limits


@contextmanager
def _opened(path: Path, max_pixels: int) -> Iterator[Image.Image]:
    # Not by its name, or Pillow maps uncompressed TIFFs into memory and scrambles turned ones.
    with path.open("rb") as stream:
        try:
            with _quiet(max_pixels):
                image = Image.open(stream, formats=_READABLE)
        except Image.DecompressionBombError as error:
            raise _too_large(path, "at least twice that", max_pixels) from error
        with image:
            _check_size(path, image.width, image.height, max_pixels)
            yield image


def _decoded(image: Image.Image, path: Path, is_deep_png: bool) -> Photo:
    is_sequence = image.format != "MPO" and getattr(image, "is_animated", False)
    file_format = "JPEG" if image.format == "MPO" else image.format or ""
    chunks = png_chunks.ahead_of_pixels(path) if file_format == "PNG" else {}
    has_late_text = bool(chunks) and png_chunks.has_text_behind_pixels(path)
    with _quiet(image.width * image.height) if has_late_text else nullcontext():
        photo = _deep_png(image, path) if is_deep_png else from_pil(image, name=path.name)
    left_out = png_chunks.left_out(chunks, path.name)
    if file_format == "AVIF":
        left_out = avif_boxes.left_out(path)
    elif file_format == "JPEG":
        left_out = jpeg_segments.left_out(getattr(image, "applist", ()), path.name)
    notices = (*_first_only(path, file_format, is_sequence), *left_out, *photo.notices)
    return replace(photo, file_format=file_format, notices=tuple(dict.fromkeys(notices)))


def _deep_png(image: Image.Image, path: Path) -> Photo:
    image.load()  # metadata may stand behind the pixels
    transparent = image.info.get("transparency")
    colour, alpha = sixteen_bit.decode_png(path.read_bytes(), transparent)
    return upright(Photo(colour, alpha), metadata.from_image(image), path.name)


def _deep_tiff(path: Path, max_pixels: int) -> Photo | None:
    """Reads a 16-bit TIFF; None for any other that holds a picture."""
    with path.open("rb") as stream, _quiet(max_pixels):
        tags = sixteen_bit.tiff_tags(stream)
        _require_developed(path, tags)
        if not sixteen_bit.is_tiff(tags):
            return None
        kept = metadata.from_tiff_tags(tags)
        is_sequence = bool(tags.get_ifd(IFD.IFD1))
    _check_size(path, tags[Base.ImageWidth], tags[Base.ImageLength], max_pixels)
    colour, alpha = sixteen_bit.decode_tiff(path.read_bytes(), tags)
    notices = _first_only(path, "TIFF", is_sequence)
    if sixteen_bit.has_further_channels(tags):
        notices += (f"{path.name} holds further channels: only colour and alpha are used.",)
    photo = Photo(colour, alpha, file_format="TIFF", notices=notices)
    return upright(photo, kept, path.name)


def _require_developed(path: Path, tags: Image.Exif) -> None:
    """Refuses DNG, and a TIFF that begins with a preview, as those of cameras do."""
    if Base.DNGVersion in tags or tags.get(Base.NewSubfileType, 0) & _IS_REDUCED:
        raise ImageFileError(
            f"Expected a whole picture in {str(path)!r}, received a camera's raw file or only a "
            "preview. Develop it to TIFF or JPEG first."
        )


def _first_only(path: Path, file_format: str, is_sequence: bool) -> tuple[str, ...]:
    if not is_sequence:
        return ()
    if file_format == "TIFF":
        return (f"{path.name} holds several pages: only its first page is used.",)
    return (f"{path.name} is animated: only its first frame is used.",)


def _check_size(path: Path, width: int, height: int, max_pixels: int) -> None:
    if width * height > max_pixels:
        raise _too_large(path, f"{width}x{height}", max_pixels)


def _unidentified(path: Path, head: bytes) -> ImageFileError:
    if head.startswith(sixteen_bit.TIFF_STARTS) and _has_whole_tags(path):
        received = "a TIFF of a layout that cannot be read here. Save it as 8- or 16-bit RGB."
        return ImageFileError(f"Expected a picture in {str(path)!r}, received {received}")
    if head.startswith(_STARTS):
        return _damaged(path, "its head cannot be read")
    received = "a file of another kind. Check it in an image viewer."
    if head[4:12] in _HEIC_BRANDS:
        received = "a HEIC photo, which cannot be read here. Export it as JPEG or PNG."
    return ImageFileError(f"Expected {_READABLE_NAMES} in {str(path)!r}, received {received}")


def _has_whole_tags(path: Path) -> bool:
    """Tells whether what describes the pixels of a TIFF is there, so that it is no damage."""
    with path.open("rb") as stream, _quiet(DEFAULT_MAX_PIXELS):
        return sixteen_bit.describes_pixels(sixteen_bit.tiff_tags(stream))


def _damaged(path: Path, reason: str) -> ImageFileError:
    return ImageFileError(
        f"Expected a whole picture in {str(path)!r}, received a damaged or truncated one "
        f"({reason.rstrip('.')}). Copy or download it again."
    )


def _too_large(path: Path, size: str, max_pixels: int) -> ImageFileError:
    return ImageFileError(
        f"Expected at most {max_pixels} pixels in {str(path)!r}, received {size}; it was not "
        "decoded. Raise `max_pixels` (`litesr upscale --max-pixels`) if you trust the file."
    )
