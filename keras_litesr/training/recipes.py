"""How each preset is trained: one row a preset."""

from dataclasses import dataclass


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


RECIPES = {
    "lite_x4": Recipe(steps=30_000),
}
