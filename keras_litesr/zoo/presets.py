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
        summary: What it is, in one line.
        use: What it is for, and what it is not for.
        licence: SPDX name, or `other` where the training data restrict the use.
        data: Pictures it was trained on and their terms; empty for a model without weights.
    """

    architecture: str
    scale: int
    summary: str
    use: str
    licence: str = "apache-2.0"
    data: str = ""
    arguments: dict[str, Any] = field(default_factory=dict)


_PHOTOS = (
    "691 crops of photos of 480 to 640 pixels a side, made from larger or lossless originals: "
    "CID22 (CC BY-SA 4.0, Cloudinary), ubuntukylin and ubuntu-wallpapers (CC BY-SA 3.0), "
    "xubuntu-community (CC BY, CC BY-SA or CC0 by file), gb82, budgie and elementary (CC0), "
    "pop-os (public domain), akc-commons and wikipedia49 (Creative Commons or public domain by "
    "file), aerial-odm (BSD-2-Clause or CC0)"
)
_BSDS = (
    "the 400 training and test pictures of BSDS500 (Berkeley), whose terms allow non-commercial "
    "research only"
)

PRESETS = {
    "bicubic_x4": Preset(
        architecture="bicubic",
        scale=4,
        summary="Bicubic enlargement as a network without weights.",
        use="The floor that every other model is compared with.",
    ),
    "lite_x4": Preset(
        architecture="lite",
        arguments={"filters": 48, "num_blocks": 12},
        scale=4,
        summary="Twelve inverted separable blocks at low resolution over a bicubic skip.",
        use=(
            "The default for enlarging photos four times per side, and the start for training "
            "relatives. Trained for pixel fidelity, it sharpens edges but invents no texture."
        ),
        licence="other",
        data=f"{_PHOTOS}; and {_BSDS}.",
    ),
}


def presets() -> dict[str, Preset]:
    """Returns the zoo's rows by name.

    Example:
        >>> "lite_x4" in presets()
        True
    """
    return dict(PRESETS)
