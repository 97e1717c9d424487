"""`litesr protect attack`."""

import json

import keras
import numpy as np
import pytest
from PIL import Image

import keras_litesr
from keras_litesr.cli import attack_report
from keras_litesr.cli.trials import Trials
from keras_litesr.models.lite import lite
from keras_litesr.protection import attacks, keys, watermark


@pytest.fixture(scope="module")
def owner(tmp_path_factory):
    """A key file, a preset, and the same marked."""
    folder = tmp_path_factory.mktemp("owner")
    key = keys.generate(folder / "owner.key", name="Ada")
    keras.utils.set_random_seed(0)
    model = lite(filters=48, num_blocks=1)
    keras_litesr.save_to_preset(model, folder / "plain_x4")
    keras_litesr.save_to_preset(watermark.mark(model, key), folder / "marked_x4")
    return folder


@pytest.fixture
def arguments(owner, picture):
    """What every call needs but the preset."""
    for index in range(10):
        photos = picture(f"photos/{index}.png", 104, 96).parent
    # On a smooth picture whatever the network adds to the bicubic one is a fault, and noise harms.
    smooth = np.add.outer(2 * np.arange(48), np.arange(64))[..., None] + np.arange(0, 90, 30)
    validation = picture("validation/a.png").parent
    Image.fromarray(smooth.astype(np.uint8)).save(validation / "a.png")
    return ["--key", owner / "owner.key", "--data", photos, "--validation", validation, "--quick"]


@pytest.fixture
def few(monkeypatch):
    """Three attacks that take no training."""

    def chosen(self):
        return {
            "none": lambda: (self.model, ""),
            "half pruned": lambda: (attacks.pruned(self.model, 0.5), "remark"),
            "refused": lambda: (attacks.pruned(self.model, 2), ""),
        }

    monkeypatch.setattr(Trials, "all", property(chosen))


def test_rows_are_printed_and_kept_and_not_made_again(litesr, owner, arguments, few, tmp_path):
    call = ["protect", "attack", owner / "marked_x4", *arguments, "--keys", 20, "--unmarked", 0]
    file = tmp_path / "attacks.json"
    first = litesr(*call, "--json", file)
    assert first.exit_code == 2, first.stderr
    lines = first.stdout.splitlines()
    assert lines[0].split()[:4] == ["none", "256", "of", "256"]
    assert lines[1].endswith("remark")
    assert "failed: Expected a share of at least 0 and below 1, received 2." in lines[2]
    assert lines[3].startswith("20 wrong keys: 0 false alarms")
    report = json.loads(file.read_text())
    rows = {row["attack"]: row for row in report["rows"]}
    assert rows["none"]["bits"] == 256 and rows["none"]["p_value"] == 2.0**-256
    assert rows["half pruned"]["bits"] >= 251
    assert rows["half pruned"]["psnr"] != rows["none"]["psnr"]
    failed = {"attack": "half pruned", "answer": "failed", "remark": "no memory"}
    kept = {**rows["refused"], **rows["none"], "attack": "refused", "remark": "kept"}
    file.write_text(json.dumps({**report, "rows": [rows["none"], failed, kept]}))
    again = litesr(*call, "--json", file, "--markdown")
    assert again.stdout.splitlines()[2].endswith("kept")
    assert "| half pruned | " in again.stdout
    assert json.loads(file.read_text())["rows"] == [rows["none"], rows["half pruned"], kept]


def test_ctrl_c_leaves_the_rows_that_are_done(litesr, owner, arguments, few, tmp_path, monkeypatch):
    measured = Trials.measured

    def stopped(self, attack):
        if attack == "half pruned":
            raise KeyboardInterrupt
        return measured(self, attack)

    monkeypatch.setattr(Trials, "measured", stopped)
    file = tmp_path / "attacks.json"
    result = litesr("protect", "attack", owner / "marked_x4", *arguments, "--json", file)
    assert result.exit_code == 130
    assert "has the rows above" in result.stderr
    assert [row["attack"] for row in json.loads(file.read_text())["rows"]] == ["none"]


@pytest.mark.parametrize("content", ['{"model": "another"}', "[]", "{"])
def test_a_report_of_another_model_or_none_is_not_written_over(
    litesr, owner, arguments, few, tmp_path, content
):
    file = tmp_path / "attacks.json"
    file.write_text(content)
    result = litesr("protect", "attack", owner / "marked_x4", *arguments, "--json", file)
    assert result.exit_code == 2
    assert "Name another file" in " ".join(result.stderr.split())
    assert file.read_text() == content


def test_a_report_in_no_folder_is_refused_before_the_attacks(
    litesr, owner, arguments, few, tmp_path
):
    file = tmp_path / "reports" / "attacks.json"
    result = litesr("protect", "attack", owner / "marked_x4", *arguments, "--json", file)
    assert result.exit_code == 2
    assert "Expected an existing folder for --json" in result.stderr
    assert result.stdout == ""


def test_a_report_in_a_preset_folder_is_refused(litesr, owner, arguments):
    file = owner / "marked_x4" / "attacks.json"
    result = litesr("protect", "attack", owner / "marked_x4", *arguments, "--json", file)
    assert result.exit_code == 2
    assert "Name a place elsewhere for --json" in result.stderr
    assert not file.exists()


@pytest.mark.parametrize(
    ("answer", "alarms", "code"),
    [("marked", 0, 0), ("failed", 0, 2), ("not shown", 0, 1), ("failed", 1, 1), ("marked", 1, 1)],
)
def test_exit_code_tells_a_lost_mark_and_a_false_alarm(answer, alarms, code):
    rows = [{"answer": "marked"}, {"answer": answer}]
    report = {"rows": rows, "chance": {"wrong keys": {"alarms": alarms}}}
    assert attack_report.exit_code(report) == code


@pytest.mark.parametrize("folder", ["photos", "validation"])
def test_rows_of_other_pictures_are_not_gone_on_with(
    litesr, owner, arguments, few, tmp_path, picture, folder
):
    file = tmp_path / "attacks.json"
    call = ("protect", "attack", owner / "marked_x4", *arguments, "--keys", 0, "--unmarked", 0)
    litesr(*call, "--json", file)
    before = file.read_bytes()
    picture(f"{folder}/more.png", 104, 96)
    result = litesr(*call, "--json", file)
    assert result.exit_code == 2
    assert "or of other pictures" in result.stderr
    assert file.read_bytes() == before


def test_a_model_without_the_mark_is_refused(litesr, owner, arguments):
    result = litesr("protect", "attack", owner / "plain_x4", *arguments)
    assert result.exit_code == 2
    assert "Expected a model that bears the key's mark" in result.stderr


@pytest.mark.slow
@pytest.mark.usefixtures("litert_export")
def test_the_mark_survives_every_attack_of_the_table(litesr, owner, arguments, tmp_path):
    file = tmp_path / "attacks.json"
    result = litesr("protect", "attack", owner / "marked_x4", *arguments, "--json", file,
                    "--keys", 100, "--unmarked", 1)  # fmt: skip
    assert result.exit_code == 0, result.stdout
    report = json.loads(file.read_text())
    bits = {row["attack"]: row["bits"] for row in report["rows"]}
    assert len(bits) == 15
    unharmed = [name for name in bits if name.startswith(("none", "Keras", "Saved", "TFLite"))]
    assert len(unharmed) == 7
    assert all(bits[name] == 256 for name in unharmed)
    assert bits["permuted, rescaled and flipped"] == 256
    psnr = {row["attack"]: row["psnr"] for row in report["rows"]}
    assert psnr["none"] - psnr["noise that costs 0.5 dB"] == pytest.approx(0.5, abs=0.03)
    assert np.ptp([psnr["none"], psnr["permuted, rescaled and flipped"]]) < 0.01
    assert {row["answer"] for row in report["rows"]} == {"marked"}
    assert report["chance"]["wrong keys"]["alarms"] == 0
    assert report["chance"]["unmarked models"]["readings"] == 1
