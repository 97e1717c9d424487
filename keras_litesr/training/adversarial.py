"""Adversarial training: the paper's Algorithm 1 as a Wasserstein GAN with gradient penalty."""

from collections.abc import Callable

import keras
from keras import ops

from keras_litesr.training import losses
from keras_litesr.training.autodiff import minimize
from keras_litesr.training.gan import GAN

_LOGGED = (
    "loss",
    "pixel_loss",
    "critic_loss",
    "wasserstein_distance",
    "gradient_penalty",
    "gradient_norm",
)


@keras.saving.register_keras_serializable(package="keras_litesr")
class WGANGP(GAN):
    """Trains a generator against a critic; called, it enlarges like its generator.

    A plain Keras model to `fit`, callbacks and `save_weights`, which keeps both networks and both
    optimizers. Its `optimizer` is the generator's, so `SwapEMAWeights` averages the generator
    alone, and a callback that changes a learning rate changes the generator's.

    Args:
        generator: Low-resolution RGB in, high-resolution RGB out, trained on pixels before.
        critic: High-resolution RGB in, `(batch, 1)` scores out, without batch norm.
        seed: Of the places where the gradient penalty is taken.
        scale: Enlargement per side; that many border pixels are left out of the PSNR.

    Reference:
        Xie et al., Algorithm 1; Gulrajani et al., 2017, Improved Training of Wasserstein GANs,
        Algorithm 1.
    """

    def __init__(
        self,
        generator: keras.Model,
        critic: keras.Model,
        *,
        seed: int = 0,
        scale: int = 4,
        **kwargs,
    ):
        super().__init__(generator, critic, logged=_LOGGED, scale=scale, **kwargs)
        self.seed = seed
        self.random = keras.random.SeedGenerator(seed)

    def compile(
        self,
        generator_optimizer: keras.optimizers.Optimizer | str | None = None,
        critic_optimizer: keras.optimizers.Optimizer | str | None = None,
        *,
        adversarial_weight: float = 1e-3,
        pixel_weight: float = 1.0,
        gradient_penalty_weight: float = 10.0,
        critic_steps: int = 2,
        critic_warmup_steps: int = 80,
        pixel_loss: Callable | str = losses.l2,
        **kwargs,
    ):
        """Chooses weights and optimizers; both are Adam(1e-4, 0, 0.9) by default.

        Args:
            generator_optimizer: Optimizer or its name; may keep a moving average (`use_ema=True`).
            critic_optimizer: A different object, or a name.
            adversarial_weight: The paper's alpha; useful between 3e-4 and 3e-3 beside `l2`, and
                several times that beside a larger pixel loss.
            pixel_weight: The paper's beta.
            gradient_penalty_weight: Gulrajani's lambda.
            critic_steps: Updates of the critic for one of the generator, on the same batch.
            critic_warmup_steps: Steps at the start in which alpha is 0: a critic that has learnt
                nothing yet would lead a trained generator astray.
            pixel_loss: Of `(high_res, super_res)`, for instance from `training.losses`, whose
                names will do.
            **kwargs: What else `keras.Model.compile` takes, but for losses and metrics.

        Raises:
            NotImplementedError: On the JAX backend.
            ValueError: For `critic_steps` below 1, one optimizer for both networks, or a loss or
                metrics for Keras.
        """
        super().compile(
            generator_optimizer or _adam(),
            critic_optimizer or _adam(),
            settings={
                "adversarial_weight": adversarial_weight,
                "pixel_weight": pixel_weight,
                "gradient_penalty_weight": gradient_penalty_weight,
                "critic_steps": critic_steps,
                "critic_warmup_steps": critic_warmup_steps,
                "pixel_loss": pixel_loss,
            },
            **kwargs,
        )

    def step_critic(self, high_res, super_res) -> None:
        """Raises the critic's score of originals above that of what the generator made."""
        share = self._draw_share(ops.shape(high_res)[0])

        def loss():
            real_scores, fake_scores = self._judge(high_res), self._judge(super_res)
            norms = losses.gradient_norms(self._judge, high_res, super_res, share)
            penalty = losses.gradient_penalty(norms)
            distance = losses.wasserstein_distance(real_scores, fake_scores)
            total = losses.critic_loss(
                real_scores,
                fake_scores,
                penalty,
                gradient_penalty_weight=self.gradient_penalty_weight,
            )
            return total, distance, penalty, norms

        total, distance, penalty, norms = minimize(
            loss, self.critic.trainable_variables, self.critic_optimizer
        )
        self.means["critic_loss"].update_state(total)
        self.means["wasserstein_distance"].update_state(distance)
        self.means["gradient_penalty"].update_state(penalty)
        self.means["gradient_norm"].update_state(norms)

    def adversarial_loss(self, super_res):
        """Computes the part of the distance that the generator can lower."""
        return losses.adversarial_loss(self._judge(super_res))

    def _judge(self, pictures):
        return self.critic(pictures, training=True)

    def _draw_share(self, batch_size):
        """Draws `(batch, 1, 1, 1)` in [0, 1) from the seed and the critic's step alone."""
        # A checkpoint keeps the step, not the generator's state.
        state = self.random.state
        parts = (self.seed, self.critic_optimizer.iterations)
        state.assign(ops.stack([ops.cast(part, state.dtype) for part in parts]))
        return keras.random.uniform((batch_size, 1, 1, 1), seed=self.random)

    def get_config(self):
        """Holds both networks and the seed."""
        return {**super().get_config(), "seed": self.seed}


def _adam() -> keras.optimizers.Optimizer:
    return keras.optimizers.Adam(1e-4, beta_1=0.0, beta_2=0.9)
