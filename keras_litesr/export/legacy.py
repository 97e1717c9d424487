"""The door to `tf_keras` and its optimisation toolkit, which know nothing of Keras 3."""

import os
import warnings

import tensorflow as tf

try:
    # The toolkit takes `tf_keras` where `tf.keras` is Keras 3, and else `tf.keras` itself; asking
    # for the version first settles that for the process.
    _ = tf.keras.version
    _before = os.environ.get("TF_USE_LEGACY_KERAS")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import tensorflow_model_optimization as tfmot
        import tf_keras
except ImportError as error:
    raise ImportError(
        f"Pruning and quantisation-aware training need tensorflow-model-optimization and tf_keras "
        f"({error}): pip install 'keras_litesr[compress]'"
    ) from error
# The toolkit sets this for the whole process and those that it starts.
if _before is None:
    os.environ.pop("TF_USE_LEGACY_KERAS", None)
else:
    os.environ["TF_USE_LEGACY_KERAS"] = _before

__all__ = ["tf_keras", "tfmot"]
