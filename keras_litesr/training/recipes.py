"""How each preset is trained: one row a preset."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Settings of one pixel training.

    Attributes:
        steps: Weight updates in all.
        learning_rate: Peak of the cosine schedule.
        warmup_steps: Updates over which the rate rises from 0 to its peak.
        batch_size: Patches a step.
        patch_size: Side of a patch in low-resolution pixels.
        clip_norm: Largest norm of the whole gradient.
        ema_momentum: Share of the weight average kept at each step; the average is released.
        epoch_steps: Steps between two validations and checkpoints.
    """

    steps: int
    learning_rate: float = 2e-3
    warmup_steps: int = 500
    batch_size: int = 16
    patch_size: int = 24
    clip_norm: float = 1.0
    ema_momentum: float = 0.998
    epoch_steps: int = 500

    def lasting(self, steps: int) -> "Recipe":
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


RECIPES = {
    "lite_x4": Recipe(steps=30_000),
}
