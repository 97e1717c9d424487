"""Weights to begin a training with: those of a preset, of a run, or of a file."""

from pathlib import Path

import keras

from keras_litesr.training.records import BEST
from keras_litesr.zoo.folders import CONFIG, PresetError
from keras_litesr.zoo.presets import PRESETS
from keras_litesr.zoo.registry import load
from keras_litesr.zoo.weights import load_weights


def load_start(model: keras.Model, start: str | Path) -> None:
    """Puts the weights to begin with into a model.

    Args:
        model: Functional model that is to be trained.
        start: Name or folder of a preset, a run's folder (its best weights count), or a file of a
            network's weights such as `best.weights.h5`.

    Raises:
        PresetError: When there is no such thing, or its network is another one.
    """
    path = Path(start)
    if path.is_dir() and not (path / CONFIG).is_file():
        path = path / BEST
    if path.is_file():
        load_weights(model, path)
        return
    if str(start) not in PRESETS and not path.is_dir():
        raise PresetError(
            f"Expected a preset, a run's folder or a weight file to start from, received "
            f"{str(start)!r}, which is none. Check the path."
        )
    weights = load(start).get_weights()
    shapes = [tuple(weight.shape) for weight in model.weights]
    if shapes != [weight.shape for weight in weights]:
        raise PresetError(
            f"Expected weights of {model.name} with {model.count_params():,} parameters to start "
            f"from, received those of another network: {str(start)!r}. Start from one of its kind."
        )
    model.set_weights(weights)
