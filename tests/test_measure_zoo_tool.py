"""tools/measure_zoo.py, on a zoo of one small preset and two small pictures."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

import keras_litesr
from keras_litesr.evaluation.protocols import STANDARD
from keras_litesr.images.resize import reduce
from keras_litesr.zoo import cards, folders

MARKS = ("above\n<!-- zoo table -->\n", "\n<!-- end of zoo table -->\nbelow\n")


@pytest.fixture
def zoo(tmp_path, monkeypatch):
    """Makes bicubic_x4 the only model that is trained, in a folder that may be written."""
    folder = tmp_path / "saved_models/bicubic_x4"
    shutil.copytree(folders.preset_folder("bicubic_x4"), folder)
    monkeypatch.setattr(folders, "_PACKAGE", tmp_path / "keras_litesr")
    return folder


@pytest.fixture
def readme(tmp_path):
    path = tmp_path / "README.md"
    path.write_text("old table".join(MARKS))
    return path


@pytest.fixture
def pictures(rng):
    return [rng.integers(0, 256, (96, side, 3), np.uint8) for side in (100, 120)]


@pytest.fixture
def photos(tmp_path, pictures):
    folder = tmp_path / "photos"
    folder.mkdir()
    for number, picture in enumerate(pictures):
        Image.fromarray(picture).save(folder / f"{number}.png")
    return folder


@pytest.fixture
def measure(zoo, readme, load_tool, monkeypatch):
    tool = load_tool("measure_zoo")

    def run(*arguments):
        words = [*map(str, arguments), "--readme", str(readme), "--threads", "1"]
        monkeypatch.setattr("sys.argv", ["measure_zoo.py", *words])
        tool.main()

    return run


def change_results(zoo, change):
    figures = json.loads((zoo / folders.RESULTS).read_text())
    change(figures)
    (zoo / folders.RESULTS).write_text(json.dumps(figures))
    folders.write_manifest(zoo)


def test_what_is_measured_comes_into_results_card_and_readme(
    measure, zoo, readme, photos, pictures
):
    (zoo / folders.RESULTS).unlink()
    (zoo / cards.CARD).unlink()
    folders.write_manifest(zoo)
    measure("--data", photos, "--rounds", 1)

    enlarged = [keras_litesr.upscale(reduce(each, 4), model="bicubic_x4") for each in pictures]
    rows = [STANDARD.measure(*pair, 4) for pair in zip(pictures, enlarged, strict=True)]
    psnr, ssim = (np.mean([row[name] for row in rows]) for name in ("psnr", "ssim"))

    figures = folders.results(zoo)  # read through the manifest, which is written anew
    assert set(figures["files"]) == {"float32", "float16", "int8"}
    measured = figures["files"]["float32"]["quality"]["photos"]["standard"]
    assert measured["psnr"] == pytest.approx(psnr)
    assert measured["ssim"] == pytest.approx(ssim)
    assert figures["command"] == "tools/measure_zoo.py bicubic_x4 --data photos"
    assert figures["timing"]["rounds"] == 1
    assert all(row["milliseconds"]["times_bicubic"] > 0 for row in figures["files"].values())

    card = folders.verified(zoo, cards.CARD).read_text()
    assert f"| photos | standard | {psnr:.2f} | {ssim:.4f} |" in card
    text = readme.read_text()
    assert text == cards.zoo_table().join(MARKS)
    row = f"| apache-2.0 | 0 | 59 M | {psnr:.2f} / {ssim:.4f} |"
    assert f"(saved_models/bicubic_x4/README.md) {row}" in text


def test_text_and_times_are_made_again_without_another_measurement(measure, zoo, readme):
    def change(figures):
        figures["files"]["float32"]["quality"]["Set5"]["standard"]["psnr"] = 77.77

    change_results(zoo, change)
    before = folders.results(zoo)
    measure("--only-text", "bicubic_x4")
    assert folders.results(zoo) == before
    for path in (readme, zoo / cards.CARD):
        assert "77.77" in path.read_text()

    measure("--only-timing", "--rounds", 2)
    after = folders.results(zoo)
    assert after["timing"]["rounds"] == 2
    assert after["timing"]["command"] == "tools/measure_zoo.py --only-timing --rounds 2 --threads 1"
    assert after["files"]["float32"]["quality"] == before["files"]["float32"]["quality"]
    assert "medians of 2 rounds" in " ".join(readme.read_text().split())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--only-timing"], "Run tools/measure_zoo.py bicubic_x4 --data FOLDER first"),
        (["--only-text"], "was not measured"),
        (["--only-text", "nosuch"], "There is no model named 'nosuch'"),
        (["--only-text", "lite_x4"], "The weights of lite_x4 are not installed"),
        (["--only-timing", "--rounds", "0"], "at least one thread and one round"),
        (["--data", "nowhere"], "received 'nowhere', which is none"),
        ([], "--data --only-timing --only-text"),
    ],
)
def test_what_cannot_be_measured_ends_with_2(measure, zoo, readme, capsys, arguments, message):
    (zoo / folders.RESULTS).unlink()
    folders.write_manifest(zoo)
    with pytest.raises(SystemExit) as end:
        measure(*arguments)
    assert end.value.code == 2
    assert message in " ".join(capsys.readouterr().err.split())
    assert "old table" in readme.read_text()


@pytest.mark.parametrize("text", [None, "no marks", MARKS[0], MARKS[1]])
def test_a_readme_without_a_place_for_the_table_is_refused_before_anything_is_measured(
    measure, readme, photos, monkeypatch, capsys, text
):
    readme.write_text(text) if text else readme.unlink()
    monkeypatch.setattr(
        "keras_litesr.cli.measuring.measured", lambda *_: pytest.fail("the measuring began")
    )
    with pytest.raises(SystemExit) as end:
        measure("--data", photos)
    assert end.value.code == 2
    assert str(readme) in capsys.readouterr().err


def test_the_readme_is_this_repositorys_wherever_the_tool_is_called(load_tool):
    path = load_tool("measure_zoo")._README
    assert path.is_absolute()
    assert path.read_text().count(MARKS[0].splitlines()[1]) == 1


def test_all_folders_are_looked_at_before_the_first_is_measured(measure, photos, monkeypatch):
    monkeypatch.setattr(
        "keras_litesr.cli.measuring.measured", lambda *_: pytest.fail("the measuring began")
    )
    with pytest.raises(SystemExit):
        measure("--data", photos, "nowhere")
