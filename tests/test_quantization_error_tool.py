"""tools/quantization_error.py: which roundings the picture suffers from."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

TOOL = Path(__file__).parents[1] / "tools" / "quantization_error.py"


@pytest.mark.slow
def test_errors_of_the_kinds_are_shown(rng, tmp_path):
    for index in range(8):
        noise = rng.integers(0, 256, (64, 80, 3), np.uint8)
        Image.fromarray(noise).save(tmp_path / f"{index}.png")
    finished = run("lite_tiny_x4", "--representative", tmp_path, "--data", tmp_path)
    assert finished.returncode == 0, finished.stderr
    rows = [line.strip("| ").split(" | ") for line in finished.stdout.splitlines()[2:]]
    errors = {kind: (float(alone), float(rest)) for kind, _, alone, rest in rows}
    everything, nothing = errors.pop("all")
    assert len(errors) == 7
    assert sum(int(row[1]) for row in rows[1:]) == int(rows[0][1])
    assert all(alone < everything for alone, _ in errors.values())
    assert all(rest > nothing for _, rest in errors.values())


@pytest.mark.slow
def test_too_few_photos_are_refused_without_a_traceback(tmp_path):
    Image.new("RGB", (80, 64)).save(tmp_path / "0.png")
    finished = run("lite_tiny_x4", "--representative", tmp_path, "--data", tmp_path)
    assert finished.returncode == 2
    assert "at least 8" in finished.stderr
    assert "Traceback" not in finished.stderr


def run(*arguments):
    return subprocess.run([sys.executable, TOOL, *arguments], capture_output=True, text=True)
