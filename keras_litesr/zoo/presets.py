"""The zoo's models, one row of facts each."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Preset:
    """A model of the zoo.

    Attributes:
        architecture: Builder in `keras_litesr.models` that makes the network.
        arguments: Keyword arguments of the builder.
        scale: Enlargement per side.
        summary: What it is and what it is for, in one line.
    """

    architecture: str
    scale: int
    summary: str
    arguments: dict[str, Any] = field(default_factory=dict)


PRESETS = {
    "bicubic_x4": Preset(
        architecture="bicubic",
        scale=4,
        summary="Bicubic enlargement as a network without weights; the floor to compare with.",
    ),
    "lite_x4": Preset(
        architecture="lite",
        arguments={"filters": 48, "num_blocks": 12},
        scale=4,
        summary="Separable convolutions at low resolution; the zoo's default enlarger.",
    ),
}


def presets() -> dict[str, Preset]:
    """Returns the zoo's rows by name.

    Example:
        >>> "lite_x4" in presets()
        True
    """
    return dict(PRESETS)
