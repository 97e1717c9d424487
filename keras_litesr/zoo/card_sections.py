"""The text of a card, section by section, in Markdown."""

from typing import Any

from keras_litesr.zoo.card_facts import Card, is_whole_run
from keras_litesr.zoo.card_figures import figures
from keras_litesr.zoo.card_prose import filled

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
    sections = [f"# {card.title}", filled(card.summary)]
    if has_picture:
        sections.append(f"![Low resolution, bicubic, {card.title} and the original]({PICTURE})")
    sections.append(_use(card, metadata, in_zoo=in_zoo))
    sections.append(f"## Limits\n\n{filled(card.limits)}")
    sections.append(figures(metadata, results))
    if metadata["parameter_count"]:
        sections.append(_training(card, metadata.get("training")))
        if has_curves:
            sections.append(f"![What the critic measured, and validation PSNR, by epoch]({CURVES})")
    if "commitment" in metadata:
        sections.append(_origin(metadata, in_zoo=in_zoo))
    sections.append(f"## Licence\n\n{filled(_licence(card))}")
    return "\n\n".join(sections) + "\n"


def _use(card: Card, metadata: dict[str, Any], *, in_zoo: bool) -> str:
    text = filled(f"""\
{card.use} {card.degradation} Input and output are RGB in [0, 1], any height and width.""")
    code = (_OF_ZOO if in_zoo else _OF_FOLDER).format(name=metadata["name"])
    return f"## Use\n\n{text}\n\n```python\nimport keras_litesr\n\n{code}\n```"


def _training(card: Card, training: Any) -> str:
    if card.command or not is_whole_run(training):  # what the author says wins over the record
        command, text = card.command, filled(f"Trained on {card.hardware}.")
    else:
        command, text = training["command"], _run(training)
    return f"""\
## Training

`{command}`

{text}

{filled(f"Data: {card.data}")}"""


def _run(training: dict[str, Any]) -> str:
    patch = f"{training['patch_size']}x{training['patch_size']}"
    adversarial = training.get("kind", "pixel") != "pixel"
    released = (
        f"Released is the average of the weights after step {training['best_step']:,}, "
        + ("the last, with" if adversarial else "which had the best PSNR on the validation photos:")
        + f" {training['validation_psnr']:.2f} dB on luma"
        + (" of the validation photos." if adversarial else ".")
    )
    loss = f"The loss is `{training.get('loss', 'l1')}`."
    lesson = _adversary(training) if adversarial else loss
    return filled(f"""\
{training["steps"]:,} steps of {training["batch_size"]} patches of {patch} low-resolution
pixels{_precision(training)} in {training["minutes"]:.0f} minutes on {training["hardware"]}; seed
{training["seed"]}.
{lesson} {_start(training)} {released} {training["note"]}""")


def _precision(training: dict[str, Any]) -> str:
    precision = training.get("precision", "float32")
    return "" if precision == "float32" else f" in {precision.replace('_', ' ')}"


def _adversary(training: dict[str, Any]) -> str:
    method = _METHODS.get(training["kind"], training["kind"])
    turns, warmup = training["critic_steps"], training["critic_warmup_steps"]
    steps = "step" if turns == 1 else "steps"
    zero = f" (0 in the first {warmup} steps)" if warmup else ""
    return f"""\
{method}, {turns} critic {steps} a step, adversarial weight
{training["adversarial_weight"]:g}{zero}, pixel weight {training["pixel_weight"]:g} with the loss
`{training["loss"]}`."""


def _start(training: dict[str, Any]) -> str:
    return f"It began with the weights of {training['start']}." if training.get("start") else ""


_KEPT = """\
The weights carry their owner's mark. Whoever is shown the owner's key can read it from this model
and from its TFLite files with `litesr protect verify`. The commitment below was published with the
model, so the key is older than any copy of it."""
_LOST = """\
The weights carry a mark whose key has been lost since, so that nobody can read it any more. Where
they come from is shown by the signature alone. Below is the commitment to that key."""


# A card is part of what is signed, so that it cannot know whether its folder is.
_CHECK_OF_ZOO = (
    "`litesr protect check {name}` tells whether the files are those that were released."
)
_CHECK_OF_FOLDER = """\
Where the folder `{name}` is signed, `litesr protect check ./{name} --public-key release.pub` tells
whether the files are those that were released; `release.pub` is the public key that its owner gives
you."""


def _origin(metadata: dict[str, Any], *, in_zoo: bool) -> str:
    name, commitment = metadata["name"], metadata["commitment"]
    text = filled(_LOST if commitment.get("key_lost") else _KEPT)
    if "marking" in commitment:
        text += f"\n\n{filled(_marking(commitment['marking']))}"
    check = _CHECK_OF_ZOO if in_zoo else _CHECK_OF_FOLDER
    return f"""\
## Origin

{text}

`{commitment["sha256"]}`

{filled(check.format(name=name))}"""


def _marking(marking: dict[str, Any]) -> str:
    options = "".join(
        f" --{name} {marking[name]}" for name in ("steps", "seed") if marking.get(name)
    )
    command = f"`litesr protect mark --margin {marking['margin']:g}{options}`"
    if "validation_psnr" not in marking:
        return f"It was marked by {command}."
    before, after = marking["validation_psnr"]
    return f"""\
It was marked by {command}, from {before:.3f} to {after:.3f} dB on luma of the validation photos."""


def _licence(card: Card) -> str:
    if card.licence == "other":
        link = card.licence_link
        link = f"<{link}>" if link.startswith("http") else f"[{link}]({link})"
        terms = f"{card.licence_name}, {link}"
    else:
        terms = f"`{card.licence}`"
    return f"{terms}. The code that runs it, keras_litesr, is under the Apache License 2.0."
