"""`litesr list` and `litesr info`: what the zoo has and what it costs."""

import json
from pathlib import Path
from typing import Any

import click

from keras_litesr.cli.sizes import parsed_size
from keras_litesr.evaluation.tables import as_text
from keras_litesr.silence import captured_output
from keras_litesr.zoo import folders
from keras_litesr.zoo.presets import PRESETS

_EXAMPLES = """\b
Examples:
  litesr info lite_x4
  litesr info lite_x4 --size 480x270
  litesr info ./my_preset --json
"""
Row = dict[str, Any]


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_models(as_json: bool) -> None:
    """Lists the models of the zoo: terms of the weights, parameters, PSNR (standard), and use."""
    rows = [_row(name) for name in PRESETS]
    click.echo(json.dumps(rows, indent=2) if as_json else as_text([_as_words(row) for row in rows]))


def _row(name: str) -> Row:
    preset = PRESETS[name]
    row: Row = {"model": name, "scale": preset.scale, "terms": preset.licence, "parameters": None}
    try:
        folder = folders.preset_folder(name)
        row["parameters"] = folders.metadata(folder)["parameter_count"]
        files = folders.results(folder).get("files", {})
        sets = files.get("float32", {}).get("quality", {})
        row |= {f"{data} dB": round(rows["standard"]["psnr"], 2) for data, rows in sets.items()}
    except folders.PresetError as error:
        row["problem"] = str(error)
    return row | {"what it is": preset.summary}


def _as_words(row: Row) -> Row:
    words: Row = {
        name: f"{value:.2f}" if isinstance(value, float) else value
        for name, value in row.items()
        if name != "problem"
    }
    if "problem" in row:
        words |= {"parameters": "-", "what it is": f"Not installed. {row['what it is']}"}
    return words


@click.command(epilog=_EXAMPLES)
@click.argument("model")
@click.option(
    "--size",
    default="128x128",
    show_default=True,
    metavar="WIDTHxHEIGHT",
    help="Size of the low-resolution picture to count for.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def info(model: str, size: str, as_json: bool) -> None:
    """Shows a model's parameters and multiply-adds, layer by layer.

    MODEL is a name from `litesr list`, a preset folder or an address on a hub. Multiply-adds are
    counted as in the paper's Eqs 1 and 3.
    """
    height, width = parsed_size(size)
    folder = folders.preset_folder(model)
    facts = folders.metadata(folder)
    rows = _layers(folder, (height, width))
    total = sum(row["multiply-adds"] for row in rows)
    if as_json:
        click.echo(json.dumps({**facts, "multiply_adds": total, "layers": rows}, indent=2))
        return
    click.echo(as_text([row for row in rows if row["multiply-adds"] or row["parameters"]]))
    scale = facts["scale"]
    click.echo(
        f"\n{facts['name']}: {facts['parameter_count']:,} parameters, {total / 1e6:,.1f} million "
        f"multiply-adds from {width}x{height} to {width * scale}x{height * scale}, sees "
        f"{facts['receptive_radius']} pixels far.\nFiles: {folder}"
    )


def _layers(folder: Path, size: tuple[int, int]) -> list[dict]:
    with captured_output():
        from keras_litesr.models.cost import cost
        from keras_litesr.zoo.registry import load

        rows = cost(load(folder), size)
    return [
        {
            "layer": row.name,
            "kind": row.kind,
            "output": f"{row.output_size[1]}x{row.output_size[0]}",
            "parameters": row.parameters,
            "multiply-adds": row.multiply_adds,
        }
        for row in rows
    ]
