"""`litesr protect derive`."""

import hashlib
import json
import shutil
from dataclasses import asdict

import click
import keras
import numpy as np
import pytest
from PIL import Image

import keras_litesr
from keras_litesr.cli import conversion, derivation
from keras_litesr.cli.answers import Photo, ask
from keras_litesr.datasets.degradation import Pair
from keras_litesr.export.metadata import read_metadata
from keras_litesr.export.tflite import weights_sha256
from keras_litesr.images import resize
from keras_litesr.images.files import ImageFileError
from keras_litesr.inference.upscaler import Upscaler
from keras_litesr.models.lite import lite
from keras_litesr.training.recipes import Recipe
from keras_litesr.zoo import folders
from keras_litesr.zoo.registry import build

WHOLE_RUN = {
    **{"command": "litesr protect derive", "hardware": "2 cores", "minutes": 1.0, "note": ""},
    **{"steps": 2, "best_step": 2, "batch_size": 1, "patch_size": 8, "seed": 5},
    "validation_psnr": 30.0,
}


@pytest.fixture
def photos(picture):
    """A folder of twelve photos."""
    for index in range(12):
        path = picture(f"photos/{index}.png", 100, 96)
    return path.parent


def test_a_model_is_shown_reductions_and_its_answers_stand_for_the_originals(photos):
    seen = []

    class Inverted:
        """Paints flat pictures of the inverted mean."""

        scale = 4

        def __call__(self, low_res):
            seen.append(low_res)
            return np.full((low_res.shape[0] * 4, low_res.shape[1] * 4, 3), 7, np.uint8)

    pairs, shown = ask(Inverted(), [photos, photos], at_least=96)
    assert len(pairs) == len(shown) == len(seen) == 12
    original = np.asarray(Image.open(photos / "0.png"))
    np.testing.assert_array_equal(pairs[0].low_res, resize.reduce(original, 4))
    assert (pairs[0].high_res == 7).all()
    assert shown[0].name == "photos/0.png"
    assert shown[0].sha256 == hashlib.sha256((photos / "0.png").read_bytes()).hexdigest()


def test_unreadable_and_small_photos_are_not_listed(photos, capsys):
    for index in range(12, 20):
        Image.fromarray(np.full((100, 96, 3), index, np.uint8)).save(photos / f"{index}.png")
    (photos / "00.png").write_text("no picture")
    Image.fromarray(np.zeros((20, 20, 3), np.uint8)).save(photos / "01.png")
    _, shown = ask(Upscaler("bicubic_x4"), [photos], at_least=96)
    assert len(shown) == 20
    printed = capsys.readouterr().err
    assert "00.png" in printed
    assert "1 photos, smaller than 96x96" in printed


def test_more_than_a_twentieth_unreadable_is_an_error(photos, capsys):
    (photos / "00.png").write_text("no picture")
    with pytest.raises(ImageFileError, match="1 of 13 are not"):
        ask(Upscaler("bicubic_x4"), [photos], at_least=96)
    assert "00.png" in capsys.readouterr().err


def test_photos_for_validation_are_not_shown_twice(photos, picture, capsys):
    validation = picture("photos/validation/a.png", 100, 96).parent
    shutil.copyfile(photos / "3.png", validation / "b.png")
    _, kept = ask(Upscaler("bicubic_x4"), [validation], at_least=96)
    _, shown = ask(Upscaler("bicubic_x4"), [photos], at_least=96, besides=kept)
    assert len(kept) == 2
    assert not {photo.sha256 for photo in kept} & {photo.sha256 for photo in shown}
    assert "which are for validation" in capsys.readouterr().err
    with pytest.raises(ImageFileError, match="besides those for validation, found none"):
        ask(Upscaler("bicubic_x4"), [validation], at_least=96, besides=kept)


@pytest.mark.slow
@pytest.mark.usefixtures("litert_export")
def test_the_preset_tells_how_it_was_made_but_not_from_whom(
    litesr, photos, mini_x4, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    big = shutil.copy(
        folders.preset_folder("bicubic_x4") / "bicubic_x4_float32.tflite", "secret.tflite"
    )
    result = litesr("protect", "derive", big, "-o", "light_x4", "--data", photos,
                    "--student", mini_x4, "--steps", 2, "--seed", 5, "--json",
                    "--licence", "cc0-1.0")  # fmt: skip
    assert result.exit_code == 0, result.stderr
    assert read_metadata(tmp_path / "light_x4/light_x4_float32.tflite")["license"] == "cc0-1.0"
    facts = folders.metadata(tmp_path / "light_x4")["training"]
    assert json.loads(result.stdout)["training"] == facts
    assert (facts["seed"], facts["steps"], facts["photos"]) == (5, 2, 12)
    keras.utils.set_random_seed(facts["first_weights_seed"])
    assert facts["first_weights_sha256"] == weights_sha256(build(mini_x4))
    listed = folders.verified(tmp_path / "light_x4", facts["data_list"]).read_text()
    first = hashlib.sha256((photos / "0.png").read_bytes()).hexdigest()
    assert listed.startswith(f"{first}  photos/0.png\n")
    assert keras_litesr.load("light_x4").count_params() == build(mini_x4).count_params()
    files = {path.name: path.read_bytes() for path in (tmp_path / "light_x4").iterdir()}
    assert files.keys() >= {"README.md", "model.weights.h5", "light_x4_float32.tflite"}
    for word in (b"secret", str(tmp_path).encode()):
        assert not [name for name, content in files.items() if word in content]


@pytest.mark.slow
def test_the_teacher_is_named_where_the_owner_wishes(
    litesr, photos, mini_x4, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    result = litesr("protect", "derive", "bicubic_x4", "-o", "light_x4", "--data", photos,
                    "--student", mini_x4, "--steps", 1, "--name-teacher")  # fmt: skip
    assert result.exit_code == 0, result.stderr
    assert folders.metadata(tmp_path / "light_x4")["training"]["teacher"] == "bicubic_x4"
    assert "bicubic_x4" in (tmp_path / "light_x4/README.md").read_text()
    again = litesr("protect", "derive", "bicubic_x4", "-o", "other_x4", "--data", photos,
                   "--student", mini_x4, "--steps", 1, "--run", "runs/light_x4")  # fmt: skip
    assert again.exit_code == 2
    assert "Go on with --resume" in again.stderr
    other = folders.preset_folder("bicubic_x4") / "bicubic_x4_int8.tflite"
    mixed = litesr("protect", "derive", other, "-o", "other_x4", "--data", photos,
                   "--student", mini_x4, "--run", "runs/light_x4", "--resume")  # fmt: skip
    assert mixed.exit_code == 2
    assert "was begun with" in mixed.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["bicubic_x4", "-o", "a", "--student", "nosuch"], "There is no preset 'nosuch'"),
        (["bicubic_x4", "-o", "a", "--student", "bicubic_x4"], "which has no weights"),
        (["bicubic_x4", "-o", "a", "--steps", "2", "--minutes", "1"], "received --steps and"),
        (["bicubic_x4", "-o", "a", "--minutes", "nan"], "a number for --minutes, received nan"),
        (["nosuch", "-o", "a"], "There is no model named 'nosuch'"),
        (["no.tflite", "-o", "a"], "There is no file no.tflite"),
        (["bicubic_x4", "-o", "a", "--licence", "other"], "Give --licence one such as apache-2.0"),
        (["bicubic_x4", "-o", "a", "--licence", " "], "have a name for, received ' '"),
        (["bicubic_x4", "-o", "photos"], "photos exists and is not empty"),
        (["bicubic_x4", "-o", "."], "a name that a model can have, received '.'"),
        (["bicubic_x4", "-o", "a:b"], "a name that a model can have, received 'a:b'"),
    ],
)
def test_wrong_requests_are_refused(litesr, photos, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    result = litesr("protect", "derive", *arguments, "--data", photos)
    assert result.exit_code == 2
    assert message in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["photos"]


def test_a_student_starts_elsewhere_than_a_model_trained_from_the_same_seed(
    mini_x4, tmp_path, monkeypatch
):
    def begun(model, *_, **__):
        raise KeyboardInterrupt(weights_sha256(model))

    monkeypatch.setattr("keras_litesr.training.runs.train", begun)
    options = {"student": mini_x4, "minutes": None, "resume": False}

    def first_weights(seed, answer):
        pairs = [Pair(np.zeros((8, 8, 3), np.uint8), np.full((32, 32, 3), answer, np.uint8))]
        with pytest.raises(KeyboardInterrupt) as start:
            derivation.trained(pairs, pairs, Recipe(steps=2, patch_size=8), seed, tmp_path, options)
        return str(start.value)

    keras.utils.set_random_seed(0)
    starts = [first_weights(*case) for case in ((0, 1), (0, 1), (0, 2), (1, 1))]
    assert starts[0] == starts[1]
    keras.utils.set_random_seed(0)
    assert len({weights_sha256(build(mini_x4)), *starts}) == 4


def test_no_folder_is_made_inside_of_a_preset(litesr, x2_preset, photos):
    arguments = ("derive", "bicubic_x4", "-o", x2_preset / "inner_x4", "--data", photos)
    result = litesr("protect", *arguments, "--steps", 1)
    assert result.exit_code == 2
    assert "inside of the preset folder" in result.stderr


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"steps": 20_000}, "Expected the 4 steps that .* was begun with, received 20,000"),
        ({"seed": 7}, "Expected the seed 3 that .* was begun with, received 7"),
        ({"steps": 4, "seed": 3}, ""),
        ({}, ""),
    ],
)
def test_a_run_goes_on_with_its_own_steps_and_seed_or_not_at_all(tmp_path, given, message):
    recipe = Recipe(steps=4, epoch_steps=2, warmup_steps=0)
    record = {**asdict(recipe), "preset": "a", "seed": 3}
    (tmp_path / "recipe.json").write_text(json.dumps(record))
    options = {"resume": True, "steps": None, "seed": None, "minutes": None, **given}
    if message:
        with pytest.raises(click.UsageError, match=message):
            derivation.settings(tmp_path, options)
    else:
        assert derivation.settings(tmp_path, options) == (recipe, 3)


def test_ctrl_c_among_the_answers_does_not_promise_to_go_on(litesr, photos, monkeypatch, tmp_path):
    def press(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("keras_litesr.cli.answers.ask", press)
    result = litesr("protect", "derive", "bicubic_x4", "-o", "light_x4", "--data", photos)
    assert result.exit_code == 130
    assert "Nothing was saved yet" in result.stderr
    assert "--resume" not in result.stderr


@pytest.fixture
def publish(tmp_path, monkeypatch):
    """Publishes a small student in `light_x4`; its TFLite file is empty."""
    monkeypatch.setattr(conversion, "preset_to_tflite", lambda _, path, dtype: path.touch())
    student = lite(filters=6, num_blocks=1)
    photos = [Photo("photos/a.png", 64 * "0")]

    def publish(licence):
        derivation.publish(student, tmp_path / "light_x4", WHOLE_RUN, photos, licence)

    return publish


def test_all_files_bear_the_name_of_the_folder(publish, tmp_path):
    publish("cc0-1.0")
    assert [path.name for path in tmp_path.iterdir()] == ["light_x4"]
    assert folders.metadata(tmp_path / "light_x4")["name"] == "light_x4"
    assert set(folders.manifest(tmp_path / "light_x4")) == {
        *("README.md", "config.json", "light_x4_float32.tflite", "metadata.json"),
        *("model.weights.h5", "training_data.sha256"),
    }


def test_a_card_that_is_refused_leaves_no_half_folder(publish, tmp_path):
    with pytest.raises(folders.PresetError, match="does not say licence_name"):
        publish("other")
    assert not list(tmp_path.iterdir())


def test_a_student_of_another_scale_is_refused(litesr, photos, x2_preset, tmp_path):
    result = litesr("protect", "derive", x2_preset, "-o", tmp_path / "light", "--data", photos)
    assert result.exit_code == 2
    assert "enlarges 2 times as the big model does" in result.stderr
