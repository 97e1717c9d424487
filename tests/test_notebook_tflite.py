"""notebooks/tflite.ipynb: its last cell runs where there is LiteRT, NumPy and Pillow only."""

import json
import subprocess
import sys
import textwrap
from importlib import resources
from pathlib import Path

import numpy as np
from PIL import Image

import keras_litesr
from keras_litesr.zoo import folders

NOTEBOOK = Path(__file__).parents[1] / "notebooks/tflite.ipynb"
# Refuses whatever is not of Python itself or of the three packages.
BLOCKER = """
    import sys

    class Blocker:
        allowed = {*sys.stdlib_module_names, "PIL", "ai_edge_litert", "numpy"}

        def find_spec(self, name, path=None, target=None):
            if name.partition(".")[0] not in self.allowed:
                raise ImportError(f"{name} is not there")

    sys.meta_path.insert(0, Blocker())
"""


def cells(tag=None):
    found = [
        cell
        for cell in json.loads(NOTEBOOK.read_text())["cells"]
        if cell["cell_type"] == "code" and (tag is None or tag in cell["metadata"].get("tags", []))
    ]
    return ["".join(cell["source"]) for cell in found]


def run_alone(code, folder):
    program = textwrap.dedent(BLOCKER) + code
    return subprocess.run(
        [sys.executable, "-c", program], cwd=folder, capture_output=True, text=True
    )


def test_the_last_cell_needs_nothing_but_litert_numpy_and_pillow(tmp_path):
    with resources.as_file(resources.files("keras_litesr.samples") / "astronaut.png") as sample:
        photo = Image.open(sample).convert("RGB")
    photo.save(tmp_path / "photo.png")
    released = folders.preset_folder("lite_x4") / "lite_x4_float32.tflite"
    (tmp_path / "lite_x4.tflite").write_bytes(released.read_bytes())
    finished = run_alone("\n".join(cells("plain")), tmp_path)
    assert finished.returncode == 0, finished.stderr
    made = np.asarray(Image.open(tmp_path / "photo_x4.png")).astype(int)
    expected = keras_litesr.upscale(np.asarray(photo), model="lite_x4")
    assert np.abs(made - expected).max() <= 1


def test_the_plain_cell_is_the_last_one_and_short():
    plain = cells("plain")
    assert cells()[-len(plain) :] == plain
    lines = [line for line in "\n".join(plain).splitlines() if line and "import" not in line]
    assert len(lines) <= 12


def test_the_other_cells_need_more(tmp_path):
    """The blocker blocks."""
    finished = run_alone("import keras_litesr", tmp_path)
    assert "keras_litesr is not there" in finished.stderr
