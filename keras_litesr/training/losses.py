"""Pixel losses, those of a Wasserstein GAN with gradient penalty, and those of SRGAN."""

from collections.abc import Callable

from keras import ops

from keras_litesr.training.autodiff import input_gradient
from keras_litesr.training.pixel_losses import (
    by_name,
    charbonnier,
    l1,
    l2,
    l2_and_gmsd,
    mse,
    negative_luma_psnr,
    negative_psnr,
)

__all__ = [
    "adversarial_loss",
    "by_name",
    "charbonnier",
    "critic_loss",
    "discriminator_loss",
    "generator_loss",
    "gradient_norms",
    "gradient_penalty",
    "l1",
    "l2",
    "l2_and_gmsd",
    "mse",
    "negative_luma_psnr",
    "negative_psnr",
    "sigmoid_loss",
    "wasserstein_distance",
]

_PICTURE = (1, 2, 3)
_TINY = 1e-12


def wasserstein_distance(real_scores, fake_scores):
    """Estimates the distance between originals and what the model made, E[C(y)] - E[C(P(x))].

    Args:
        real_scores: `(batch, 1)` scores of originals.
        fake_scores: `(batch, 1)` scores of what the model made.

    Returns:
        Scalar; the better the critic, the nearer to the true distance.

    Reference:
        Xie et al., Eqs 6 and 7.
    """
    return _mean(real_scores) - _mean(fake_scores)


def critic_loss(real_scores, fake_scores, penalty, *, gradient_penalty_weight: float = 10.0):
    """Computes what the critic minimises: the negative distance plus the weighted penalty.

    Args:
        real_scores: `(batch, 1)` scores of originals.
        fake_scores: `(batch, 1)` scores of what the model made.
        penalty: Of `gradient_penalty`.
        gradient_penalty_weight: Gulrajani's lambda.

    Reference:
        Gulrajani et al., 2017, Improved Training of Wasserstein GANs, Eq. 3.
    """
    distance = wasserstein_distance(real_scores, fake_scores)
    return gradient_penalty_weight * penalty - distance


def adversarial_loss(fake_scores):
    """Computes the part of the distance that the generator can lower, -E[C(P(x))]."""
    return -_mean(fake_scores)


def discriminator_loss(real_logits, fake_logits):
    """Computes what SRGAN's discriminator minimises: the cross-entropy of both kinds, added.

    Args:
        real_logits: `(batch, 1)` of originals.
        fake_logits: `(batch, 1)` of what the model made.

    Reference:
        Ledig et al., 2017, Photo-Realistic Single Image Super-Resolution Using a Generative
        Adversarial Network, Eq. 2.
    """
    return sigmoid_loss(real_logits) + sigmoid_loss(-fake_logits)


def sigmoid_loss(logits):
    """Computes the mean of -log(sigmoid(logit)), 0 for large logits, log 2 for the logit 0.

    Reference:
        Ledig et al., 2017, Eq. 6, for the logits of what the model made.
    """
    return _mean(ops.softplus(-ops.cast(logits, "float32")))


def generator_loss(adversarial_loss, pixel_loss, *, adversarial_weight, pixel_weight: float = 1.0):
    """Computes what the generator minimises, alpha L_adv + beta L_pix.

    Args:
        adversarial_loss: Scalar, what of the critic's verdict the generator can lower.
        pixel_loss: Scalar or `(batch,)`.
        adversarial_weight: The paper's alpha.
        pixel_weight: The paper's beta.

    Reference:
        Xie et al., Eq. 9.
    """
    return adversarial_weight * adversarial_loss + pixel_weight * _mean(pixel_loss)


def gradient_norms(critic: Callable, high_res, super_res, share):
    """Computes the norm of the critic's gradient on the lines between pairs of pictures.

    Args:
        critic: From `(batch, height, width, 3)` to scores; no batch norm, which mixes pictures.
        high_res: `(batch, height, width, 3)` originals.
        super_res: The same shape, what the model made.
        share: `(batch, 1, 1, 1)` in [0, 1]: how far along its line each picture's point lies.

    Returns:
        `(batch,)`.
    """
    mix = ops.add(high_res, ops.multiply(share, ops.subtract(super_res, high_res)))
    squares = ops.sum(ops.square(input_gradient(critic, mix)), axis=_PICTURE)
    return ops.sqrt(ops.maximum(squares, _TINY))


def gradient_penalty(norms):
    """Computes the mean of (norm - 1)^2 over `gradient_norms`; not weighted.

    Reference:
        Gulrajani et al., 2017, Improved Training of Wasserstein GANs, Eq. 3 and Algorithm 1.
    """
    return ops.mean(ops.square(norms - 1.0))


def _mean(values):
    """Computes the mean in float32 also of half-precision scores, which TensorFlow never mixes."""
    return ops.mean(ops.cast(values, "float32"))
