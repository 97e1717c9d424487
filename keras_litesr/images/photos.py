"""A decoded picture as arrays, and its way from and to Pillow."""

import io
from dataclasses import dataclass, field, replace

import numpy as np
from PIL import Image, ImageChops, ImageCms, TiffImagePlugin

from keras_litesr.images import metadata as metadata_of
from keras_litesr.images import xmp
from keras_litesr.images.metadata import EXIF_PREFIX, Metadata
from keras_litesr.images.pixels import row_blocks, to_float, to_uint8

_GREY_MODES = ("1", "L", "LA", "La")
_SIXTEEN_BIT_MODES = ("I;16", "I;16L", "I;16B", "I;16N")
_COLOUR_MODES = ("P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "HSV")


class ImageFileError(ValueError):
    """An image file that cannot be read or written; one line that says what to do."""


@dataclass(frozen=True, eq=False)
class Photo:
    """A decoded picture, upright: its EXIF orientation is applied.

    Attributes:
        colour: `(height, width, 3)` RGB or `(height, width)` grey; uint8 or uint16.
        alpha: `(height, width)` of the same dtype, 0 transparent, not multiplied into `colour`;
            None where the picture has none.
        metadata: Colour profile, EXIF and XMP that are kept when the photo is written.
        file_format: What the file was: `PNG`, `JPEG`, `TIFF`, `WEBP`, ...; empty when unknown.
        notices: Sentences for the person whose file it is.

    Raises:
        ValueError: When the arrays do not fit each other.
    """

    colour: np.ndarray
    alpha: np.ndarray | None = None
    metadata: Metadata = field(default_factory=Metadata)
    file_format: str = ""
    notices: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuses arrays that are no picture."""
        shape, dtype = self.colour.shape, self.colour.dtype
        if dtype not in (np.uint8, np.uint16) or shape[2:] not in ((), (3,)) or 0 in shape[:2]:
            raise ValueError(
                "Expected colour (height, width) or (height, width, 3) of uint8 or uint16, "
                f"received {shape} of {dtype}. Convert it with `images.pixels.to_uint8`."
            )
        if self.alpha is not None and (self.alpha.shape, self.alpha.dtype) != (shape[:2], dtype):
            raise ValueError(
                f"Expected alpha {shape[:2]} of {dtype} to go with colour, received "
                f"{self.alpha.shape} of {self.alpha.dtype}. Enlarge and convert both alike."
            )

    @property
    def size(self) -> tuple[int, int]:
        """`(height, width)` in pixels."""
        return self.colour.shape[0], self.colour.shape[1]

    @property
    def rgb(self) -> np.ndarray:
        """`(height, width, 3)`: `colour`, a grey channel repeated."""
        return np.repeat(self.colour[..., None], 3, axis=2) if self.is_grey else self.colour

    @property
    def is_grey(self) -> bool:
        """Whether `colour` has one channel."""
        return self.colour.ndim == 2


def from_pil(image: Image.Image, *, name: str = "the image") -> Photo:
    """Makes a photo of a Pillow image, its current frame if it has several.

    1-bit becomes grey 0 and 255, 12-bit grey of TIFF 16-bit; palette, YCbCr and CMYK become RGB,
    CMYK through its colour profile to sRGB where it has one. Transparency of any kind becomes
    `alpha`. The orientation that its EXIF or XMP asks for is applied.

    Args:
        image: Of any mode but those below.
        name: What notices and errors call it.

    Raises:
        ImageFileError: For modes whose range or colour is not defined: `F`, `I`, `LAB`.
    """
    if image.mode not in _GREY_MODES + _SIXTEEN_BIT_MODES + _COLOUR_MODES:
        raise ImageFileError(
            f"Expected {name} with 8 or 16 bits a channel, received Pillow mode {image.mode}, "
            "whose range of values is unknown. Save it as 8- or 16-bit PNG or TIFF."
        )
    step = _grey_step(image)  # which is forgotten once the pixels are there
    image.load()
    if step > 1 and "transparency" in image.info:
        # Pillow stretches the pixels, not the value among them that is transparent.
        image.info["transparency"] *= step
    kept, file_format = metadata_of.from_image(image), image.format or ""
    notices = _rounding(image, name)
    if image.mode == "CMYK":
        image, way = _without_cmyk(image)
        notices += (f"{name} is CMYK: converted to sRGB {way}.",)
        kept = replace(kept, icc_profile=None)
    colour, alpha = _separated(image)
    photo = Photo(colour, alpha, file_format=file_format, notices=notices)
    return upright(photo, kept, name)


def to_pil(photo: Photo) -> Image.Image:
    """Makes a Pillow image with the photo's metadata in `info`.

    Returns:
        Mode `L`, `LA`, `RGB` or `RGBA`, or `I;16` for 16-bit grey without alpha. Pillow has no
        mode for 16-bit colour or alpha: they are rounded to 8 bits.
    """
    is_deep_grey = photo.colour.dtype == np.uint16 and photo.is_grey and photo.alpha is None
    if not is_deep_grey:
        photo = eight_bit(photo)
    image = Image.fromarray(np.ascontiguousarray(photo.colour))
    if photo.alpha is not None:
        image.putalpha(Image.fromarray(np.ascontiguousarray(photo.alpha)))
    kept = vars(photo.metadata).items()
    image.info.update({name: value for name, value in kept if value is not None})
    if photo.metadata.exif:
        image.info["exif"] = EXIF_PREFIX + photo.metadata.exif  # as Pillow keeps it
    return image


def eight_bit(photo: Photo) -> Photo:
    """Rounds a 16-bit photo to 8 bits; an 8-bit one stays as it is."""
    if photo.colour.dtype == np.uint8:
        return photo
    alpha = None if photo.alpha is None else _rounded(photo.alpha)
    return replace(photo, colour=_rounded(photo.colour), alpha=alpha)


def _rounded(pixels: np.ndarray) -> np.ndarray:
    rounded = np.empty(pixels.shape, np.uint8)
    for rows in row_blocks(pixels):
        rounded[rows] = to_uint8(to_float(pixels[rows]))
    return rounded


def upright(photo: Photo, metadata: Metadata, name: str) -> Photo:
    """Turns pixels as their metadata ask and makes the metadata fit.

    Notices say what is left out: damaged EXIF, and what XMP tells of that is not in the pixels.
    """
    lost = xmp.left_out(metadata.xmp, name) if metadata.xmp else ()
    photo = replace(photo, notices=(*photo.notices, *lost))
    try:
        return _turned_photo(photo, metadata)
    except ValueError:
        notice = f"{name} holds damaged EXIF data: they are left out."
        photo = replace(photo, notices=(*photo.notices, notice))
        return _turned_photo(photo, replace(metadata, exif=None))


def _turned_photo(photo: Photo, metadata: Metadata) -> Photo:
    turn = metadata_of.orientation(metadata)
    colour = turned(photo.colour, turn)
    alpha = None if photo.alpha is None else turned(photo.alpha, turn)
    height, width = colour.shape[:2]
    kept = metadata_of.corrected(metadata, height=height, width=width, is_grey=photo.is_grey)
    return replace(photo, colour=colour, alpha=alpha, metadata=kept)


def turned(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Turns `(height, width, ...)` pixels upright from an EXIF orientation, 1 to 8."""
    if orientation >= 5:
        pixels = pixels.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(pixels)


def _separated(image: Image.Image) -> tuple[np.ndarray, np.ndarray | None]:
    if image.mode in _SIXTEEN_BIT_MODES:
        grey = np.asarray(image).astype(np.uint16)
        # Pillow leaves 12-bit grey of a TIFF in 0..4095.
        return _stretched(grey) if _bits(image) == (12,) else grey, None
    if image.mode == "1":
        image = _grey_of_bits(image)
    is_grey = image.mode in _GREY_MODES
    if not image.has_transparency_data:
        return np.array(image.convert("L" if is_grey else "RGB")), None
    pixels = np.array(image.convert("LA" if is_grey else "RGBA"))
    return pixels[..., 0] if is_grey else pixels[..., :3], pixels[..., -1]


def _grey_step(image: Image.Image) -> int:
    """Computes what Pillow will multiply grey of a PNG by: 85 at 2 bits, 17 at 4, else 1."""
    rawmodes = [tile.args for tile in getattr(image, "tile", ()) if image.format == "PNG"]
    return {"L;2": 85, "L;4": 17}.get(str(rawmodes[0]), 1) if rawmodes else 1


def _bits(image: Image.Image) -> tuple[int, ...]:
    """Reads how many bits each channel of a TIFF has; none for other files."""
    tags = image.tag_v2 if isinstance(image, TiffImagePlugin.TiffImageFile) else {}
    return tags.get(TiffImagePlugin.BITSPERSAMPLE, ())


def _rounding(image: Image.Image, name: str) -> tuple[str, ...]:
    """Says that Pillow decoded a TIFF to 8 bits, as it does all 16-bit colour."""
    bits = max(_bits(image), default=8)
    if bits <= 8 or image.mode in _SIXTEEN_BIT_MODES:
        return ()
    return (f"{name}: {bits} bits a channel are rounded to 8.",)


def _stretched(grey: np.ndarray) -> np.ndarray:
    """Stretches 0..4095 to 0..65535, rounding half-up."""
    return ((grey.astype(np.uint32) * 65535 + 2047) // 4095).astype(np.uint16)


def _grey_of_bits(image: Image.Image) -> Image.Image:
    grey = image.convert("L")
    if "transparency" in image.info:
        grey.info["transparency"] = 255 if image.info["transparency"] else 0
    return grey


def _without_cmyk(image: Image.Image) -> tuple[Image.Image, str]:
    """Converts CMYK to sRGB through its profile, or plainly without a usable one; says which."""
    info = image.info
    if image.format == "JPEG" and "adobe" not in info:
        # Pillow inverts every CMYK JPEG; only Adobe's are inverted.
        image = ImageChops.invert(image)
    converted, way = image.convert("RGB"), "without a profile: colours are approximate"
    if profile := info.get("icc_profile"):
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            target = ImageCms.createProfile("sRGB")
            transform = ImageCms.buildTransform(source, target, "CMYK", "RGB")
            converted = transform.apply(image)
            way = "through its colour profile"
        except (OSError, ImageCms.PyCMSError):
            way = "without its colour profile, which is damaged: colours are approximate"
    return converted, way
