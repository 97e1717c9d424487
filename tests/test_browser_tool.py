"""tools/browser.py: a preset in Chromium, where one is installed."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).parents[1] / "tools" / "browser.py"


def run(*arguments, path=None):
    environment = {"PATH": path} if path is not None else None
    command = [sys.executable, TOOL, *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment)


@pytest.mark.slow
def test_what_is_missing_is_named(tmp_path):
    finished = run("lite_tiny_x4", path=str(tmp_path))
    assert finished.returncode == 2
    assert "npm install" in finished.stderr or "expected node" in finished.stderr.lower()
    assert "Traceback" not in finished.stderr


def test_a_page_that_fails_is_one_line(load_tool, monkeypatch, capsys):
    def fail(*_):
        raise subprocess.CalledProcessError(3, ["node"])

    tool = load_tool("browser")
    monkeypatch.setattr(tool, "_browser", lambda: "/bin/chromium")
    monkeypatch.setattr(tool, "_row", fail)
    monkeypatch.setattr("sys.argv", [str(TOOL), "bicubic_x4"])
    with pytest.raises(SystemExit) as end:
        tool.main()
    assert end.value.code == 2
    assert capsys.readouterr().err == "browser.py: /bin/chromium failed; node ended with 3\n"


@pytest.mark.slow
def test_a_browser_paints_the_pixels_of_litert(litert_export):
    if not (TOOL.parent / "browser" / "node_modules").is_dir():
        pytest.skip("needs `npm install --prefix tools/browser`")
    if not all(shutil.which(name) for name in ("node", "chromium")):
        pytest.skip("needs node and Chromium")
    finished = run("bicubic_x4", "--side", "32", "--rounds", "1")
    assert finished.returncode == 0, finished.stderr
    head, _, row = (
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in finished.stdout.strip().splitlines()
    )
    assert int(dict(zip(head, row, strict=True))["by at most"]) <= 1
