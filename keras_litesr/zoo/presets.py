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
        licence: SPDX name.
        data: Pictures it was trained on and their terms; empty for a model without weights.
        published: PSNR (dB, standard protocol) by data set, as printed in `source`.
        source: Who published these figures.
    """

    architecture: str
    scale: int
    summary: str
    use: str
    licence: str = "apache-2.0"
    data: str = ""
    arguments: dict[str, Any] = field(default_factory=dict)
    published: dict[str, float] = field(default_factory=dict)
    source: str = ""


_LEARNT_FROM_FREE_PICTURES: dict[str, Any] = {
    "licence": "cc-by-sa-4.0",
    "data": (
        "691 crops of photos of 480 to 640 pixels a side, made from larger or lossless originals: "
        "CID22 (CC BY-SA 4.0, Cloudinary), ubuntukylin and ubuntu-wallpapers (CC BY-SA 3.0), "
        "xubuntu-community (CC BY, CC BY-SA or CC0 by file), gb82, budgie and elementary (CC0), "
        "pop-os (public domain), akc-commons and wikipedia49 (Creative Commons or public domain "
        "by file), aerial-odm (BSD-2-Clause or CC0)."
    ),
}

PRESETS = {
    "bicubic_x4": Preset(
        architecture="bicubic",
        scale=4,
        summary="Bicubic enlargement as a network without weights.",
        use="The floor that every other model is compared with.",
    ),
    "lite_x4": Preset(
        architecture="lite",
        arguments={"filters": 48, "num_blocks": 12, "negative_slope": 0},
        scale=4,
        summary="The paper's method: a light separable generator trained against a critic.",
        use=(
            "The default for enlarging photos four times per side. Trained as a Wasserstein GAN "
            "with gradient penalty plus a pixel loss, it restores more of the fine detail than "
            "lite_psnr_x4, from which it was trained on, and pays for it in PSNR. What it paints "
            "is plausible, not evidence: use lite_psnr_x4 where every pixel has to be faithful."
        ),
        **_LEARNT_FROM_FREE_PICTURES,
    ),
    "lite_psnr_x4": Preset(
        architecture="lite",
        arguments={"filters": 48, "num_blocks": 12, "negative_slope": 0},
        scale=4,
        summary="Twelve inverted separable blocks at low resolution over a bicubic skip.",
        use=(
            "Enlarging photos four times per side where fidelity counts, and the start for "
            "training relatives. Trained for pixel fidelity, it sharpens edges but invents no "
            "texture."
        ),
        **_LEARNT_FROM_FREE_PICTURES,
    ),
    "lite_large_x4": Preset(
        architecture="lite",
        arguments={"filters": 48, "num_blocks": 20, "negative_slope": 0},
        scale=4,
        summary="Twenty blocks in place of the twelve of lite_psnr_x4, trained on.",
        use=(
            "The most faithful one, where there is time for it: it takes 1.6 times as long as "
            "lite_psnr_x4. In float32 or float16, that is: in eight bits it has little more than "
            "that one. Trained for pixel fidelity, it sharpens edges but invents no texture."
        ),
        **_LEARNT_FROM_FREE_PICTURES,
    ),
    "lite_small_x4": Preset(
        architecture="lite",
        arguments={"filters": 48, "num_blocks": 9, "negative_slope": 0},
        scale=4,
        summary="Nine blocks of lite_psnr_x4 in place of twelve, trained on.",
        use=(
            "Apps that have a little less time than lite_psnr_x4 takes: in eight bits it takes 0.7 "
            "to 1 times as long as FSRCNN, which enlarges brightness alone. Trained for pixel "
            "fidelity."
        ),
        **_LEARNT_FROM_FREE_PICTURES,
    ),
    "lite_tiny_x4": Preset(
        architecture="lite",
        arguments={"filters": 32, "num_blocks": 5, "negative_slope": 0},
        scale=4,
        summary="Five inverted separable blocks of 32 channels at low resolution: the fastest one.",
        use=(
            "Phones and video, where a picture has to be ready in milliseconds. Trained for pixel "
            "fidelity; lite_psnr_x4 restores more where there is time."
        ),
        **_LEARNT_FROM_FREE_PICTURES,
    ),
    "separable_srresnet_x4": Preset(
        architecture="separable_srresnet",
        scale=4,
        summary="The paper's generator read literally: SRResNet with every convolution separable.",
        use=(
            "Comparison: it has an eighth of SRResNet's parameters but no less waiting time, "
            "because its last layers work at high resolution. lite_psnr_x4 is lighter and better."
        ),
        **_LEARNT_FROM_FREE_PICTURES,
    ),
    "srcnn_x4": Preset(
        architecture="srcnn",
        scale=4,
        summary="SRCNN (Dong et al., 2014): three convolutions over the bicubic enlargement.",
        use="Comparison: the first super-resolution network, one of the paper's baselines.",
        **_LEARNT_FROM_FREE_PICTURES,
        published={"Set5": 30.48, "Set14": 27.49, "BSD100": 26.90},
        source="Kim et al., 2016, Table 3, with the weights of Dong et al.",
    ),
    "srresnet_x4": Preset(
        architecture="srresnet",
        scale=4,
        summary="SRResNet (Ledig et al., 2017): sixteen residual blocks of full convolutions.",
        use="Comparison: the big model in whose place a light one is released.",
        **_LEARNT_FROM_FREE_PICTURES,
        published={"Set5": 32.05, "Set14": 28.49, "BSD100": 27.58},
        source="Ledig et al., 2017, Table 2",
    ),
    "srgan_x4": Preset(
        architecture="srresnet",
        scale=4,
        summary="SRGAN (Ledig et al., 2017): SRResNet trained on against a discriminator.",
        use="Comparison: the adversarial baseline of the paper; ours was trained without VGG loss.",
        **_LEARNT_FROM_FREE_PICTURES,
        published={"Set5": 29.40, "Set14": 26.02, "BSD100": 25.16},
        source="Ledig et al., 2017, Table 2",
    ),
}
