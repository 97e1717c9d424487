"""Gradients on TensorFlow and on Torch: the one place that knows the backend."""

from collections.abc import Callable, Sequence

import keras
from keras import ops


def gradients(fn: Callable, variables: Sequence):
    """Computes a scalar and its gradients.

    Args:
        fn: Called once without arguments; returns the scalar, or a tuple that starts with it.
        variables: Trainable Keras variables that the scalar depends on.

    Returns:
        What `fn` returned, and one gradient for each variable, None where there is no dependence.

    Raises:
        NotImplementedError: On a backend other than TensorFlow and Torch.
    """
    values = [variable.value for variable in variables]
    if _backend() == "torch":
        import torch

        result = fn()
        return result, list(torch.autograd.grad(_scalar(result), values, allow_unused=True))
    import tensorflow as tf

    with tf.GradientTape() as tape:
        result = fn()
        scalar = _scalar(result)
    return result, tape.gradient(scalar, values)


def input_gradient(fn: Callable, inputs):
    """Computes the gradient of `sum(fn(inputs))`, which can itself be differentiated.

    Args:
        fn: Function of one tensor.
        inputs: Where the gradient is taken; nothing flows back into what made it.

    Returns:
        The gradient, of the shape of `inputs`.

    Raises:
        NotImplementedError: On a backend other than TensorFlow and Torch.
    """
    if _backend() == "torch":
        import torch

        inputs = ops.convert_to_tensor(inputs).detach().requires_grad_(True)
        return torch.autograd.grad(fn(inputs).sum(), inputs, create_graph=True)[0]
    import tensorflow as tf

    inputs = tf.stop_gradient(inputs)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        total = ops.sum(fn(inputs))
    return tape.gradient(total, inputs)


def minimize(fn: Callable, variables: Sequence, optimizer: keras.optimizers.Optimizer):
    """Takes one step of an optimizer down the gradient of `fn`, and returns what `fn` returned."""

    def scaled():
        result = fn()
        return optimizer.scale_loss(_scalar(result)), result

    (_, result), slopes = gradients(scaled, variables)
    if _backend() == "torch":
        import torch

        with torch.no_grad():
            optimizer.apply(slopes, variables)
    else:
        optimizer.apply(slopes, variables)
    return result


def refuse_other_backends() -> None:
    """Raises `NotImplementedError` on a backend without an implementation here."""
    _backend()


def _scalar(result):
    return result[0] if isinstance(result, tuple) else result


def _backend() -> str:
    name = keras.backend.backend()
    if name not in ("tensorflow", "torch"):
        raise NotImplementedError(
            f"Expected the Keras backend tensorflow or torch for adversarial training, received "
            f"{name}. Set KERAS_BACKEND=tensorflow or KERAS_BACKEND=torch before importing keras."
        )
    return name
