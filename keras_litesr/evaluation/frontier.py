"""Quality against time: which models no other one beats in both, and the picture of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from keras_litesr.atomic import published

_COLOUR = "#1f5fa8"


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
        ImportError: When matplotlib or adjustText is not installed.
    """
    from adjustText import adjust_text
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 5.5), layout="constrained")
    axes = figure.subplots()
    line = frontier([point for point in points if not point.note])
    axes.plot([p.milliseconds for p in line], [p.psnr for p in line], color="#9db8d9", zorder=1)
    for point in points:
        fill = "white" if point.note else _COLOUR
        axes.scatter(point.milliseconds, point.psnr, color=fill, edgecolor=_COLOUR, zorder=2)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:g}")
    axes.margins(x=0.2, y=0.1)
    axes.set(title=title, xlabel="milliseconds", ylabel=f"PSNR on {data} (dB, standard protocol)")
    axes.grid(alpha=0.3)
    labels = [
        axes.text(
            point.milliseconds,
            point.psnr,
            f"{point.label} ({point.note})" if point.note else point.label,
            fontsize=7,
        )
        for point in points
    ]
    figure.draw_without_rendering()
    adjust_text(
        labels,
        [point.milliseconds for point in points],
        [point.psnr for point in points],
        ax=axes,
        expand=(1.2, 1.9),
        arrowprops={"arrowstyle": "-", "color": "gray", "linewidth": 0.5},
    )
    with published(path) as temporary:
        figure.savefig(temporary, dpi=120, format="png")
