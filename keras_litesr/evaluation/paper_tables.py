"""The paper's tables made again: its own numbers, and ours beside them."""

from collections.abc import Iterable, Mapping
from typing import Any

from keras_litesr.evaluation import paper
from keras_litesr.evaluation.protocols import PAPER, STANDARD
from keras_litesr.evaluation.tables import as_markdown

# A protocol's name to PSNR and SSIM.
Figures = Mapping[str, Mapping[str, float]]

_MISSING = "not installed"
_UNMEASURED = "not measured"


def head(command: str) -> str:
    """Writes the title and what the columns mean, in Markdown."""
    return (
        "# The paper's tables, made again\n\n"
        "PSNR in dB and SSIM, x4; means over the pictures of a set, measured through the .tflite "
        f"files in LiteRT by {command}. The paper does not say how it measured. *{PAPER.name}*: "
        f"{PAPER.description} *{STANDARD.name}*: {STANDARD.description} "
        f"`{paper.SHIFTED_BICUBIC}` is aligned at the top left corner, `bicubic_x4` at pixel "
        "centres. Ours: `lite_x4` was trained by the paper's Algorithm 1, its pixel loss "
        "(Eq. 8) with the error of the edges (GMSD) added; `lite_psnr_x4` is the same network by "
        "a pixel loss alone, the PSNR of luma; `separable_srresnet_x4` the paper's generator read "
        "literally."
    )


def quality_rows(
    table: paper.PrintedTable, measured: Mapping[str, Figures] | None, installed: Iterable[str]
) -> list[dict[str, Any]]:
    """Joins a printed table with what was measured.

    Args:
        table: The printed one.
        measured: Figures by model; None for a set that was not at hand.
        installed: Models that can be measured; the others are named as missing.

    Returns:
        One row for each of `paper.MODELS`: `method`, `model`, `printed`, and under the name of
        each protocol PSNR and SSIM, or what is missing.
    """
    rows, present = [], set(installed)
    for method, model in paper.MODELS:
        psnr, ssim = table.printed(method)
        row: dict[str, Any] = {
            "method": method,
            "model": model,
            "printed": {"psnr": psnr, "ssim": ssim},
        }
        for protocol in (PAPER, STANDARD):
            if measured and model in measured:
                row[protocol.name] = dict(measured[model][protocol.name])
            else:
                row[protocol.name] = _UNMEASURED if model in present else _MISSING
        rows.append(row)
    return rows


def quality_section(
    table: paper.PrintedTable, rows: Iterable[Mapping[str, Any]], *, is_measured: bool
) -> str:
    """Writes one of the Tables I to V in Markdown, PSNR in dB and SSIM a cell."""
    lines = [
        {
            "method": row["method"],
            "model": f"`{row['model']}`",
            "as printed": f"{row['printed']['psnr']:g} / {row['printed']['ssim']:.3f}",
            "paper protocol": _pair(row[PAPER.name]),
            "standard protocol": _pair(row[STANDARD.name]),
            "paper protocol less printed, dB": _difference(row),
        }
        for row in rows
    ]
    note = (
        ""
        if is_measured
        else f"{table.data} was not measured here: no folder of that name was given.\n\n"
    )
    return f"## Table {table.number}: {table.data}\n\n{note}{as_markdown(lines)}"


def cost_section(rows: Iterable[Mapping[str, Any]]) -> str:
    """Writes Table VI in Markdown.

    Args:
        rows: For each model `method`, `model`, `parameters`, `multiply_adds` and `files`, the
            sizes in bytes by dtype, empty where it is not installed.
    """
    rows = list(rows)
    dtypes = list(dict.fromkeys(dtype for row in rows for dtype in row["files"]))
    lines = [
        {
            "method": row["method"],
            "model": f"`{row['model']}`",
            "as printed": paper.PARAMETERS[row["method"]],
            "parameters": f"{row['parameters']:,}",
            "multiply-adds, 128x128": f"{row['multiply_adds'] / 1e6:,.0f} M",
            **{f"{dtype}, kB": _kilobytes(row["files"].get(dtype)) for dtype in dtypes},
        }
        for row in rows
    ]
    return f"## Table VI: parameters\n\n{as_markdown(lines)}"


def inconsistency_section() -> str:
    """Lists in Markdown where the paper contradicts itself or others."""
    lines = "\n".join(f"- {sentence}" for sentence in paper.INCONSISTENCIES)
    return f"## What does not fit in the paper itself\n\n{lines}"


def _pair(figures: Mapping[str, float] | str) -> str:
    if isinstance(figures, str):
        return figures
    return f"{figures['psnr']:.2f} / {figures['ssim']:.4f}"


def _difference(row: Mapping[str, Any]) -> str:
    if isinstance(row[PAPER.name], str):
        return ""
    return f"{row[PAPER.name]['psnr'] - row['printed']['psnr']:+.2f}"


def _kilobytes(size: int | None) -> str:
    return _MISSING if size is None else f"{size / 1000:,.0f}"
