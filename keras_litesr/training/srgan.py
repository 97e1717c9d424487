"""The paper's adversarial baseline: SRGAN, whose discriminator learns by the sigmoid loss."""

from collections.abc import Callable

import keras
from keras import ops

from keras_litesr.training import losses
from keras_litesr.training.autodiff import minimize
from keras_litesr.training.gan import GAN

_LOGGED = ("loss", "pixel_loss", "critic_loss", "real_probability", "fake_probability")


@keras.saving.register_keras_serializable(package="keras_litesr")
class SRGAN(GAN):
    """Trains a generator against Ledig's discriminator; called, it enlarges like its generator.

    Its content loss is the mean squared error of pixels, or of the features of a network that you
    have the weights of: `content_features(vgg)` makes a `pixel_loss` of them.

    Args:
        generator: Low-resolution RGB in, high-resolution RGB out, trained on pixels before.
        critic: The discriminator: high-resolution RGB in, `(batch, 1)` logits out.
        scale: Enlargement per side; that many border pixels are left out of the PSNR.

    Reference:
        Ledig et al., 2017, Photo-Realistic Single Image Super-Resolution Using a Generative
        Adversarial Network, Eqs 2 to 6.
    """

    def __init__(self, generator: keras.Model, critic: keras.Model, *, scale: int = 4, **kwargs):
        super().__init__(generator, critic, logged=_LOGGED, scale=scale, **kwargs)

    def compile(
        self,
        generator_optimizer: keras.optimizers.Optimizer | str | None = None,
        critic_optimizer: keras.optimizers.Optimizer | str | None = None,
        *,
        adversarial_weight: float = 1e-3,
        pixel_weight: float = 1.0,
        critic_steps: int = 1,
        critic_warmup_steps: int = 0,
        pixel_loss: Callable | str = losses.mse,
        **kwargs,
    ):
        """Chooses weights and optimizers; both are Adam(1e-4) by default, as in the paper.

        Args:
            generator_optimizer: Optimizer or its name; may keep a moving average (`use_ema=True`).
            critic_optimizer: A different object, or a name.
            adversarial_weight: Of the adversarial loss, Eq. 3.
            pixel_weight: Of the content loss.
            critic_steps: Updates of the discriminator for one of the generator.
            critic_warmup_steps: Steps at the start without adversarial loss.
            pixel_loss: Content loss of `(high_res, super_res)`, `(batch,)`, or the name of one of
                `training.losses`.
            **kwargs: What else `keras.Model.compile` takes, but for losses and metrics.

        Raises:
            NotImplementedError: On the JAX backend.
            ValueError: For `critic_steps` below 1, one optimizer for both networks, or a loss or
                metrics for Keras.
        """
        super().compile(
            generator_optimizer or keras.optimizers.Adam(1e-4),
            critic_optimizer or keras.optimizers.Adam(1e-4),
            settings={
                "adversarial_weight": adversarial_weight,
                "pixel_weight": pixel_weight,
                "critic_steps": critic_steps,
                "critic_warmup_steps": critic_warmup_steps,
                "pixel_loss": pixel_loss,
            },
            **kwargs,
        )

    def step_critic(self, high_res, super_res) -> None:
        """Raises the probability of originals and lowers that of what the generator made."""

        def loss():
            real_logits = self.critic(high_res, training=True)
            fake_logits = self.critic(super_res, training=True)
            total = losses.discriminator_loss(real_logits, fake_logits)
            return total, real_logits, fake_logits

        total, real_logits, fake_logits = minimize(
            loss, self.critic.trainable_variables, self.critic_optimizer
        )
        self.means["critic_loss"].update_state(total)
        self.means["real_probability"].update_state(ops.sigmoid(real_logits))
        self.means["fake_probability"].update_state(ops.sigmoid(fake_logits))

    def adversarial_loss(self, super_res):
        """Computes how unlikely the discriminator holds what the generator made."""
        return losses.sigmoid_loss(self.critic(super_res, training=True))


def content_features(network: keras.Model, *, divisor: float = 12.75) -> Callable:
    """Makes a content loss of the features of a network, for instance VGG19 up to `block5_conv4`.

    Keras' VGG19 wants BGR of 0 to 255 without the mean of ImageNet: put that preprocessing into
    the network. A saved `SRGAN` does not keep this loss, says so, and is loaded with `losses.mse`.

    Args:
        network: Pictures in [0, 1] in, features out; it is not trained.
        divisor: Of the features, so that the loss is of the size of a pixel loss.

    Returns:
        Loss of `(high_res, super_res)`, `(batch,)`.

    Reference:
        Ledig et al., Eq. 5 and section 3.2.
    """
    network.trainable = False

    def loss(high_res, super_res):
        return losses.mse(network(high_res) / divisor, network(super_res) / divisor)

    return loss
