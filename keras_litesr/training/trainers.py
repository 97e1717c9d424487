"""From a recipe to a compiled Keras model that `fit` trains."""

import keras

from keras_litesr.models.critic import critic
from keras_litesr.models.discriminator import discriminator
from keras_litesr.training import losses
from keras_litesr.training.adversarial import WGANGP
from keras_litesr.training.gan import GAN
from keras_litesr.training.pixel import averaging_adam, compile_for_pixels
from keras_litesr.training.recipes import AdversarialRecipe, Recipe
from keras_litesr.training.srgan import SRGAN


def trainer(
    generator: keras.Model, recipe: Recipe, *, scale: int = 4, seed: int = 0
) -> keras.Model:
    """Makes what `fit` trains: the generator itself, or a GAN around it.

    Args:
        generator: Low-resolution RGB in, high-resolution RGB out; compiled here for a pixel
            recipe, left as it is for an adversarial one.
        recipe: An `AdversarialRecipe` makes a GAN with a fresh critic.
        scale: Enlargement per side.
        seed: Of the places where the gradient penalty is taken.

    Returns:
        Compiled model, whose `optimizer` averages the generator's weights.

    Raises:
        ValueError: For an adversarial recipe of an unknown method.
    """
    if not isinstance(recipe, AdversarialRecipe):
        compile_for_pixels(generator, recipe, scale=scale)
        return generator
    gan: GAN
    if recipe.method == "wgan_gp":
        gan, decay = WGANGP(generator, critic(), seed=seed, scale=scale), (0.0, 0.9)
    elif recipe.method == "srgan":
        judge = discriminator(size=recipe.patch_size * scale)
        gan, decay = SRGAN(generator, judge, scale=scale), (0.9, 0.999)
    else:
        raise ValueError(
            f"Expected the adversarial method wgan_gp or srgan, received {recipe.method!r}. "
            "Name one of them in the recipe."
        )
    beta_1, beta_2 = decay
    gan.compile(
        averaging_adam(recipe, beta_1=beta_1, beta_2=beta_2),
        keras.optimizers.Adam(recipe.critic_learning_rate, beta_1=beta_1, beta_2=beta_2),
        adversarial_weight=recipe.adversarial_weight,
        pixel_weight=recipe.pixel_weight,
        critic_steps=recipe.critic_steps,
        critic_warmup_steps=recipe.critic_warmup_steps,
        pixel_loss=losses.by_name(recipe.loss),
        jit_compile=recipe.jit_compile and keras.backend.backend() == "tensorflow",
    )
    return gan
