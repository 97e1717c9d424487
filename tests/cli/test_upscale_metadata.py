"""What `litesr upscale` keeps beside the pixels."""

import pytest
from PIL import Image, ImageCms

from keras_litesr import __version__
from keras_litesr.images.files import read


@pytest.fixture
def described_photo(tmp_path):
    """A JPEG on its side with EXIF, XMP and a colour profile."""
    exif = Image.Exif()
    exif[0x0112], exif[0x0110], exif[0x0131] = 6, "Camera 9", "camera firmware"
    exif[0x8769] = {0x9003: "2020:02:29 12:00:00", 0xA002: 9, 0xA003: 6}
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/" tiff:Orientation="6"><by>Ada</by></x:xmpmeta>'
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    path = tmp_path / "described.jpg"
    Image.new("RGB", (9, 6), "teal").save(path, exif=exif, xmp=xmp, icc_profile=profile)
    return path


@pytest.mark.parametrize("file_format", ["same", "png", "webp"])
def test_metadata_are_kept_and_tell_the_truth(enlarge, described_photo, tmp_path, file_format):
    assert enlarge(described_photo, "-f", file_format, "-o", tmp_path / "out").exit_code == 0
    (path,) = (tmp_path / "out").iterdir()
    with Image.open(path) as image:
        assert image.size == (24, 36)
        exif = image.getexif()
        assert (exif[0x0112], exif[0x0110]) == (1, "Camera 9")
        camera = exif.get_ifd(0x8769)
        assert (camera[0x9003], camera[0xA002], camera[0xA003]) == ("2020:02:29 12:00:00", 24, 36)
        assert exif[0x0131].startswith(f"keras_litesr {__version__}, bicubic_x4 2")
        assert image.info["icc_profile"]
    xmp = read(path).metadata.xmp
    assert b"<by>Ada</by>" in xmp
    assert b'Orientation="1"' in xmp


def test_strip_metadata_leaves_the_profile_and_the_name_of_the_model(
    enlarge, described_photo, tmp_path
):
    assert enlarge(described_photo, "--strip-metadata", "-o", tmp_path / "b.jpg").exit_code == 0
    with Image.open(tmp_path / "b.jpg") as image:
        assert image.size == (24, 36)
        assert list(image.getexif()) == [0x0131]
        assert image.info["icc_profile"]
    assert read(tmp_path / "b.jpg").metadata.xmp is None
