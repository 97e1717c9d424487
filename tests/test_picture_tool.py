"""tools/picture.py: what is no preset."""

import subprocess
import sys
from pathlib import Path

TOOL = Path(__file__).parents[1] / "tools" / "picture.py"


def test_what_is_no_preset_is_one_line():
    done = subprocess.run([sys.executable, TOOL, "nosuch"], capture_output=True, text=True)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "There is no model named 'nosuch'" in done.stderr
