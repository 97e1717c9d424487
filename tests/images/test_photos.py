"""Photos: every Pillow mode has a defined answer."""

import io
import struct
import tracemalloc

import numpy as np
import pytest
from PIL import Image

from keras_litesr.images.metadata import Metadata
from keras_litesr.images.photos import ImageFileError, Photo, eight_bit, from_pil, to_pil, turned
from keras_litesr.images.pixels import to_float, to_uint8


def _cmyk_profile(lightness: int) -> bytes:
    """A CMYK profile by hand: black with K, else the grey of a `lightness` in 0..255."""
    ramp = bytes(range(256))
    table = b"mft1" + bytes(4) + bytes([4, 3, 2, 0])
    table += struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
    table += 4 * ramp + 8 * bytes([lightness, 128, 128, 0, 128, 128]) + 3 * ramp
    white = b"XYZ " + bytes(4) + struct.pack(">3i", 63190, 65536, 54061)
    text = b"text" + bytes(4) + b"by hand\0"
    bodies = [(b"A2B0", table), (b"wtpt", white), (b"cprt", text), (b"desc", text)]
    place, index, data = 128 + 4 + 12 * len(bodies), b"", b""
    for name, body in bodies:
        body += bytes(-len(body) % 4)
        index += name + struct.pack(">II", place + len(data), len(body))
        data += body
    header = bytes(8) + b"\x02\x40\0\0" + b"prtrCMYKLab " + bytes(12) + b"acsp" + bytes(28)
    header += struct.pack(">3i", 63190, 65536, 54061)
    whole = header.ljust(128, b"\0") + struct.pack(">I", len(bodies)) + index + data
    return struct.pack(">I", len(whole)) + whole[4:]


def test_rgb_and_grey_are_the_pixels_themselves(pixels: np.ndarray) -> None:
    assert np.array_equal(from_pil(Image.fromarray(pixels)).colour, pixels)
    grey = from_pil(Image.fromarray(pixels[..., 0]))
    assert np.array_equal(grey.colour, pixels[..., 0])
    assert grey.is_grey
    assert grey.size == (2, 3)
    assert grey.alpha is None


def test_one_bit_becomes_black_and_white() -> None:
    image = Image.fromarray(np.array([[True, False]]))
    assert image.mode == "1"
    photo = from_pil(image)
    assert photo.colour.tolist() == [[255, 0]]
    assert photo.colour.dtype == np.uint8


def test_alpha_is_separated_and_colour_not_multiplied() -> None:
    rgba = np.array([[[10, 20, 30, 0], [40, 50, 60, 128]]], np.uint8)
    photo = from_pil(Image.fromarray(rgba))
    assert photo.colour.tolist() == [[[10, 20, 30], [40, 50, 60]]]
    assert photo.alpha.tolist() == [[0, 128]]


def test_grey_with_alpha_stays_grey() -> None:
    photo = from_pil(Image.fromarray(np.array([[[10, 0], [20, 255]]], np.uint8)))
    assert photo.colour.tolist() == [[10, 20]]
    assert photo.alpha.tolist() == [[0, 255]]


@pytest.mark.parametrize("transparency", [1, bytes([255, 0])])
def test_palette_becomes_rgb_and_its_transparency_alpha(transparency: int | bytes) -> None:
    image = Image.fromarray(np.array([[0, 1]], np.uint8))
    image = Image.frombytes("P", (2, 1), image.tobytes())
    image.putpalette([1, 2, 3, 4, 5, 6])
    image.info["transparency"] = transparency
    photo = from_pil(image)
    assert photo.colour[0, 0].tolist() == [1, 2, 3]
    assert photo.alpha.tolist() == [[255, 0]]


def test_palette_without_transparency_has_no_alpha() -> None:
    image = Image.frombytes("P", (2, 1), b"\0\1")
    image.putpalette([1, 2, 3, 4, 5, 6])
    photo = from_pil(image)
    assert photo.colour.tolist() == [[[1, 2, 3], [4, 5, 6]]]
    assert photo.alpha is None


@pytest.mark.parametrize("mode", ["1", "L", "RGB"])
def test_one_transparent_value_becomes_alpha(mode: str) -> None:
    image = Image.new(mode, (2, 1), "white")
    image.putpixel((1, 0), (0, 0, 0) if mode == "RGB" else 0)
    image.info["transparency"] = (0, 0, 0) if mode == "RGB" else 0
    photo = from_pil(image)
    assert photo.alpha.tolist() == [[255, 0]]
    assert photo.is_grey == (mode != "RGB")


@pytest.mark.parametrize("order", ["<", ">"])
def test_sixteen_bit_grey_is_native_uint16(order: str) -> None:
    values = np.array([[1, 258, 65535]], order + "u2")
    mode = "I;16" if order == "<" else "I;16B"
    photo = from_pil(Image.frombytes(mode, (3, 1), values.tobytes()))
    assert photo.colour.dtype == np.dtype(np.uint16)
    assert photo.colour.tolist() == [[1, 258, 65535]]


@pytest.mark.parametrize("mode", ["F", "I", "LAB"])
def test_modes_without_a_defined_range_are_refused(mode: str) -> None:
    with pytest.raises(ImageFileError, match=f"received Pillow mode {mode}.*Save it as 8- or 16"):
        from_pil(Image.new(mode, (1, 1)))


def test_cmyk_without_profile_is_converted_and_said() -> None:
    photo = from_pil(Image.new("CMYK", (1, 1), (0, 255, 255, 0)))
    assert photo.colour.tolist() == [[[255, 0, 0]]]
    assert "CMYK: converted to sRGB without a profile" in photo.notices[0]


def test_cmyk_goes_through_its_profile_which_is_then_left_out() -> None:
    image = Image.new("CMYK", (1, 1), (0, 255, 255, 0))
    image.info["icc_profile"] = _cmyk_profile(128)
    photo = from_pil(image)
    # L* = 100 * 128 / 255 is Y = 0.1855 of white, which sRGB writes as 120.
    assert np.abs(photo.colour.astype(int) - 120).max() <= 1
    assert photo.metadata.icc_profile is None
    assert "through its colour profile" in photo.notices[0]


def test_cmyk_with_a_damaged_profile_is_converted_plainly_and_said() -> None:
    image = Image.new("CMYK", (1, 1), (0, 255, 255, 0))
    image.info["icc_profile"] = b"no profile"
    photo = from_pil(image)
    assert photo.colour.tolist() == [[[255, 0, 0]]]
    assert "which is damaged" in photo.notices[0]


@pytest.mark.parametrize(
    ("orientation", "upright"),
    [
        (1, [[1, 2, 3], [4, 5, 6]]),
        (2, [[3, 2, 1], [6, 5, 4]]),
        (3, [[6, 5, 4], [3, 2, 1]]),
        (4, [[4, 5, 6], [1, 2, 3]]),
        (5, [[1, 4], [2, 5], [3, 6]]),
        (6, [[4, 1], [5, 2], [6, 3]]),
        (7, [[6, 3], [5, 2], [4, 1]]),
        (8, [[3, 6], [2, 5], [1, 4]]),
    ],
)
def test_the_eight_orientations(orientation: int, upright: list[list[int]]) -> None:
    assert turned(np.array([[1, 2, 3], [4, 5, 6]]), orientation).tolist() == upright


def test_orientation_turns_colour_and_alpha_and_is_corrected(exif_block: bytes) -> None:
    rgba = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    image = Image.fromarray(rgba)
    image.info["exif"] = exif_block
    photo = from_pil(image)
    assert np.array_equal(photo.colour, np.rot90(rgba[..., :3], -1))
    assert np.array_equal(photo.alpha, np.rot90(rgba[..., 3], -1))
    tags = Image.Exif()
    tags.load(photo.metadata.exif)
    assert (tags[0x0112], tags[0x0100], tags[0x0101]) == (1, 2, 3)


def test_damaged_exif_is_left_out_and_said(pixels: np.ndarray) -> None:
    image = Image.fromarray(pixels)
    image.info["exif"] = b"Exif\0\0no block at all"
    photo = from_pil(image)
    assert photo.metadata.exif is None
    assert photo.notices == ("the image holds damaged EXIF data: they are left out.",)


@pytest.mark.parametrize("shape", [(2, 3), (2, 3, 3)])
@pytest.mark.parametrize("with_alpha", [False, True])
def test_pillow_round_trip(
    rng: np.random.Generator, shape: tuple[int, ...], with_alpha: bool, srgb_profile: bytes
) -> None:
    colour = rng.integers(0, 256, shape, dtype=np.uint8)
    alpha = rng.integers(0, 256, shape[:2], dtype=np.uint8) if with_alpha else None
    profile = srgb_profile if len(shape) == 3 else None
    photo = from_pil(to_pil(Photo(colour, alpha, Metadata(profile))))
    assert np.array_equal(photo.colour, colour)
    assert alpha is None or np.array_equal(photo.alpha, alpha)
    assert photo.metadata.icc_profile == profile


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_exif_of_a_pillow_image_can_be_saved_again(pixels, exif_block, kind):
    image = to_pil(Photo(pixels, metadata=Metadata(exif=exif_block)))
    image.save(stream := io.BytesIO(), kind, exif=image.info["exif"])
    assert Image.open(stream).getexif()[0x0112] == 6


def test_sixteen_bit_grey_keeps_its_depth_in_pillow() -> None:
    image = to_pil(Photo(np.array([[1, 40000]], np.uint16)))
    assert image.mode == "I;16"
    assert from_pil(image).colour.tolist() == [[1, 40000]]


def test_sixteen_bit_colour_is_rounded_for_pillow() -> None:
    image = to_pil(Photo(np.full((1, 1, 3), 257 * 7 + 129, np.uint16)))
    assert image.mode == "RGB"
    assert image.getpixel((0, 0)) == (8, 8, 8)


def test_eight_bit_rounds_alpha_too() -> None:
    photo = eight_bit(Photo(np.full((1, 1), 65535, np.uint16), np.full((1, 1), 257, np.uint16)))
    assert (photo.colour.item(), photo.alpha.item()) == (255, 1)
    assert photo.colour.dtype == photo.alpha.dtype == np.uint8


@pytest.mark.parametrize(
    "colour", [np.zeros((1, 1, 3)), np.zeros((1, 1, 4), np.uint8), np.zeros((0, 1), np.uint8)]
)
def test_arrays_that_are_no_picture_are_refused(colour: np.ndarray) -> None:
    with pytest.raises(ValueError, match="Expected colour"):
        Photo(colour)


def test_alpha_of_another_size_or_kind_is_refused() -> None:
    for alpha in (np.zeros((1, 2), np.uint8), np.zeros((1, 1), np.uint16)):
        with pytest.raises(ValueError, match="Expected alpha"):
            Photo(np.zeros((1, 1, 3), np.uint8), alpha)


def test_rgb_repeats_a_grey_channel_and_leaves_colour_alone():
    grey = np.array([[1, 2]], np.uint8)
    assert Photo(grey).rgb.tolist() == [[[1, 1, 1], [2, 2, 2]]]
    colour = np.arange(6, dtype=np.uint8).reshape(1, 2, 3)
    assert Photo(colour).rgb is colour


def test_eight_bit_in_blocks_is_rounding_at_once_without_its_memory(rng):
    photo = Photo(rng.integers(0, 65536, (1000, 1000, 3), np.uint16))
    tracemalloc.start()
    rounded = eight_bit(photo).colour
    beside = tracemalloc.get_traced_memory()[1] - rounded.nbytes
    tracemalloc.stop()
    assert beside < 5e6  # 24 MB for the whole picture in float32, twice
    np.testing.assert_array_equal(rounded, to_uint8(to_float(photo.colour)))
