"""`litesr evaluate`: tables for people and for programs."""

import csv
import json
import os
import sys

import pytest

from keras_litesr.zoo import folders


@pytest.fixture
def data(picture, tmp_path):
    picture("set/one.png", 48, 40), picture("set/two.png", 40, 40)
    return tmp_path / "set"


def test_a_table_with_a_row_a_model(litesr, data):
    result = litesr("evaluate", "-m", "bicubic_x4", "-m", "shifted_bicubic", "-d", data)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0].split()[:3] == ["model", "data", "protocol"]
    assert [line.split()[:4] for line in lines[2:]] == [
        ["bicubic_x4", "set", "standard", "mean"],
        ["shifted_bicubic", "set", "standard", "mean"],
    ]
    assert result.stderr == ""


def test_json_has_the_mean_of_the_rows_a_picture(litesr, data):
    arguments = ["evaluate", "-m", "bicubic_x4", "-d", data, "-p", "standard", "-p", "paper"]
    means = json.loads(litesr(*arguments, "--json").stdout)
    assert [row["protocol"] for row in means] == ["standard", "paper"]
    rows = json.loads(litesr(*arguments, "--json", "--per-image").stdout)
    assert [row["image"] for row in rows] == ["one.png", "two.png"] * 2
    assert means[0]["psnr"] == pytest.approx((rows[0]["psnr"] + rows[1]["psnr"]) / 2)


@pytest.mark.skipif(sys.platform != "linux", reason="needs names that are no Unicode")
@pytest.mark.parametrize("style", ["--json", "--csv", "--markdown"])
def test_a_name_that_is_no_unicode_loses_no_figure(litesr, data, style):
    name = os.fsencode(data / "one.png")
    os.rename(name, name.replace(b"one", b"caf\xe9"))
    result = litesr("evaluate", "-m", "bicubic_x4", "-d", data, "--per-image", style)
    assert result.exit_code == 0
    assert "caf?.png" in result.stdout and "two.png" in result.stdout


def test_csv_and_markdown(litesr, data):
    arguments = ["evaluate", "-m", "bicubic_x4", "-d", data, "-d", data / "."]
    text = litesr(*arguments, "--csv").stdout
    assert text.count("\n") == 2  # the heading and one row, for both names mean one folder
    assert next(csv.DictReader(text.splitlines()))["model"] == "bicubic_x4"
    assert litesr(*arguments, "--markdown").stdout.startswith("| model | data | protocol |")


def test_a_folder_of_the_working_directory_has_its_name(litesr, data, monkeypatch):
    monkeypatch.chdir(data)
    rows = json.loads(litesr("evaluate", "-m", "shifted_bicubic", "-d", ".", "--json").stdout)
    assert rows[0]["data"] == "set"


def test_folders_of_high_resolution_are_told_apart_by_their_sets(litesr, picture, tmp_path):
    folders_of_sets = [tmp_path / name / "high_res" for name in ("Set5", "Set14")]
    for name in ("Set5", "Set14"):
        picture(f"{name}/high_res/a.png", 40, 40)
    named = [word for folder in folders_of_sets for word in ("-d", folder)]
    rows = json.loads(litesr("evaluate", "-m", "shifted_bicubic", *named, "--json").stdout)
    assert [row["data"] for row in rows] == ["Set5/high_res", "Set14/high_res"]


@pytest.mark.parametrize(
    "words", [["--self-ensemble"], ["--dtype", "int8"], ["--runtime", "keras"]]
)
def test_options_of_networks_are_refused_for_shifted_bicubic(litesr, data, words):
    result = litesr("evaluate", "-m", "shifted_bicubic", "-d", data, *words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"has no {words[0]}. Measure it apart" in " ".join(result.stderr.split())


def models_measured(litesr, data, *options):
    result = litesr("evaluate", *options, "-d", data, "--json")
    assert result.exit_code == 0, result.output
    return [row["model"] for row in json.loads(result.stdout)]


def test_all_is_every_model_of_the_zoo_that_is_trained(litesr, data, monkeypatch):
    monkeypatch.setattr(folders, "released", lambda: ["bicubic_x4", "lite_tiny_x4"])
    assert models_measured(litesr, data, "-m", "all") == ["bicubic_x4", "lite_tiny_x4"]
    # Each once, in the order in which they are named first.
    options = ["-m", "shifted_bicubic", "-m", "lite_tiny_x4", "-m", "all", "-m", "bicubic_x4"]
    expected = ["shifted_bicubic", "lite_tiny_x4", "bicubic_x4"]
    assert models_measured(litesr, data, *options) == expected


def test_all_without_a_trained_model_is_refused(litesr, data, monkeypatch):
    monkeypatch.setattr(folders, "released", list)
    result = litesr("evaluate", "-m", "all", "-d", data)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "No model of the zoo is installed" in result.stderr


def test_a_self_ensemble_is_another_model(litesr, data):
    arguments = ["evaluate", "-m", "bicubic_x4", "-m", "lite_x4", "-d", data, "--json"]
    alone, together = (
        {row["model"]: row["psnr"] for row in json.loads(litesr(*arguments, *more).stdout)}
        for more in ([], ["--self-ensemble"])
    )
    # Bicubic sees all orientations alike.
    assert together["bicubic_x4"] == pytest.approx(alone["bicubic_x4"], abs=1e-4)
    assert together["lite_x4"] != pytest.approx(alone["lite_x4"], abs=1e-4)


def test_the_scale_comes_from_the_models(litesr, data, x2_preset, picture):
    result = litesr("evaluate", "-m", x2_preset, "-d", data, "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)[0]["psnr"] > 0


def test_models_of_different_scales_are_refused(litesr, data, x2_preset):
    for other in ("bicubic_x4", "shifted_bicubic"):
        result = litesr("evaluate", "-m", x2_preset, "-m", other, "-d", data)
        assert result.exit_code == 2
        assert "models of one scale" in " ".join(result.stderr.split())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-d", "set"], "--model"),
        (["-m", "bicubic_x4"], "--data"),
        (["-m", "bicubic_x4", "-d", "nowhere"], "nowhere"),
        (["-m", "bicubic_x4", "-d", "empty"], "empty"),
        (["-m", "nonsense", "-d", "set"], "There is no model named 'nonsense'"),
        (["-m", "bicubic_x4", "-d", "set", "-p", "mine"], "mine"),
        (["-m", "bicubic_x4", "-d", "set", "-d", "empty", "--low-res", "set"], "--low-res"),
        (["-m", "bicubic_x4", "-d", "broken"], "broken/a.png"),
        (["-m", "bicubic_x4", "-d", "set", "--csv"], "received --csv --json"),
    ],
)
def test_bad_input_ends_with_2_and_an_empty_stdout(
    litesr, data, tmp_path, monkeypatch, arguments, message
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken/a.png").write_bytes(b"")
    result = litesr("evaluate", *arguments, "--json")
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr
    assert "Traceback" not in result.stderr
