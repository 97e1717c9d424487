"""What adversarial trainers share: two networks, two optimizers, one Keras model to `fit`."""

import inspect
import warnings
from collections.abc import Callable
from numbers import Integral

import keras
from keras import ops

from keras_litesr.training import losses
from keras_litesr.training.autodiff import minimize, refuse_other_backends
from keras_litesr.training.metrics import LumaPSNR

_NOT_HERE = ("loss", "loss_weights", "metrics", "weighted_metrics")


class GAN(keras.Model):
    """Trains a generator against a critic; called, it enlarges like its generator.

    A plain Keras model to `fit`, callbacks and `save_weights`, which keeps both networks and both
    optimizers. Its `optimizer` is the generator's, so `SwapEMAWeights` averages the generator
    alone, and a callback that changes a learning rate changes the generator's. Kinds of it say how
    critic and generator take a step.

    Args:
        generator: Low-resolution RGB in, high-resolution RGB out, trained on pixels before.
        critic: High-resolution RGB in, `(batch, 1)` scores out.
        logged: What the steps log, besides the PSNR.
        scale: Enlargement per side; that many border pixels are left out of the PSNR.
    """

    def __init__(
        self,
        generator: keras.Model,
        critic: keras.Model,
        *,
        logged: tuple[str, ...],
        scale: int = 4,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.generator = generator
        self.critic = critic
        self.scale = scale
        self.means = {name: keras.metrics.Mean(name) for name in logged}
        self.psnr = LumaPSNR(border=scale)
        self._compiled_with: tuple[str, ...] = ()
        self.built = True

    def compile(self, generator_optimizer, critic_optimizer, *, settings: dict, **kwargs):
        """Takes the optimizers, and keeps settings as attributes that a saved model gets back.

        Args:
            generator_optimizer: Optimizer or its name; may keep a moving average (`use_ema=True`).
            critic_optimizer: A different object, or a name.
            settings: Name to value of what else the kind was compiled with.
            **kwargs: What else `keras.Model.compile` takes, but for losses and metrics.

        Raises:
            NotImplementedError: On the JAX backend.
            ValueError: For fewer than one step of the critic, one optimizer for both networks, or
                a loss or metrics for Keras.
        """
        refuse_other_backends()
        if "optimizer" in kwargs:
            raise ValueError(
                "Expected `generator_optimizer` and `critic_optimizer`, received `optimizer`. Name "
                "one for each network."
            )
        if given := [name for name in _NOT_HERE if kwargs.get(name) is not None]:
            raise ValueError(
                f"Expected the loss as `pixel_loss`, and no metrics, received {', '.join(given)}. "
                "Leave them out: a GAN logs its own, and `evaluation` measures more."
            )
        steps = settings["critic_steps"]
        if not isinstance(steps, Integral) or steps < 1:
            raise ValueError(f"Expected `critic_steps` to be 1, 2 or more, received {steps}.")
        if isinstance(settings["pixel_loss"], str):
            settings["pixel_loss"] = losses.by_name(settings["pixel_loss"])
        generator_optimizer = keras.optimizers.get(generator_optimizer)
        critic_optimizer = keras.optimizers.get(critic_optimizer)
        if generator_optimizer is critic_optimizer:
            raise ValueError(
                "Expected an optimizer for each network, received one for both. Make a second one: "
                "its state belongs to the variables of one network."
            )
        kwargs.setdefault("jit_compile", False)
        super().compile(optimizer=generator_optimizer, **kwargs)
        # Keras has wrapped the generator's alone, for a policy of float16.
        is_scaled = self.optimizer is not generator_optimizer
        wrapped = keras.optimizers.LossScaleOptimizer
        self.critic_optimizer = wrapped(critic_optimizer) if is_scaled else critic_optimizer
        for name, value in settings.items():
            setattr(self, name, value)
        self._compiled_with = tuple(settings)
        self.optimizer.build(self.generator.trainable_variables)
        self.critic_optimizer.build(self.critic.trainable_variables)

    def call(self, low_res, training=False):
        """Enlarges, as the generator does, to float32."""
        return ops.cast(self.generator(low_res, training=training), "float32")

    def export(self, *args, **kwargs):
        """Exports the generator; takes what `keras.Model.export` does."""
        self.generator.export(*args, **kwargs)

    def summary(self, *args, **kwargs):
        """Prints the summaries of both networks; takes what `keras.Model.summary` does."""
        for network in (self.generator, self.critic):
            network.summary(*args, **kwargs)

    def train_step(self, data):
        """Takes one turn of Algorithm 1: some steps of the critic, one of the generator."""
        low_res, high_res = _pair(data)
        # Batch norm would count the batch twice: here, and when the generator takes its step.
        with keras.StatelessScope():
            super_res = ops.stop_gradient(self.call(low_res, training=True))
        for _ in range(self.critic_steps):
            self.step_critic(high_res, super_res)
        self.step_generator(low_res, high_res)
        return {metric.name: metric.result() for metric in self.metrics}

    def step_critic(self, high_res, super_res) -> None:
        """Teaches the critic to tell originals from what the generator made."""
        raise NotImplementedError

    def step_generator(self, low_res, high_res) -> None:
        """Lowers the overall loss, Eq. 9, in which alpha is 0 while the critic warms up."""
        is_warm = self.optimizer.iterations >= self.critic_warmup_steps
        alpha = self.adversarial_weight * ops.cast(is_warm, "float32")

        def loss():
            super_res = self.call(low_res, training=True)
            pixel = ops.mean(self.pixel_loss(high_res, super_res))
            total = losses.generator_loss(
                self.adversarial_loss(super_res),
                pixel,
                adversarial_weight=alpha,
                pixel_weight=self.pixel_weight,
            )
            # What its layers ask for as well, such as an owner's mark that is held.
            return total + sum(self.generator.losses), pixel, super_res

        total, pixel, super_res = minimize(loss, self.generator.trainable_variables, self.optimizer)
        self.means["loss"].update_state(total)
        self.means["pixel_loss"].update_state(pixel)
        self.psnr.update_state(high_res, ops.stop_gradient(super_res))

    def adversarial_loss(self, super_res):
        """Computes what of the critic's verdict the generator can lower, a scalar."""
        raise NotImplementedError

    def test_step(self, data):
        """Measures PSNR and the pixel loss; the critic has no part in it."""
        low_res, high_res = _pair(data)
        super_res = self.call(low_res)
        self.means["loss"].update_state(self.pixel_loss(high_res, super_res))
        self.psnr.update_state(high_res, super_res)
        return {"loss": self.means["loss"].result(), "psnr": self.psnr.result()}

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
        return {**serialized, "scale": self.scale, "name": self.name}

    @classmethod
    def from_config(cls, config):
        """Builds both networks."""
        networks = {
            name: keras.saving.deserialize_keras_object(config[name])
            for name in ("generator", "critic")
        }
        return cls(**{**config, **networks})

    def get_compile_config(self):
        """Holds both optimizers and all settings, so that a loaded model trains on.

        A pixel loss that Keras could not find again, because it is not registered, is left out
        with a warning: the loaded model has the default. None before `compile`.
        """
        if not self._compiled_with:
            return None
        settings = {name: getattr(self, name) for name in self._compiled_with}
        if not _is_found_again(settings["pixel_loss"]):
            del settings["pixel_loss"]
            warnings.warn(
                "The pixel loss cannot be saved, so a loaded model has the default one. Register "
                "it with `keras.saving.register_keras_serializable`, or compile again after "
                "loading.",
                stacklevel=2,
            )
        optimizers = {
            "generator_optimizer": self.optimizer,
            "critic_optimizer": self.critic_optimizer,
        }
        return keras.saving.serialize_keras_object({**optimizers, **settings})

    def compile_from_config(self, config):
        """Compiles as the saved model was."""
        self.compile(**keras.saving.deserialize_keras_object(config))


def _pair(data):
    low_res, high_res, weights = keras.utils.unpack_x_y_sample_weight(data)
    if weights is not None:
        raise ValueError(
            "Expected low- and high-resolution pictures, received sample weights as well, which a "
            "GAN has no use for. Leave them out."
        )
    if high_res is None:
        raise ValueError(
            "Expected pairs of low- and high-resolution pictures, received the former alone. Give "
            "both, such as `fit(patches)` or `fit(low_res, high_res)`."
        )
    return low_res, high_res


def _is_found_again(loss: Callable) -> bool:
    """Tells whether what Keras saves of a loss leads back to it, and not to a namesake."""
    try:
        found = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(loss))
    except (TypeError, ValueError):
        return False
    return found is loss or not inspect.isfunction(loss)
