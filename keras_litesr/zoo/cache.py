"""Where this package keeps what it can get again: downloads and measurements."""

import os
from pathlib import Path


def cache_folder() -> Path:
    """Names `KERAS_LITESR_CACHE`, or else `keras_litesr` in the user's cache; it may be missing."""
    if own := os.environ.get("KERAS_LITESR_CACHE"):
        return Path(own)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "keras_litesr"
