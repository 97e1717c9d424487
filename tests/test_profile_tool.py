"""tools/profile_operators.py on the smallest preset."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).parents[1] / "tools" / "profile_operators.py"


def run(*words):
    return subprocess.run([sys.executable, TOOL, *words], capture_output=True, text=True)


def test_every_operator_of_the_bicubic_network_has_its_share():
    done = run("bicubic_x4", "--rounds", "1", "--size", "16x8", "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    kinds = {row["operator"]: row["calls"] for row in report["operators"]}
    assert kinds["CONV_2D"] == kinds["DEPTH_TO_SPACE"] == 1
    assert sum(row["share"] for row in report["operators"]) == pytest.approx(1, abs=0.01)
    assert [row["from"] for row in report["operators"] if row["operator"] == "DEPTH_TO_SPACE"] == [
        "8x16x48"
    ]


def test_the_peak_is_measured_on_the_threads_that_the_operators_get(load_tool, monkeypatch, capsys):
    monkeypatch.syspath_prepend(str(TOOL.parent))
    tool = load_tool("profile_operators")
    asked = []
    monkeypatch.setattr(tool, "matrix_multiply_peak", lambda threads: asked.append(threads) or 50.0)
    words = ["bicubic_x4", "--rounds", "1", "--size", "16x8", "--threads", "1", "--json"]
    monkeypatch.setattr("sys.argv", [str(TOOL), *words])
    tool.main()
    assert asked == [1]
    assert json.loads(capsys.readouterr().out)["matrix_multiply_peak_gflops"] == 50


@pytest.mark.parametrize("words", [["nonsense"], ["bicubic_x4", "--size", "wide"]])
def test_wrong_usage_is_one_line(words):
    done = run(*words)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
