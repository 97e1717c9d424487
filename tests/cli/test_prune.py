"""`litesr prune`."""

import json

import numpy as np
import pytest

import keras_litesr
from keras_litesr.export.metadata import read_metadata
from keras_litesr.failures import DivergedError
from keras_litesr.images.files import ImageFileError
from keras_litesr.zoo.folders import metadata


@pytest.fixture(scope="module")
def preset(tmp_path_factory):
    import keras

    from keras_litesr.models.lite import lite

    keras.utils.set_random_seed(1)
    folder = tmp_path_factory.mktemp("presets") / "small_x4"
    return keras_litesr.save_to_preset(lite(filters=8, num_blocks=1), folder, licence="cc0-1.0")


@pytest.fixture
def photos(picture):
    """A folder of twelve photographs, two of which are held out."""
    paths = [picture(f"photos/{index}.png", 112, 104) for index in range(12)]
    return paths[0].parent


@pytest.mark.slow
@pytest.mark.usefixtures("litert_export")
def test_filters_go_and_the_result_is_a_preset_that_enlarges(litesr, preset, photos, tmp_path):
    output = tmp_path / "smaller_x4"
    result = litesr(
        "prune", preset, "-o", output, "--data", photos, "--keep-filters", "0.5", "--steps", "20",
        "--json",
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    before, after = json.loads(result.stdout)
    assert (before["model"], after["model"]) == ("small_x4", "smaller_x4")
    # The one block loses 8 of 16 wide channels: 8 weights before, a bias, 8 weights behind.
    assert before["parameters"] - after["parameters"] == 8 * (8 + 1 + 8)
    assert metadata(output)["training"]["keep_filters"] == 0.5
    assert read_metadata(output / "smaller_x4_float32.tflite")["license"] == "cc0-1.0"
    enlarged = keras_litesr.upscale(np.zeros((5, 7, 3), np.uint8), model=output)
    assert enlarged.shape == (20, 28, 3)
    refused = litesr("prune", preset, "-o", output, "--data", photos)
    assert refused.exit_code == 2
    assert "add --overwrite" in refused.stderr


@pytest.mark.slow
@pytest.mark.usefixtures("litert_export")
def test_weights_vanish_and_the_file_packs_better(litesr, preset, photos, tmp_path):
    pytest.importorskip(
        "keras_litesr.export.legacy", reason="needs the extra compress", exc_type=ImportError
    )
    output = tmp_path / "sparse_x4"
    result = litesr(
        "prune", preset, "-o", output, "--data", photos, "--sparsity", "0.7", "--steps", "20"
    )
    assert result.exit_code == 0, result.stderr
    header, _, before, after, *_ = result.stdout.splitlines()
    assert " ".join(header.split()) == "model parameters not zero .tflite kB gzip kB PSNR (dB)"
    assert before.split()[1] == after.split()[1]
    assert int(after.split()[2]) < 0.6 * int(before.split()[2])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--data", "photos", "--sparsity", "0.5", "--keep-filters", "0.5"], "Expected one way"),
        (["--data", "photos", "--sparsity", "1"], "is not in the range 0<x<1"),
        (["--data", "photos", "--steps", "3"], "is not in the range x>=20"),
        ([], "Missing option '--data'"),
        (["--data", "nowhere"], "nowhere"),
    ],
)
def test_wrong_requests_are_refused(litesr, preset, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    result = litesr("prune", preset, "-o", "out", *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert not list(tmp_path.iterdir())


def test_a_training_that_diverges_is_no_defect(litesr, preset, tmp_path, monkeypatch):
    def diverge(*_):
        raise DivergedError("Expected a loss, received nan at step 3.")

    monkeypatch.setattr("keras_litesr.cli.compression.compress", diverge)
    result = litesr("prune", preset, "-o", tmp_path / "out", "--data", "photos")
    assert result.exit_code == 1
    assert result.stderr == "litesr: Expected a loss, received nan at step 3.\n"


def test_a_keras_that_cannot_export_is_refused_before_the_training(
    litesr, preset, photos, tmp_path, monkeypatch
):
    monkeypatch.setattr("keras.__version__", "3.12.4")
    monkeypatch.setattr("keras_litesr.cli.compression.material", lambda *_, **__: pytest.fail())
    result = litesr("prune", preset, "-o", tmp_path / "out", "--data", photos)
    assert result.exit_code == 2
    assert "Python 3.11 or newer" in result.stderr


def test_weights_that_vanish_are_numbers_or_never_saved(photos, monkeypatch):
    from keras_litesr.cli.compression import smaller_model
    from keras_litesr.models.lite import lite

    sparsity = pytest.importorskip("keras_litesr.export.sparsity", exc_type=ImportError)
    broken = lite(filters=4, num_blocks=1)
    broken.set_weights([np.full_like(weight, np.nan) for weight in broken.get_weights()])
    monkeypatch.setattr(sparsity, "prune", lambda *_, **__: broken)
    options = {"sparsity": 0.5, "steps": 20, "learning_rate": 1e-3}
    with pytest.raises(DivergedError, match="finite weights"):
        smaller_model(broken, [], options, lambda steps: None)


def test_a_pack_with_copies_needs_other_photos_to_measure_on(tmp_path):
    from keras_litesr.cli.compression import material
    from keras_litesr.datasets.packs import save_pack

    save_pack([np.zeros((8, 8, 3), np.uint8)], tmp_path / "many.npz", holds_copies=True)
    options = {"steps": 1, "data": [tmp_path / "many.npz"], "validation": None}
    with pytest.raises(ImageFileError, match="Name other photos with --validation"):
        material(options, scale=4, seed=0)


def test_weights_that_are_no_numbers_are_never_saved(photos):
    from keras_litesr.cli.compression import train_on
    from keras_litesr.datasets.degradation import degrade
    from keras_litesr.datasets.patches import Patches
    from keras_litesr.datasets.sources import load_folders
    from keras_litesr.models.lite import lite

    patches = Patches(degrade(load_folders([photos]), 4), patch_size=8, batch_size=1, steps=20)
    with pytest.raises(DivergedError):
        train_on(
            lite(filters=4, num_blocks=1),
            patches,
            steps=20,
            learning_rate=1e30,
            progress=lambda steps: None,
        )


def test_a_missing_toolkit_is_named_before_any_work(litesr, preset, tmp_path, monkeypatch):
    monkeypatch.setattr("keras_litesr.cli.extras.find_spec", lambda name: None)
    arguments = ["prune", preset, "-o", tmp_path / "out", "--data", "nowhere", "--sparsity", "0.5"]
    result = litesr(*arguments)
    assert result.exit_code == 2
    assert "--sparsity needs tensorflow-model-optimization and tf_keras: pip install" in (
        result.stderr
    )
