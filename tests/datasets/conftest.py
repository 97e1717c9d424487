"""Folders of pictures, some of them broken."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image


@pytest.fixture
def fill() -> Callable[..., None]:
    """Fills a folder with so many good and so many broken pictures."""

    def fill(folder: Path, *, good: int, broken: int) -> None:
        for number in range(good):
            Image.new("RGB", (8, 8)).save(folder / f"good{number}.png")
        for number in range(broken):
            (folder / f"broken{number}.png").write_bytes(b"\x89PNG and nothing else")

    return fill
