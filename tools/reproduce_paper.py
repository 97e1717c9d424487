#!/usr/bin/env python3
"""Makes the paper's Tables I to VI and its Fig. 2 again, its printed numbers beside ours."""

import argparse
import hashlib
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

import keras_litesr
from keras_litesr.atomic import published, write_json
from keras_litesr.cli.evaluate import measured
from keras_litesr.cli.measuring import tflite_files
from keras_litesr.datasets.data_folders import find_folder
from keras_litesr.evaluation import benchmark, paper, paper_tables
from keras_litesr.evaluation.contact_sheet import Scene, contact_sheet
from keras_litesr.evaluation.protocols import PAPER, STANDARD
from keras_litesr.images.files import Photo, write
from keras_litesr.images.resize import crop_to_multiple, reduce
from keras_litesr.inference.upscaler import Upscaler
from keras_litesr.silence import captured_output
from keras_litesr.zoo import folders

_DESCRIPTION = """\
Writes tables.md and tables.json into --out: Tables I to V for the sets given, in both protocols,
through the models' .tflite files in LiteRT, and Table VI. A model that is not installed and a set
that is not given are named as missing. A run that was stopped goes on where it was: figures are
kept in measured.json by the hashes of the model's file, of the pictures and of our code.
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
_PROTOCOLS = (PAPER.name, STANDARD.name)
_CACHE = "measured.json"
# Folders of the package on whose code the figures depend.
_MEASURING = ("evaluation", "images", "inference", "models")
Upscale = Callable[[np.ndarray], np.ndarray]


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
        pictures = find_folder(arguments.pictures) if arguments.pictures else None
        arguments.out.mkdir(parents=True, exist_ok=True)
        if arguments.data:
            _write_tables(arguments.out, arguments.data)
        if arguments.figure:
            _write_figure(arguments.out, pictures)
    except KeyboardInterrupt:
        parser.exit(130, f"\nStopped. The same command goes on; {_CACHE} keeps what is done.\n")
    except (ValueError, OSError) as error:
        parser.exit(2, f"reproduce_paper.py: {error}\n")


def _write_tables(out: Path, data: Sequence[Path]) -> None:
    sets = _by_table(data)
    installed = _installed()
    figures = _measure_all(out / _CACHE, sets, installed)
    sections, rows = [], []
    for table in paper.TABLES:
        made = paper_tables.quality_rows(table, figures.get(table.number), installed)
        is_measured = table.number in figures
        sections.append(paper_tables.quality_section(table, made, is_measured=is_measured))
        rows += [{"table": table.number, "data": table.data, **row} for row in made]
    costs = _costs(installed)
    sections += [paper_tables.cost_section(costs), paper_tables.inconsistency_section()]
    command = f"`tools/reproduce_paper.py --data {' '.join(folder.name for folder in data)}`"
    head = paper_tables.head(command)
    with published(out / "tables.md") as temporary:
        temporary.write_text("\n\n".join([head, *sections]) + "\n")
    write_json(out / "tables.json", {"quality": rows, "cost": costs})
    missing = [model for _, model in paper.MODELS if model not in installed]
    unmeasured = [table.data for table in paper.TABLES if table.number not in figures]
    for what, names in (("models", missing), ("sets", unmeasured)):
        if names:
            print(f"{what} that are missing: {', '.join(names)}", file=sys.stderr)
    print(out / "tables.md")


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


def _measure_all(cache: Path, sets: dict[str, Path], installed: dict[str, str]) -> dict:
    """Measures every model on every set, but for what the cache has; it is saved after each."""
    kept, code = _kept(cache), _code()
    pairs = {number: benchmark.find_pairs(folder) for number, folder in sets.items()}
    figures: dict[str, dict] = {number: {} for number in sets}
    jobs = [(number, model) for number in sets for model in installed]
    with tqdm(jobs, unit="row", disable=None) as bar:
        for number, model in bar:
            title = f"{model} on {sets[number].name}"
            bar.set_postfix_str(title)
            key = f"{model} {installed[model]} {_fingerprint(pairs[number])} {code}"
            if key not in kept:
                kept[key] = _measure(title, _upscaler(model), pairs[number])
                write_json(cache, kept)
            figures[number][model] = kept[key]
    return figures


def _kept(cache: Path) -> dict:
    try:
        kept = json.loads(cache.read_text()) if cache.is_file() else {}
    except ValueError:
        kept = None
    if not isinstance(kept, dict):
        raise ValueError(f"{cache} holds no figures of an earlier run. Remove it.")
    return kept


def _measure(title: str, upscaler: Upscale, pairs: Sequence[benchmark.Pair]) -> dict:
    rows = measured(title, upscaler, pairs, _PROTOCOLS, paper.SCALE)
    return {row.protocol.name: {name: row.mean[name] for name in ("psnr", "ssim")} for row in rows}


def _upscaler(model: str) -> Upscale:
    if model == paper.SHIFTED_BICUBIC:
        return paper.shifted_bicubic
    return Upscaler(model, runtime="litert")


def _fingerprint(pairs: Sequence[benchmark.Pair]) -> str:
    return _sha256(filter(None, (path for pair in pairs for path in (pair.high_res, pair.low_res))))


def _code() -> str:
    package = Path(keras_litesr.__file__).parent
    sources = [path for name in _MEASURING for path in sorted((package / name).glob("*.py"))]
    return f"{keras_litesr.__version__} {_sha256(sources)}"


def _sha256(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()


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


def _write_figure(out: Path, pictures: Path | None) -> None:
    upscalers = {
        model: _upscaler(model) for model in _installed() if model != paper.SHIFTED_BICUBIC
    }
    scenes = []
    for title, low_res, original in _free_photos() if pictures is None else _pictures_in(pictures):
        restored = {model: upscaler(low_res) for model, upscaler in upscalers.items()}
        scenes.append(Scene(title=title, original=original, low_res=low_res, restored=restored))
    path = out / "figure2.png"
    write(Photo(contact_sheet(scenes)), path, overwrite=True)
    print(path)


def _free_photos() -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Gives photos that anybody may show: NASA's in the public domain, the others CC0."""
    from skimage import data

    photos = {
        "Eileen Collins, NASA": data.astronaut(),
        "Coffee, R. Michetti": data.coffee(),
        "Chelsea, S. van der Walt": data.chelsea(),
    }
    for title, photo in photos.items():
        original = crop_to_multiple(photo, paper.SCALE)
        yield title, reduce(original, paper.SCALE), original


def _pictures_in(folder: Path) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    for pair in benchmark.find_pairs(folder, scale=paper.SCALE):
        yield pair.high_res.stem, *pair.read(paper.SCALE)


if __name__ == "__main__":
    main()
