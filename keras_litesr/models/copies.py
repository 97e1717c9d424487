"""A second model that is equal to the first."""

import keras


def copied(model: keras.Model) -> keras.Model:
    """Copies a functional model with its weights, without optimizer and metrics."""
    copy = model.__class__.from_config(model.get_config())
    copy.set_weights(model.get_weights())
    return copy
