"""Options that need TensorFlow's optimisation toolkit, which few people have installed."""

from importlib.util import find_spec

import click


def require_toolkit(option: str) -> None:
    """Refuses an option where the toolkit is missing, before anything takes time."""
    missing = [
        name
        for module, name in (
            ("tensorflow_model_optimization", "tensorflow-model-optimization"),
            ("tf_keras", "tf_keras"),
        )
        if find_spec(module) is None
    ]
    if missing:
        raise click.UsageError(
            f"{option} needs {' and '.join(missing)}: pip install 'keras_litesr[compress]'"
        )
