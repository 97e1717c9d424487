"""tools/reproduce_paper.py: tables, the cache that lets it go on, the figure."""

import importlib.util
import json
from pathlib import Path

import pytest
from PIL import Image

from keras_litesr.images.files import read

TOOL = Path(__file__).parents[1] / "tools/reproduce_paper.py"


@pytest.fixture(scope="module")
def tool():
    spec = importlib.util.spec_from_file_location("reproduce_paper", TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def reproduce(tool, monkeypatch, tmp_path):
    """Runs the tool; models are the two bicubic ones, so that a run takes no time."""
    installed = tool._installed
    bicubic = ("shifted_bicubic", "bicubic_x4")
    monkeypatch.setattr(tool, "_installed", lambda: {name: installed()[name] for name in bicubic})

    def run(*arguments):
        monkeypatch.setattr("sys.argv", [str(TOOL), "--out", str(tmp_path / "out"), *arguments])
        tool.main()

    return run


@pytest.fixture
def set5(tmp_path, rng):
    folder = tmp_path / "Set5"
    folder.mkdir()
    Image.fromarray(rng.integers(0, 256, (48, 52, 3), "uint8")).save(folder / "a.png")
    return folder


@pytest.mark.slow
def test_tables_of_the_set_given_and_the_names_of_what_is_missing(
    reproduce, set5, tmp_path, capsys
):
    reproduce("--data", str(set5))
    made = json.loads((tmp_path / "out/tables.json").read_text())
    rows = {(row["table"], row["model"]): row for row in made["quality"]}
    assert len(rows) == 5 * 8
    assert rows["I", "bicubic_x4"]["paper"]["psnr"] > rows["I", "shifted_bicubic"]["paper"]["psnr"]
    assert rows["I", "lite_x4"]["standard"] == "not installed"
    assert rows["V", "bicubic_x4"]["standard"] == "not measured"
    parameters = {row["model"]: row["parameters"] for row in made["cost"]}
    assert parameters["bicubic_x4"] == 0
    assert parameters["srcnn_x4"] == 69_251
    assert parameters["srresnet_x4"] == 1_554_883
    text = (tmp_path / "out/tables.md").read_text()
    assert text.count("\n## ") == 7
    assert "General100 was not measured here" in text
    assert "models that are missing: srcnn_x4, srresnet_x4" in capsys.readouterr().err


def test_a_second_run_takes_what_was_measured_and_measures_what_changed(
    reproduce, tool, set5, tmp_path, monkeypatch, rng
):
    monkeypatch.setattr(tool, "_costs", lambda installed: [])
    reproduce("--data", str(set5))
    cache = tmp_path / "out/measured.json"
    kept = json.loads(cache.read_text())
    (key,) = [key for key in kept if key.startswith("bicubic_x4")]
    kept[key]["paper"]["psnr"] = 99.0
    cache.write_text(json.dumps(kept))
    reproduce("--data", str(set5))
    assert "99.00 / " in (tmp_path / "out/tables.md").read_text()
    Image.fromarray(rng.integers(0, 256, (48, 52, 3), "uint8")).save(set5 / "a.png")
    reproduce("--data", str(set5))
    assert "99.00 / " not in (tmp_path / "out/tables.md").read_text()


def test_the_figure_of_a_folder(reproduce, set5, tmp_path):
    Image.new("RGB", (100, 90), "red").save(set5 / "a.png")
    reproduce("--figure", "--pictures", str(set5))
    # The whole picture, low resolution, one method, original.
    assert read(tmp_path / "out/figure2.png").size == (216 + 44, 245 + 8 + 3 * (216 + 8))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "name the folders of the sets"),
        (("--data", "nowhere/Urban100"), "received Urban100"),
        (("--data", "nowhere/Set5"), "nowhere/Set5"),
        (("--figure", "--pictures", "nowhere"), "nowhere"),
    ],
)
def test_bad_input_ends_with_2(reproduce, capsys, arguments, message):
    with pytest.raises(SystemExit) as end:
        reproduce(*arguments)
    assert end.value.code == 2
    assert message in capsys.readouterr().err
