#!/usr/bin/env python3
"""Draws the curves of an adversarial run's `log.csv`: `tools/plot_run.py runs/lite_x4 -o PNG`."""

import argparse
import csv
from pathlib import Path

from keras_litesr.atomic import published
from keras_litesr.cli.errors import explained

_WASSERSTEIN = {
    "wasserstein_distance": "Wasserstein estimate",
    "gradient_norm": "critic's gradient norm",
    "val_psnr": "validation PSNR (dB)",
}
_SRGAN = {
    "real_probability": "probability given to originals",
    "fake_probability": "probability given to fakes",
    "val_psnr": "validation PSNR (dB)",
}


def main() -> None:
    """Parses the command line and draws."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path, help="folder that tools/train.py wrote")
    parser.add_argument("-o", "--out", type=Path, required=True, help="PNG to write")
    arguments = parser.parse_args()
    log = arguments.run / "log.csv"
    if not log.is_file():
        parser.error(f"{arguments.run} holds no log.csv; name the folder of a run")
    with log.open(newline="") as file:
        rows = list(csv.DictReader(file))
    if not arguments.out.parent.is_dir():
        parser.error(f"the folder {arguments.out.parent} does not exist; make it, or name another")
    if arguments.out.is_dir():
        parser.error(f"{arguments.out} is a folder; name the file to write")
    panels = next(
        (known for known in (_WASSERSTEIN, _SRGAN) if rows and known.keys() <= rows[0].keys()), None
    )
    if panels is None:
        parser.error(
            f"{log} has neither {next(iter(_WASSERSTEIN))} nor {next(iter(_SRGAN))}: it is not of "
            "an adversarial run"
        )
    try:
        _draw(rows, panels, arguments.out)
    except OSError as error:
        parser.exit(2, f"plot_run.py: {explained(error)}\n")
    print(arguments.out)


def _draw(rows: list[dict], panels: dict[str, str], path: Path) -> None:
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise SystemExit("plot_run.py: pip install 'keras_litesr[plot]' draws curves") from error
    epochs = [int(row["epoch"]) + 1 for row in rows]
    figure = Figure(figsize=(9, 2.6), layout="constrained")
    for axes, (name, title) in zip(figure.subplots(1, len(panels)), panels.items(), strict=True):
        axes.plot(epochs, [float(row[name] or "nan") for row in rows], color="#1f5fa8")
        axes.set(title=title, xlabel="epoch")
        axes.grid(alpha=0.3)
    with published(path) as temporary:
        figure.savefig(temporary, dpi=100, format="png")


if __name__ == "__main__":
    main()
