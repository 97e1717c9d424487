"""Reading: every kind of file a person may name has its defined answer."""

import io
import os
import struct
import threading
import warnings
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, PngImagePlugin, TiffImagePlugin, features

from keras_litesr.images import avif_boxes
from keras_litesr.images.decoding import read
from keras_litesr.images.metadata import Metadata
from keras_litesr.images.output import write
from keras_litesr.images.photos import ImageFileError, Photo, from_pil


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _bomb_head() -> bytes:
    """A PNG that promises 30,000 x 30,000 pixels and holds none."""
    header = _chunk(b"IHDR", struct.pack(">IIBBBBB", 30000, 30000, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + struct.pack(">I", 5) + b"IDAT"


def _png(
    rows: bytes, width: int, height: int, depth: int, colour_type: int, **chunks: bytes
) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0)
    parts = [(b"IHDR", header), *((name.encode(), data) for name, data in chunks.items())]
    parts += [(b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*part) for part in parts)


def _refusal(path: Path) -> str:
    with pytest.raises(ImageFileError) as caught:
        read(path)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith("Expected ")
    assert ", received " in message
    return message


@pytest.mark.parametrize(
    ("file_format", "is_exact"),
    [("PNG", True), ("TIFF", True), ("BMP", True), ("JPEG", False), ("WEBP", False)],
)
def test_colour_of_every_format(
    tmp_path: Path, pixels: np.ndarray, file_format: str, is_exact: bool
) -> None:
    path = tmp_path / "picture"
    Image.fromarray(pixels).save(path, file_format, quality=100)
    photo = read(path)
    assert photo.file_format == file_format
    assert photo.colour.dtype == np.uint8
    assert photo.colour.shape == (2, 3, 3)
    assert photo.alpha is None
    assert photo.notices == ()
    if is_exact:
        assert np.array_equal(photo.colour, pixels)


@pytest.mark.skipif(not features.check("avif"), reason="this Pillow has no AVIF")
def test_avif_is_read(tmp_path: Path) -> None:
    path = tmp_path / "new.avif"
    Image.new("RGB", (8, 4), "white").save(path)
    photo = read(path)
    assert (photo.file_format, photo.size) == ("AVIF", (4, 8))
    assert photo.colour.min() > 250


@pytest.mark.skipif(not features.check("avif"), reason="this Pillow has no AVIF")
@pytest.mark.parametrize(
    ("primaries", "transfer", "flags", "said"),
    [
        (1, 13, 0x0C, []),
        (9, 16, 0x0C, ["HDR or a wide gamut"]),
        (12, 13, 0x0C, ["HDR or a wide gamut"]),
        (1, 13, 0x4C, ["10 bits a channel"]),
        (9, 18, 0x6C, ["HDR or a wide gamut", "12 bits a channel"]),
    ],
)
def test_what_avif_holds_beyond_srgb_is_said(
    tmp_path: Path, primaries: int, transfer: int, flags: int, said: list[str]
) -> None:
    path = tmp_path / "new.avif"
    Image.new("RGB", (8, 4), "white").save(path)
    content = bytearray(path.read_bytes())
    struct.pack_into(">HH", content, content.index(b"colrnclx") + 8, primaries, transfer)
    content[content.index(b"av1C") + 6] = flags
    path.write_bytes(content)
    # The decoder compares the depth with that of the pixels, which here are of 8 bits.
    notices = avif_boxes.left_out(path) if flags & 0x40 else read(path).notices
    assert len(notices) == len(said)
    assert all(words in notice for words, notice in zip(said, notices, strict=True))


@pytest.mark.parametrize("is_behind", [False, True])
def test_long_text_of_png_is_no_damage_wherever_it_stands(tmp_path: Path, is_behind: bool) -> None:
    packed = b"note\0\0" + zlib.compress(bytes(3 * 2**20))
    whole = _png(bytes([0, 9, 9, 9]), 1, 1, 8, 2, **({} if is_behind else {"zTXt": packed}))
    if is_behind:
        end = whole.index(b"IEND") - 4
        whole = whole[:end] + _chunk(b"zTXt", packed) + whole[end:]
    path = tmp_path / "long.png"
    path.write_bytes(whole)
    limit = PngImagePlugin.MAX_TEXT_CHUNK
    assert read(path).colour.tolist() == [[[9, 9, 9]]]
    assert limit == PngImagePlugin.MAX_TEXT_CHUNK


def test_content_counts_not_the_name(tmp_path: Path, pixels: np.ndarray) -> None:
    path = tmp_path / "really a png.jpg"
    Image.fromarray(pixels).save(path, "PNG")
    assert read(path).file_format == "PNG"


def test_spaces_umlauts_and_text_paths(tmp_path: Path, pixels: np.ndarray) -> None:
    path = tmp_path / "ein schöner Ausflug" / "Zürich 1.png"
    path.parent.mkdir()
    Image.fromarray(pixels).save(path)
    assert np.array_equal(read(str(path)).colour, pixels)


def test_one_pixel(tmp_path: Path) -> None:
    path = tmp_path / "dot.png"
    Image.new("RGB", (1, 1), (1, 2, 3)).save(path)
    assert read(path).colour.tolist() == [[[1, 2, 3]]]


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_orientation_is_applied(tmp_path: Path, exif_block: bytes, file_format: str) -> None:
    path = tmp_path / "sideways"
    image = Image.new("RGB", (64, 32), "black")
    image.paste((255, 255, 255), (0, 0, 32, 32))  # left half; orientation 6: the upper half
    asked = Image.Exif()
    asked.load(exif_block)
    del asked[0x0100], asked[0x0101]  # Pillow would take them for the size of the TIFF
    image.save(path, file_format, exif=asked)
    photo = read(path)
    assert photo.size == (64, 32)
    assert photo.colour[:32].min() > 250
    assert photo.colour[32:].max() < 5
    tags = Image.Exif()
    tags.load(photo.metadata.exif)
    assert tags.get(0x0112, 1) == 1
    assert tags.get_ifd(0x8769)[0xA002] == 32
    assert tags.get_ifd(0x8769)[0xA003] == 64


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "tiff_adobe_deflate"])
def test_tiff_is_turned_once_when_exif_and_xmp_both_ask(tmp_path: Path, compression: str) -> None:
    path = tmp_path / "sideways.tif"
    tags = {0x0112: 6, 700: b"<x tiff:Orientation='6'/>"}
    stored = np.arange(8, dtype=np.uint8).reshape(2, 4)
    Image.fromarray(stored).save(path, compression=compression, tiffinfo=tags)
    assert read(path).colour.tolist() == [[4, 0], [5, 1], [6, 2], [7, 3]]


def test_profile_and_xmp_are_kept(tmp_path: Path, srgb_profile: bytes) -> None:
    for file_format in ("JPEG", "WEBP"):
        path = tmp_path / file_format
        image = Image.new("RGB", (2, 2))
        image.save(path, file_format, icc_profile=srgb_profile, xmp=b"<x:xmpmeta/>")
        assert read(path).metadata.icc_profile == srgb_profile
        assert read(path).metadata.xmp == b"<x:xmpmeta/>"


def test_camera_data_of_tiff_are_kept_with_umlauts(tmp_path: Path, exif_block: bytes) -> None:
    path = tmp_path / "photo.tif"
    tags = Image.Exif()
    tags.load(exif_block)
    tags[0x013B] = "Jürgen".encode("latin-1")
    Image.new("RGB", (3, 2)).save(path, exif=tags)
    kept = Image.Exif()
    kept.load(read(path).metadata.exif)
    assert kept[0x013B] == "Jürgen"
    assert kept.get_ifd(0x8769)[0x9003] == "2020:02:29 12:00:00"
    assert kept.get_ifd(0x8825)[2] == (51.0, 2.0, 3.0)


def test_describing_tags_of_a_cmyk_tiff_are_kept(tmp_path: Path, srgb_profile: bytes) -> None:
    path = tmp_path / "print.tif"
    tags = {0x013B: "Jane", 0x8298: "All rights reserved"}
    Image.new("CMYK", (3, 2)).save(path, tiffinfo=tags, icc_profile=srgb_profile)
    photo, kept = read(path), Image.Exif()
    kept.load(photo.metadata.exif)
    assert {tag: kept[tag] for tag in tags} == tags
    assert (photo.file_format, photo.metadata.icc_profile) == ("TIFF", None)


def test_sixteen_bits_of_cmyk_are_said_to_be_rounded(
    tmp_path: Path, tiff_file: Callable[..., bytes]
) -> None:
    path = tmp_path / "print.tif"
    path.write_bytes(tiff_file(np.zeros((2, 3, 4), np.uint16), photometric=5))
    assert read(path).notices[0] == "print.tif: 16 bits a channel are rounded to 8."


@pytest.mark.parametrize(("tag", "value"), [(254, 1), (50706, b"\1\4\0\0")])
@pytest.mark.parametrize("mode", ["RGB", "I;16"])
def test_raw_files_of_cameras_and_previews_are_refused(
    tmp_path: Path, mode: str, tag: int, value: int | bytes
) -> None:
    path, kind = tmp_path / "raw.tif", 4 if tag == 254 else 1
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags.tagtype[tag], tags[tag] = kind, value
    Image.new(mode, (3, 2)).save(path, tiffinfo=tags)
    assert "a camera's raw file or only a preview. Develop it" in _refusal(path)


def test_a_page_of_several_is_a_whole_picture(tmp_path: Path) -> None:
    Image.new("RGB", (3, 2)).save(tmp_path / "page.tif", tiffinfo={254: 2})
    assert read(tmp_path / "page.tif").size == (2, 3)


def test_a_png_with_a_profile_of_two_megabytes_is_whole(
    tmp_path: Path, srgb_profile: bytes
) -> None:
    profile = srgb_profile + bytes(2_000_000)
    photo = Photo(np.zeros((2, 2, 3), np.uint8), metadata=Metadata(icc_profile=profile))
    limit = PngImagePlugin.MAX_TEXT_CHUNK
    write(photo, tmp_path / "a.png")
    assert read(tmp_path / "a.png").metadata.icc_profile == profile
    assert limit == PngImagePlugin.MAX_TEXT_CHUNK


@pytest.mark.parametrize("file_format", ["GIF", "PNG", "WEBP"])
def test_of_an_animation_the_first_frame_is_used_and_said(tmp_path: Path, file_format: str) -> None:
    path = tmp_path / "film"
    frames = [Image.new("RGB", (4, 4), colour) for colour in ("white", "black")]
    frames[0].save(path, file_format, save_all=True, append_images=frames[1:])
    photo = read(path)
    assert photo.colour.min() > 250
    assert photo.notices == ("film is animated: only its first frame is used.",)


def test_of_several_pages_the_first_is_used_and_said(tmp_path: Path) -> None:
    path = tmp_path / "fax.tif"
    pages = [Image.new("L", (4, 4), colour) for colour in (9, 8)]
    pages[0].save(path, save_all=True, append_images=pages[1:])
    photo = read(path)
    assert photo.colour.max() == 9
    assert photo.notices == ("fax.tif holds several pages: only its first page is used.",)


def test_a_phone_jpeg_with_a_second_picture_is_a_jpeg(tmp_path: Path) -> None:
    path = tmp_path / "phone.jpg"
    Image.new("RGB", (8, 8), "white").save(
        path, "MPO", save_all=True, append_images=[Image.new("RGB", (4, 4))]
    )
    photo = read(path)
    assert photo.file_format == "JPEG"
    assert photo.size == (8, 8)
    assert photo.notices == ()


def test_what_phones_put_behind_a_picture_is_said_to_be_left_out(
    tmp_path: Path, pixels: np.ndarray
) -> None:
    path = tmp_path / "phone.jpg"
    xmp = b'<a GCamera:MotionPhoto="1" hdrgm:Version="1.0" xmpNote:HasExtendedXMP="A1" b=""/>'
    Image.fromarray(pixels).save(path, xmp=xmp)
    photo = read(path)
    assert photo.metadata.xmp == b'<a b=""/>'
    assert photo.notices == (
        "phone.jpg names a gain map, which makes it HDR: it is left out.",
        "phone.jpg names the clip of a motion photo: it is left out.",
        "phone.jpg names a second packet of XMP: it is left out.",
    )
    Image.fromarray(pixels).save(path, xmp=b'<a GCamera:MotionPhoto="0" xmlns:hdrgm="u"/>')
    assert read(path).notices == ()


@pytest.mark.parametrize("xmp", [b"", b'<a hdrgm:Version="1.0"/>'])
def test_a_gain_map_of_iso_21496_is_said_to_be_left_out_once(
    tmp_path: Path, pixels: np.ndarray, xmp: bytes
) -> None:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "JPEG", xmp=xmp)
    mark = b"urn:iso:std:iso:ts:21496:-1\0\0\0\0\0"
    segment = b"\xff\xe2" + struct.pack(">H", 2 + len(mark)) + mark
    path = tmp_path / "phone.jpg"
    path.write_bytes(stream.getvalue()[:2] + segment + stream.getvalue()[2:])
    assert read(path).notices == (
        "phone.jpg names a gain map, which makes it HDR: it is left out.",
    )


@pytest.mark.parametrize("has_adobe_marker", [True, False])
def test_cmyk_jpeg_is_inverted_only_where_adobe_says_so(
    tmp_path: Path, has_adobe_marker: bool
) -> None:
    stream = io.BytesIO()
    red = (0, 255, 255, 0)
    ink = red if has_adobe_marker else tuple(255 - value for value in red)
    Image.new("CMYK", (8, 8), ink).save(stream, "JPEG", quality=100)
    data = stream.getvalue()
    if not has_adobe_marker:
        start = data.index(b"\xff\xee")
        length = struct.unpack(">H", data[start + 2 : start + 4])[0]
        data = data[:start] + data[start + 2 + length :]
    path = tmp_path / "print.jpg"
    path.write_bytes(data)
    photo = read(path)
    assert np.abs(photo.colour.astype(int) - [255, 0, 0]).max() <= 3
    assert "CMYK" in photo.notices[0]


def test_a_gif_with_transparency_has_alpha(tmp_path: Path) -> None:
    path = tmp_path / "cut out.gif"
    image = Image.frombytes("P", (2, 1), b"\0\1")
    image.putpalette([255, 0, 0, 0, 0, 255])
    image.save(path, transparency=1)
    photo = read(path)
    assert photo.colour[0, 0].tolist() == [255, 0, 0]
    assert photo.alpha.tolist() == [[255, 0]]


def test_more_pixels_than_allowed_are_refused_from_the_header(tmp_path: Path) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(_bomb_head())
    message = _refusal(path)
    assert "at most 180000000 pixels" in message
    assert "was not decoded" in message


def test_the_limit_is_exact_and_can_be_chosen(tmp_path: Path) -> None:
    path = tmp_path / "six.png"
    Image.new("L", (3, 2)).save(path)
    assert read(path, max_pixels=6).size == (2, 3)
    with pytest.raises(ImageFileError, match=r"at most 5 pixels in .*six\.png', received 3x2"):
        read(path, max_pixels=5)


def test_the_limit_of_pillow_is_left_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "six.png"
    Image.new("L", (3, 2)).save(path)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 2)
    assert read(path).size == (2, 3)
    assert Image.MAX_IMAGE_PIXELS == 2


def test_threads_may_read_at_once(
    tmp_path: Path, pixels: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "shared.png"
    Image.fromarray(pixels).save(path)
    filters, limit, sizes = list(warnings.filters), Image.MAX_IMAGE_PIXELS, []
    open_picture, two_inside, met = Image.open, threading.Barrier(2), []

    def open_beside_another(*arguments: object, **options: object) -> Image.Image:
        with suppress(threading.BrokenBarrierError):
            met.append(two_inside.wait(timeout=0.5))
        return open_picture(*arguments, **options)

    # While a thread is inside, the settings of Pillow are its own.
    monkeypatch.setattr(Image, "open", open_beside_another)
    threads = [
        threading.Thread(target=lambda: sizes.extend(read(path).size for _ in range(10)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sizes == [(2, 3)] * 40
    assert not met
    assert (warnings.filters, Image.MAX_IMAGE_PIXELS) == (filters, limit)


def test_nothing_there(tmp_path: Path) -> None:
    assert "no such file" in _refusal(tmp_path / "absent.png")


def test_a_folder(tmp_path: Path) -> None:
    assert "a folder" in _refusal(tmp_path)


def test_zero_bytes(tmp_path: Path) -> None:
    (tmp_path / "empty.png").touch()
    assert "0 bytes" in _refusal(tmp_path / "empty.png")


def test_text_named_png(tmp_path: Path) -> None:
    path = tmp_path / "letter.png"
    path.write_text("Dear colleague,\nplease find attached ...")
    assert "a file of another kind" in _refusal(path)


def test_heic_is_named(tmp_path: Path) -> None:
    path = tmp_path / "phone.heic"
    path.write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic")
    assert "HEIC" in _refusal(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a special file")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    assert "a device or pipe" in _refusal(tmp_path / "pipe.png")


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "secret.png"
    Image.new("L", (1, 1)).save(path)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert "cannot be read (Permission denied)" in _refusal(path)


@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "TIFF", "WEBP", "GIF", "BMP"])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.95])
def test_a_file_cut_short(
    tmp_path: Path, rng: np.random.Generator, file_format: str, share: float
) -> None:
    path = tmp_path / "half"
    image = Image.fromarray(rng.integers(0, 256, (40, 40, 3), dtype=np.uint8))
    image.save(path, file_format)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    assert "damaged or truncated" in _refusal(path)


@pytest.mark.parametrize("mode", ["F", "I"])
def test_float_and_32_bit_tiff_are_refused(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "heights.tif"
    Image.new(mode, (2, 2)).save(path)
    assert f"heights.tif with 8 or 16 bits a channel, received Pillow mode {mode}" in _refusal(path)


def test_twelve_bit_grey_tiff_fills_sixteen(tmp_path: Path) -> None:
    entries = [(256, 4), (257, 1), (258, 12), (259, 1), (262, 1), (273, 122)]
    entries += [(277, 1), (278, 1), (279, 6)]
    head = b"II" + struct.pack("<HIH", 42, 8, len(entries))
    for tag, value in entries:
        head += struct.pack("<HHII", tag, 3, 1, value)
    path = tmp_path / "scan.tif"
    path.write_bytes(head + bytes(4) + bytes.fromhex("fff800001000"))
    # 0x800 is 2048 * 65535 / 4095 = 32775.5, half-up; 1 is 16.004
    assert read(path).colour.tolist() == [[65535, 32776, 16, 0]]


@pytest.mark.parametrize(("depth", "row", "stretched"), [(2, 0b11_10_0000, 170), (4, 0xFA, 170)])
def test_the_transparent_value_of_few_bits_is_stretched_as_the_pixels_are(
    tmp_path: Path, depth: int, row: int, stretched: int
) -> None:
    transparent = struct.pack(">H", stretched * (2**depth - 1) // 255)
    path = tmp_path / "icon.png"
    path.write_bytes(_png(bytes([0, row]), 2, 1, depth, 0, tRNS=transparent))
    with Image.open(path) as image:
        photos = [read(path), from_pil(image), from_pil(image)]
    for photo in photos:
        assert photo.colour.tolist() == [[255, stretched]]
        assert photo.alpha.tolist() == [[255, 0]]


SRGB = struct.pack(">8I", 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)
ADOBE_RGB = struct.pack(">8I", 31270, 32900, 64000, 33000, 21000, 71000, 15000, 6000)


@pytest.mark.parametrize(
    ("chunks", "said"),
    [
        ({"gAMA": 100_000}, "a gamma of 1 (gAMA)"),
        ({"cICP": bytes([9, 16, 0, 1])}, "holds cICP"),
        ({"gAMA": 45455, "cHRM": ADOBE_RGB}, "another gamut (cHRM)"),
        ({"cHRM": SRGB}, ""),
        ({"cHRM": ADOBE_RGB, "sRGB": b"\0"}, ""),
        ({"gAMA": 45455}, ""),
        ({"gAMA": 100_000, "sRGB": b"\0"}, ""),
        ({"gAMA": 100_000, "cICP": bytes([1, 13, 0, 1])}, ""),
    ],
)
def test_colour_that_png_asks_for_and_is_left_out_is_said(
    tmp_path: Path, chunks: dict[str, int | bytes], said: str
) -> None:
    path = tmp_path / "sky.png"
    packed = {k: struct.pack(">I", v) if isinstance(v, int) else v for k, v in chunks.items()}
    for depth in (8, 16):
        path.write_bytes(_png(bytes(1 + 3 * depth // 8), 1, 1, depth, 2, **packed))
        notices = read(path).notices
        assert len(notices) == bool(said)
        assert said in "".join(notices)
