"""`litesr train`: from photos to weights, and what goes wrong on the way."""

import inspect
import json
import os
import re
import shlex
import signal
import sys
from dataclasses import asdict, replace

import keras
import numpy as np
import pytest
from PIL import Image

from keras_litesr.atomic import write_json
from keras_litesr.cli.preparation import _settings
from keras_litesr.cli.train import _backend_of
from keras_litesr.datasets.packs import save_pack
from keras_litesr.datasets.places import load_pictures
from keras_litesr.training import trainers
from keras_litesr.training.pace import Pace
from keras_litesr.training.progress import Progress
from keras_litesr.training.recipes import RECIPES, AdversarialRecipe, Recipe
from keras_litesr.zoo.presets import PRESETS

SETTINGS = {"steps": 4, "epoch_steps": 2, "batch_size": 2, "patch_size": 8, "warmup_steps": 1}


@pytest.fixture
def train(litesr, monkeypatch):
    """Runs the command on networks of one block, named `small` and `small_gan`."""
    network = {"filters": 3, "num_blocks": 1}
    recipes = {
        "small": Recipe(**SETTINGS),
        "small_gan": AdversarialRecipe(**{**SETTINGS, "warmup_steps": 0}),
    }
    for name, recipe in recipes.items():
        monkeypatch.setitem(PRESETS, name, replace(PRESETS["lite_x4"], arguments=network))
        monkeypatch.setitem(RECIPES, name, recipe)
    compiled = trainers.trainer

    def compile_to_run_eagerly(*arguments, **options):
        model = compiled(*arguments, **options)
        model.run_eagerly = True  # A few steps take less time than tracing would.
        return model

    monkeypatch.setattr(trainers, "trainer", compile_to_run_eagerly)

    def run(*words, recipe="small"):
        words = ["train", recipe, *map(str, words)]
        monkeypatch.setattr(sys, "argv", ["litesr", *words])
        return litesr(*words)

    return run


def test_a_resumed_run_keeps_the_grace_that_it_was_begun_with(tmp_path):
    begun = AdversarialRecipe(steps=100, critic_warmup_steps=10)
    write_json(tmp_path / "recipe.json", {**asdict(begun), "seed": 3})
    options = dict.fromkeys(inspect.signature(Recipe).parameters)
    options |= dict.fromkeys(("adversarial_weight", "seed"))
    options |= {"resume": True, "steps": 100}
    assert _settings("lite_x4", tmp_path, options) == (begun, 3)


def test_a_run_is_resumed_with_the_backend_that_it_was_begun_with(tmp_path):
    write_json(tmp_path / "recipe.json", {"backend": "torch"})
    assert _backend_of(tmp_path) == "torch"
    assert _backend_of(tmp_path / "missing") is None


@pytest.fixture
def photos(tmp_path, rng):
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(10):
        pixels = rng.integers(0, 256, (40, 44, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")
    return folder


def test_a_folder_of_photos_becomes_weights(train, photos, tmp_path):
    Image.new("RGB", (3, 3)).save(photos / "stamp.png")
    out = tmp_path / "run"
    done = train("--data", photos, "--out", out)
    assert done.exit_code == 0, done.output
    assert "left out: 1 of 10 pictures, smaller than 32x32 pixels" in done.stdout
    assert "9 training and 1 validation pictures" in done.stdout
    assert "finished: 4 steps" in done.stdout
    assert re.search("note: no better than bicubic .* Train for longer", done.stderr)
    assert (out / "best.weights.h5").exists()
    assert {path.name for path in (out / "samples").iterdir()} == {
        "step_00002.png",
        "step_00004.png",
    }
    assert "finished: 4 steps" in train("--data", photos, "--out", out, "--resume").stdout
    again = train("--data", photos, "--out", out)
    assert (again.exit_code, "already holds a run" in again.stderr) == (2, True)
    longer = train("--data", photos, "--out", out, "--resume", "--steps", 8)
    assert longer.exit_code == 2
    assert re.search("steps 4,.* received steps 8,", longer.stderr)


def test_a_pack_with_copies_needs_other_photos_to_validate(train, photos, tmp_path):
    pack = tmp_path / "many.npz"
    save_pack(load_pictures([photos]), pack, holds_copies=True)
    for option in ("--images", "--data"):
        refused = train(option, pack, "--out", tmp_path / "run")
        assert refused.exit_code == 2
        assert "Name other photos with --validation" in refused.stderr
    assert not (tmp_path / "run").exists()
    done = train("--images", pack, "--validation", photos, "--out", tmp_path / "run")
    assert "all of which are among those" in done.stderr  # It was read, and compared.


def test_a_gan_starts_from_a_run_and_releases_its_last_epoch(train, photos, tmp_path):
    start, out = tmp_path / "start", tmp_path / "gan"
    train("--data", photos, "--out", start, "--steps", 1)
    words = ["--data", photos, "--start-from", start, "--adversarial-weight", 0.002, "--out", out]
    done = train(*words, recipe="small_gan")
    assert done.exit_code == 0, done.output
    assert f"from the weights of {start}" in done.stdout
    settings = json.loads((out / "recipe.json").read_text())
    assert (settings["method"], settings["start"]) == ("wgan_gp", str(start))
    assert settings["adversarial_weight"] == 0.002
    assert json.loads((out / "best.json").read_text())["step"] == 4
    header = (out / "log.csv").read_text().splitlines()[0].split(",")
    assert {"gradient_norm", "wasserstein_distance", "val_high_frequency_energy"} <= {*header}


def test_a_time_is_filled_with_whole_epochs_and_stays_laid_when_resumed(
    train, photos, tmp_path, monkeypatch
):
    def measured(*_, **__):
        return Pace(step_seconds=5, validation_seconds=10)

    monkeypatch.setattr("keras_litesr.training.pace.measure_pace", measured)
    words = ["--data", photos, "--out", tmp_path / "run", "--minutes", 1]
    assert "finished: 6 steps" in train(*words).stdout
    resumed = train(*words, "--resume").stdout
    assert "keeps the number of steps" in resumed
    assert "finished: 6 steps" in resumed
    words = ["--data", photos, "--out", tmp_path / "hours", "--hours", 1 / 60]
    assert "finished: 6 steps" in train(*words).stdout


@pytest.mark.parametrize("recipe", ["small", "small_gan"])
def test_a_measured_pace_leaves_no_trace_in_the_first_weights(
    recipe, train, photos, tmp_path, monkeypatch
):
    def measured(*_):
        return Pace(step_seconds=5, validation_seconds=10)

    monkeypatch.setattr("keras_litesr.training.pace.measure_pace", measured)
    first = []
    compiled = trainers.trainer

    def watch(*arguments, **options):
        model = compiled(*arguments, **options)
        first.append(model.get_weights())
        return model

    monkeypatch.setattr(trainers, "trainer", watch)
    words = ["--data", photos, "--start-from", "", "--seed", 3, "--out"]
    train(*words, tmp_path / "steps", "--steps", 6, recipe=recipe)
    train(*words, tmp_path / "minutes", "--minutes", 1, recipe=recipe)
    steps, _, minutes = first
    assert all(np.array_equal(*pair) for pair in zip(steps, minutes, strict=True))


def test_control_c_before_the_first_checkpoint_says_so(train, photos, tmp_path, monkeypatch):
    def press(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("keras_litesr.cli.preparation.load_pictures", press)
    stopped = train("--data", photos, "--out", tmp_path / "run")
    assert stopped.exit_code == 130
    assert "Nothing was saved yet" in stopped.stderr


def test_control_c_after_a_step_says_how_to_go_on(train, litesr, photos, tmp_path, monkeypatch):
    batch_end = Progress.on_train_batch_end

    def press(self, batch, logs=None):
        batch_end(self, batch, logs)
        os.kill(os.getpid(), signal.SIGINT)

    signal.signal(signal.SIGINT, signal.default_int_handler)
    monkeypatch.setattr(Progress, "on_train_batch_end", press)
    stopped = train("--data", photos, "--out", tmp_path / "run")
    assert stopped.exit_code == 130
    words = shlex.split(stopped.stderr.splitlines()[-1])
    assert (words[0], words[-1]) == ("litesr", "--resume")
    monkeypatch.setattr(Progress, "on_train_batch_end", batch_end)
    assert "finished: 4 steps" in litesr(*words[1:]).stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--data", "nowhere"], "nowhere"),
        (["--data", "{photos}", "--resume", "--out", "nowhere"], "nothing to resume"),
        (["--data", "{photos}", "--patch-size", "12"], "at least 48x48 pixels for validation"),
        (["--data", "{photos}", "--validation", "{empty}"], "found none"),
        (["--data", "{photos}", "--start-from", "nowhere"], "received 'nowhere'"),
        (["--data", "{photos}", "--start-from", "lite_psnr_x4"], "is of another network: expected"),
        (["--data", "{photos}", "--start-from", "srcnn_x4"], "srcnn_x4 is of another network than"),
        (["--data", "{photos}", "--out", "{photos}/0.png"], "is a file"),
        (["--data", "tfds:nothing_of_this_name"], "Expected a set of TensorFlow Datasets"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(
    words, message, train, photos, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    places = {"photos": photos, "empty": tmp_path / "empty"}
    failed = train(*[word.format(**places) for word in words])
    assert failed.exit_code == 2
    assert failed.stderr.startswith("litesr: ")
    assert re.search(message, failed.stderr)
    assert failed.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--steps", "0"], "0 is not in the range"),
        (["--images", "photo.png"], r"a \.npz file of .*, received photo\.png\. Name folders"),
        (["--steps", "5", "--hours", "1"], "Expected one length, received --steps and --hours"),
        (["--adversarial-weight", "0.1"], "lite_x4 or srgan_x4.* received small"),
        (["--learning-rate", "nan"], "Expected a number for --learning-rate, received nan"),
        (["--minutes", "nan"], "Expected a number for --minutes, received nan"),
        (["--minutes", "inf"], "inf is not in the range"),
        (["--seed", "-1"], "-1 is not in the range"),
        (["--seed", "2147483648"], "2147483648 is not in the range"),
        (["--backend", "jax"], "'jax' is not one of 'tensorflow', 'torch'"),
        (["--backend", "torch"], "Begin another process|not installed"),
    ],
)
def test_options_that_make_no_sense_are_wrong_usage(words, message, train, photos):
    failed = train("--data", photos, *words)
    assert failed.exit_code == 2
    assert re.search(message, " ".join(failed.stderr.split()))


def test_the_backend_jax_is_refused_by_name(train, photos, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    failed = train("--data", photos)
    assert failed.exit_code == 2
    assert "received jax in KERAS_BACKEND" in failed.stderr


def test_help_shows_examples(train):
    assert "litesr train lite_psnr_x4 --data photos --resume" in train("--help").output


def test_folders_follow_data_however_it_is_written(train, photos, tmp_path):
    assert "train RECIPE [OPTIONS]" in train("--help").output
    done = train(f"--data={photos}", photos, "--out", tmp_path / "run")
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize(
    ("times", "words", "precision"),
    [
        (0.6, [], "mixed_bfloat16"),
        (6.5, [], "float32"),
        (6.5, ["--precision", "mixed_bfloat16"], "mixed_bfloat16"),
    ],
)
def test_half_precision_gives_way_where_it_is_slow(
    train, photos, tmp_path, monkeypatch, times, words, precision
):
    monkeypatch.setattr("keras_litesr.training.precision.bfloat16_slowdown", lambda: times)
    monkeypatch.setitem(RECIPES, "half", Recipe(**SETTINGS, precision="mixed_bfloat16"))
    monkeypatch.setitem(PRESETS, "half", PRESETS["small"])
    done = train("--data", photos, "--out", tmp_path / "run", *words, recipe="half")
    assert done.exit_code == 0, done.output
    assert json.loads((tmp_path / "run/recipe.json").read_text())["precision"] == precision
    assert ("takes 6.5 times as long" in done.stderr) == (precision == "float32")


def test_half_precision_trains_weights_and_picture_in_single(train, photos, tmp_path, monkeypatch):
    built = []
    compiled = trainers.trainer

    def watch(generator, *arguments, **options):
        built.append(generator)
        return compiled(generator, *arguments, **options)

    monkeypatch.setattr(trainers, "trainer", watch)
    out = tmp_path / "half"
    words = ["--data", photos, "--out", out, "--precision", "mixed_bfloat16", "--loss", "mse"]
    done = train(*words)
    assert done.exit_code == 0, done.output
    recipe = json.loads((out / "recipe.json").read_text())
    assert (recipe["precision"], recipe["loss"]) == ("mixed_bfloat16", "mse")
    precise = {"bicubic", "global_skip", "high_res"}
    computed = {layer.name: layer.compute_dtype for layer in built[0].layers}
    assert {name for name, dtype in computed.items() if dtype == "float32"} == precise
    assert {weight.dtype for weight in built[0].weights} == {"float32"}
    # What comes after is built as it was before.
    assert keras.config.dtype_policy().name == "float32"
