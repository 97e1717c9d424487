"""`litesr evaluate`: the field's figures for models and folders."""

from pathlib import Path

import click
from tqdm import tqdm

from keras_litesr.evaluation import benchmark, tables
from keras_litesr.evaluation.protocols import PROTOCOLS
from keras_litesr.images import pixels, resize
from keras_litesr.inference.upscaler import RUNTIMES, Upscaler

_SHIFTED = "shifted_bicubic"
_SCALE = 4


@click.command()
@click.option("-m", "--model", "models", multiple=True, required=True,
              help="Name from `litesr list`, preset folder, or `shifted_bicubic`, the "
                   "enlargement behind the paper's bicubic row; may be repeated.")  # fmt: skip
@click.option("-d", "--data", "data", multiple=True, required=True,
              type=click.Path(path_type=Path),
              help="Folder of high-resolution pictures, or one that holds `high_res` and "
                   "`low_res_x4`; may be repeated.")  # fmt: skip
@click.option("--low-res", type=click.Path(path_type=Path),
              help="Folder of reduced pictures; default: found beside `high_res`, else made by "
                   "antialiased bicubic reduction.")  # fmt: skip
@click.option("-p", "--protocol", "protocols", multiple=True, default=("standard",),
              type=click.Choice(list(PROTOCOLS)), show_default=True,
              help="standard: luma without border. paper: RGB, whole picture. sharpness: "
                   "restored high frequencies, GMSD. May be repeated.")  # fmt: skip
@click.option("--per-image", is_flag=True, help="One row a picture instead of the mean.")
@click.option("--runtime", type=click.Choice(RUNTIMES), default="auto", show_default=True,
              help="What runs the models.")  # fmt: skip
@click.option("--json", "style", flag_value="json", help="Print JSON.")
@click.option("--csv", "style", flag_value="csv", help="Print CSV.")
@click.option("--markdown", "style", flag_value="markdown", help="Print a Markdown table.")
def evaluate(
    models: tuple[str, ...],
    data: tuple[Path, ...],
    low_res: Path | None,
    protocols: tuple[str, ...],
    per_image: bool,
    runtime: str,
    style: str | None,
) -> None:
    """Measures models on folders of pictures.

    \b
    litesr evaluate --model lite_x4 --model bicubic_x4 --data Set5
    litesr evaluate -m lite_x4 -d photos/ -p standard -p paper --per-image --csv
    """
    upscalers = {name: _upscaler(name, runtime) for name in models}
    rows = []
    for folder in data:
        pairs = benchmark.find_pairs(folder, low_res=low_res, scale=_SCALE)
        for name, upscaler in upscalers.items():
            with tqdm(desc=f"{name} on {folder.name}", total=len(pairs), leave=False,
                      disable=None) as bar:  # fmt: skip
                measured = benchmark.evaluate(
                    upscaler,
                    pairs,
                    protocols=[PROTOCOLS[protocol] for protocol in protocols],
                    scale=_SCALE,
                    progress=lambda done, _, bar=bar: bar.update(done - bar.n),
                )
            for measurements in measured:
                chosen = measurements.rows if per_image else [measurements.mean]
                rows += [{"model": name, "data": folder.name, **row} for row in chosen]
    print_as = {"json": tables.as_json, "csv": tables.as_csv, "markdown": tables.as_markdown}
    click.echo(print_as.get(style or "", tables.as_text)(rows))


def _upscaler(name: str, runtime: str):
    if name == _SHIFTED:
        return lambda low_res: pixels.to_uint8(
            resize.enlarge_shifted(pixels.to_float(low_res), _SCALE)
        )
    return Upscaler(name, runtime=runtime)
