"""tools/runtime_choices.py on the smallest preset."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def run(*words):
    tool = ROOT / "tools" / "runtime_choices.py"
    return subprocess.run([sys.executable, tool, *words], capture_output=True, text=True)


def test_a_preset_may_be_named_by_its_folder():
    done = run(ROOT / "saved_models" / "bicubic_x4", "--rounds", "1", "--tile", "16")
    assert done.returncode == 0, done.stderr
    assert "float32, batches of 8" in done.stdout


def test_what_is_no_preset_is_one_line():
    done = run("nosuch")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "There is no model named 'nosuch'" in done.stderr
