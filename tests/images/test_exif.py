"""EXIF blocks: bytes by hand, then Pillow as the second reader."""

import struct

import pytest
from PIL import Image

from keras_litesr.images import exif


def _block(order: str, entries: list[tuple[int, int, int, bytes]]) -> bytes:
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "IH", 8, len(entries))
    body = b"".join(struct.pack(order + "HHI4s", *entry) for entry in entries)
    return head + body + bytes(4)


def _read(block: bytes) -> Image.Exif:
    tags = Image.Exif()
    tags.load(block)
    return tags


@pytest.mark.parametrize("order", ["<", ">"])
def test_orientation_is_read_in_both_byte_orders(order: str) -> None:
    block = _block(order, [(0x0112, 3, 1, struct.pack(order + "HH", 6, 0))])
    assert exif.orientation(block) == 6


@pytest.mark.parametrize("order", ["<", ">"])
def test_orientation_of_four_bytes_is_read_as_such(order: str) -> None:
    assert exif.orientation(_block(order, [(0x0112, 4, 1, struct.pack(order + "I", 6))])) == 6


@pytest.mark.parametrize("value", [0, 9, 6000])
def test_an_undefined_orientation_is_none(value: int) -> None:
    assert exif.orientation(_block("<", [(0x0112, 3, 1, struct.pack("<HH", value, 0))])) is None


def test_no_tag_is_no_orientation() -> None:
    assert exif.orientation(_block("<", [])) is None


def test_a_new_block_is_one_software_entry() -> None:
    block = exif.corrected(None, height=1, width=1, software="abc")
    entry = struct.pack("<HHI4s", 0x0131, 2, 4, b"abc\0")
    assert block == b"II*\0" + struct.pack("<I", 14) + bytes(6) + b"\x01\0" + entry + bytes(4)


@pytest.mark.parametrize("order", ["<", ">"])
def test_orientation_and_size_are_corrected_in_both_byte_orders(order: str) -> None:
    short = struct.pack(order + "HH", 5, 0)
    block = _block(order, [(0x0100, 3, 1, short), (0x0101, 3, 1, short), (0x0112, 3, 1, short)])
    tags = _read(exif.corrected(block, height=90000, width=70000))
    assert dict(tags) == {0x0100: 70000, 0x0101: 90000, 0x0112: 1}


def test_size_tags_that_are_absent_stay_absent() -> None:
    block = _block("<", [(0x0112, 3, 1, b"\x08\0\0\0")])
    assert dict(_read(exif.corrected(block, height=2, width=3))) == {0x0112: 1}


def test_camera_and_place_survive_and_the_camera_sizes_are_corrected(exif_block: bytes) -> None:
    tags = _read(exif.corrected(exif_block, height=12, width=8, software="keras_litesr 0.1.0"))
    camera, place = tags.get_ifd(0x8769), tags.get_ifd(0x8825)
    assert tags[0x0131] == "keras_litesr 0.1.0"
    assert (camera[0xA002], camera[0xA003]) == (8, 12)
    assert camera[0x9003] == "2020:02:29 12:00:00"
    assert place[2] == (51.0, 2.0, 3.0)


def test_other_bytes_are_not_touched(exif_block: bytes) -> None:
    corrected = exif.corrected(exif_block, height=2, width=3)
    assert "Jürgen".encode() in corrected
    changed = [i for i, byte in enumerate(exif_block) if i >= 8 and corrected[i] != byte]
    sizes = exif_block.index(b"\xa0\x02")
    assert set(changed) <= set(range(sizes, sizes + 24))  # the entries of the two size tags


@pytest.mark.parametrize("end", [b"", b"\0"])
def test_entries_are_in_order_and_begin_at_even_places(exif_block: bytes, end: bytes) -> None:
    """As TIFF asks for; the Software tag comes last into the directory, with an odd text."""
    block = exif.corrected(exif_block + end, height=2, width=3, software="even")
    (place,) = struct.unpack_from(">I", block, 4)
    (count,) = struct.unpack_from(">H", block, place)
    entries = [struct.unpack_from(">HHII", block, place + 2 + 12 * n) for n in range(count)]
    assert [tag for tag, *_ in entries] == sorted(tag for tag, *_ in entries)
    (text,) = (where for tag, _, _, where in entries if tag == 0x0131)
    assert (place % 2, text % 2) == (0, 0)


def test_an_old_software_tag_is_replaced() -> None:
    block = exif.corrected(None, height=1, width=1, software="old camera")
    block = exif.corrected(block, height=1, width=1, software="new")
    assert dict(_read(block)) == {0x0131: "new"}


def test_the_preview_is_no_longer_referred_to() -> None:
    preview = len(_block("<", []))
    block = _block("<", [])[:-4] + struct.pack("<I", preview) + struct.pack("<H", 0) + bytes(4)
    assert _read(exif.corrected(block, height=1, width=1)).get_ifd(1) == {}


@pytest.mark.parametrize(
    "damaged", [b"", b"II*\0", b"hello world", b"II*\0\xff\xff\xff\xff", b"II*\0\x08\0\0\0\x05\0"]
)
def test_damage_is_a_value_error(damaged: bytes) -> None:
    with pytest.raises(ValueError, match="Expected"):
        exif.corrected(damaged, height=1, width=1)
    with pytest.raises(ValueError, match="Expected"):
        exif.orientation(damaged)
