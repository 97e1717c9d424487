"""16-bit files: every layout of PNG and TIFF is the same pixels."""

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from keras_litesr.images import files, sixteen_bit

_COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}


def _samples(channels: int) -> np.ndarray:
    return (np.arange(6 * channels).reshape(2, 3, channels) * 2621 + 7).astype(np.uint16)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _png(samples: np.ndarray, transparent: bytes = b"") -> bytes:
    height, width, channels = samples.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in samples)
    header = struct.pack(">IIBBBBB", width, height, 16, _COLOUR_TYPES[channels], 0, 0, 0)
    parts = [(b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    if transparent:
        parts.insert(1, (b"tRNS", transparent))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*part) for part in parts)


def _colour_and_alpha(samples: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    channels = samples.shape[2]
    colour = samples[..., 0] if channels < 3 else samples[..., :3]
    return colour, samples[..., -1] if channels in (2, 4) else None


def _read(folder: Path, data: bytes) -> files.Photo:
    path = folder / "deep"
    path.write_bytes(data)
    return files.read(path)


def _is(photo: files.Photo, colour: np.ndarray, alpha: np.ndarray | None) -> None:
    assert photo.colour.dtype == np.uint16
    np.testing.assert_array_equal(photo.colour, colour)
    assert (photo.alpha is None) == (alpha is None)
    if alpha is not None:
        np.testing.assert_array_equal(photo.alpha, alpha)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_png_of_every_kind(tmp_path: Path, channels: int) -> None:
    samples = _samples(channels)
    _is(_read(tmp_path, _png(samples)), *_colour_and_alpha(samples))


@pytest.mark.parametrize("channels", [1, 3])
def test_the_transparent_value_of_png_needs_all_sixteen_bits(tmp_path: Path, channels: int) -> None:
    samples = np.full((1, 3, channels), 0x1234, np.uint16)
    samples[0, 1, -1] = 0x1235
    transparent = struct.pack(f">{channels}H", *[0x1234] * channels)
    photo = _read(tmp_path, _png(samples, transparent))
    assert photo.alpha.tolist() == [[0, 65535, 0]]


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("planar", [1, 2])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_tiff_of_every_kind(
    tmp_path: Path, tiff_file: Callable[..., bytes], channels: int, planar: int, order: str
) -> None:
    samples = _samples(channels)
    data = tiff_file(
        samples,
        photometric=1 if channels < 3 else 2,
        order=order,
        planar=planar,
        extra=2 if channels in (2, 4) else None,
    )
    _is(_read(tmp_path, data), *_colour_and_alpha(samples))


def test_tiff_with_white_as_zero_is_inverted(
    tmp_path: Path, tiff_file: Callable[..., bytes]
) -> None:
    data = tiff_file(np.array([[[0], [65535], [1]]], np.uint16), photometric=0)
    assert _read(tmp_path, data).colour.tolist() == [[65535, 0, 65534]]


def test_multiplied_alpha_is_divided_out(tmp_path: Path, tiff_file: Callable[..., bytes]) -> None:
    samples = np.array([[[10000, 20000, 30000, 32768], [0, 0, 0, 0]]], np.uint16)
    photo = _read(tmp_path, tiff_file(samples, photometric=2, extra=1))
    # 10000 * 65535 / 32768 = 19999.7
    assert photo.colour.tolist() == [[[20000, 39999, 59999], [0, 0, 0]]]
    assert photo.alpha.tolist() == [[32768, 0]]


def test_a_fourth_channel_of_no_stated_meaning_is_no_alpha(
    tmp_path: Path, tiff_file: Callable[..., bytes]
) -> None:
    samples = _samples(4)
    photo = _read(tmp_path, tiff_file(samples, photometric=2, extra=0))
    _is(photo, samples[..., :3], None)
    assert photo.notices == ("deep holds further channels: only colour and alpha are used.",)


@pytest.mark.parametrize(("photometric", "colours"), [(1, 1), (2, 3)])
def test_alpha_is_found_behind_a_channel_of_no_stated_meaning(
    tmp_path: Path, tiff_file: Callable[..., bytes], photometric: int, colours: int
) -> None:
    samples = _samples(colours + 2)
    photo = _read(tmp_path, tiff_file(samples, photometric=photometric, extra=[0, 2]))
    _is(photo, samples[..., 0] if colours == 1 else samples[..., :3], samples[..., -1])
    assert photo.notices == ("deep holds further channels: only colour and alpha are used.",)


def test_a_whole_tiff_of_a_layout_that_cannot_be_read_is_not_called_damaged(
    tmp_path: Path, tiff_file: Callable[..., bytes]
) -> None:
    samples = _samples(5).astype(np.uint8)
    with pytest.raises(files.ImageFileError, match=r"deep', received a TIFF of a layout that"):
        _read(tmp_path, tiff_file(samples, photometric=2, extra=[0, 2]))


def test_tiff_orientation_is_applied(tmp_path: Path, tiff_file: Callable[..., bytes]) -> None:
    samples = _samples(3)
    photo = _read(tmp_path, tiff_file(samples, photometric=2, orientation=6))
    _is(photo, np.rot90(samples, -1), None)


def test_one_pixel(tmp_path: Path, tiff_file: Callable[..., bytes]) -> None:
    for channels in (1, 2, 3, 4):
        samples = _samples(channels)[:1, :1]
        extra = 2 if channels in (2, 4) else None
        data = tiff_file(samples, photometric=1 if channels < 3 else 2, extra=extra)
        _is(_read(tmp_path, data), *_colour_and_alpha(samples))
        _is(_read(tmp_path, _png(samples)), *_colour_and_alpha(samples))


def test_pages_of_tiff_are_said(tmp_path: Path, tiff_file: Callable[..., bytes]) -> None:
    photo = _read(tmp_path, tiff_file(_samples(3), photometric=2, pages=2))
    assert photo.notices == ("deep holds several pages: only its first page is used.",)
    assert photo.file_format == "TIFF"


@pytest.mark.parametrize("kind", ["png", "tiff"])
def test_half_a_file_is_refused(
    tmp_path: Path, tiff_file: Callable[..., bytes], kind: str, rng: np.random.Generator
) -> None:
    samples = rng.integers(0, 65536, (64, 64, 3), dtype=np.uint16)
    data = _png(samples) if kind == "png" else tiff_file(samples, photometric=2)
    with pytest.raises(files.ImageFileError, match="damaged or truncated"):
        _read(tmp_path, data[: len(data) // 2])


def test_the_limit_holds_before_decoding(tmp_path: Path, tiff_file: Callable[..., bytes]) -> None:
    path = tmp_path / "deep.tif"
    path.write_bytes(tiff_file(_samples(3), photometric=2)[:200])
    with pytest.raises(files.ImageFileError, match=r"at most 5 pixels.*received 3x2"):
        files.read(path, max_pixels=5)


def test_eight_bit_files_are_left_to_pillow(tmp_path: Path) -> None:
    path = tmp_path / "plain.tif"
    Image.new("RGB", (2, 2)).save(path)
    with path.open("rb") as stream:
        assert not sixteen_bit.is_tiff(sixteen_bit.tiff_tags(stream))
    Image.new("RGB", (2, 2)).save(path, "PNG")
    assert not sixteen_bit.is_png(path.read_bytes())
    assert not sixteen_bit.is_png(b"\x89PNG\r\n\x1a\n")
