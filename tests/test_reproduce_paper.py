"""tools/reproduce_paper.py: tables, the cache that lets it go on, the figure."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import keras_litesr
from keras_litesr.evaluation import paper, paper_tables
from keras_litesr.images.files import read

TOOL = Path(__file__).parents[1] / "tools/reproduce_paper.py"


@pytest.fixture
def tool(load_tool, monkeypatch):
    monkeypatch.syspath_prepend(str(TOOL.parent))
    return load_tool("reproduce_paper")


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


@pytest.mark.parametrize("changed", ["version", "code"])
def test_what_other_code_measured_is_measured_again(
    reproduce, tool, set5, tmp_path, monkeypatch, changed
):
    import reproduce_records

    monkeypatch.setattr(tool, "_costs", lambda installed: [])
    reproduce("--data", str(set5))
    if changed == "version":
        monkeypatch.setitem(vars(keras_litesr), "__version__", "99.0")
    else:
        monkeypatch.setattr(reproduce_records, "_MEASURING", ("images",))
    reproduce("--data", str(set5))
    keys = json.loads((tmp_path / "out/measured.json").read_text())
    assert sorted(key.split()[0] for key in keys) == ["bicubic_x4"] * 2 + ["shifted_bicubic"] * 2


def test_the_reduced_pictures_of_a_set_are_those_of_the_figure(tool, tmp_path, rng):
    original, low_res = (rng.integers(0, 256, (side, side, 3), "uint8") for side in (48, 12))
    for name, picture in {"high_res": original, "low_res_x4": low_res}.items():
        (tmp_path / name).mkdir()
        Image.fromarray(picture).save(tmp_path / name / "a.png")
    import reproduce_figure

    ((title, *pictures),) = reproduce_figure._pictures_in(tmp_path)
    assert title == "a"
    for received, expected in zip(pictures, (low_res, original), strict=True):
        np.testing.assert_array_equal(received, expected)


def test_a_link_goes_by_its_own_name_or_else_by_what_it_leads_to(tool, set5, tmp_path, monkeypatch):
    (tmp_path / "bench5").mkdir()
    (tmp_path / "Set14").symlink_to("bench5")
    (tmp_path / "five").symlink_to("Set5")
    monkeypatch.chdir(set5)
    folders = [tmp_path / "Set14", tmp_path / "five", Path(".")]
    assert [tool._table_of(folder).data for folder in folders] == ["Set14", "Set5", "Set5"]


def test_the_figure_of_a_folder(reproduce, set5, tmp_path):
    Image.new("RGB", (100, 90), "red").save(set5 / "a.png")
    reproduce("--figure", "--pictures", str(set5))
    # The whole picture, low resolution, one method, original.
    assert read(tmp_path / "out/figure2.png").size == (216 + 44, 245 + 8 + 3 * (216 + 8))


def test_sets_are_found_by_name(reproduce, tool, set5, tmp_path, monkeypatch):
    Image.new("RGB", (100, 90), "red").save(set5 / "a.png")
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty)
    monkeypatch.setenv("LITESR_DATA", str(set5.parent))
    monkeypatch.setattr(tool, "_costs", lambda installed: [])
    reproduce("--data", "Set5", "--figure", "--pictures", "Set5")
    made = json.loads((tmp_path / "out/tables.json").read_text())["quality"]
    measured = {row["table"] for row in made if isinstance(row["paper"], dict)}
    assert measured == {"I"}
    assert (tmp_path / "out/figure2.png").is_file()


def test_pictures_of_a_folder_are_not_written_into_the_checkout(
    reproduce, tool, set5, tmp_path, monkeypatch, capsys
):
    assert TOOL.parents[1].resolve() == tool._CHECKOUT
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    (tmp_path / "link").symlink_to(checkout)
    monkeypatch.setattr(tool, "_CHECKOUT", checkout)
    monkeypatch.setattr(tool, "_by_table", lambda data: pytest.fail("begun"))
    for out in (checkout, checkout / "new", tmp_path / "link/new"):
        with pytest.raises(SystemExit) as end:
            reproduce("--data", str(set5), "--figure", "--pictures", str(set5), "--out", str(out))
        assert end.value.code == 2
        assert f"expected --out outside {checkout}, received {out}" in capsys.readouterr().err
    assert not any(checkout.iterdir())


def test_photos_that_anybody_may_show_are_written_into_the_checkout(
    reproduce, tool, tmp_path, monkeypatch
):
    monkeypatch.setattr(tool, "_CHECKOUT", tmp_path)
    calls = []
    monkeypatch.setattr(tool, "_write_figure", lambda *arguments: calls.append(arguments))
    monkeypatch.setattr(tool, "pictures_of", lambda folder: folder)
    reproduce("--figure")
    assert calls == [(tmp_path / "out/figure2.png", None)]


@pytest.fixture
def without_models(tool, monkeypatch):
    monkeypatch.setattr(tool, "_installed", lambda: pytest.fail("models run"))


@pytest.mark.parametrize("name", ["", "tables.md", "tables.json", "measured.json", "figure2.png"])
def test_a_place_that_cannot_be_written_to_is_refused_first(
    reproduce, without_models, set5, tmp_path, capsys, name
):
    place = tmp_path / "out" / name
    if name:
        place.mkdir(parents=True)
    else:
        place.touch()
    _refused(lambda: reproduce("--data", str(set5)), capsys, f"received {str(place)!r}, ")


def test_pictures_of_unfitting_size_are_refused_before_models_run(
    reproduce, without_models, set5, tmp_path, capsys
):
    words = "at least 72x72 pixels for --figure, received 52x48 in a"
    arguments = ("--data", str(set5), "--figure", "--pictures", str(set5))
    _refused(lambda: reproduce(*arguments), capsys, words)
    Image.new("RGB", (16, 16)).save(set5 / "b.png")
    _refused(lambda: reproduce("--data", str(set5)), capsys, str(set5 / "b.png"))


def test_tables_of_an_earlier_run_are_not_lost(
    reproduce, tool, set5, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(tool, "_costs", lambda installed: [])
    set14 = tmp_path / "Set14"
    set14.symlink_to(set5)
    reproduce("--data", str(set5), str(set14))
    tables = (tmp_path / "out/tables.md").read_bytes()
    _refused(lambda: reproduce("--data", str(set5)), capsys, "received none for Set14.")
    assert (tmp_path / "out/tables.md").read_bytes() == tables
    reproduce("--data", str(set5), str(set14))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("measured.json", '{"key": 5}'),
        ("measured.json", '{"key": {"paper": {"psnr": 1.0}}}'),
        ("measured.json", '{"key": '),
        ("tables.json", "[]"),
        ("tables.json", '{"quality": [5]}'),
    ],
)
def test_odd_files_of_an_earlier_run_are_named(
    reproduce, tool, set5, tmp_path, capsys, monkeypatch, name, content
):
    monkeypatch.setattr(tool, "_measure", lambda *_: pytest.fail("measured"))
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / name).write_text(content)
    _refused(lambda: reproduce("--data", str(set5)), capsys, str(tmp_path / "out" / name))


def _refused(run, capsys, message):
    with pytest.raises(SystemExit) as end:
        run()
    assert end.value.code == 2
    assert message in capsys.readouterr().err


def test_the_tables_of_the_repository_are_those_of_the_saved_figures():
    saved = (TOOL.parents[1] / "notebooks/paper_tables.md").read_text()
    made = [paper_tables.head("`tools/reproduce_paper.py --data Set5 Set14 BSD100`")]
    models = [model for _, model in paper.MODELS[1:]]
    files = {model: _saved(model, "results.json")["files"] for model in models}
    for table in paper.TABLES:
        figures = {
            model: quality
            for model in models
            for name, quality in files[model]["float32"]["quality"].items()
            if table.is_about(name)
        }
        rows = paper_tables.quality_rows(table, figures, models)
        made.append(paper_tables.quality_section(table, rows, is_measured=bool(figures)))
    costs = [
        {
            "method": method,
            "model": model,
            "parameters": _saved(model, "metadata.json")["parameter_count"],
            "multiply_adds": _saved(model, "results.json")["multiply_adds"],
            "files": {dtype: file["size_bytes"] for dtype, file in files[model].items()},
        }
        for method, model in paper.MODELS[1:]
    ]
    made += [paper_tables.cost_section(costs), paper_tables.inconsistency_section()]
    # The enlargement that is no model has no file of figures.
    others = [
        [line for line in text.splitlines() if f"| `{paper.SHIFTED_BICUBIC}`" not in line]
        for text in (saved, "\n\n".join(made))
    ]
    assert others[0] == others[1]


def _saved(model, name):
    return json.loads((TOOL.parents[1] / "saved_models" / model / name).read_text())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "name the folders of the sets"),
        (("--data", "Set5", "--pictures", "Set5"), "ask for it with --figure"),
        (("--data", "nowhere/Urban100"), "received Urban100"),
        (("--data", "nowhere/Set5"), "nowhere/Set5"),
        (("--figure", "--pictures", "nowhere"), "nowhere"),
        (("--data", "one/Set5", "other/Set5"), "received one/Set5 and other/Set5"),
        (("--data", "BSD100", "B100"), "one folder for BSDS100"),
    ],
)
def test_bad_input_ends_with_2(reproduce, capsys, arguments, message):
    with pytest.raises(SystemExit) as end:
        reproduce(*arguments)
    assert end.value.code == 2
    assert message in capsys.readouterr().err
