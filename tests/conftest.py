"""Fixtures for every test: a fixed seed, and the image sets where they are present."""

import os
from pathlib import Path

import numpy as np
import pytest

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
def litert_export() -> None:
    """Skips where Keras does not export to LiteRT: Python 3.10 gets Keras 3.12 at most."""
    import keras

    if tuple(int(part) for part in keras.__version__.split(".")[:2]) < (3, 15):
        pytest.skip(f"Keras {keras.__version__} does not export to LiteRT")
