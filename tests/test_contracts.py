import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]


def python(code):
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout


def test_imports_go_one_way():
    checker = Path(sys.executable).with_name("lint-imports")
    finished = subprocess.run(
        [checker, "--config", REPOSITORY / "setup.cfg", "--no-cache"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
    )
    assert finished.returncode == 0, finished.stdout


def test_import_is_light():
    heavy = ("tensorflow", "keras", "numpy", "PIL", "ai_edge_litert")
    code = f"import sys, keras_litesr; print([m for m in {heavy} if m in sys.modules])"
    assert python(code).strip() == "[]"


def test_listing_presets_needs_no_framework():
    code = (
        "import sys, keras_litesr; keras_litesr.presets();"
        "print('keras' in sys.modules, 'tensorflow' in sys.modules)"
    )
    assert python(code).split() == ["False", "False"]
