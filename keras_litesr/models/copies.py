"""A second model that is equal to the first."""

import keras

from keras_litesr.models.layers import BicubicSubpixels


def copied(model: keras.Model) -> keras.Model:
    """Copies a model with its weights, without optimizer and metrics.

    The copy of a Sequential model is a functional one.
    """
    if isinstance(model, keras.Sequential):
        model = keras.Model(model.inputs[0], model.outputs[0], name=model.name)
    copy = model.__class__.from_config(model.get_config())
    copy.set_weights(model.get_weights())
    for layer, original in zip(copy.layers, model.layers, strict=True):
        if isinstance(layer, BicubicSubpixels):
            layer.kernel = original.kernel  # no weight, but rounded for int8
    return copy
