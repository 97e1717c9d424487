"""Mutated weights and configurations never crash the interpreter, hang it or take its memory."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("fuzzing.py")
WEIGHTS, CONFIGURATIONS = 3000, 250


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="limits memory as Linux does")
def test_mutated_presets_load_or_are_refused(tmp_path):
    """256 MiB more than the honest preset takes are allowed, and 10 s of CPU for a mutation."""
    finished = subprocess.run(
        [sys.executable, PROGRAM, tmp_path, str(WEIGHTS), str(CONFIGURATIONS)],
        capture_output=True,
        text=True,
    )
    # A crash of the interpreter or the alarm is a negative number here.
    assert finished.returncode == 0, finished.stdout + finished.stderr[-2000:]
    *problems, last = finished.stdout.splitlines()
    assert problems == []
    report = json.loads(last)
    assert set(report["outcomes"]) == {"refused", "loaded"}
    assert sum(report["outcomes"].values()) == WEIGHTS + 2 * CONFIGURATIONS
    assert report["outcomes"]["refused"] > 1000
    assert report["grown_mib"] < 64
