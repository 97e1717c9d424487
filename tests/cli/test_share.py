"""`litesr share`: save, check, push and pull, with the hubs' real clients and a local server."""

import json
import shutil
import sys
from pathlib import Path

import pytest
from ai_edge_litert import schema_py_generated as schema

from keras_litesr.cli import publishing
from keras_litesr.export.metadata import packed, read_metadata, with_metadata
from keras_litesr.zoo import cards, folders

sys.path.insert(0, str(Path(__file__).parents[1] / "zoo"))

import hub_fixtures

hugging_face = hub_fixtures.hugging_face
no_proxy = hub_fixtures.no_proxy
publishable = hub_fixtures.publishable
# The client's own way to upload large files is one that its transport wants to give up.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=<...>':DeprecationWarning")

URI = "hf://ada/mine_x4"
TOKEN = "hf_secret_of_the_tests"
FACTS = {
    "title": "mine_x4",
    "summary": "A network.",
    "use": "Trying the command.",
    "limits": "All.",
    "degradation": "It expects an antialiased bicubic reduction.",
    "licence": "apache-2.0",
}


@pytest.fixture
def card(tmp_path):
    path = tmp_path / "card.json"
    path.write_text(json.dumps(FACTS))
    return path


def test_check_says_that_a_folder_is_complete(litesr, publishable):
    result = litesr("share", "check", publishable)
    assert result.exit_code == 0
    assert result.stdout == f"{publishable}: complete and unaltered, 8 files\n"


def test_what_is_saved_is_what_was_verified(publishable, tmp_path, monkeypatch):
    read, honest = folders.unchecked, (publishable / "config.json").read_bytes()

    def alter_what_was_read(folder, name):
        content = read(folder, name)
        if (folder, name) == (publishable, "config.json"):
            (folder / name).write_bytes(b"altered")
        return content

    monkeypatch.setattr(folders, "unchecked", alter_what_was_read)
    (tmp_path / "saved").mkdir()
    publishing._from_preset(str(publishable), tmp_path / "saved")
    assert (publishable / "config.json").read_bytes() == b"altered"
    assert (tmp_path / "saved/config.json").read_bytes() == honest


@pytest.mark.parametrize("record", ["[]", "{"])
def test_check_takes_a_damaged_record_for_none(litesr, publishable, record):
    publishable.with_name(f"{publishable.name}.source.json").write_text(record)
    result = litesr("share", "check", publishable)
    assert (result.exit_code, "pulled from" in result.stdout) == (0, False)


def test_an_architecture_beside_a_preset_is_refused(litesr, tmp_path):
    words = ["bicubic_x4", "--architecture", "lite_psnr_x4", "-o", tmp_path / "out"]
    result = litesr("share", "save", *words)
    assert result.exit_code == 2
    assert "--architecture is for a .weights.h5 file, received bicubic_x4" in result.stderr
    assert not list(tmp_path.iterdir())


def test_check_lists_every_problem_and_ends_with_1(litesr, publishable):
    (publishable / "results.json").unlink()
    (publishable / "notes.txt").touch()
    result = litesr("share", "check", publishable)
    assert result.exit_code == 1
    assert "- notes.txt is not in SHA256SUMS" in result.stdout
    assert "results.json is missing" in result.stdout
    assert f"{publishable}: 2 problems" in result.stderr
    found = json.loads(litesr("share", "check", publishable, "--json").stdout)
    assert len(found["problems"]) == 2


def test_check_compares_tflite_files_with_the_weights(litesr, hugging_face, publishable):
    other = folders.preset_folder("lite_psnr_x4") / "lite_psnr_x4_float16.tflite"
    shutil.copyfile(other, publishable / "bicubic_x4_float16.tflite")
    (publishable / "bicubic_x4_int8.tflite").write_bytes(b"no such file")
    folders.write_manifest(publishable)
    result = litesr("share", "check", publishable)
    assert result.exit_code == 1
    assert "bicubic_x4_float16.tflite was not made from model.weights.h5" in result.stdout
    assert "Expected a TFLite file, received" in result.stdout
    result = litesr("share", "push", publishable, URI)
    assert result.exit_code == 2
    assert "bicubic_x4_float16.tflite was not made from model.weights.h5" in result.stderr
    assert hugging_face.asked == []


def test_push_and_pull_print_the_pinned_address_and_no_token(
    litesr, hugging_face, publishable, tmp_path
):
    pushed = litesr("share", "push", publishable, URI)
    assert pushed.exit_code == 0
    commit = hugging_face.repositories["ada/mine_x4"].refs["main"]
    assert pushed.stdout.splitlines()[-1] == f"{URI}@{commit}"
    pulled = litesr("share", "pull", URI, "-o", tmp_path / "here")
    assert pulled.exit_code == 0
    assert pulled.stdout == f"{tmp_path / 'here'}  {URI}@{commit}\n"
    assert TOKEN not in pushed.output + pulled.output
    checked = litesr("share", "check", tmp_path / "here")
    assert checked.stdout.endswith(f"8 files, pulled from {URI}@{commit}\n")


def test_pull_takes_the_name_on_the_hub_and_replaces_only_when_told(
    litesr, hugging_face, publishable, tmp_path, monkeypatch
):
    litesr("share", "push", publishable, URI)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert litesr("share", "pull", URI).exit_code == 0
    assert Path("mine_x4", "config.json").is_file()
    again = litesr("share", "pull", URI)
    assert again.exit_code == 2
    assert "mine_x4 exists" in again.stderr
    assert litesr("share", "pull", URI, "--overwrite").exit_code == 0


def test_a_pull_from_the_cache_is_said(litesr, hugging_face, publishable, tmp_path):
    from huggingface_hub import close_session

    litesr("share", "push", publishable, URI)
    litesr("share", "pull", URI, "-o", tmp_path / "first")
    hugging_face.__exit__()
    close_session()
    result = litesr("share", "pull", URI, "-o", tmp_path / "second")
    assert result.exit_code == 0
    assert result.stderr.startswith(f"note: no connection; {URI}@")


def test_an_altered_folder_no_longer_counts_as_pulled(litesr, hugging_face, publishable, tmp_path):
    litesr("share", "push", publishable, URI)
    folder = tmp_path / "here"
    litesr("share", "pull", URI, "-o", folder)
    (folder / "README.md").write_text((folder / "README.md").read_text() + "More.\n")
    folders.write_manifest(folder)
    assert litesr("share", "check", folder).stdout.endswith("complete and unaltered, 8 files\n")


def test_an_incomplete_folder_is_not_pushed(litesr, hugging_face, publishable):
    (publishable / "README.md").unlink()
    folders.write_manifest(publishable)
    result = litesr("share", "push", publishable, URI)
    assert result.exit_code == 2
    assert result.stderr.startswith(f"litesr: {publishable} cannot be published. README.md is")
    assert hugging_face.asked == []


@pytest.mark.parametrize("module", ["huggingface_hub", "kagglehub"])
def test_a_missing_extra_is_said(litesr, tmp_path, monkeypatch, module):
    monkeypatch.setitem(sys.modules, module, None)
    address = URI if module == "huggingface_hub" else "kaggle://ada/litesr/keras/x4"
    result = litesr("share", "pull", address, "-o", tmp_path / "here")
    assert result.exit_code == 2
    assert "pip install 'keras_litesr[hub]'" in result.stderr


def test_an_address_serves_wherever_a_model_is_named(litesr, hugging_face, publishable, picture):
    litesr("share", "push", publishable, URI)
    small = picture("small.png", 7, 5)
    result = litesr("upscale", "-m", URI, small)
    assert result.exit_code == 0
    assert "28x20" in result.stdout


def test_save_makes_a_folder_of_a_zoo_model_that_check_accepts(litesr, tmp_path, picture):
    options = ("-o", tmp_path / "new" / "copy", "--picture", picture("other.png"))
    result = litesr("share", "save", "bicubic_x4", *options)
    assert (result.exit_code, result.stderr) == (0, "")
    assert litesr("share", "check", tmp_path / "new" / "copy").exit_code == 0
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["copy"]
    assert "](comparison.png)" in (tmp_path / "new" / "copy" / cards.CARD).read_text()


def test_save_keeps_files_and_figures_and_takes_the_card_from_the_file(
    litesr, publishable, card, tmp_path
):
    assert litesr("share", "save", publishable, "-o", tmp_path / "a").exit_code == 2
    result = litesr("share", "save", publishable, "-o", tmp_path / "a", "--card", card)
    assert result.exit_code == 0
    assert "Trying the command." in (tmp_path / "a" / cards.CARD).read_text()
    for name in ("model.weights.h5", "results.json", "bicubic_x4_int8.tflite"):
        assert (tmp_path / "a" / name).read_bytes() == (publishable / name).read_bytes()
    # The facts are in the folder now, so the file is not needed again.
    assert litesr("share", "save", tmp_path / "a", "-o", tmp_path / "b").exit_code == 0


def _tflite(dtype, licence):
    path = folders.preset_folder("bicubic_x4") / f"bicubic_x4_{dtype}.tflite"
    model = schema.ModelT.InitFromPackedBuf(path.read_bytes(), 0)
    model.metadata = []
    said = {k: value for k, value in read_metadata(path).items() if k != "license"}
    return with_metadata(packed(model), said | ({"license": licence} if licence else {}))


@pytest.fixture
def licensed(publishable):
    """Lets a TFLite file of the publishable folder bear a licence."""

    def bear(licence, dtype, *, name="bicubic_x4"):
        (publishable / f"{name}_{dtype}.tflite").write_bytes(_tflite(dtype, licence))
        folders.write_manifest(publishable)

    return bear


@pytest.mark.parametrize(
    ("licence", "made"), [(FACTS["licence"], []), ("unknown", ["bicubic_x4_float16.tflite"])]
)
def test_files_that_bear_another_licence_than_the_card_are_made_anew(
    litesr, publishable, licensed, card, tmp_path, monkeypatch, licence, made
):
    converted = []

    def convert(folder, path, *, dtype, photographs):
        converted.append(path.name)
        path.write_bytes(_tflite(dtype, folders.metadata(folder)["license"]))

    monkeypatch.setattr("keras_litesr.cli.publishing.preset_to_tflite", convert)
    licensed(licence, "float16")
    for silent in ("float32", "int8"):
        licensed(None, silent)
    result = litesr("share", "save", publishable, "-o", tmp_path / "a", "--card", card)
    assert result.exit_code == 0, result.stderr
    assert converted == made
    for dtype, said in (("float32", None), ("float16", FACTS["licence"]), ("int8", None)):
        assert read_metadata(tmp_path / f"a/bicubic_x4_{dtype}.tflite").get("license") == said


@pytest.mark.parametrize(
    ("dtype", "name", "options", "hint"),
    [
        ("int8", "bicubic_x4", [], "Add --representative FOLDER to make it anew, and --data"),
        ("int8", "bicubic_x4", ["--representative", "photos"], "and --data FOLDER to measure it"),
        ("float16", "phone", [], "Delete it and its line in SHA256SUMS"),
    ],
)
def test_a_file_of_another_licence_that_cannot_be_made_anew_is_named(
    litesr, publishable, licensed, card, tmp_path, dtype, name, options, hint
):
    licensed("unknown", dtype, name=name)
    result = litesr("share", "save", publishable, "-o", tmp_path / "a", "--card", card, *options)
    assert result.exit_code == 2
    assert f"'apache-2.0', received {name}_{dtype}.tflite with 'unknown'. " in result.stderr
    assert hint in result.stderr
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "Expected a JSON file as card"),
        ("[]", "Expected a JSON object"),
        (json.dumps(FACTS | {"limits": ""}), "The card does not say limits."),
        (json.dumps(FACTS | {"licence": "other"}), "does not say licence_name, licence_link."),
        (json.dumps(FACTS | {"license": "mit"}), "received also license"),
    ],
)
def test_save_refuses_an_incomplete_card_and_leaves_nothing(
    litesr, publishable, card, tmp_path, content, message
):
    card.write_text(content)
    result = litesr("share", "save", publishable, "-o", tmp_path / "new" / "a", "--card", card)
    assert result.exit_code == 2
    assert message in result.stderr
    assert not (tmp_path / "new").exists() or not list((tmp_path / "new").iterdir())


def test_save_opens_no_whole_models(litesr, tmp_path, card):
    (tmp_path / "model.keras").write_bytes(b"")
    source = tmp_path / "model.keras"
    result = litesr("share", "save", source, "-o", tmp_path / "a", "--card", card)
    assert result.exit_code == 2
    assert "can run code when it is opened" in result.stderr


def test_save_takes_nothing_from_an_altered_folder(litesr, publishable, card, tmp_path):
    with (publishable / "model.weights.h5").open("ab") as file:
        file.write(b"x")
    result = litesr("share", "save", publishable, "-o", tmp_path / "a", "--card", card)
    assert result.exit_code == 2
    assert "is not the file that was released" in result.stderr
    assert not (tmp_path / "a").exists()


def test_save_needs_yaml_before_any_work(litesr, publishable, card, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "yaml", None)
    monkeypatch.setattr(publishing, "_from_preset", lambda *_: pytest.fail("the work began"))
    result = litesr("share", "save", publishable, "-o", tmp_path / "a", "--card", card)
    assert result.exit_code == 2
    assert "pip install 'keras_litesr[hub]'" in result.stderr


def test_save_takes_no_two_sets_of_one_name(litesr, publishable, card, picture, tmp_path):
    data = [picture(f"{each}/validation/a.png", 40, 40).parent for each in "ab"]
    arguments = ["-o", tmp_path / "out", "--card", card, "-d", data[0], "-d", data[1]]
    result = litesr("share", "save", publishable, *arguments)
    assert result.exit_code == 2
    assert "received two called validation" in result.stderr


def test_save_takes_no_figures_that_a_card_would_lack(litesr, publishable, card, tmp_path):
    (publishable / "results.json").write_text('{"files": {"float32": {"quality": {"a": {}}}}}')
    folders.write_manifest(publishable)
    result = litesr("share", "save", publishable, "-o", tmp_path / "a", "--card", card)
    assert result.exit_code == 2
    assert "lacks figures that a card shows" in result.stderr
    assert not (tmp_path / "a").exists()


def test_weights_need_the_name_of_their_network(litesr, publishable, tmp_path):
    result = litesr("share", "save", publishable / "model.weights.h5", "-o", tmp_path / "a")
    assert result.exit_code == 2
    assert "Add --architecture PRESET" in result.stderr


def test_a_file_that_is_made_needs_pictures_to_be_measured_on(litesr, publishable, card, tmp_path):
    (publishable / "bicubic_x4_int8.tflite").unlink()
    figures = publishable / "results.json"
    figures.write_text(figures.read_text().replace('"int8": {', '"int4": {'))
    folders.write_manifest(publishable)
    arguments = ["--card", card, "--representative", "photos", "-o", tmp_path / "new_x4"]
    result = litesr("share", "save", publishable, *arguments)
    assert result.exit_code == 2
    assert "has no figures of bicubic_x4_int8.tflite, which would be made." in " ".join(
        result.stderr.split()
    )
    assert not (tmp_path / "new_x4").exists()


def test_a_model_without_figures_needs_pictures(litesr, publishable, card, tmp_path):
    (publishable / "results.json").unlink()
    folders.write_manifest(publishable)
    result = litesr("share", "save", publishable, "-o", tmp_path / "a", "--card", card)
    assert result.exit_code == 2
    assert "has no figures. Add --data FOLDER" in result.stderr


@pytest.mark.slow
def test_notes_on_a_file_that_is_made_are_lines(
    litesr, litert_export, publishable, card, picture, tmp_path
):
    (publishable / "bicubic_x4_int8.tflite").unlink()
    folders.write_manifest(publishable)
    for index in range(8):
        photos = picture(f"photos/{index}.png", 40, 32).parent
    result = litesr(
        *("share", "save", publishable, "--card", card, "--data", photos),
        *("--representative", photos, "-o", tmp_path / "new_x4"),
    )
    assert result.exit_code == 0
    assert result.stderr.startswith("note: 8 representative pictures are few")


@pytest.mark.slow
def test_weights_become_a_folder_with_tflite_files_and_figures(
    litesr, litert_export, publishable, card, picture, tmp_path
):
    for name in ("photos/a.png", "photos/b.png"):
        picture(name, 32, 24)
    result = litesr(
        *("share", "save", publishable / "model.weights.h5", "--architecture", "bicubic_x4"),
        *("--card", card, "--data", tmp_path / "photos", "--picture", picture("c.png")),
        *("-o", tmp_path / "own_x4"),
    )
    assert (result.exit_code, result.stderr) == (0, "")
    assert litesr("share", "check", tmp_path / "own_x4").exit_code == 0
    assert {path.name for path in (tmp_path / "own_x4").iterdir()} == {
        *("README.md", "SHA256SUMS", "config.json", "metadata.json", "results.json"),
        *("comparison.png", "model.weights.h5", "own_x4_float16.tflite", "own_x4_float32.tflite"),
    }
    for dtype in ("float32", "float16"):
        said = read_metadata(tmp_path / f"own_x4/own_x4_{dtype}.tflite")["license"]
        assert said == FACTS["licence"]
    quality = folders.results(tmp_path / "own_x4")["files"]["float32"]["quality"]["photos"]
    measured = litesr("evaluate", "-m", tmp_path / "own_x4", "-d", tmp_path / "photos", "--json")
    (row,) = json.loads(measured.stdout)
    assert quality["standard"]["psnr"] == pytest.approx(row["psnr"])
