"""What a card has to say that no measurement can: use, limits, licence, data, training."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from keras_litesr.zoo.folders import PresetError


@dataclass(frozen=True, kw_only=True)
class Card:
    """The author's part of a model card; the rest comes from metadata and results.

    Attributes:
        title: Heading, as a rule the model's name.
        summary: What it is, in one line.
        use: What it is for, and what it is not for.
        limits: Where it fails or must not be trusted.
        degradation: How pictures have to be reduced for it to work as measured.
        licence: Identifier of the hubs such as `apache-2.0`, or `other`.
        licence_name: Short name of another licence; needed with `other`.
        licence_link: Address of its text, or `LICENSE` for a file of the folder; needed with
            `other`.
        data: Pictures it was trained on and their terms, in words.
        datasets: The same as names that a hub can filter by, in small letters.
        command: Command that trained it, as a reader would type it; it and `hardware` win over
            what the metadata record of a training.
        hardware: What it was trained on and for how long.
        tags: Further words that a hub can filter by.
        picture: PNG file that shows what it does, copied into the folder as `comparison.png`.
    """

    title: str
    summary: str
    use: str
    limits: str
    degradation: str
    licence: str
    licence_name: str = ""
    licence_link: str = ""
    data: str = ""
    datasets: tuple[str, ...] = ()
    command: str = ""
    hardware: str = ""
    tags: tuple[str, ...] = ()
    picture: str = ""

    @property
    def terms(self) -> str:
        """Name of the licence, also where the hubs have none for it."""
        return self.licence_name if self.licence == "other" else self.licence


_REQUIRED = ("title", "summary", "use", "limits", "degradation", "licence")
_OF_ANOTHER_LICENCE = ("licence_name", "licence_link")
_OF_WEIGHTS = ("data", "datasets")
_OF_TRAINING = ("command", "hardware")
_LISTS = ("datasets", "tags")
_NUMBERS = ("minutes", "steps", "best_step", "validation_psnr")
_OF_RUN = ("command", "hardware", "batch_size", "patch_size", "seed", "note")
_NUMBERS_OF_CRITIC = ("critic_steps", "critic_warmup_steps", "adversarial_weight", "pixel_weight")


def card_of(facts: Mapping[str, Any] | Card) -> Card:
    """Makes a card of a mapping, for instance of a JSON file.

    Raises:
        PresetError: When a key is unknown, or a value is neither text nor, for `datasets` and
            `tags`, a list of texts; or when a fact that every card needs is missing.
    """
    if isinstance(facts, Card):
        return facts
    known = [field.name for field in fields(Card)]
    if unknown := [str(name) for name in facts if name not in known]:
        raise PresetError(
            f"Expected a card to have the facts {', '.join(known)}, received also "
            f"{', '.join(unknown)}. Remove them or correct their names."
        )
    given: dict[str, Any] = {name: _checked(name, value) for name, value in facts.items()}
    if missing := [name for name in _REQUIRED if not given.get(name)]:
        raise _incomplete(missing)
    return Card(**given)


def require_complete(card: Card, metadata: Mapping[str, Any]) -> None:
    """Refuses a card that leaves out what a reader has to know about these weights.

    Args:
        card: The author's facts.
        metadata: The preset's; a whole run as `training` in it stands for `command` and
            `hardware` where the card has neither.

    Raises:
        PresetError: When facts are missing; all of them are named.
    """
    needed = list(_REQUIRED)
    if card.licence == "other":
        needed += _OF_ANOTHER_LICENCE
    if metadata["parameter_count"]:
        needed += _OF_WEIGHTS
        if card.command or card.hardware or not is_whole_run(metadata.get("training")):
            needed += _OF_TRAINING
    if missing := [name for name in needed if not getattr(card, name)]:
        raise _incomplete(missing)


def is_whole_run(training: Any) -> bool:
    """Whether the `training` of a preset's metadata tells all that a card says of a run.

    Those that the zoo releases and those of `litesr protect derive` do; `litesr prune` records
    less, and `save_to_preset` takes anything.
    """
    if not isinstance(training, Mapping):
        return False
    numbers, others = [*_NUMBERS], [*_OF_RUN]
    if training.get("kind", "pixel") != "pixel":
        numbers += _NUMBERS_OF_CRITIC
        others.append("loss")
    return all(name in training for name in others) and all(
        isinstance(training.get(name), (int, float)) for name in numbers
    )


def _incomplete(missing: list[str]) -> PresetError:
    return PresetError(f"The card does not say {', '.join(missing)}. Add what is missing.")


def _checked(name: str, value: Any) -> str | tuple[str, ...]:
    if name in _LISTS:
        if isinstance(value, (list, tuple)) and all(isinstance(each, str) for each in value):
            return tuple(each.strip() for each in value if each.strip())
        raise PresetError(f"Expected a list of texts as {name} of the card, received {value!r}.")
    if not isinstance(value, str):
        raise PresetError(f"Expected a text as {name} of the card, received {value!r}.")
    return " ".join(value.split())
