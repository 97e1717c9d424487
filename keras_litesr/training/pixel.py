"""Pixel training: a plain Keras model with an L1 loss."""

import keras

from keras_litesr.training.metrics import LumaPSNR
from keras_litesr.training.recipes import Recipe


def compile_for_pixels(model: keras.Model, recipe: Recipe, *, scale: int = 4) -> None:
    """Compiles a model for L1 training as the recipe says.

    XLA stays off: it makes depthwise convolutions about ten times slower to train on a CPU.

    Args:
        model: Low-resolution RGB in, high-resolution RGB out.
        recipe: Schedule, clipping and weight averaging.
        scale: Enlargement per side; that many border pixels are left out of the PSNR.
    """
    schedule = keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=0.0,
        decay_steps=max(recipe.steps - recipe.warmup_steps, 1),
        warmup_target=recipe.learning_rate,
        warmup_steps=recipe.warmup_steps,
    )
    optimizer = keras.optimizers.Adam(
        schedule,
        global_clipnorm=recipe.clip_norm,
        use_ema=True,
        ema_momentum=recipe.ema_momentum,
    )
    model.compile(
        optimizer=optimizer,
        loss=keras.losses.MeanAbsoluteError(),
        metrics=[LumaPSNR(border=scale)],
        # Several steps a call save a tenth of the time; Keras has no such call on Torch.
        steps_per_execution=1 if keras.backend.backend() == "torch" else 10,
        jit_compile=False,
    )
