"""Writing: whole or not at all, never over a file by accident, metadata true."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from keras_litesr.images.decoding import read
from keras_litesr.images.metadata import Metadata
from keras_litesr.images.output import OUTPUT_SUFFIXES, check_output, losses, write
from keras_litesr.images.photos import ImageFileError, Photo

_XMP = b'<x:xmpmeta tiff:Orientation="6"/>'


@pytest.fixture
def photo(pixels: np.ndarray, srgb_profile: bytes, exif_block: bytes) -> Photo:
    return Photo(pixels, metadata=Metadata(srgb_profile, exif_block, _XMP))


def _refusal(*arguments: object, **options: object) -> str:
    with pytest.raises(ImageFileError) as caught:
        write(*arguments, **options)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith("Expected ")
    assert ", received " in message
    return message


@pytest.mark.parametrize("suffix", OUTPUT_SUFFIXES)
def test_metadata_are_kept_and_true_in_every_format(
    tmp_path: Path, photo: Photo, srgb_profile: bytes, suffix: str
) -> None:
    path = tmp_path / f"vergrößert 4x{suffix}"
    enlarged = replace(photo, colour=np.zeros((8, 12, 3), np.uint8))
    write(enlarged, path, software="keras_litesr 0.1.0, lite_x4")
    kept = read(path).metadata
    assert kept.icc_profile == srgb_profile
    assert kept.xmp == b'<x:xmpmeta tiff:Orientation="1"/>'
    tags = Image.Exif()
    tags.load(kept.exif)
    assert tags[0x0112] == 1
    assert tags[0x0131] == "keras_litesr 0.1.0, lite_x4"
    assert tags[0x013B].encode("latin-1") == "Jürgen".encode()
    camera = tags.get_ifd(0x8769)
    assert (camera[0xA002], camera[0xA003]) == (12, 8)
    assert camera[0x9003] == "2020:02:29 12:00:00"
    assert tags.get_ifd(0x8825)[2] == (51.0, 2.0, 3.0)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp"])
def test_other_programs_see_it_upright(tmp_path: Path, photo: Photo, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    write(photo, path)
    with Image.open(path) as image:
        assert image.size == (3, 2)
        assert image.getexif()[0x0112] == 1


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp"])
def test_stripped_files_keep_the_profile_and_the_software_only(
    tmp_path: Path, photo: Photo, srgb_profile: bytes, suffix: str
) -> None:
    path = tmp_path / f"a{suffix}"
    write(photo, path, strip_metadata=True)
    assert read(path).metadata == Metadata(srgb_profile)
    write(photo, path, strip_metadata=True, software="keras_litesr", overwrite=True)
    tags = Image.Exif()
    tags.load(read(path).metadata.exif)
    assert dict(tags) == {0x0131: "keras_litesr"}
    assert b"2020:02:29" not in path.read_bytes()


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("shape", [(4, 5), (4, 5, 3)])
@pytest.mark.parametrize("with_alpha", [False, True])
def test_lossless_formats_return_every_bit(
    tmp_path: Path,
    rng: np.random.Generator,
    suffix: str,
    dtype: type,
    shape: tuple[int, ...],
    with_alpha: bool,
) -> None:
    most = np.iinfo(dtype).max + 1
    colour = rng.integers(0, most, shape).astype(dtype)
    alpha = rng.integers(0, most, shape[:2]).astype(dtype) if with_alpha else None
    path = tmp_path / f"a{suffix}"
    write(Photo(colour, alpha), path)
    photo = read(path)
    assert photo.colour.dtype == dtype
    assert np.array_equal(photo.colour, colour)
    assert (photo.alpha is None) == (alpha is None)
    assert alpha is None or np.array_equal(photo.alpha, alpha)


def test_pixels_of_a_turned_view_are_written(tmp_path: Path, pixels: np.ndarray) -> None:
    for dtype in (np.uint8, np.uint16):
        view = np.rot90(pixels).astype(dtype)[:, ::-1]
        for suffix in (".png", ".tif"):
            write(Photo(view), tmp_path / f"a{suffix}", overwrite=True)
            assert np.array_equal(read(tmp_path / f"a{suffix}").colour, view)


def test_an_existing_file_stays_untouched(tmp_path: Path, photo: Photo) -> None:
    path = tmp_path / "precious.png"
    path.write_text("precious")
    assert "an existing file. Allow overwriting" in _refusal(photo, path)
    assert path.read_text() == "precious"
    write(photo, path, overwrite=True)
    assert np.array_equal(read(path).colour, photo.colour)


def test_a_file_that_appears_meanwhile_stays_untouched(
    tmp_path: Path, photo: Photo, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "precious.png"
    real_fsync = os.fsync

    def appear(descriptor: int) -> None:
        real_fsync(descriptor)
        path.write_text("precious")

    monkeypatch.setattr(os, "fsync", appear)
    assert "an existing file" in _refusal(photo, path)
    assert path.read_text() == "precious"
    assert list(tmp_path.iterdir()) == [path]


def test_file_systems_without_links_work(
    tmp_path: Path, photo: Photo, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(os, "link", refuse)
    write(photo, tmp_path / "a.png")
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


@pytest.mark.parametrize("failing", ["fsync", "replace"])
def test_a_failure_leaves_nothing_behind(
    tmp_path: Path, photo: Photo, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    path = tmp_path / "a.png"
    path.write_text("before")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, failing, fail)
    assert "No space left on device" in _refusal(photo, path, overwrite=True)
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_text() == "before"


def test_an_interruption_leaves_nothing_behind(
    tmp_path: Path, photo: Photo, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write(photo, tmp_path / "a.png")
    assert list(tmp_path.iterdir()) == []


def test_only_the_file_itself_is_left(tmp_path: Path, photo: Photo) -> None:
    write(photo, tmp_path / "a.png")
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]
    assert (tmp_path / "a.png").stat().st_mode & 0o077 == 0o666 & ~_umask() & 0o077


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def test_an_unknown_suffix(tmp_path: Path, photo: Photo) -> None:
    assert "ends in .jpeg, .jpg, .png" in _refusal(photo, tmp_path / "a.gif")


def test_a_missing_folder(tmp_path: Path, photo: Photo) -> None:
    assert "Create it first" in _refusal(photo, tmp_path / "absent" / "a.png")


def test_a_folder_of_that_name(tmp_path: Path, photo: Photo) -> None:
    (tmp_path / "a.png").mkdir()
    assert "a folder" in _refusal(photo, tmp_path / "a.png", overwrite=True)


@pytest.mark.skipif(getattr(os, "geteuid", lambda: 0)() == 0, reason="root may write anywhere")
def test_a_read_only_folder(tmp_path: Path, photo: Photo) -> None:
    tmp_path.chmod(0o500)
    try:
        assert "permission denied" in _refusal(photo, tmp_path / "a.png")
    finally:
        tmp_path.chmod(0o700)


def test_a_folder_that_may_not_be_written_to(
    tmp_path: Path, photo: Photo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert "permission denied" in _refusal(photo, tmp_path / "a.png")


@pytest.mark.parametrize(("suffix", "longest"), [(".webp", 16383), (".jpg", 65500)])
def test_sides_a_format_cannot_hold(tmp_path: Path, suffix: str, longest: int) -> None:
    check_output(tmp_path / f"a{suffix}", height=1, width=longest)
    photo = Photo(np.zeros((longest + 1, 1), np.uint8))
    message = _refusal(photo, tmp_path / f"a{suffix}")
    assert f"at most {longest} pixels a side" in message
    assert "Write PNG or TIFF instead" in message


@pytest.mark.parametrize(("suffix", "longest"), [(".webp", 16383), (".jpg", 65500)])
def test_the_longest_side_can_be_written(tmp_path: Path, suffix: str, longest: int) -> None:
    write(Photo(np.zeros((1, longest), np.uint8)), tmp_path / f"a{suffix}")
    assert read(tmp_path / f"a{suffix}").size == (1, longest)


@pytest.mark.parametrize("quality", [0, 101])
def test_quality_has_a_range(tmp_path: Path, photo: Photo, quality: int) -> None:
    with pytest.raises(ValueError, match=f"1 to 100, received {quality}"):
        write(photo, tmp_path / "a.jpg", quality=quality)


def test_losses_are_said_beforehand() -> None:
    deep = Photo(np.zeros((1, 1, 3), np.uint16), np.zeros((1, 1), np.uint16))
    assert [len(losses(deep, f"a{suffix}")) for suffix in (".jpg", ".webp", ".png", ".tif")] == [
        2,
        1,
        0,
        0,
    ]
    assert losses(Photo(np.zeros((1, 1), np.uint8)), "a.JPG") == ()


def test_webp_leaves_a_profile_of_grey_out_and_says_so(tmp_path: Path) -> None:
    profile = bytes(16) + b"GRAY" + bytes(108)
    grey = Photo(np.zeros((4, 5), np.uint8), metadata=Metadata(icc_profile=profile))
    write(grey, tmp_path / "a.webp")
    assert read(tmp_path / "a.webp").metadata.icc_profile is None
    assert "the colour profile of grey is left out" in losses(grey, tmp_path / "a.webp")[0]
    assert losses(grey, tmp_path / "a.png") == ()


def test_exif_that_grows_beyond_jpeg_leaves_the_software_and_is_said(
    tmp_path: Path, photo: Photo, exif_block: bytes
) -> None:
    full = Metadata(exif=exif_block + bytes(65527 - len(exif_block)))
    photo, path = replace(photo, metadata=full), tmp_path / "a.jpg"
    write(photo, path, software="keras_litesr 0.1.0, lite_x4")
    with Image.open(path) as image:
        assert dict(image.getexif()) == {0x0131: "keras_litesr 0.1.0, lite_x4"}
    (said,) = losses(photo, path, software="keras_litesr 0.1.0, lite_x4")
    assert said.startswith("a.jpg: EXIF is left out")
    assert losses(photo, path, strip_metadata=True) == ()
    assert losses(photo, "a.png") == ()
