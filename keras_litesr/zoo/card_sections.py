"""The text of a card, section by section, in Markdown."""

import textwrap
from typing import Any

from keras_litesr.zoo.card_facts import Card

PICTURE = "comparison.png"
CURVES = "training.png"

_METHODS = {"wgan_gp": "Wasserstein GAN with gradient penalty", "srgan": "SRGAN without VGG loss"}
_OF_ZOO = """\
model = keras_litesr.load("{name}")  # a plain keras.Model
large = keras_litesr.upscale("photo.jpg", model="{name}")  # a Pillow image"""
_OF_FOLDER = """\
# address: hf://user/name, kaggle://user/model/keras/variation, or a folder
model = keras_litesr.load(address)  # a plain keras.Model
large = keras_litesr.upscale("photo.jpg", model=address)  # a Pillow image"""


def card_text(
    card: Card,
    metadata: dict[str, Any],
    results: dict[str, Any],
    *,
    has_picture: bool,
    has_curves: bool = False,
    in_zoo: bool,
) -> str:
    """Writes everything below the YAML head.

    Args:
        card: The author's facts.
        metadata: The preset's.
        results: The preset's, empty when it was not measured.
        has_picture: Whether the folder has a `comparison.png`.
        has_curves: Whether it has a `training.png`.
        in_zoo: Whether `keras_litesr.load` knows the model by name.
    """
    sections = [f"# {card.title}", _filled(card.summary)]
    if has_picture:
        sections.append(f"![Low resolution, bicubic, {card.title} and the original]({PICTURE})")
    sections.append(_use(card, metadata, in_zoo=in_zoo))
    sections.append(f"## Limits\n\n{_filled(card.limits)}")
    sections.append(_figures(metadata, results))
    if metadata["parameter_count"]:
        sections.append(_training(card, metadata.get("training")))
        if has_curves:
            sections.append(f"![Wasserstein estimate, gradient norm, PSNR by epoch]({CURVES})")
    if "commitment" in metadata:
        sections.append(_origin(metadata))
    sections.append(f"## Licence\n\n{_filled(_licence(card))}")
    return "\n\n".join(sections) + "\n"


def _use(card: Card, metadata: dict[str, Any], *, in_zoo: bool) -> str:
    text = _filled(f"""\
{card.use} {card.degradation} Input and output are RGB in [0, 1], any height and width.""")
    code = (_OF_ZOO if in_zoo else _OF_FOLDER).format(name=metadata["name"])
    return f"## Use\n\n{text}\n\n```python\nimport keras_litesr\n\n{code}\n```"


def _figures(facts: dict[str, Any], measured: dict[str, Any]) -> str:
    size = f"{facts['parameter_count']:,} parameters"
    radius = f"an output pixel sees {facts['receptive_radius']} low-resolution pixels far"
    if not measured:
        text = _filled(f"""\
{size}; {radius}. Enlargement x{facts["scale"]}. Its quality was not measured.""")
        return f"## Figures\n\n{text}"
    million = measured["multiply_adds"] / 1e6
    side = 128 * facts["scale"]
    text = _filled(f"""\
{size}; {million:,.1f} million multiply-adds from 128x128 to {side}x{side}; {radius}. Enlargement
x{facts["scale"]}, measured through the TFLite file in LiteRT by `{measured["command"]}`.""")
    return f"""\
## Figures

{text}

{_quality(measured)}

*standard*: BT.601 luma of the rounded picture without a border of {facts["scale"]} pixels.
*paper*: RGB, whole picture. Sharpness: share of the reference's energy above the low-resolution
Nyquist frequency that is restored (1 is all), and gradient magnitude similarity deviation (0 is
equal).

{_sharpness(measured)}

{_files(facts["name"], measured["files"])}"""


def _quality(measured: dict[str, Any]) -> str:
    rows = [
        f"| {data} | {protocol} | {row[protocol]['psnr']:.2f} | {row[protocol]['ssim']:.4f} |"
        for data, row in measured["files"]["float32"]["quality"].items()
        for protocol in ("standard", "paper")
    ]
    return "\n".join(["| set | protocol | PSNR (dB) | SSIM |", "| :-- | :-- | --: | --: |", *rows])


def _sharpness(measured: dict[str, Any]) -> str:
    rows = [
        f"| {data} | {row['sharpness']['high_frequency_energy']:.3f} | "
        f"{row['sharpness']['gmsd']:.4f} |"
        for data, row in measured["files"]["float32"]["quality"].items()
    ]
    return "\n".join(["| set | high-frequency energy | GMSD |", "| :-- | --: | --: |", *rows])


def _files(name: str, files: dict[str, Any]) -> str:
    sets = list(files["float32"]["quality"])
    lines = [
        f"| file | kB | {' | '.join(sets)} |",
        f"| :-- | --: |{' --: |' * len(sets)}",
    ]
    for dtype, row in files.items():
        cells = [f"{row['quality'][data]['standard']['psnr']:.2f}" for data in sets]
        size = f"{row['size_bytes'] / 1000:,.0f}"
        lines.append(f"| `{name}_{dtype}.tflite` | {size} | {' | '.join(cells)} |")
    table = "\n".join(lines)
    whole = " `int8` takes and gives 8-bit pixels." if "int8" in files else ""
    text = _filled(f"""\
PSNR in dB of each file in the standard protocol. Those of `float32` and `float16` take and give
float32 RGB in [0, 1].{whole} All take any size.""")
    return f"{text}\n\n{table}"


def _training(card: Card, training: dict[str, Any] | None) -> str:
    if training is None:
        command, text = card.command, _filled(f"Trained on {card.hardware}.")
    else:
        command, text = training["command"], _run(training)
    return f"""\
## Training

`{command}`

{text}

{_filled(f"Data: {card.data}")}"""


def _run(training: dict[str, Any]) -> str:
    patch = f"{training['patch_size']}x{training['patch_size']}"
    adversarial = training.get("kind", "pixel") != "pixel"
    released = (
        f"Released is the average of the weights after step {training['best_step']:,}, "
        + ("the last, with" if adversarial else "which had the best PSNR on the validation photos:")
        + f" {training['validation_psnr']:.2f} dB on luma"
        + (" of the validation photos." if adversarial else ".")
    )
    return _filled(f"""\
{training["steps"]:,} steps of {training["batch_size"]} patches of {patch} low-resolution pixels in
{training["minutes"]:.0f} minutes on {training["hardware"]}; seed {training["seed"]}.
{_adversary(training) if adversarial else ""} {_start(training)} {released} {training["note"]}""")


def _adversary(training: dict[str, Any]) -> str:
    method = _METHODS[training["kind"]]
    return f"""\
{method}, {training["critic_steps"]} critic steps a step, adversarial weight
{training["adversarial_weight"]:g} (0 in the first {training["critic_warmup_steps"]} steps), pixel
weight {training["pixel_weight"]:g} with the loss `{training["loss"]}`."""


def _start(training: dict[str, Any]) -> str:
    return f"It began with the weights of {training['start']}." if training.get("start") else ""


def _origin(metadata: dict[str, Any]) -> str:
    name = metadata["name"]
    text = _filled("""\
The weights carry their owner's mark. Whoever is shown the owner's key can read it from this model
and from its TFLite files with `litesr protect verify`, and the commitment below, which was
published with the model, shows that the key is older than the dispute.""")
    return f"""\
## Origin

{text}

`{metadata["commitment"]["sha256"]}`

`litesr protect check {name}` tells whether the files are those that were released."""


def _licence(card: Card) -> str:
    if card.licence == "other":
        link = card.licence_link
        link = f"<{link}>" if link.startswith("http") else f"[{link}]({link})"
        terms = f"{card.licence_name}, {link}"
    else:
        terms = f"`{card.licence}`"
    return f"{terms}. The code that runs it, keras_litesr, is under the Apache License 2.0."


def _filled(text: str) -> str:
    return textwrap.fill(
        " ".join(text.split()), width=100, break_long_words=False, break_on_hyphens=False
    )
