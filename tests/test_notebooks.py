import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

NOTEBOOKS = {path.stem: path for path in (Path(__file__).parents[1] / "notebooks").glob("*.ipynb")}
# Names that nbmake, and so `pytest --nbmake notebooks`, sets after a cell to make it quick.
MOCKS = ("nbmake", "mock")


def run(notebook):
    names = {}
    for cell in json.loads(NOTEBOOKS[notebook].read_text())["cells"]:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), names)
            names |= cell["metadata"].get(MOCKS[0], {}).get(MOCKS[1], {})
    return names


@pytest.fixture(autouse=True)
def _scratch(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_every_notebook_is_tested():
    assert set(NOTEBOOKS) == {"upscale", "train", "protect", "tflite"}


@pytest.mark.slow
def test_upscale_shows_that_the_psnr_model_beats_bicubic():
    measured = run("upscale")["measured"]
    assert measured["lite_psnr_x4"]["psnr"] > measured["bicubic_x4"]["psnr"] + 1


@pytest.fixture
def photos(tmp_path, rng):
    """Photos of a reader's own, no two of them equally high."""
    (tmp_path / "photos").mkdir()
    for number in range(20):
        pixels = rng.integers(0, 256, (96 + 4 * number, 120, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / "photos" / f"{number}.png")


@pytest.mark.slow
def test_train_saves_what_it_trained(photos):
    names = run("train")
    assert names["again"].count_params() == names["model"].count_params() > 0
    assert len(names["gan_history"].history["wasserstein_distance"]) == 1
    assert (names["enlarged"].shape[0], names["enlarged"].shape[2]) == (
        4 * names["picture"].shape[0],
        3,
    )


@pytest.mark.slow
def test_train_runs_in_a_kernel_of_jupyter(tmp_path):
    """Other cells' names, magics and what a cell shows count here, as they do for a reader."""
    pytest.importorskip("nbmake")
    notebook = shutil.copy(NOTEBOOKS["train"], tmp_path)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--nbmake", notebook]
    finished = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stdout
    assert "1 passed" in finished.stdout
    assert (tmp_path / "my_model" / "model.weights.h5").is_file()


@pytest.mark.slow
def test_protect_finds_the_mark_in_what_the_thief_made(litert_export):
    pytest.importorskip("scipy")
    names = run("protect")
    assert names["verdict"].answer == "marked"
    assert max(other.matching for other in names["others"]) < 167


@pytest.mark.slow
def test_tflite_runs(litert_export):
    run("tflite")
