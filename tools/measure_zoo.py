#!/usr/bin/env python3
"""Measures presets on folders of pictures; writes results, cards and the README's tables.

Quality takes minutes, and any machine gives the same; --data replaces all earlier figures, so name
every set. Times are measured last, of the named presets in turns, on a machine that has nothing
else to do: --only-timing, without names, times all of them. What changes has to be signed again.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from keras_litesr.atomic import published, write_json
from keras_litesr.cli.measuring import measure_preset
from keras_litesr.cli.timing import time_presets
from keras_litesr.evaluation.benchmark import find_pairs
from keras_litesr.zoo import cards, folders

_README = Path(__file__).resolve().parents[1] / "README.md"
_THREADS = 2
_MARKS = ("<!-- zoo table -->\n", "\n<!-- end of zoo table -->")


def main() -> None:
    """Parses the command line and measures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("presets", nargs="*", metavar="PRESET", help="default: all")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--data", type=Path, nargs="+", help="benchmark folders")
    what.add_argument("--only-timing", action="store_true", help="keep the quality as measured")
    what.add_argument(
        "--only-text", action="store_true", help="write cards and README, measure not"
    )
    parser.add_argument("--threads", type=int, default=_THREADS)
    parser.add_argument("--rounds", type=int, default=21, help="of timing (default: 21)")
    parser.add_argument("--readme", type=Path, default=_README)
    arguments = parser.parse_args()
    if min(arguments.threads, arguments.rounds) < 1:
        parser.error("expected at least one thread and one round")
    try:
        _around_table(arguments.readme)  # what lacks the marks is known before hours of work
        chosen = {
            name: folders.preset_folder(name) for name in arguments.presets or folders.released()
        }
        data = arguments.data or ()
        for scale in {folders.metadata(folder)["scale"] for folder in chosen.values()}:
            for images in data:  # a misspelt place is known before minutes of work
                find_pairs(images, scale=scale)
        for name, folder in chosen.items() if data else ():
            _measure(name, folder, arguments.data)
        if not arguments.only_text:
            _time(list(chosen.values()), threads=arguments.threads, rounds=arguments.rounds)
        for name, folder in chosen.items():
            cards.write_card(name, folder)
            folders.write_manifest(folder)
        _write_table(arguments.readme)
    except (ValueError, OSError) as error:
        parser.error(str(error))


def _measure(name: str, folder: Path, data: Sequence[Path]) -> None:
    sets = " ".join(images.name for images in data)
    command = f"tools/measure_zoo.py {name} --data {sets}"
    _keep(folder, measure_preset(folder, data, command=command))


def _time(presets: Sequence[Path], *, threads: int, rounds: int) -> None:
    command = f"tools/measure_zoo.py --only-timing --rounds {rounds}"
    if threads != _THREADS:
        command += f" --threads {threads}"
    for folder, figures in time_presets(
        presets, threads=threads, rounds=rounds, command=command
    ).items():
        _keep(folder, figures)


def _keep(folder: Path, figures: dict[str, Any]) -> None:
    write_json(folder / folders.RESULTS, figures)
    folders.write_manifest(folder)


def _around_table(readme: Path) -> tuple[str, str]:
    text = readme.read_text(encoding="utf-8")
    before, first, rest = text.partition(_MARKS[0])
    _, second, after = rest.partition(_MARKS[1])
    if not (first and second):
        raise ValueError(
            f"Expected a table between {_MARKS[0].strip()} and {_MARKS[1].strip()} in {readme}, "
            "found none. Name the README of the zoo with --readme."
        )
    return before, after


def _write_table(readme: Path) -> None:
    before, after = _around_table(readme)
    with published(readme) as temporary:
        temporary.write_text(
            before + _MARKS[0] + cards.zoo_table() + _MARKS[1] + after, encoding="utf-8"
        )


if __name__ == "__main__":
    main()
