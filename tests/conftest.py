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
