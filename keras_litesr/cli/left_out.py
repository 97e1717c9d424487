"""What a folder holds and a run over it leaves out."""

import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import click

from keras_litesr.inference import video

FOREIGN_SUFFIXES = (
    ".arw",
    ".cr2",
    ".cr3",
    ".dng",
    ".heic",
    ".heif",
    ".jp2",
    ".jxl",
    ".nef",
    ".ppm",
    ".psd",
    ".svg",
    ".tga",
)


def say_left_out(paths: Iterable[Path]) -> None:
    """Prints a note for each folder among paths of which something is left out."""
    for folder in filter(os.path.isdir, paths):
        if others := left_out(folder):
            click.echo(f"note: left out of {folder}: {others}.", err=True)


def left_out(folder: Path) -> str:
    """Counts foreign pictures, videos and linked folders, as `1 HEIC file, 2 videos`.

    Returns:
        A part of a sentence, empty where nothing is left out but what no one takes for a picture.
    """
    counts: Counter[str] = Counter()
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        counts["linked folder"] += sum(os.path.islink(Path(parent, name)) for name in folders)
        for name in names:
            suffix = Path(name).suffix.lower()
            if suffix in FOREIGN_SUFFIXES and not name.startswith("."):
                counts[f"{suffix[1:].upper()} file"] += 1
            elif suffix in video.SUFFIXES and not name.startswith("."):
                counts["video"] += 1
    parts = [f"{counts[kind]} {kind}{'s' * (counts[kind] > 1)}" for kind in sorted(+counts)]
    return ", ".join(parts) + ("; videos are named one by one" if counts["video"] else "")
