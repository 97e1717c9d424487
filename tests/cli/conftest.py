"""The command in this process, and pictures for it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

import keras_litesr
from keras_litesr.cli.main import main


@pytest.fixture
def litesr() -> Callable[..., Result]:
    """Runs `litesr` with arguments."""
    return lambda *arguments: CliRunner().invoke(main, [str(each) for each in arguments])


@pytest.fixture
def enlarge(litesr) -> Callable[..., Result]:
    """Runs `litesr upscale -m bicubic_x4` with arguments."""
    return lambda *arguments: litesr("upscale", "-m", "bicubic_x4", *arguments)


@pytest.fixture
def picture(tmp_path: Path, rng: np.random.Generator) -> Callable[..., Path]:
    """Makes a picture file, with its folders, from a name and a size."""

    def make(name: str, width: int = 9, height: int = 6) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (height, width, 3), np.uint8)).save(path)
        return path

    return make


@pytest.fixture(scope="session")
def x2_preset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A preset of another scale, without a `.tflite` file."""
    from keras_litesr.models.bicubic import bicubic

    return keras_litesr.save_to_preset(
        bicubic(scale=2), tmp_path_factory.mktemp("presets") / "bicubic_x2"
    )
