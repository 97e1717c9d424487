"""Quality against time: which models no other one beats in both, and the picture of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from keras_litesr.atomic import published

_COLOUR = "#1f5fa8"
_LEVEL = 0.07  # dB


@dataclass(frozen=True)
class Point:
    """One way to enlarge.

    Attributes:
        label: Stands beside it.
        milliseconds: Median time.
        psnr: dB.
        note: Where the PSNR is from when it was not measured by us; drawn hollow.
    """

    label: str
    milliseconds: float
    psnr: float
    note: str = ""


def frontier(points: Sequence[Point]) -> list[Point]:
    """Picks the points that no other one beats in both time and PSNR, fastest first.

    Example:
        >>> fast, good, worse = Point("a", 1, 28), Point("b", 5, 31), Point("c", 6, 30)
        >>> [point.label for point in frontier([worse, good, fast])]
        ['a', 'b']
    """
    best: list[Point] = []
    for point in sorted(points, key=lambda point: (point.milliseconds, -point.psnr)):
        if not best or point.psnr > best[-1].psnr:
            best.append(point)
    return best


def draw_frontier(points: Sequence[Point], path: Path, *, title: str, data: str) -> None:
    """Draws points over time, on a logarithmic axis, and a line through the frontier.

    Args:
        points: At least one.
        path: PNG to write.
        title: Says how the times were taken.
        data: Set on which PSNR was measured.

    Raises:
        ImportError: When matplotlib is not installed.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 5.5), layout="constrained")
    axes = figure.subplots()
    line = frontier([point for point in points if not point.note])
    axes.plot([p.milliseconds for p in line], [p.psnr for p in line], color="#9db8d9", zorder=1)
    # Their labels would cover those of their neighbours on the line; of two in a row, each other.
    level: list[Point] = []
    for a, b in pairwise(line[:-1]):
        if b.psnr - a.psnr < _LEVEL and a not in level:
            level.append(b)
    others = [point for point in points if point not in line]
    others.sort(key=lambda point: point.milliseconds)
    for point in points:
        fill = "white" if point.note else _COLOUR
        axes.scatter(point.milliseconds, point.psnr, color=fill, edgecolor=_COLOUR, zorder=2)
        # Above the line on the left, for its end has room on the right; the others by turns.
        is_left = point in line[:-1] and point not in level
        is_above = others.index(point) % 2 == 1 if point in others else point not in level
        axes.annotate(
            f"{point.label} ({point.note})" if point.note else point.label,
            (point.milliseconds, point.psnr),
            xytext=(-6 if is_left else 6, 5 if is_above else -12),
            textcoords="offset points",
            horizontalalignment="right" if is_left else "left",
            fontsize=7,
        )
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:g}")
    axes.margins(x=0.27, y=0.1)
    axes.set(title=title, xlabel="milliseconds", ylabel=f"PSNR on {data} (dB, standard protocol)")
    axes.grid(alpha=0.3)
    with published(path) as temporary:
        figure.savefig(temporary, dpi=120, format="png")
