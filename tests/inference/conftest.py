"""What the tests of this folder share: upscalers, a small preset, films with several voices."""

from collections.abc import Callable
from pathlib import Path

import pytest

import keras_litesr
from keras_litesr import Upscaler
from keras_litesr.zoo import folders


@pytest.fixture(scope="module")
def upscaler() -> Upscaler:
    return Upscaler("bicubic_x4")


@pytest.fixture(scope="session")
def voiced() -> Callable[..., None]:
    """Copies a film's packets: pictures to one stream, and all sound to each of several."""

    def voiced(original, made, film, voices):
        from av import Packet

        for packet in original.demux():
            for stream in [film] if packet.stream.type == "video" else voices:
                copy = Packet(bytes(packet))
                copy.pts, copy.dts, copy.time_base = packet.pts, packet.dts, packet.time_base
                copy.stream = stream
                if packet.dts is not None:
                    made.mux(copy)

    return voiced


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
