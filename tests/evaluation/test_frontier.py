import numpy as np
import pytest
from PIL import Image

from keras_litesr.evaluation.frontier import Point, draw_frontier, frontier

FAST, GOOD, SLOW = Point("fast", 1, 28), Point("good", 5, 31), Point("slow", 6, 30)


def test_what_another_one_beats_in_both_is_not_on_the_frontier():
    assert frontier([SLOW, GOOD, FAST]) == [FAST, GOOD]
    assert frontier([Point("best", 1, 31), *frontier([FAST, GOOD, SLOW])]) == [Point("best", 1, 31)]


def test_of_equals_one_is_on_the_frontier():
    assert frontier([GOOD, Point("twin", 5, 31)]) == [GOOD]
    assert frontier([Point("as fast", 5, 30), GOOD]) == [GOOD]
    assert frontier([]) == []


def test_the_line_runs_through_what_was_measured_here_alone(tmp_path, monkeypatch):
    pytest.importorskip("adjustText")
    axes = pytest.importorskip("matplotlib.axes")
    lines, plot = [], axes.Axes.plot
    monkeypatch.setattr(axes.Axes, "plot", lambda *a, **k: lines.append(a[1:]) or plot(*a, **k))
    published = Point("theirs", 2, 35, note="paper")
    draw_frontier([FAST, published, GOOD], tmp_path / "pareto.png", title="times", data="Set5")
    assert lines == [([1, 5], [28, 31])]


def test_a_picture_is_drawn_with_more_ink_for_more_points(tmp_path):
    pytest.importorskip("adjustText")
    inked = []
    for points in ([FAST, GOOD], [FAST, GOOD, SLOW]):
        path = tmp_path / "pareto.png"
        draw_frontier(points, path, title="times", data="Set5")
        with Image.open(path) as image:
            inked.append(int((np.asarray(image.convert("L")) < 200).sum()))
    assert 1_000 < inked[0] < inked[1]
    assert [path.name for path in tmp_path.iterdir()] == ["pareto.png"]
