"""Metadata: what is kept, what is corrected, what is left out."""

import pytest
from PIL import Image

from keras_litesr.images import metadata
from keras_litesr.images.metadata import Metadata


def _profile(colour_space: bytes) -> bytes:
    return bytes(16) + colour_space + bytes(108)


@pytest.mark.parametrize(
    ("colour_space", "is_grey", "is_kept"),
    [
        (b"RGB ", False, True),
        (b"GRAY", True, True),
        (b"RGB ", True, False),
        (b"GRAY", False, False),
        (b"CMYK", False, False),
        (b"", False, False),
    ],
)
def test_a_profile_is_kept_where_it_fits(colour_space: bytes, is_grey: bool, is_kept: bool) -> None:
    profile = _profile(colour_space)
    kept = metadata.corrected(Metadata(profile), height=1, width=1, is_grey=is_grey)
    assert kept.icc_profile == (profile if is_kept else None)


def test_nothing_stays_nothing() -> None:
    assert metadata.corrected(Metadata(), height=1, width=1, is_grey=False) == Metadata()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'tiff:Orientation="6"', b'tiff:Orientation="1"'),
        (b"tiff:Orientation = '8'", b"tiff:Orientation = '1'"),
        (b"<tiff:Orientation>3</tiff:Orientation>", b"<tiff:Orientation>1</tiff:Orientation>"),
        (b'tiff:ImageWidth="30"', b'tiff:ImageWidth="8"'),
        (b'exif:PixelYDimension="20"', b'exif:PixelYDimension="12"'),
        (b"<tiff:ImageLength>20<", b"<tiff:ImageLength>12<"),
        (b'dc:title="tiff"', b'dc:title="tiff"'),
        (b"<a GCamera:MotionPhoto=\"1\" Camera:MicroVideoOffset='9'/>", b"<a/>"),
        (b'<a xmlns:hdrgm="u" hdrgm:Version="1.0" b="1">', b'<a xmlns:hdrgm="u" b="1">'),
        (b'<a xmpNote:HasExtendedXMP="A1" b=""/>', b'<a b=""/>'),
        (b"a<hdrgm:GainMapMax>\n<rdf:Seq/>\n</hdrgm:GainMapMax>b<hdrgm:Gamma/>c", b"abc"),
        (b"a<Container:Directory><Container:Item/></Container:Directory>b", b"ab"),
    ],
)
def test_xmp_tells_the_truth(before: bytes, after: bytes) -> None:
    kept = metadata.corrected(Metadata(xmp=before), height=12, width=8, is_grey=False)
    assert kept.xmp == after


def test_orientation_comes_from_exif_then_from_xmp(exif_block: bytes) -> None:
    xmp = b'tiff:Orientation="3"'
    assert metadata.orientation(Metadata()) == 1
    assert metadata.orientation(Metadata(xmp=xmp)) == 3
    assert metadata.orientation(Metadata(exif=exif_block, xmp=xmp)) == 6


@pytest.mark.parametrize("times", [0, 1, 2])
def test_the_exif_prefix_of_jpeg_is_taken_off(exif_block: bytes, times: int) -> None:
    image = Image.new("L", (1, 1))
    image.info["exif"] = times * b"Exif\0\0" + exif_block
    assert metadata.from_image(image).exif == exif_block


def test_a_place_in_a_tiff_is_not_taken_for_one_in_exif() -> None:
    written, read, kept = Image.Exif(), Image.Exif(), Image.Exif()
    written[0x8769] = {0x9003: "2020:02:29 12:00:00", 0xA005: 4711}
    read.load(written.tobytes())
    assert read.get_ifd(0x8769)[0xA005] == 4711
    kept.load(metadata.from_tiff_tags(read).exif)
    assert kept.get_ifd(0x8769) == {0x9003: "2020:02:29 12:00:00"}


def test_the_hexadecimal_exif_of_old_png_is_read(exif_block: bytes) -> None:
    image = Image.new("L", (1, 1))
    image.info["Raw profile type exif"] = f"\nexif\n  {len(exif_block)}\n{exif_block.hex()}\n"
    assert metadata.from_image(image).exif == exif_block


def test_tiff_tags_about_the_file_itself_are_not_taken_for_exif() -> None:
    tags = Image.Exif()
    tags[0x0103], tags[0x0106], tags[0x013B] = 1, 2, "Jürgen"
    kept = Image.Exif()
    kept.load(metadata.from_tiff_tags(tags).exif)
    assert dict(kept) == {0x013B: "Jürgen"}


def test_a_tiff_that_says_nothing_has_no_exif() -> None:
    tags = Image.Exif()
    tags[0x0103] = 1
    assert metadata.from_tiff_tags(tags) == Metadata()
