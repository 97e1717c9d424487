import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

import keras_litesr
from keras_litesr.images.files import Photo, read, write

pytestmark = pytest.mark.slow

REPOSITORY = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Installs a wheel, built from a copy so that no build folder appears in the checkout."""
    place = tmp_path_factory.mktemp("wheel")
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
    )
    if listed.returncode:
        pytest.skip("the sources are not in a git checkout")
    for name in listed.stdout.splitlines():
        source, target = REPOSITORY / name, place / "source" / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read_bytes())
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    options = ["--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "wheel", *options, "-w", place, place / "source"], check=True)
    (wheel,) = place.glob("*.whl")
    subprocess.run([*pip, "install", "--no-deps", "--target", place / "site", wheel], check=True)
    return place


def test_wheel_carries_every_preset_and_the_sample(installed):
    (wheel,) = installed.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    for preset in keras_litesr.presets():
        assert f"keras_litesr/saved_models/{preset}/model.weights.h5" in names
        assert f"keras_litesr/saved_models/{preset}/{preset}_float32.tflite" in names
    assert "keras_litesr/samples/astronaut.png" in names
    assert not [name for name in names if name.startswith(("tests/", "tools/"))]


def test_installed_package_enlarges_a_photo_away_from_the_checkout(installed, tmp_path):
    write(Photo(np.full((6, 5, 3), 90, np.uint8)), tmp_path / "photo.png")
    subprocess.run(
        [sys.executable, "-m", "keras_litesr", "upscale", "photo.png"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(installed / "site")},
        check=True,
    )
    assert read(tmp_path / "photo_x4.png").size == (24, 20)


def test_installed_package_is_the_one_that_was_tested(installed, tmp_path):
    printed = subprocess.run(
        [sys.executable, "-c", "import keras_litesr; print(keras_litesr.__file__)"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(installed / "site")},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert Path(printed.strip()).is_relative_to(installed / "site")
