"""Adversarial training: the paper's Algorithm 1 as a Wasserstein GAN with gradient penalty."""

from collections.abc import Callable

import keras
from keras import ops

from keras_litesr.training import losses
from keras_litesr.training.autodiff import minimize, refuse_other_backends
from keras_litesr.training.metrics import LumaPSNR

_LOGGED = ("loss", "pixel_loss", "critic_loss", "wasserstein_distance", "gradient_penalty")


@keras.saving.register_keras_serializable(package="keras_litesr")
class WGANGP(keras.Model):
    """Trains a generator against a critic; called, it enlarges like its generator.

    A plain Keras model to `fit`, callbacks and `save_weights`, which keeps both networks and both
    optimizers. Its `optimizer` is the generator's, so
    `SwapEMAWeights` averages the generator alone.

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
        super().__init__(**kwargs)
        self.generator = generator
        self.critic = critic
        self.seed = seed
        self.scale = scale
        self.random = keras.random.SeedGenerator(seed)
        self.means = {name: keras.metrics.Mean(name) for name in _LOGGED}
        self.psnr = LumaPSNR(border=scale)
        self.built = True

    def compile(
        self,
        generator_optimizer: keras.optimizers.Optimizer | None = None,
        critic_optimizer: keras.optimizers.Optimizer | None = None,
        *,
        adversarial_weight: float = 1e-3,
        pixel_weight: float = 1.0,
        gradient_penalty_weight: float = 10.0,
        critic_steps: int = 2,
        critic_warmup_steps: int = 80,
        pixel_loss: Callable = losses.l2,
        **kwargs,
    ):
        """Chooses weights and optimizers; both are Adam(1e-4, 0, 0.9) by default.

        Args:
            generator_optimizer: May keep a moving average (`use_ema=True`).
            critic_optimizer: A different object.
            adversarial_weight: The paper's alpha; useful between 3e-4 and 3e-3.
            pixel_weight: The paper's beta.
            gradient_penalty_weight: Gulrajani's lambda.
            critic_steps: Updates of the critic for one of the generator, on the same batch.
            critic_warmup_steps: Steps at the start in which alpha is 0: a critic that has learnt
                nothing yet would lead a trained generator astray.
            pixel_loss: Of `(high_res, super_res)`, for instance from `training.losses`.
            **kwargs: What else `keras.Model.compile` takes.

        Raises:
            NotImplementedError: On the JAX backend.
            ValueError: For `critic_steps` below 1, or one optimizer for both networks.
        """
        refuse_other_backends()
        if critic_steps < 1:
            raise ValueError(f"Expected `critic_steps` of at least 1, received {critic_steps}.")
        generator_optimizer = generator_optimizer or _adam()
        critic_optimizer = critic_optimizer or _adam()
        if generator_optimizer is critic_optimizer:
            raise ValueError(
                "Expected an optimizer for each network, received one for both. Make a second one: "
                "its state belongs to the variables of one network."
            )
        kwargs.setdefault("jit_compile", False)
        super().compile(optimizer=generator_optimizer, **kwargs)
        self.critic_optimizer = critic_optimizer
        self.adversarial_weight = adversarial_weight
        self.pixel_weight = pixel_weight
        self.gradient_penalty_weight = gradient_penalty_weight
        self.critic_steps = critic_steps
        self.critic_warmup_steps = critic_warmup_steps
        self.pixel_loss = pixel_loss
        generator_optimizer.build(self.generator.trainable_variables)
        critic_optimizer.build(self.critic.trainable_variables)

    def call(self, low_res, training=False):
        """Enlarges, as the generator does."""
        return self.generator(low_res, training=training)

    def train_step(self, data):
        """Takes one turn of Algorithm 1: some steps of the critic, one of the generator."""
        low_res, high_res = data[:2]
        super_res = ops.stop_gradient(self.generator(low_res, training=True))
        for _ in range(self.critic_steps):
            self._step_critic(high_res, super_res)
        self._step_generator(low_res, high_res)
        return self._results()

    def test_step(self, data):
        """Measures PSNR and the pixel loss; the critic has no part in it."""
        low_res, high_res = data[:2]
        super_res = self.generator(low_res, training=False)
        self.means["loss"].update_state(self.pixel_loss(high_res, super_res))
        self.psnr.update_state(high_res, super_res)
        return {"loss": self.means["loss"].result(), "psnr": self.psnr.result()}

    def _step_critic(self, high_res, super_res) -> None:
        """Raises the critic's score of originals above that of what the generator made."""
        share = self._draw_share(ops.shape(high_res)[0])

        def loss():
            real_scores, fake_scores = self.critic(high_res), self.critic(super_res)
            penalty = losses.gradient_penalty(self.critic, high_res, super_res, share)
            distance = losses.wasserstein_distance(real_scores, fake_scores)
            total = losses.critic_loss(
                real_scores,
                fake_scores,
                penalty,
                gradient_penalty_weight=self.gradient_penalty_weight,
            )
            return total, distance, penalty

        total, distance, penalty = minimize(
            loss, self.critic.trainable_variables, self.critic_optimizer
        )
        self.means["critic_loss"].update_state(total)
        self.means["wasserstein_distance"].update_state(distance)
        self.means["gradient_penalty"].update_state(penalty)

    def _step_generator(self, low_res, high_res) -> None:
        """Lowers the overall loss, Eq. 9."""
        is_warm = self.optimizer.iterations >= self.critic_warmup_steps
        alpha = self.adversarial_weight * ops.cast(is_warm, "float32")

        def loss():
            super_res = self.generator(low_res, training=True)
            pixel = ops.mean(self.pixel_loss(high_res, super_res))
            fake_scores = self.critic(super_res)
            total = losses.generator_loss(
                fake_scores, pixel, adversarial_weight=alpha, pixel_weight=self.pixel_weight
            )
            return total, pixel, super_res

        total, pixel, super_res = minimize(loss, self.generator.trainable_variables, self.optimizer)
        self.means["loss"].update_state(total)
        self.means["pixel_loss"].update_state(pixel)
        self.psnr.update_state(high_res, ops.stop_gradient(super_res))

    def _draw_share(self, batch_size):
        """Draws `(batch, 1, 1, 1)` in [0, 1) from the seed and the critic's step alone."""
        # A checkpoint keeps the step, not the generator's state.
        state = self.random.state
        parts = (self.seed, self.critic_optimizer.iterations)
        state.assign(ops.stack([ops.cast(part, state.dtype) for part in parts]))
        return keras.random.uniform((batch_size, 1, 1, 1), seed=self.random)

    def _results(self) -> dict:
        return {metric.name: metric.result() for metric in self.metrics}

    @property
    def metrics(self):
        """What `fit` logs, and resets at every epoch."""
        return [*self.means.values(), self.psnr]

    @property
    def trainable_variables(self):
        """The generator's, which belong to `optimizer`; the critic's belong to its own."""
        return self.generator.trainable_variables

    @property
    def trainable_weights(self):
        """As `trainable_variables`: `fit` ends by giving them their moving average."""
        return self.generator.trainable_weights

    def get_config(self):
        """Holds both networks."""
        networks = {"generator": self.generator, "critic": self.critic}
        serialized = {k: keras.saving.serialize_keras_object(v) for k, v in networks.items()}
        return {**serialized, "seed": self.seed, "scale": self.scale, "name": self.name}

    @classmethod
    def from_config(cls, config):
        """Builds both networks."""
        networks = {
            name: keras.saving.deserialize_keras_object(config[name])
            for name in ("generator", "critic")
        }
        return cls(**{**config, **networks})

    def get_compile_config(self):
        """Holds both optimizers and all weights, so that a loaded model trains on."""
        names = (
            "critic_optimizer",
            "adversarial_weight",
            "pixel_weight",
            "gradient_penalty_weight",
            "critic_steps",
            "critic_warmup_steps",
            "pixel_loss",
        )
        settings = {"generator_optimizer": self.optimizer, **{n: getattr(self, n) for n in names}}
        return keras.saving.serialize_keras_object(settings)

    def compile_from_config(self, config):
        """Compiles as the saved model was."""
        self.compile(**keras.saving.deserialize_keras_object(config))


def _adam() -> keras.optimizers.Optimizer:
    return keras.optimizers.Adam(1e-4, beta_1=0.0, beta_2=0.9)
