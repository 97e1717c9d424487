"""Quantisation-aware training by TensorFlow's toolkit: weights are rounded while they learn."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_litesr.export.legacy import tf_keras, tfmot
from keras_litesr.export.quantization import FakeQuantize
from keras_litesr.export.tuning import clipped_targets
from keras_litesr.export.twin import twin, weights_back
from keras_litesr.export.twin_layers import TWIN_LAYERS
from keras_litesr.export.twin_training import train_twin

_quantization: Any = tfmot.quantization.keras
_Quantizer: Any = _quantization.quantizers.Quantizer
_QuantizeConfig: Any = _quantization.QuantizeConfig
_CONVOLUTIONS = (tf_keras.layers.DepthwiseConv2D, tf_keras.layers.Conv2D)


def train_aware(
    prepared: keras.Model,
    original: keras.Model,
    pictures: Sequence[np.ndarray],
    *,
    steps: int = 300,
    learning_rate: float = 1e-3,
    batch_size: int = 4,
    seed: int = 0,
    progress: Callable[[int], object] | None = None,
) -> keras.Model:
    """Trains an int8 network, weights and tensors rounded, to paint what its original paints.

    `tune` rounds the tensors only; here every filter is rounded to its 255 levels as well, as the
    converter will do it. The ranges are those that `prepare_int8` has chosen, and stay: those that
    the toolkit would learn, from the smallest to the largest value, are wider than is good.

    Args:
        prepared: Result of `prepare_int8`, which stays as it is.
        original: The float model, output in [0, 1], which is clipped as int8 clips it.
        pictures: Low-resolution `(height, width, 3)` uint8 each; of larger ones, the size of the
            smallest is used.
        steps: Number of steps.
        learning_rate: At the start; it falls to zero on a cosine.
        batch_size: Pictures a step.
        seed: Of the order of the pictures.
        progress: Called with 1 after every step.

    Returns:
        Model as `prepared`, with the weights that were learnt, not yet rounded.

    Raises:
        ValueError: For a layer that the twin does not know.
    """
    if not prepared.trainable_variables:
        return prepared
    low_res, target = clipped_targets(original, pictures, batch_size)
    aware = aware_twin(prepared)
    generator = np.random.default_rng(seed)
    size = min(batch_size, len(low_res))
    draws = (generator.choice(len(low_res), size, replace=False) for _ in range(steps))
    batches = ((low_res[chosen], target[chosen]) for chosen in draws)
    train_twin(
        aware, batches, steps=steps, learning_rate=learning_rate, loss="mse", progress=progress
    )
    return weights_back(aware, prepared)


def aware_twin(prepared: keras.Model) -> tf_keras.Model:
    """Builds the twin of an int8 network with every filter and every stored tensor rounded.

    Args:
        prepared: Result of `prepare_int8`.

    Returns:
        Twin whose layers are wrapped by the toolkit; it computes what the int8 file computes but
        for roundings to the other side.
    """
    ranges = {
        keras.tree.flatten(layer.input)[0]._keras_history.operation.name: (layer.low, layer.high)
        for layer in prepared.layers
        if isinstance(layer, FakeQuantize)
    }

    def annotated(layer: tf_keras.layers.Layer) -> tf_keras.layers.Layer:
        rounding = Calibrated(*ranges.get(layer.name, (None, None)))
        return _quantization.quantize_annotate_layer(layer, rounding)

    known = {**TWIN_LAYERS, "Calibrated": Calibrated}
    with _quantization.quantize_scope(known):
        aware = _quantization.quantize_apply(twin(prepared, wrap=annotated))
    # The toolkit rounds the input in steps of [-6, 6] unless told otherwise.
    entrance = aware.layers[1]
    ends = dict(zip(("_min:0", "_max:0"), ranges[prepared.layers[0].name], strict=True))
    for weight in entrance.weights:
        if weight.name[-6:] in ends:
            weight.assign(ends[weight.name[-6:]])
    return aware


class FilterRounding(_Quantizer):
    """Rounds every filter of a convolution to the 255 symmetric steps of its largest weight.

    The toolkit's own quantiser has one step for a whole depthwise kernel; TFLite has one for each
    of its filters.

    Args:
        depthwise: Whether the last two axes of the kernel count filters, and not the last one.
    """

    def __init__(self, depthwise: bool):
        self.depthwise = depthwise

    def build(self, tensor_shape, name, layer):
        """Needs no variables: steps follow from the weights."""
        return {}

    def __call__(self, inputs, training, weights, **kwargs):
        """Rounds; gradients pass as if there were no rounding."""
        filters = np.prod(inputs.shape[2:] if self.depthwise else inputs.shape[3:])
        flat = tf.reshape(inputs, (-1, filters))
        largest = tf.stop_gradient(tf.maximum(tf.reduce_max(tf.abs(flat), axis=0), 1e-9))
        rounded = tf.quantization.fake_quant_with_min_max_vars_per_channel(
            flat, -largest, largest, narrow_range=True
        )
        return tf.reshape(rounded, inputs.shape)

    def get_config(self):
        """Gives the constructor's arguments."""
        return {"depthwise": self.depthwise}


class Calibrated(_QuantizeConfig):
    """Rounds a layer's filters, and its output to a range that was chosen before.

    Args:
        low: Smallest value of the output; None where it is not rounded.
        high: Largest value of the output.
    """

    def __init__(self, low: float | None = None, high: float | None = None):
        self.low = low
        self.high = high

    def get_weights_and_quantizers(self, layer) -> list[tuple[Any, FilterRounding]]:
        """Names the kernel of a convolution; the bicubic one holds rounded numbers already."""
        if not isinstance(layer, _CONVOLUTIONS):
            return []
        depthwise = isinstance(layer, tf_keras.layers.DepthwiseConv2D)
        kernel = layer.depthwise_kernel if depthwise else layer.kernel
        return [(kernel, FilterRounding(depthwise))]

    def get_activations_and_quantizers(self, layer):
        """Names nothing: activations are layers of their own."""
        return []

    def set_quantize_weights(self, layer, quantize_weights):
        """Puts the rounded kernel in its place."""
        if quantize_weights:
            depthwise = isinstance(layer, tf_keras.layers.DepthwiseConv2D)
            setattr(layer, "depthwise_kernel" if depthwise else "kernel", quantize_weights[0])

    def set_quantize_activations(self, layer, quantize_activations):
        """Has nothing to do."""
        return None  # AutoGraph cannot read a body of words alone

    def get_output_quantizers(self, layer):
        """Gives the rounding of the output."""
        if self.low is None:
            return []
        fixed = _quantization.quantizers.FixedQuantizer
        return [fixed(num_bits=8, init_min=self.low, init_max=self.high, narrow_range=False)]

    def get_config(self):
        """Gives the constructor's arguments."""
        return {"low": self.low, "high": self.high}
