"""`litesr evaluate`: the field's figures for models and folders."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np

from keras_litesr.cli.bars import bar
from keras_litesr.cli.paths import NamedPath
from keras_litesr.cli.printing import printable
from keras_litesr.evaluation import benchmark, paper, tables
from keras_litesr.evaluation.protocols import PROTOCOLS
from keras_litesr.inference.networks import DTYPES, RUNTIMES
from keras_litesr.inference.upscaler import Upscaler
from keras_litesr.zoo import folders

_ALL = "all"
_EXAMPLES = """\b
Examples:
  litesr evaluate --model lite_x4 --model bicubic_x4 --data Set5
  litesr evaluate -m lite_x4 -d Set5 -d Set14 -p standard -p paper --markdown
  litesr evaluate -m lite_x4 -d photos/ --per-image --csv > photos.csv
  litesr evaluate -m all -m shifted_bicubic -d Set5
"""


@click.command(epilog=_EXAMPLES)
@click.option(
    "-m",
    "--model",
    "models",
    multiple=True,
    required=True,
    help="Name from `litesr list`, `all` for every one of them that is installed, preset folder, "
    ".tflite file, or `shifted_bicubic`, the enlargement behind the paper's bicubic row, of which "
    "there is one kind only; may be repeated.",
)
@click.option(
    "-d",
    "--data",
    multiple=True,
    required=True,
    type=NamedPath(),
    help="Folder of high-resolution pictures, or one that holds `high_res` and `low_res_x4`, or "
    "the name of one in the folder of sets that LITESR_DATA names; may be repeated.",
)
@click.option(
    "--low-res",
    type=NamedPath(),
    help="Folder of reduced pictures for one --data; default: found beside `high_res`, else made "
    "by antialiased bicubic reduction.",
)
@click.option(
    "-p",
    "--protocol",
    "protocols",
    multiple=True,
    default=("standard",),
    type=click.Choice(list(PROTOCOLS)),
    show_default=True,
    help="standard: luma without border. paper: RGB, whole picture. sharpness: restored high "
    "frequencies, GMSD. May be repeated.",
)
@click.option("--per-image", is_flag=True, help="One row per picture instead of the mean.")
@click.option(
    "--runtime",
    type=click.Choice(RUNTIMES),
    default="auto",
    show_default=True,
    help="What runs the models.",
)
@click.option(
    "--dtype",
    type=click.Choice(DTYPES),
    default="float32",
    show_default=True,
    help="Which of the models' .tflite files runs.",
)
@click.option(
    "--self-ensemble",
    is_flag=True,
    help="Measure the mean over a picture's eight orientations, which papers mark by a +.",
)
@click.option("--json", is_flag=True, help="Print JSON.")
@click.option("--csv", is_flag=True, help="Print CSV.")
@click.option("--markdown", is_flag=True, help="Print a Markdown table.")
def evaluate(
    models: tuple[str, ...],
    data: tuple[Path, ...],
    low_res: Path | None,
    protocols: tuple[str, ...],
    per_image: bool,
    runtime: str,
    dtype: str,
    self_ensemble: bool,
    **styles: bool,
) -> None:
    """Measures models on folders of pictures."""
    chosen_styles = [style for style, is_chosen in styles.items() if is_chosen]
    if len(chosen_styles) > 1:
        received = " ".join(f"--{style}" for style in chosen_styles)
        raise click.UsageError(
            f"Expected one of --json, --csv and --markdown, received {received}."
        )
    if low_res is not None and len(data) > 1:
        raise click.UsageError("--low-res belongs to one --data. Measure the folders one by one.")
    if paper.SHIFTED_BICUBIC in models:
        options = {"dtype": dtype, "runtime": runtime, "self-ensemble": self_ensemble}
        if odd := [name for name in options if options[name] not in ("float32", "auto", False)]:
            raise click.UsageError(
                f"{paper.SHIFTED_BICUBIC} is no network and has no --{odd[0]}. Measure it apart."
            )
    upscalers = {
        name: _upscaler(name, runtime=runtime, dtype=dtype, self_ensemble=self_ensemble)
        for name in _names(models)
    }
    scale = _common_scale(upscalers)
    found = {folder: benchmark.find_pairs(folder, low_res=low_res, scale=scale) for folder in data}
    rows = []
    for folder, pairs in found.items():
        for name, upscaler in upscalers.items():
            title = {"model": name, "data": _set_name(folder)}
            results = measured(" on ".join(title.values()), upscaler, pairs, protocols, scale)
            _note_flat(results)
            for result in results:
                chosen = result.rows if per_image else [result.mean]
                rows += [{**title, **row} for row in chosen]
    print_as = {"json": tables.as_json, "csv": tables.as_csv, "markdown": tables.as_markdown}
    table = print_as.get("".join(chosen_styles), tables.as_text)(rows)
    click.echo(printable(table.rstrip("\n")))


def _note_flat(results: Sequence[benchmark.Measurements]) -> None:
    for flat in filter(None, (result.without_energy for result in results)):
        note = f"note: left out of the mean of the energy, being flat: {', '.join(flat)}"
        click.echo(note, err=True)


def _set_name(folder: Path) -> str:
    """Names a set by its folder, with the set's own name before a `high_res` within it."""
    folder = folder.resolve()
    return f"{folder.parent.name}/{folder.name}" if folder.name == "high_res" else folder.name


def measured(
    title: str,
    upscaler: Callable[[np.ndarray], np.ndarray],
    pairs: Sequence[benchmark.Pair],
    protocols: Sequence[str],
    scale: int,
) -> list[benchmark.Measurements]:
    """Evaluates under a progress bar, which the title names; see `evaluation.benchmark`."""
    with bar(title) as progress:
        return benchmark.evaluate(
            upscaler,
            pairs,
            protocols=[PROTOCOLS[protocol] for protocol in protocols],
            scale=scale,
            progress=progress,
        )


def _names(models: Sequence[str]) -> list[str]:
    """Puts the zoo's models in the place of `all`; a model named twice is measured once."""
    zoo = folders.released() if _ALL in models else []
    if _ALL in models and not zoo:
        raise click.UsageError("No model of the zoo is installed. Install the package again.")
    named = (each for model in models for each in (zoo if model == _ALL else [model]))
    return list(dict.fromkeys(named))


def _upscaler(name: str, **options: Any) -> Callable[[np.ndarray], np.ndarray]:
    if name == paper.SHIFTED_BICUBIC:
        return paper.shifted_bicubic
    return Upscaler(name, **options)


def _common_scale(upscalers: dict[str, Callable[[np.ndarray], np.ndarray]]) -> int:
    """Takes the scale from the models, which must agree, as they see the same reduced pictures."""
    scales = {name: getattr(each, "scale", paper.SCALE) for name, each in upscalers.items()}
    if len(set(scales.values())) > 1:
        listed = ", ".join(f"{name} x{scale}" for name, scale in scales.items())
        raise click.UsageError(f"Expected models of one scale, received {listed}.")
    return next(iter(scales.values()))
