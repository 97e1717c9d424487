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
    assert frontier([]) == []


def test_a_picture_is_drawn_with_more_ink_for_more_points(tmp_path):
    pytest.importorskip("matplotlib")
    inked = []
    for points in ([FAST, GOOD], [FAST, GOOD, SLOW]):
        path = tmp_path / "pareto.png"
        draw_frontier(points, path, title="times", data="Set5")
        with Image.open(path) as image:
            inked.append(int((np.asarray(image.convert("L")) < 200).sum()))
    assert 1_000 < inked[0] < inked[1]
    assert [path.name for path in tmp_path.iterdir()] == ["pareto.png"]
