"""tools/benchmark.py --export and --training, with as little to time as possible."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

TOOLS = Path(__file__).parents[1] / "tools"


def run(*arguments):
    command = [sys.executable, TOOLS / "benchmark.py", *arguments]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.mark.slow
def test_every_file_and_runtime_is_timed_against_bicubic_and_fsrcnn(litert_export, tmp_path):
    finished = run("--export", "bicubic_x4", "--rounds", "1", "--out", str(tmp_path))
    assert finished.returncode == 0, finished.stderr
    report = json.loads((tmp_path / "pareto.json").read_text())
    timed = [(row["model"], row["runtime"], row["dtype"], row["size"]) for row in report["rows"]]
    for size in ("128x128", "480x270"):
        assert ("fsrcnn (luma)", "LiteRT", "float32", size) in timed
        for dtype in ("float32", "float16", "int8"):
            assert ("bicubic_x4", "LiteRT", dtype, size) in timed
        assert ("bicubic_x4", "Keras", "float32", size) in timed
    rows = dict(zip(timed, report["rows"], strict=True))
    assert rows["fsrcnn (luma)", "LiteRT", "float32", "128x128"]["times_fsrcnn"] == 1
    floor = rows["bicubic_x4", "LiteRT", "float32", "480x270"]
    assert floor["times_bicubic"] == 1
    assert floor["fastest_ms"] <= floor["median_ms"] <= floor["slowest_ms"]
    assert floor["psnr"] == pytest.approx(28.43, abs=0.02)
    assert any("fresh weights" in note for note in report["notes"])


def test_peak_memory_is_that_of_the_command_alone(monkeypatch):
    monkeypatch.syspath_prepend(str(TOOLS))
    import benchmark

    own = b"x" * (300 << 20)
    assert benchmark._peak_memory([sys.executable, "-c", ""]) < 100
    holding = benchmark._peak_memory([sys.executable, "-c", "bytes(bytearray(200 << 20))"])
    assert 200 < holding < 600
    assert len(own) == 300 << 20


def test_memory_of_a_training_is_not_that_of_the_process_that_started_it():
    own = b"x" * (700 << 20)
    lines = [
        "import benchmark_training",
        "print(benchmark_training._peak_memory())",
        "held = b'x' * (400 << 20)",
        "print(benchmark_training._peak_memory())",
    ]
    child = [sys.executable, "-c", "; ".join(lines)]
    finished = subprocess.run(child, cwd=TOOLS, capture_output=True, text=True, check=True)
    before, holding = map(int, finished.stdout.split())
    assert 0 < before < 300
    assert 400 <= holding - before < 500
    assert len(own) == 700 << 20


@pytest.mark.slow
def test_a_recipe_is_timed_in_a_process_of_its_own(monkeypatch):
    monkeypatch.syspath_prepend(str(TOOLS))
    import benchmark_training

    row = benchmark_training._row("lite_tiny_x4", "TensorFlow")
    assert row.keys() >= {"patches_per_second", "step_ms", "data_share", "memory_MB"}, row
    assert row["patches_per_second"] == pytest.approx(1e3 * row["batch"] / row["step_ms"], rel=0.05)
    assert 0 < row["data_share"] < 1
    assert 0 < row["waiting_share"] < 1
    assert row["memory_MB"] > 100


def test_a_training_that_fails_is_a_row_with_its_reason(monkeypatch):
    monkeypatch.syspath_prepend(str(TOOLS))
    import benchmark_training

    row = benchmark_training._row("nonsense", "TensorFlow")
    assert (row["recipe"], row["engine"]) == ("nonsense", "TensorFlow")
    assert "invalid choice: 'nonsense'" in row["problem"]


@pytest.mark.slow
def test_an_unknown_model_is_wrong_usage():
    finished = run("nonsense", "--export")
    assert finished.returncode == 2
    assert "there is no model nonsense; models are bicubic_x4, lite_x4" in finished.stderr


def test_wishes_are_met_or_not(monkeypatch):
    monkeypatch.syspath_prepend(str(TOOLS))
    import benchmark_wishes

    wishes = [
        benchmark_wishes._wish("faster", 1.0, "less than", 1.0),
        benchmark_wishes._wish("lighter", 0.1, "at most", 0.1),
        benchmark_wishes._wish("quicker", 19.9, "at least", 20.0),
    ]
    assert [wish["met"] for wish in wishes] == [False, True, False]
    assert benchmark_wishes.sentences(wishes)[1] == "lighter: 0.1 (wanted at most 0.1: met)"


def test_the_frontier_is_the_best_file_that_is_fast_enough(monkeypatch):
    monkeypatch.syspath_prepend(str(TOOLS))
    import benchmark_wishes

    def row(model, times, psnr, runtime="LiteRT", size="128x128"):
        place = {"model": model, "dtype": "int8", "runtime": runtime, "size": size}
        return {**place, "times_fsrcnn": times, "psnr": psnr}

    rows = [
        row("small", 0.5, 30.9),
        row("smaller", 0.3, 29.0),
        row("large", 0.9, 31.4),
        row("elsewhere", 0.4, 33.0, runtime="Keras"),
        row("larger picture", 0.4, 33.0, size="480x270"),
        row("fsrcnn (luma)", 1.0, None),
    ]
    wishes = benchmark_wishes.frontier(rows)
    assert [(wish["value"], wish["met"]) for wish in wishes] == [
        (30.9, True),
        (31.4, False),
        (31.4, False),
    ]
    assert "(small int8 takes 0.5)" in wishes[0]["subject"]
