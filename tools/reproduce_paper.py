#!/usr/bin/env python3
"""Makes the paper's Tables I to VI and its Fig. 2 again, its printed numbers beside ours."""

import argparse
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from reproduce_figure import Picture, Upscale, pictures_of, write_figure
from reproduce_records import (
    METRICS,
    PROTOCOLS,
    code_hash,
    figures_in,
    measured_tables,
    pictures_hash,
)
from tqdm import tqdm

from keras_litesr.atomic import occupied, published, require_writable, write_json
from keras_litesr.cli.errors import explained
from keras_litesr.cli.evaluate import measured
from keras_litesr.cli.measuring import tflite_files
from keras_litesr.evaluation import benchmark, paper, paper_tables
from keras_litesr.inference.upscaler import Upscaler
from keras_litesr.silence import captured_output
from keras_litesr.zoo import folders

_DESCRIPTION = """\
Writes tables.md and tables.json into --out: Tables I to V for the sets given, in both protocols,
through the models' .tflite files in LiteRT, and Table VI. A model that is not installed and a set
that is not given are named as missing. A run that was stopped goes on where it was: figures are
kept in measured.json by the hashes of the model's file, of the pictures and of our code. Tables of
an earlier run are not replaced by those of fewer sets.
"""
_EXAMPLES = """\
examples:
  tools/reproduce_paper.py --out paper --data Set5 Set14 BSD100
  tools/reproduce_paper.py --out paper --figure                      photos that may be shown
  tools/reproduce_paper.py --out ~/paper --figure --pictures Set5    for yourself: the pictures of
                                                                     the sets are not free to share;
                                                                     --out is outside the checkout
A set is a folder, or its name in a folder of sets that the variable LITESR_DATA names.
"""
_CHECKOUT = Path(__file__).resolve().parents[1]
_TABLES, _TEXT, _FIGURE, _CACHE = "tables.json", "tables.md", "figure2.png", "measured.json"


def main() -> None:
    """Parses the command line and writes what was asked for."""
    parser = argparse.ArgumentParser(
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--out", type=Path, required=True, help="folder, made if missing")
    parser.add_argument(
        "--data", type=Path, nargs="+", default=[], help="folders or names of the sets"
    )
    parser.add_argument("--figure", action="store_true", help="write figure2.png")
    parser.add_argument(
        "--pictures",
        type=Path,
        help="folder or name of a set for --figure, with --out outside the checkout; default: "
        "scikit-image's photos that anybody may show",
    )
    arguments = parser.parse_args()
    if not (arguments.data or arguments.figure):
        parser.error("name the folders of the sets with --data, or ask for --figure")
    if arguments.pictures and not arguments.figure:
        parser.error("--pictures are those of the figure: ask for it with --figure")
    if arguments.pictures and arguments.out.resolve().is_relative_to(_CHECKOUT):
        parser.error(
            f"expected --out outside {_CHECKOUT}, received {arguments.out}: pictures of --pictures "
            "may not be free to share and do not belong into the repository. Name another folder"
        )
    try:
        # What is cheap to check comes before the models, which take hours.
        sets = _by_table(arguments.data)
        _require_room(arguments.out, sets)
        pairs = {number: _checked_pairs(folder) for number, folder in sets.items()}
        pictures = pictures_of(arguments.pictures) if arguments.figure else []
        arguments.out.mkdir(parents=True, exist_ok=True)
        if arguments.data:
            _write_tables(arguments.out, sets, pairs)
        if arguments.figure:
            _write_figure(arguments.out / _FIGURE, pictures)
    except KeyboardInterrupt:
        parser.exit(130, f"\nStopped. The same command goes on; {_CACHE} keeps what is done.\n")
    except (ValueError, OSError) as error:
        parser.exit(2, f"reproduce_paper.py: {explained(error)}\n")


def _require_room(out: Path, sets: Iterable[str]) -> None:
    """Refuses a place that cannot be written to, or that holds tables which would be lost."""
    require_writable(out)
    for name in (_TABLES, _TEXT, _FIGURE, _CACHE):
        if (out / name).is_dir():
            raise ValueError(occupied(out / name))
    lost = measured_tables(out / _TABLES) - set(sets) if sets else set()
    if names := [table.data for table in paper.TABLES if table.number in lost]:
        raise ValueError(
            f"Expected --data for every set whose table is in {out / _TABLES}, received none for "
            f"{', '.join(names)}. Name them, too: what has not changed is not measured again. Or "
            "name another folder with --out."
        )


def _checked_pairs(folder: Path) -> list[benchmark.Pair]:
    pairs = benchmark.find_pairs(folder, scale=paper.SCALE)
    benchmark.check_pairs(pairs, paper.SCALE, protocols=PROTOCOLS)
    return pairs


def _write_tables(out: Path, sets: dict[str, Path], pairs: dict[str, list[benchmark.Pair]]) -> None:
    installed = _installed()
    figures = _measure_all(out / _CACHE, pairs, installed)
    sections, rows = [], []
    for table in paper.TABLES:
        made = paper_tables.quality_rows(table, figures.get(table.number), installed)
        is_measured = table.number in figures
        sections.append(paper_tables.quality_section(table, made, is_measured=is_measured))
        rows += [{"table": table.number, "data": table.data, **row} for row in made]
    costs = _costs(installed)
    sections += [paper_tables.cost_section(costs), paper_tables.inconsistency_section()]
    names = " ".join(folder.name for folder in sets.values())
    head = paper_tables.head(f"`tools/reproduce_paper.py --data {names}`")
    with published(out / _TEXT) as temporary:
        temporary.write_text("\n\n".join([head, *sections]) + "\n")
    write_json(out / _TABLES, {"quality": rows, "cost": costs})
    missing = [model for _, model in paper.MODELS if model not in installed]
    unmeasured = [table.data for table in paper.TABLES if table.number not in figures]
    for what, absent in (("models", missing), ("sets", unmeasured)):
        if absent:
            print(f"{what} that are missing: {', '.join(absent)}", file=sys.stderr)
    print(out / _TEXT)


def _by_table(data: Sequence[Path]) -> dict[str, Path]:
    sets: dict[str, Path] = {}
    for folder in data:
        table = _table_of(folder)
        if table.number in sets:
            raise ValueError(
                f"Expected one folder for {table.data}, received {sets[table.number]} and "
                f"{folder}. Leave one out."
            )
        sets[table.number] = folder
    return sets


def _table_of(folder: Path) -> paper.PrintedTable:
    try:
        return paper.table_of(Path(os.path.abspath(folder)).name)
    except ValueError:  # a link may be called anything
        return paper.table_of(folder.resolve().name)


def _installed() -> dict[str, str]:
    """Gives the models at hand with the hash of the file that runs."""
    hashes = {paper.SHIFTED_BICUBIC: "code"}  # that of the package, which every key has
    for _, model in paper.MODELS[1:]:
        try:
            folder = folders.preset_folder(model)
            path = folders.verified(folder, f"{model}_float32.tflite")
        except folders.PresetError as error:
            print(f"{model} is left out: {error}", file=sys.stderr)
            continue
        hashes[model] = folders.sha256(path)
    return hashes


def _measure_all(
    cache: Path, pairs: dict[str, list[benchmark.Pair]], installed: dict[str, str]
) -> dict:
    """Measures every model on every set, but for what the cache has; it is saved after each."""
    kept, code = figures_in(cache), code_hash()
    hashes = {number: pictures_hash(found) for number, found in pairs.items()}
    figures: dict[str, dict] = {number: {} for number in pairs}
    jobs = [(number, model) for number in pairs for model in installed]
    with tqdm(jobs, unit="row", disable=None) as bar:
        for number, model in bar:
            title = f"{model} for Table {number}"
            bar.set_postfix_str(title)
            key = f"{model} {installed[model]} {hashes[number]} {code}"
            if key not in kept:
                kept[key] = _measure(title, _upscaler(model), pairs[number])
                write_json(cache, kept)
            figures[number][model] = kept[key]
    return figures


def _measure(title: str, upscaler: Upscale, pairs: Sequence[benchmark.Pair]) -> dict:
    protocols = [protocol.name for protocol in PROTOCOLS]
    rows = measured(title, upscaler, pairs, protocols, paper.SCALE)
    return {row.protocol.name: {name: row.mean[name] for name in METRICS} for row in rows}


def _upscaler(model: str) -> Upscale:
    if model == paper.SHIFTED_BICUBIC:
        return paper.shifted_bicubic
    return Upscaler(model, runtime="litert")


def _costs(installed: dict[str, str]) -> list[dict]:
    """Counts parameters and multiply-adds of every network, installed or not."""
    with captured_output():
        from keras_litesr.models.cost import cost
        from keras_litesr.zoo.registry import build

        rows = []
        for method, model in paper.MODELS[1:]:
            layers = cost(build(model), (128, 128))
            rows.append(
                {
                    "method": method,
                    "model": model,
                    "parameters": sum(layer.parameters for layer in layers),
                    "multiply_adds": sum(layer.multiply_adds for layer in layers),
                    "files": _sizes(model) if model in installed else {},
                }
            )
    return rows


def _sizes(model: str) -> dict[str, int]:
    paths = tflite_files(folders.preset_folder(model))
    return {dtype: path.stat().st_size for dtype, path in paths.items()}


def _write_figure(path: Path, pictures: Iterable[Picture]) -> None:
    models = [model for model in _installed() if model != paper.SHIFTED_BICUBIC]
    write_figure(path, pictures, {model: _upscaler(model) for model in models})
    print(path)


if __name__ == "__main__":
    main()
