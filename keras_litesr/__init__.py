"""Lightweight super-resolution: a zoo of small x4 models for Keras and TFLite."""

from importlib import import_module
from typing import Any

_HOMES = {
    "Upscaler": "keras_litesr.inference.upscaler",
    "blend": "keras_litesr.models.blending",
    "load": "keras_litesr.zoo.registry",
    "presets": "keras_litesr.zoo.folders",
    "save_to_preset": "keras_litesr.zoo.saving",
    "upload_preset": "keras_litesr.zoo.sharing",
    "upscale": "keras_litesr.inference.upscaler",
}

__all__ = [
    "Upscaler",
    "__version__",
    "blend",
    "load",
    "presets",
    "save_to_preset",
    "upload_preset",
    "upscale",
]


def __getattr__(name: str) -> Any:
    # TensorFlow takes seconds to import and many users never need it.
    if name == "__version__":
        from importlib.metadata import version

        return version("keras_litesr")
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'keras_litesr' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
