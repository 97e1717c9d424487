"""Packages of the extras, which few people have installed."""

from collections.abc import Mapping
from importlib.util import find_spec

import click

_TOOLKIT = {
    "tensorflow_model_optimization": "tensorflow-model-optimization",
    "tf_keras": "tf_keras",
}


def require_toolkit(option: str) -> None:
    """Refuses an option where TensorFlow's toolkit is missing, before anything takes time."""
    _require(option, _TOOLKIT, extra="compress")


def require_scipy() -> None:
    """Refuses a command where SciPy is missing, before anything takes time."""
    _require("This", {"scipy": "SciPy"}, extra="protect")


def _require(what: str, names: Mapping[str, str], *, extra: str) -> None:
    missing = [name for module, name in names.items() if find_spec(module) is None]
    if missing:
        raise click.UsageError(
            f"{what} needs {' and '.join(missing)}: pip install 'keras_litesr[{extra}]'"
        )
