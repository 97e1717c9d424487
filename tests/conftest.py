"""Fixtures for every test: a fixed seed, what many need, and the image sets where they are."""

import importlib.util
import os
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from keras_litesr.zoo.presets import PRESETS, Preset

_TOOLS = Path(__file__).parents[1] / "tools"
_SHARED_DATA = Path(__file__).parents[1] / ".." / "shared" / "data"


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20240229)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    folder = Path(os.environ.get("LITESR_DATA", _SHARED_DATA))
    if not folder.is_dir():
        pytest.skip("the image sets are not here; name their folder in LITESR_DATA")
    return folder.resolve()


@pytest.fixture(scope="session")
def load_tool() -> Callable[[str], ModuleType]:
    """Imports a file of `tools/`, anew each time."""

    def load(name: str) -> ModuleType:
        spec = importlib.util.spec_from_file_location(name, _TOOLS / f"{name}.py")
        tool = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(tool)
        return tool

    return load


@pytest.fixture
def mini_x4(monkeypatch: pytest.MonkeyPatch) -> str:
    """Adds a light architecture to the presets that trains in a moment."""
    row = Preset(
        architecture="lite",
        arguments={"filters": 6, "num_blocks": 1},
        scale=4,
        summary="A small one.",
        use="Tests.",
        data="Pictures.",
    )
    monkeypatch.setitem(PRESETS, "mini_x4", row)
    return "mini_x4"


@pytest.fixture(scope="session")
def litert_export() -> None:
    """Skips where Keras does not export to LiteRT: Python 3.10 gets Keras 3.12 at most."""
    import keras

    if tuple(int(part) for part in keras.__version__.split(".")[:2]) < (3, 15):
        pytest.skip(f"Keras {keras.__version__} does not export to LiteRT")


@pytest.fixture
def clip(tmp_path: Path) -> Callable[..., Path]:
    """Makes a video whose left half is red and whose right half is green."""
    av = pytest.importorskip("av", reason="PyAV is not installed")

    def make(
        name="clip.mp4", *, size=(48, 64), times=range(4), matrix=None, sound=False, **tags
    ) -> Path:
        path = tmp_path / name
        with av.open(str(path), "w") as container:
            container.metadata["title"] = "holidays"
            options = {"crf": "0", "preset": "ultrafast"}
            stream = container.add_stream("libx264", rate=Fraction(30_000, 1_001), options=options)
            stream.height, stream.width = size
            stream.pix_fmt = tags.pop("pix_fmt", "yuv420p")
            for tag, value in tags.items():
                setattr(stream.codec_context, tag, value)
            if matrix:
                stream.codec_context.colorspace = matrix
            if sound:
                voice = container.add_stream("aac", rate=48_000, layout="mono")
            for time in times:
                frame = av.VideoFrame.from_ndarray(_halves(*size), "rgb24").reformat(
                    format=stream.pix_fmt, dst_colorspace=matrix or 5
                )
                frame.pts = time
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
            for number in range(10 if sound else 0):
                beep = np.sin(np.arange(1024) / 20, dtype=np.float32)[None] / 2
                frame = av.AudioFrame.from_ndarray(beep, "fltp", "mono")
                frame.sample_rate, frame.pts = 48_000, 1024 * number
                container.mux(voice.encode(frame))
            if sound:
                container.mux(voice.encode())
        return path

    return make


def _halves(height: int, width: int) -> np.ndarray:
    picture = np.zeros((height, width, 3), np.uint8)
    picture[:, : width // 2], picture[:, width // 2 :] = (200, 30, 60), (20, 180, 90)
    return picture
