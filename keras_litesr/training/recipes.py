"""Settings to begin a training with, one row a preset.

The cards of the presets say how the released weights came about.
"""

from dataclasses import dataclass, replace
from typing import TypeVar

AnyRecipe = TypeVar("AnyRecipe", bound="Recipe")


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Settings of one pixel training, which releases the weights with the best validation PSNR.

    Attributes:
        steps: Weight updates in all.
        learning_rate: Peak of the cosine schedule.
        warmup_steps: Updates over which the rate rises from 0 to its peak.
        batch_size: Patches a step.
        patch_size: Side of a patch in low-resolution pixels.
        clip_norm: Largest norm of the whole gradient; none for no limit.
        ema_momentum: Share of the weight average kept at each step; the average is released.
        epoch_steps: Steps between two validations and checkpoints.
        loss: Pixel loss, the name of a function in `training.losses`.
        jit_compile: Compile steps with XLA on TensorFlow. On a CPU every recipe is slower with it,
            those with depthwise convolutions several times.
        precision: Keras dtype policy of the generator's layers. `mixed_bfloat16` takes up to half
            the time of a step off on a processor with bfloat16 instructions; weights and picture
            stay float32.
        start: Preset, run folder or weight file whose weights come first; empty for fresh ones.
        grace_steps: Steps after which a run that does no better than bicubic is stopped.
    """

    steps: int
    learning_rate: float = 2e-3
    warmup_steps: int = 500
    batch_size: int = 16
    patch_size: int = 24
    clip_norm: float | None = 1.0
    ema_momentum: float = 0.998
    epoch_steps: int = 500
    loss: str = "l1"
    jit_compile: bool = False
    precision: str = "float32"
    start: str = ""
    grace_steps: int = 2_500

    @property
    def advice(self) -> str:
        """What to change when the training collapses, a sentence."""
        return "Begin another run with half the learning rate, or with another --seed."

    def lasting(self: AnyRecipe, steps: int) -> AnyRecipe:
        """Lays the schedule over another number of steps, rounded up to whole epochs.

        A run shorter than an epoch is one epoch; the warm-up takes at most a tenth.

        Example:
            >>> recipe = Recipe(steps=30_000).lasting(1_200)
            >>> recipe.steps, recipe.warmup_steps
            (1500, 150)
        """
        epoch_steps = min(self.epoch_steps, steps)
        steps = -(-steps // epoch_steps) * epoch_steps
        warmup_steps = min(self.warmup_steps, steps // 10)
        return replace(self, steps=steps, epoch_steps=epoch_steps, warmup_steps=warmup_steps)


@dataclass(frozen=True, kw_only=True)
class AdversarialRecipe(Recipe):
    """Settings of a training against a critic, which releases the last epoch's averaged weights.

    Validation PSNR does not choose among them: it would choose the first, because sharpness is
    paid for in PSNR.

    Attributes:
        method: `wgan_gp`, the paper's, or `srgan`, the baseline's.
        adversarial_weight: The paper's alpha.
        pixel_weight: The paper's beta.
        critic_steps: Updates of the critic for one of the generator.
        critic_warmup_steps: Steps at the start in which alpha is 0; at most a tenth.
        critic_learning_rate: Of the critic, constant.
    """

    method: str = "wgan_gp"
    adversarial_weight: float = 1e-3
    pixel_weight: float = 1.0
    critic_steps: int = 2
    critic_warmup_steps: int = 80
    critic_learning_rate: float = 1e-4
    learning_rate: float = 1e-4
    warmup_steps: int = 0
    batch_size: int = 8
    clip_norm: float | None = None
    epoch_steps: int = 100
    loss: str = "l2"
    grace_steps: int = 200

    @property
    def advice(self) -> str:
        """What to change when the training collapses, a sentence."""
        return "Begin another run with a third of the --adversarial-weight, or a better start."

    def lasting(self, steps: int) -> "AdversarialRecipe":
        """Lays the schedule over another number of steps, both warm-ups and the grace with it."""
        recipe = super().lasting(steps)
        warmup_steps = min(self.critic_warmup_steps, recipe.steps // 10)
        # A pixel training begins below bicubic and may stay there while it is short; this does not.
        # In a trial of one epoch there is nothing left to stop.
        grace_steps = min(self.grace_steps, max(recipe.steps // 2, recipe.epoch_steps))
        return replace(recipe, critic_warmup_steps=warmup_steps, grace_steps=grace_steps)


RECIPES: dict[str, Recipe] = {
    "lite_psnr_x4": Recipe(
        steps=42_000,
        patch_size=48,
        loss="negative_luma_psnr",
        precision="mixed_bfloat16",
    ),
    "lite_large_x4": Recipe(
        steps=34_000,
        start="lite_psnr_x4",
        learning_rate=1.5e-3,
        batch_size=8,
        patch_size=64,
        loss="negative_luma_psnr",
        precision="mixed_bfloat16",
    ),
    "lite_small_x4": Recipe(
        steps=15_000,
        start="lite_psnr_x4",
        learning_rate=1.5e-3,
        patch_size=48,
        loss="negative_luma_psnr",
        precision="mixed_bfloat16",
    ),
    "lite_tiny_x4": Recipe(
        steps=36_000,
        patch_size=48,
        loss="negative_luma_psnr",
        precision="mixed_bfloat16",
    ),
    "lite_x4": AdversarialRecipe(
        steps=900,
        start="lite_psnr_x4",
        adversarial_weight=3.5e-3,
        loss="l2_and_gmsd",
        precision="mixed_bfloat16",
    ),
    "separable_srresnet_x4": Recipe(
        steps=13_000,
        learning_rate=1e-3,
        warmup_steps=200,
        batch_size=8,
        loss="mse",
        grace_steps=10_000,
        precision="mixed_bfloat16",
    ),
    "srcnn_x4": Recipe(
        steps=24_000,
        learning_rate=1e-3,
        patch_size=12,
        loss="mse",
        grace_steps=7_500,
        precision="mixed_bfloat16",
    ),
    "srresnet_x4": Recipe(
        steps=14_000,
        learning_rate=1e-3,
        warmup_steps=200,
        batch_size=8,
        loss="mse",
        grace_steps=10_000,
        precision="mixed_bfloat16",
    ),
    # Ledig's weight of 1e-3 is for pictures in [-1, 1], whose squared errors are four times these.
    "srgan_x4": AdversarialRecipe(
        steps=1_000,
        method="srgan",
        start="srresnet_x4",
        adversarial_weight=2.5e-4,
        loss="mse",
        batch_size=4,
        critic_steps=1,
        critic_warmup_steps=0,
        precision="mixed_bfloat16",
    ),
}
