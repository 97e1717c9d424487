"""Pictures and blocks of metadata that several image tests need."""

import struct
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageCms


@pytest.fixture(scope="session")
def srgb_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.fixture(scope="session")
def exif_block() -> bytes:
    """A 3 x 2 photo by Jürgen on its side: orientation 6, sizes as the camera stored them."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x0100], exif[0x0101] = 3, 2
    exif[0x013B] = "Jürgen".encode()
    exif[0x8769] = {0x9003: "2020:02:29 12:00:00", 0xA002: 3, 0xA003: 2}
    exif[0x8825] = {1: "N", 2: (51.0, 2.0, 3.0)}
    return exif.tobytes().removeprefix(b"Exif\0\0")


@pytest.fixture(scope="session")
def pixels() -> np.ndarray:
    """2 x 3 RGB pixels, all different."""
    return np.arange(18, dtype=np.uint8).reshape(2, 3, 3) * 14


@pytest.fixture(scope="session")
def tiff_file() -> Callable[..., bytes]:
    """Builds an uncompressed TIFF by hand from (height, width, channels) samples."""

    def build(
        samples: np.ndarray,
        *,
        photometric: int,
        order: str = "<",
        planar: int = 1,
        extra: int | list[int] | None = None,
        orientation: int = 1,
        pages: int = 1,
    ) -> bytes:
        height, width, channels = samples.shape
        bits = 8 * samples.dtype.itemsize
        data = samples.astype(samples.dtype.newbyteorder(order))
        planes = np.moveaxis(data, -1, 0) if planar == 2 else data[None]
        entries = [(256, 4, [width]), (257, 4, [height]), (258, 3, [bits] * channels)]
        entries += [(259, 3, [1]), (262, 3, [photometric]), (273, 4, None)]
        entries += [(274, 3, [orientation]), (277, 3, [channels]), (278, 4, [height])]
        entries += [(279, 4, [plane.nbytes for plane in planes]), (284, 3, [planar])]
        if extra is not None:
            entries.append((338, 3, extra if isinstance(extra, list) else [extra]))
        start = 8 + 2 + 12 * len(entries) + 4
        places = [start + index * planes[0].nbytes for index in range(len(planes))]
        tail = planes.tobytes()
        head, next_page = b"", 8 if pages > 1 else 0
        for tag, kind, values in entries:
            values = places if tag == 273 else values
            packed = struct.pack(f"{order}{len(values)}{'HI'[kind == 4]}", *values)
            if len(packed) > 4:
                where = struct.pack(order + "I", start + len(tail))
                tail += packed
                packed = where
            head += struct.pack(order + "HHI4s", tag, kind, len(values), packed.ljust(4, b"\0"))
        sign = b"II" if order == "<" else b"MM"
        front = sign + struct.pack(order + "HIH", 42, 8, len(entries))
        return front + head + struct.pack(order + "I", next_page) + tail

    return build
