"""What is measured while a model trains."""

import keras
from keras import ops

from keras_litesr.images.colour import LUMA_WEIGHTS
from keras_litesr.training.differences import difference


def luma_psnr(high_res, super_res, *, border: int = 4):
    """Computes PSNR on BT.601 luma with the border cut off, without rounding to uint8.

    Args:
        high_res: `(batch, height, width, 3)` RGB in [0, 1].
        super_res: The same shape; clipped to [0, 1] here.
        border: Pixels cut off at each side.

    Returns:
        `(batch,)` in dB; higher is better; at most 100, which stands for equal pictures.

    Raises:
        TypeError: For originals that are integers.
        ValueError: When nothing is left inside the border, or the shapes differ.
    """
    if any(side is not None and side <= 2 * border for side in high_res.shape[1:3]):
        raise ValueError(
            f"Expected pictures of more than {2 * border} pixels a side, received "
            f"{tuple(high_res.shape)}. Choose larger patches or a smaller border."
        )
    weights = ops.reshape(ops.convert_to_tensor(LUMA_WEIGHTS, dtype="float32"), (3, 1))
    error = ops.matmul(difference(high_res, ops.clip(super_res, 0.0, 1.0)), weights)
    inside = error[:, border : -border or None, border : -border or None]
    mse = ops.mean(ops.square(inside), axis=(1, 2, 3))
    return -10.0 * ops.log10(ops.maximum(mse, 1e-10))


@keras.saving.register_keras_serializable(package="keras_litesr")
class LumaPSNR(keras.metrics.MeanMetricWrapper):
    """Averages `luma_psnr` over pictures.

    Args:
        border: Pixels cut off at each side; the field cuts off `scale`.
    """

    def __init__(self, border: int = 4, name: str = "psnr", dtype=None):
        super().__init__(luma_psnr, name=name, dtype=dtype, border=border)
        self.border = border

    def get_config(self):
        return {"name": self.name, "dtype": self.dtype, "border": self.border}
