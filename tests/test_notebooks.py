import json
from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))


def run(notebook):
    names = {}
    for cell in json.loads(notebook.read_text())["cells"]:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), names)
    return names


@pytest.mark.slow
@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs_from_top_to_bottom(notebook, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run(notebook)


@pytest.mark.slow
def test_notebook_shows_that_lite_beats_bicubic():
    (notebook,) = [path for path in NOTEBOOKS if path.stem == "upscale"]
    measured = run(notebook)["measured"]
    assert measured["lite_x4"]["psnr"] > measured["bicubic_x4"]["psnr"] + 1
