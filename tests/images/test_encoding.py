"""Encoded bytes, checked by other readers than ours."""

import io
import tracemalloc
from itertools import product

import imagecodecs
import numpy as np
import pytest
from PIL import Image

from keras_litesr.images import encoding
from keras_litesr.images.metadata import Metadata
from keras_litesr.images.photos import Photo


def _photo(
    rng: np.random.Generator, dtype: type, channels: int, height: int = 5, width: int = 7
) -> Photo:
    samples = rng.integers(0, np.iinfo(dtype).max + 1, (height, width, channels)).astype(dtype)
    colour = samples[..., 0] if channels < 3 else np.ascontiguousarray(samples[..., :3])
    return Photo(colour, samples[..., -1].copy() if channels in (2, 4) else None)


def _samples(photo: Photo) -> np.ndarray:
    return np.squeeze(encoding._channels(photo))


@pytest.mark.parametrize(("channels", "dtype"), list(product([1, 2, 3, 4], [np.uint8, np.uint16])))
def test_png_and_tiff_are_lossless_for_libpng_and_libtiff(
    rng: np.random.Generator, channels: int, dtype: type
) -> None:
    photo = _photo(rng, dtype, channels)
    png = imagecodecs.png_decode(encoding.png(photo))
    tiff = imagecodecs.tiff_decode(encoding.tiff(photo))
    assert png.dtype == tiff.dtype == dtype
    assert np.array_equal(png, _samples(photo))
    assert np.array_equal(tiff, _samples(photo))


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_eight_bit_tiff_is_lossless_for_pillow(rng: np.random.Generator, channels: int) -> None:
    photo = _photo(rng, np.uint8, channels)
    image = Image.open(io.BytesIO(encoding.tiff(photo)))
    assert np.array_equal(np.asarray(image), _samples(photo))


def test_tiff_of_many_strips(rng: np.random.Generator) -> None:
    photo = _photo(rng, np.uint16, 3, height=900, width=300)
    data = encoding.tiff(photo)
    assert len(Image.open(io.BytesIO(data)).tag_v2[273]) > 1
    assert np.array_equal(imagecodecs.tiff_decode(data), photo.colour)


def test_a_picture_wider_than_a_strip(rng: np.random.Generator) -> None:
    photo = _photo(rng, np.uint8, 3, height=2, width=400_000)
    assert np.array_equal(imagecodecs.tiff_decode(encoding.tiff(photo)), photo.colour)


def test_white_under_transparency() -> None:
    colour = np.array([[[0, 100, 255], [0, 100, 255], [0, 100, 255]]], np.uint8)
    photo = encoding.on_white(Photo(colour, np.array([[0, 255, 128]], np.uint8)))
    # 255 - 255 * 128/255 = 127; 100 * 128/255 + 127 = 177.2
    assert photo.colour.tolist() == [[[255, 255, 255], [0, 100, 255], [127, 177, 255]]]
    assert photo.alpha is None


def test_jpeg_keeps_grey_and_full_colour_resolution(rng: np.random.Generator) -> None:
    grey = Image.open(io.BytesIO(encoding.jpeg(_photo(rng, np.uint16, 1), quality=90)))
    assert grey.mode == "L"
    colour = Image.open(io.BytesIO(encoding.jpeg(_photo(rng, np.uint8, 4), quality=90)))
    assert colour.mode == "RGB"
    assert [component[1:3] for component in colour.layer] == [(1, 1)] * 3


def test_jpeg_quality_counts(rng: np.random.Generator) -> None:
    photo = _photo(rng, np.uint8, 3, 64, 64)
    assert len(encoding.jpeg(photo, quality=30)) < len(encoding.jpeg(photo, quality=95)) / 2


def test_webp_of_quality_100_is_lossless_under_transparency_too(rng: np.random.Generator) -> None:
    photo = _photo(rng, np.uint8, 4)
    image = Image.open(io.BytesIO(encoding.webp(photo, quality=100)))
    assert np.array_equal(np.asarray(image), _samples(photo))


def test_what_jpeg_has_no_room_for_is_left_out(exif_block: bytes) -> None:
    large = Metadata(exif=exif_block + bytes(70000), xmp=b"<" * 70000)
    photo = Photo(np.zeros((2, 2, 3), np.uint8), metadata=large)
    image = Image.open(io.BytesIO(encoding.jpeg(photo, quality=90)))
    assert "exif" not in image.info
    assert "xmp" not in image.info
    named = Image.open(io.BytesIO(encoding.jpeg(photo, quality=90, software="keras_litesr 0.1.0")))
    assert dict(named.getexif()) == {0x0131: "keras_litesr 0.1.0"}
    assert encoding.too_long_for_jpeg(large) == ["EXIF", "XMP"]
    assert Image.open(io.BytesIO(encoding.png(photo))).info["exif"].endswith(large.exif)


def test_png_tells_its_software() -> None:
    photo = Photo(np.zeros((2, 2), np.uint8))
    image = Image.open(io.BytesIO(encoding.png(photo, software="keras_litesr 0.1.0")))
    assert image.text == {"Software": "keras_litesr 0.1.0"}


def test_damaged_camera_data_do_not_lose_the_tiff(exif_block: bytes) -> None:
    camera = exif_block.index(b"\x87\x69")
    damaged = exif_block[: camera + 8] + b"\0\xff\xff\xff" + exif_block[camera + 12 :]
    data = encoding.tiff(Photo(np.zeros((2, 2), np.uint8), metadata=Metadata(exif=damaged)))
    assert Image.open(io.BytesIO(data)).size == (2, 2)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("quality", [1, 60, 95, 100])
def test_jpeg_is_pillows_own_with_and_without_metadata(rng, channels, quality):
    photo = _photo(rng, np.uint8, channels, 33, 21)
    pixels = Image.fromarray(photo.colour)
    exif = Image.Exif()
    exif[0x010F] = "maker"
    for options in ({}, {"exif": b"Exif\0\0" + exif.tobytes()[6:], "xmp": b"<x/>"}):
        stream = io.BytesIO()
        pixels.save(stream, "JPEG", quality=quality, subsampling=0, **options)
        block = options.get("exif", b"")[6:] or None
        kept = Metadata(exif=block, xmp=options.get("xmp"))
        ours = encoding.jpeg(Photo(photo.colour, metadata=kept), quality=quality)
        assert ours == stream.getvalue()


@pytest.mark.parametrize("channels", [2, 4])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_white_in_blocks_is_exact(rng, dtype, channels):
    white = np.iinfo(dtype).max
    photo = _photo(rng, dtype, channels, height=3, width=200_000)
    photo.colour[0], photo.alpha[0, ::2], photo.alpha[0, 1::2] = white, white, 0
    alpha = photo.alpha.astype(np.uint64).reshape(3, 200_000, *[1] * (photo.colour.ndim - 2))
    exact = (photo.colour * alpha + white * (white - alpha) + white // 2) // white
    mixed = encoding.on_white(photo).colour
    assert mixed.dtype == dtype
    assert np.array_equal(mixed, exact)


def _memory_beside_the_result(work, photo):
    tracemalloc.start()
    result = work(photo)
    beside = tracemalloc.get_traced_memory()[1] - result.nbytes
    tracemalloc.stop()
    return beside


def test_memory_beside_white_does_not_grow_with_the_picture(rng):
    small, large = (
        _memory_beside_the_result(
            lambda photo: encoding.on_white(photo).colour, _photo(rng, np.uint8, 4, side, side)
        )
        for side in (400, 1200)
    )
    assert large < 1.5 * small
    assert large < 4e6


def test_memory_of_a_sixteen_bit_png_is_little_more_than_the_file_twice(rng):
    photo = _photo(rng, np.uint16, 3, 1000, 1000)
    beside = _memory_beside_the_result(
        lambda photo: np.frombuffer(encoding.png(photo), np.uint8), photo
    )
    assert beside < 1.5 * photo.colour.nbytes
    assert np.array_equal(imagecodecs.png_decode(encoding.png(photo)), photo.colour)
