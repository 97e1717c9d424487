"""A small network as a preset, made once for the tests of this folder."""

from pathlib import Path

import pytest

import keras_litesr
from keras_litesr.zoo import folders


@pytest.fixture(scope="session")
def lite_preset(litert_export: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A preset folder of an untrained `lite` with its `.tflite` file; it sees 4 pixels far."""
    from keras_litesr.export.tflite import export
    from keras_litesr.models.lite import lite

    folder = tmp_path_factory.mktemp("presets") / "own_lite_x4"
    model = lite(num_blocks=2)
    keras_litesr.save_to_preset(model, folder)
    export(model, folder / f"{folder.name}_float32.tflite")
    folders.write_manifest(folder)
    return folder
