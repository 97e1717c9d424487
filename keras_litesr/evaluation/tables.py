"""Tables of measurements: text, Markdown, CSV and JSON."""

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence

Row = Mapping[str, str | int | float]

_HEADINGS = {
    "psnr": "PSNR (dB)",
    "ssim": "SSIM",
    "high_frequency_energy": "high-frequency energy",
    "gmsd": "GMSD",
}
_DECIMALS = {"psnr": 2, "high_frequency_energy": 3}
_OTHER_DECIMALS = 4


def as_text(rows: Sequence[Row]) -> str:
    """Lays rows out in aligned columns for a terminal; numbers are rounded and right-aligned.

    Columns are the keys of all rows, in the order in which they first appear; a row without a
    key has an empty cell. All four functions of this module share this.

    Example:
        >>> print(as_text([{"image": "bird", "psnr": 30.178}, {"image": "baby", "psnr": 9.5}]))
        image  PSNR (dB)
        -----  ---------
        bird       30.18
        baby        9.50
    """
    names, cells = _cells(rows)
    widths = [max(len(line[i]) for line in cells) for i in range(len(names))]
    cells.insert(1, ["-" * width for width in widths])
    numeric = [_is_numeric(rows, name) for name in names]
    lines = (
        "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(line, widths, numeric, strict=True)
        )
        for line in cells
    )
    return "\n".join(line.rstrip() for line in lines)


def as_markdown(rows: Sequence[Row]) -> str:
    r"""Writes rows as a Markdown table; numbers are rounded and right-aligned.

    Example:
        >>> print(as_markdown([{"image": "a|b", "ssim": 0.81234}]))
        | image | SSIM |
        | :-- | --: |
        | a\|b | 0.8123 |
    """
    names, cells = _cells(rows)
    cells.insert(1, ["--:" if _is_numeric(rows, name) else ":--" for name in names])
    escaped = ([cell.replace("|", "\\|") for cell in line] for line in cells)
    return "\n".join(f"| {' | '.join(line)} |" for line in escaped)


def as_csv(rows: Sequence[Row]) -> str:
    """Writes rows as CSV under their keys, numbers as measured.

    Example:
        >>> print(as_csv([{"image": "bird", "psnr": 30.178}]), end="")
        image,psnr
        bird,30.178
    """
    stream = io.StringIO()
    writer = csv.DictWriter(stream, _names(rows), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


def as_json(rows: Sequence[Row]) -> str:
    """Writes rows as a JSON list of objects, numbers as measured.

    JSON has no infinity: what is not finite becomes the text `"inf"` or `"nan"`, as in the CSV.

    Example:
        >>> as_json([{"psnr": float("inf")}]).split()
        ['[', '{', '"psnr":', '"inf"', '}', ']']
    """
    names = _names(rows)
    plain = [{name: _finite(row[name]) for name in names if name in row} for row in rows]
    return json.dumps(plain, indent=2, ensure_ascii=False, allow_nan=False)


def _names(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))


def _cells(rows: Sequence[Row]) -> tuple[list[str], list[list[str]]]:
    """Gives the columns' names, and the lines of text: the heading, then one per row."""
    names = _names(rows)
    heading = [_HEADINGS.get(name, name) for name in names]
    lines = [[_rounded(name, row.get(name, "")) for name in names] for row in rows]
    return names, [heading, *lines]


def _rounded(name: str, value: str | int | float) -> str:
    if isinstance(value, float):
        return f"{value:.{_DECIMALS.get(name, _OTHER_DECIMALS)}f}"
    return str(value)


def _is_numeric(rows: Sequence[Row], name: str) -> bool:
    return not any(isinstance(row.get(name), str) for row in rows)


def _finite(value: str | int | float) -> str | int | float:
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value
