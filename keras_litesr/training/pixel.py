"""Pixel training: a plain Keras model with a pixel loss."""

import keras

from keras_litesr.training import losses
from keras_litesr.training.metrics import LumaPSNR
from keras_litesr.training.recipes import Recipe


def compile_for_pixels(model: keras.Model, recipe: Recipe, *, scale: int = 4) -> None:
    """Compiles a model for training on a pixel loss as the recipe says.

    Args:
        model: Low-resolution RGB in, high-resolution RGB out.
        recipe: Loss, schedule, clipping and weight averaging.
        scale: Enlargement per side; that many border pixels are left out of the PSNR.
    """
    on_torch = keras.backend.backend() == "torch"
    model.compile(
        optimizer=averaging_adam(recipe),
        loss=losses.by_name(recipe.loss),
        metrics=[LumaPSNR(border=scale)],
        # Several steps a call save a tenth of the time; Keras has no such call on Torch.
        steps_per_execution=1 if on_torch else 10,
        jit_compile=recipe.jit_compile and not on_torch,
    )


def averaging_adam(
    recipe: Recipe, *, beta_1: float = 0.9, beta_2: float = 0.999
) -> keras.optimizers.Optimizer:
    """Makes Adam with the recipe's schedule, clipping and moving average of the weights.

    Args:
        recipe: Settings; the rate rises over `warmup_steps` and falls as a cosine to 0.
        beta_1: Decay of the mean of the gradients.
        beta_2: Decay of the mean of their squares.
    """
    schedule = keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=0.0 if recipe.warmup_steps else recipe.learning_rate,
        decay_steps=max(recipe.steps - recipe.warmup_steps, 1),
        warmup_target=recipe.learning_rate if recipe.warmup_steps else None,
        warmup_steps=recipe.warmup_steps,
    )
    return keras.optimizers.Adam(
        schedule,
        beta_1=beta_1,
        beta_2=beta_2,
        global_clipnorm=recipe.clip_norm,
        use_ema=True,
        ema_momentum=recipe.ema_momentum,
    )
