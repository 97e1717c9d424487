"""Photos to files, which appear whole or not at all."""

import os
from dataclasses import replace
from pathlib import Path

from keras_litesr.atomic import occupied, published, unwritable
from keras_litesr.images import encoding, metadata
from keras_litesr.images.metadata import Metadata
from keras_litesr.images.photos import ImageFileError, Photo

OUTPUT_SUFFIXES = (".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")
_JPEG = (".jpeg", ".jpg")
_LONGEST_SIDE = {**dict.fromkeys(_JPEG, 65500), ".webp": 16383}


def write(
    photo: Photo,
    path: str | os.PathLike[str],
    *,
    overwrite: bool = False,
    strip_metadata: bool = False,
    software: str | None = None,
    quality: int = 95,
) -> None:
    """Writes a photo in the format that the suffix names; the file appears whole or not at all.

    PNG and TIFF keep 16 bits and alpha. JPEG and WebP hold 8 bits; JPEG has no alpha, so the photo
    is laid on white; `losses` says so beforehand. Orientation and size tags are made to fit.

    Args:
        photo: What to write.
        path: Ends in one of `OUTPUT_SUFFIXES`.
        overwrite: Whether an existing file may be replaced.
        strip_metadata: Leave EXIF (place, time, camera) and XMP out. The colour profile stays,
            because without it the colours of wide-gamut photos change.
        software: Goes to the EXIF Software tag and, in PNG, to a text of that name, stripped or
            not.
        quality: Of JPEG and WebP, 1 to 100; 100 makes WebP lossless.

    Raises:
        ImageFileError: When the file exists, the folder is missing or may not be written to, the
            suffix is unknown, or the format cannot hold the size.
    """
    path = Path(path)
    if not 1 <= quality <= 100:
        raise ValueError(f"Expected a quality from 1 to 100, received {quality}.")
    height, width = photo.size
    check_output(path, height=height, width=width, overwrite=overwrite)
    photo = replace(photo, metadata=_kept(photo, strip_metadata, software))
    _publish(_encoded(photo, path, software, quality), path, overwrite)


def check_output(
    path: str | os.PathLike[str], *, height: int, width: int, overwrite: bool = False
) -> None:
    """Checks before the work what would make `write` fail after it.

    Raises:
        ImageFileError: As `write` does.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in OUTPUT_SUFFIXES:
        raise ImageFileError(
            f"Expected an output name that ends in {', '.join(OUTPUT_SUFFIXES)}, "
            f"received {str(path)!r}. Choose one of these suffixes."
        )
    longest = _LONGEST_SIDE.get(suffix)
    if longest is not None and max(height, width) > longest:
        raise ImageFileError(
            f"Expected at most {longest} pixels a side in {suffix[1:]}, received "
            f"{width}x{height} for {str(path)!r}. Write PNG or TIFF instead."
        )
    check_place(path, overwrite=overwrite)


def check_place(path: Path, *, overwrite: bool = False) -> None:
    """Checks whether a file of any kind can be made at a path.

    Raises:
        ImageFileError: When it is there and may not be replaced, or its folder is missing or may
            not be written into.
    """
    if path.is_dir() or (os.path.lexists(path) and not overwrite):
        raise ImageFileError(occupied(path))
    if not path.parent.is_dir():
        raise ImageFileError(
            f"Expected an existing folder for {str(path)!r}, received {str(path.parent)!r}, "
            "which is none. Create it first."
        )
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise ImageFileError(unwritable(path, "permission denied"))


def losses(
    photo: Photo,
    path: str | os.PathLike[str],
    *,
    strip_metadata: bool = False,
    software: str | None = None,
) -> tuple[str, ...]:
    """Says in sentences what of a photo the format of an output name cannot hold.

    The options are those of `write`.
    """
    name, suffix = Path(path).name, Path(path).suffix.lower()
    is_jpeg, is_webp = suffix in _JPEG, suffix == ".webp"
    sentences = []
    if is_jpeg and photo.alpha is not None:
        sentences.append(f"{name}: JPEG has no transparency, the picture is laid on white.")
    if (is_jpeg or is_webp) and photo.colour.dtype != "uint8":
        sentences.append(f"{name}: 16 bits a channel are rounded to 8; PNG and TIFF keep them.")
    if is_webp and photo.is_grey and photo.metadata.icc_profile:
        sentences.append(
            f"{name}: WebP stores grey as RGB, the colour profile of grey is left out."
        )
    if is_jpeg:
        kept = _kept(photo, strip_metadata, software)
        sentences += [
            f"{name}: {kind} is left out, it is longer than the 64 kB that JPEG has room for."
            for kind in encoding.too_long_for_jpeg(kept)
        ]
    return tuple(sentences)


def _kept(photo: Photo, strip_metadata: bool, software: str | None) -> Metadata:
    height, width = photo.size
    kept = Metadata(photo.metadata.icc_profile) if strip_metadata else photo.metadata
    return metadata.corrected(
        kept, height=height, width=width, is_grey=photo.is_grey, software=software
    )


def _encoded(photo: Photo, path: Path, software: str | None, quality: int) -> bytes:
    suffix = path.suffix.lower()
    if suffix == ".png":
        return encoding.png(photo, software=software)
    if suffix == ".webp":
        return encoding.webp(photo, quality=quality)
    if suffix in _JPEG:
        return encoding.jpeg(photo, quality=quality, software=software)
    return encoding.tiff(photo)


def _publish(data: bytes, path: Path, overwrite: bool) -> None:
    """Writes beside the target and renames, so that no half-written file ever has its name."""
    try:
        with published(path, overwrite=overwrite) as temporary:
            temporary.write_bytes(data)
    except FileExistsError as error:
        raise ImageFileError(occupied(path)) from error
    except OSError as error:
        raise ImageFileError(unwritable(path, error.strerror or str(error))) from error
