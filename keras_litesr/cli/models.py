"""`litesr list` and `litesr info`: what the zoo has and what it costs."""

import json

import click

from keras_litesr.evaluation.tables import as_text
from keras_litesr.zoo import folders
from keras_litesr.zoo.presets import PRESETS


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_models(as_json: bool) -> None:
    """Lists the models of the zoo."""
    rows = [_row(name) for name in PRESETS]
    click.echo(json.dumps(rows, indent=2) if as_json else as_text(rows))


def _row(name: str) -> dict[str, str | int | float]:
    folder = folders.preset_folder(name)
    facts = folders.metadata(folder)
    sets = folders.results(folder).get("quality", {})
    psnr = {f"{data} dB": f"{rows['standard']['psnr']:.2f}" for data, rows in sets.items()}
    return {
        "model": name,
        "scale": facts["scale"],
        "parameters": facts["parameter_count"],
        **psnr,
        "what it is": PRESETS[name].summary,
    }


@click.command()
@click.argument("model")
@click.option("--size", default="128x128", show_default=True, metavar="WIDTHxHEIGHT",
              help="Size of the low-resolution picture for which is counted.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def info(model: str, size: str, as_json: bool) -> None:
    """Shows a model's parameters and multiply-adds, layer by layer.

    MODEL is a name from `litesr list` or a preset folder. Multiply-adds are counted as in the
    paper's Eqs 1 and 3.
    """
    width, height = _parsed_size(size)
    folder = folders.preset_folder(model)
    facts = folders.metadata(folder)

    from keras_litesr.models.cost import cost
    from keras_litesr.zoo.registry import load

    rows = [
        {
            "layer": row.name,
            "kind": row.kind,
            "output": f"{row.output_size[1]}x{row.output_size[0]}",
            "parameters": row.parameters,
            "multiply-adds": row.multiply_adds,
        }
        for row in cost(load(folder), (height, width))
    ]
    total = sum(row["multiply-adds"] for row in rows)
    if as_json:
        click.echo(json.dumps({**facts, "multiply_adds": total, "layers": rows}, indent=2))
        return
    click.echo(as_text([row for row in rows if row["multiply-adds"] or row["parameters"]]))
    click.echo(
        f"\n{facts['name']}: {facts['parameter_count']:,} parameters, {total / 1e6:,.1f} million "
        f"multiply-adds from {width}x{height} to {width * facts['scale']}x"
        f"{height * facts['scale']}, sees {facts['receptive_radius']} pixels far.\n"
        f"Files: {folder}"
    )


def _parsed_size(size: str) -> tuple[int, int]:
    try:
        width, height = (int(side) for side in size.lower().split("x"))
    except ValueError:
        width = height = 0
    if min(width, height) < 1:
        raise click.UsageError(f"Expected a size such as 480x270, received {size!r}.")
    return width, height
