import pytest

from keras_litesr.timing import alternate, milliseconds, ratio


def test_runs_take_turns_forwards_and_backwards_after_two_warm_ups():
    order = []
    runs = {label: lambda label=label: order.append(label) for label in "abc"}
    times = alternate(runs, 2)
    assert "".join(order) == "abc" + "cba" + "abc" + "cba"
    assert {label: len(seconds) for label, seconds in times.items()} == {"a": 2, "b": 2, "c": 2}


def test_a_time_is_what_the_clock_went_on_during_the_run():
    now = 0.0

    def work(seconds):
        nonlocal now
        now += seconds

    times = alternate({"a": lambda: work(2), "b": lambda: work(5)}, 3, clock=lambda: now)
    assert times == {"a": [2.0] * 3, "b": [5.0] * 3}


def test_the_ratio_is_taken_round_by_round():
    """A moment in which all take ten times as long changes no ratio."""
    unit = [1.0, 1.0, 10.0, 1.0, 1.0]
    assert ratio([3 * seconds for seconds in unit], unit) == pytest.approx(3)


def test_milliseconds_are_rounded():
    assert milliseconds([0.0012345])["median_ms"] == 1.23
