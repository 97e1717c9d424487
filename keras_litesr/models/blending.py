"""A model between two relatives: the weights of both, interpolated."""

import json
from typing import Any

import keras

from keras_litesr.models.copies import copied
from keras_litesr.models.kinship import check_kinship, check_weight

_TRAINED_BY = ("dtype", "trainable", "_initializer", "_regularizer", "_constraint")


def blend(model_a: keras.Model, model_b: keras.Model, weight: float) -> keras.Model:
    """Interpolates the weights of two relatives: a dial between what they do.

    As `lite_x4` was trained on from `lite_psnr_x4`, what lies between their weights enlarges as
    well as they do, with more or less of the fine detail that the first one paints.

    Args:
        model_a: Functional model.
        model_b: Of the same architecture, trained on from `model_a` or from the same model as it.
        weight: Share of `model_b`, from 0 to 1.

    Returns:
        A new model of that architecture under the name of `model_a`; the two stay as they are.

    Raises:
        TypeError: For something else than Keras models.
        ValueError: For a weight outside of [0, 1], for another architecture (the message names the
            first layer that differs), or for strangers, whose kernels do not correlate.

    Example:
        >>> from keras_litesr.models.bicubic import bicubic
        >>> blend(bicubic(), bicubic(), 0.5).output_shape
        (None, None, None, 3)

    Reference:
        Wang et al., 2019, Deep Network Interpolation for Continuous Imagery Effect Transition,
        Eq. 1.
    """
    for model in (model_a, model_b):
        if not isinstance(model, keras.Model):
            raise TypeError(
                f"Expected two Keras models to blend, received {model!r}. Load presets with "
                "keras_litesr.load, or name them in Upscaler(blend=...)."
            )
    check_weight(weight)
    _check_architecture(model_a, model_b)
    pairs = list(zip(model_a.get_weights(), model_b.get_weights(), strict=True))
    check_kinship(pairs, (model_a.name, model_b.name))
    blended = copied(model_a)
    blended.set_weights([(1 - weight) * first + weight * second for first, second in pairs])
    return blended


def _check_architecture(model_a: keras.Model, model_b: keras.Model) -> None:
    first, second = _layers(model_a), _layers(model_b)
    # What only one of them has says more than the layers that it changes.
    alone = [name for name in (*first, *second) if name not in first or name not in second]
    differing = alone or [name for name in first if first[name] != second[name]]
    if differing:
        raise ValueError(
            f"Expected two models of one architecture, received {model_a.name} of "
            f"{model_a.count_params():,} parameters and {model_b.name} of "
            f"{model_b.count_params():,}, which differ in the layer {differing[0]}. "
            "Blend a model with one that was trained on from it."
        )


def _layers(model: keras.Model) -> dict[str, Any]:
    """Describes each layer with its place; by way of JSON, since a loaded shape is a list."""
    return {
        layer["name"]: json.loads(json.dumps(layer), object_hook=_without_training)
        for layer in model.get_config()["layers"]
    }


def _without_training(settings: dict[str, Any]) -> dict[str, Any]:
    """Leaves out what only says how a layer is trained, its precision included."""
    return {key: value for key, value in settings.items() if not key.endswith(_TRAINED_BY)}
