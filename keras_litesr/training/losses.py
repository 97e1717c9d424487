"""Pixel losses, those of a Wasserstein GAN with gradient penalty, and those of SRGAN."""

import math
from collections.abc import Callable

import keras
from keras import ops

from keras_litesr.images.colour import LUMA_WEIGHTS
from keras_litesr.training.autodiff import input_gradient

_PICTURE = (1, 2, 3)
_TINY = 1e-12


@keras.saving.register_keras_serializable(package="keras_litesr")
def l1(high_res, super_res):
    """Computes the mean absolute difference of each picture.

    Args:
        high_res: `(batch, height, width, channels)`, the original.
        super_res: The same shape, what the model made.

    Returns:
        `(batch,)`.
    """
    return ops.mean(ops.abs(ops.subtract(super_res, high_res)), axis=_PICTURE)


@keras.saving.register_keras_serializable(package="keras_litesr")
def mse(high_res, super_res):
    """Computes the mean squared difference of each picture; shapes as in `l1`."""
    return ops.mean(ops.square(ops.subtract(super_res, high_res)), axis=_PICTURE)


@keras.saving.register_keras_serializable(package="keras_litesr")
def charbonnier(high_res, super_res, *, epsilon: float = 1e-3):
    """Computes the mean of sqrt(difference^2 + epsilon^2): L1 with a rounded tip.

    Reference:
        Lai et al., 2017, Deep Laplacian Pyramid Networks, section 3.3.
    """
    squares = ops.square(ops.subtract(super_res, high_res)) + epsilon**2
    return ops.mean(ops.sqrt(squares), axis=_PICTURE)


@keras.saving.register_keras_serializable(package="keras_litesr")
def l2(high_res, super_res):
    """Computes the paper's pixel loss: the L2 norm of the difference, not its square.

    It is divided by the square root of the number of values, so that it does not grow with the
    patch: the root of the mean square of each picture. The gradient of equal pictures is 0.

    Reference:
        Xie et al., Eq. 8.
    """
    return ops.sqrt(ops.maximum(mse(high_res, super_res), _TINY))


@keras.saving.register_keras_serializable(package="keras_litesr")
def negative_psnr(high_res, super_res, *, epsilon: float = 1e-5):
    """Computes the negative PSNR of each picture in dB, at least -50, which stands for equal ones.

    The mean of PSNRs is what a benchmark prints; the mean of squares looks mostly at the pictures
    that are hardest to restore.

    Args:
        high_res: `(batch, height, width, channels)` in [0, 1], the original.
        super_res: The same shape, what the model made.
        epsilon: Added to the mean square, so that equal pictures have a gradient.

    Returns:
        `(batch,)`.

    Reference:
        Chen et al., 2022, Simple Baselines for Image Restoration (PSNR loss).
    """
    return (10 / math.log(10)) * ops.log(mse(high_res, super_res) + epsilon)


@keras.saving.register_keras_serializable(package="keras_litesr")
def negative_luma_psnr(high_res, super_res, *, colour_weight: float = 0.2, epsilon: float = 1e-5):
    """Computes `negative_psnr` of what the field measures, luma, with some weight on all colours.

    Args:
        high_res: `(batch, height, width, 3)` RGB in [0, 1], the original.
        super_res: The same shape, what the model made.
        colour_weight: Share of the mean square of RGB; the rest is that of luma, whose white is 1.
            Without it nothing would keep colours right.
        epsilon: As in `negative_psnr`.

    Returns:
        `(batch,)`.
    """
    to_luma = ops.reshape(ops.convert_to_tensor(LUMA_WEIGHTS, dtype="float32"), (3, 1))
    luma = ops.matmul(ops.subtract(super_res, high_res), to_luma / ops.sum(to_luma))
    of_luma = ops.mean(ops.square(luma), axis=_PICTURE)
    mixed = (1 - colour_weight) * of_luma + colour_weight * mse(high_res, super_res)
    return (10 / math.log(10)) * ops.log(mixed + epsilon)


def by_name(name: str) -> Callable:
    """Finds a pixel loss for a recipe.

    Raises:
        ValueError: For an unknown name.
    """
    losses = (l1, l2, mse, charbonnier, negative_psnr, negative_luma_psnr)
    known = {loss.__name__: loss for loss in losses}
    if name not in known:
        raise ValueError(f"Expected a pixel loss of {', '.join(known)}, received {name!r}.")
    return known[name]


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
    return ops.mean(real_scores) - ops.mean(fake_scores)


def critic_loss(real_scores, fake_scores, penalty, *, gradient_penalty_weight: float = 10.0):
    """Computes what the critic minimises: the negative distance plus the weighted penalty.

    Args:
        real_scores: `(batch, 1)` scores of originals.
        fake_scores: `(batch, 1)` scores of what the model made.
        penalty: What `gradient_penalty` returned.
        gradient_penalty_weight: Gulrajani's lambda.

    Reference:
        Gulrajani et al., 2017, Improved Training of Wasserstein GANs, Eq. 3.
    """
    distance = wasserstein_distance(real_scores, fake_scores)
    return gradient_penalty_weight * penalty - distance


def adversarial_loss(fake_scores):
    """Computes the part of the distance that the generator can lower, -E[C(P(x))]."""
    return -ops.mean(fake_scores)


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
    return ops.mean(ops.softplus(-logits))


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
    return adversarial_weight * adversarial_loss + pixel_weight * ops.mean(pixel_loss)


def gradient_penalty(critic: Callable, high_res, super_res, share):
    """Computes how far the critic's slope is from 1 on the lines between pairs of pictures.

    Args:
        critic: As `slope_norms` takes it.
        high_res: `(batch, height, width, 3)` originals.
        super_res: The same shape, what the model made.
        share: `(batch, 1, 1, 1)` in [0, 1]: how far along its line each picture's point lies.

    Returns:
        Scalar, the mean of (norm of the gradient of the score - 1)^2; not weighted.

    Reference:
        Gulrajani et al., 2017, Improved Training of Wasserstein GANs, Eq. 3 and Algorithm 1.
    """
    return slope_penalty(slope_norms(critic, high_res, super_res, share))


def slope_norms(critic: Callable, high_res, super_res, share):
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
    slope = input_gradient(critic, mix)
    squares = ops.sum(ops.square(slope), axis=_PICTURE)
    return ops.sqrt(ops.maximum(squares, _TINY))


def slope_penalty(norms):
    """Computes the mean of (norm - 1)^2 of what `slope_norms` returned."""
    return ops.mean(ops.square(norms - 1.0))
