#!/usr/bin/env python3
"""Measures presets on folders of pictures; writes results, cards and the README's table."""

import argparse
from pathlib import Path

from keras_litesr.atomic import write_json
from keras_litesr.cli.measuring import measure_preset
from keras_litesr.zoo import cards, folders

_MARKS = ("<!-- zoo table -->\n", "\n<!-- end of zoo table -->")


def main() -> None:
    """Parses the command line and measures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("presets", nargs="*", metavar="PRESET", help="default: all")
    parser.add_argument("--data", type=Path, nargs="+", required=True, help="benchmark folders")
    parser.add_argument("--readme", type=Path, default=Path("README.md"))
    arguments = parser.parse_args()
    for name in arguments.presets or folders.released():
        _measure(name, arguments.data)
    text = arguments.readme.read_text()
    before, rest = text.split(_MARKS[0])
    _, after = rest.split(_MARKS[1])
    arguments.readme.write_text(before + _MARKS[0] + cards.zoo_table() + _MARKS[1] + after)


def _measure(name: str, data: list[Path]) -> None:
    folder = folders.preset_folder(name)
    sets = " ".join(images.name for images in data)
    command = f"tools/measure_zoo.py {name} --data {sets}"
    write_json(folder / folders.RESULTS, measure_preset(folder, data, command=command))
    folders.write_manifest(folder)
    cards.write_card(name, folder)
    folders.write_manifest(folder)


if __name__ == "__main__":
    main()
