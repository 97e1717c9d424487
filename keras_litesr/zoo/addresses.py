"""Addresses of presets on the hubs: `hf://user/name`, `kaggle://user/model/keras/variation`."""

import re
from dataclasses import dataclass, replace

from keras_litesr.zoo.manifests import PresetError

_PART = r"[A-Za-z0-9][A-Za-z0-9._-]*"
# A path object makes one slash of two.
_FORMS = {
    "hf": re.compile(rf"hf:/{{1,2}}({_PART}/{_PART})(?:@([A-Za-z0-9][A-Za-z0-9._/-]*))?"),
    "kaggle": re.compile(rf"kaggle:/{{1,2}}({_PART}/{_PART}/keras/{_PART})(?:[/@]([0-9]+))?"),
}
_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class Address:
    """Where a preset lies on a hub.

    Attributes:
        hub: `hf` or `kaggle`.
        name: `user/name`, or `user/model/keras/variation`.
        revision: Branch, tag or commit, or number of a Kaggle version; the latest when empty.
    """

    hub: str
    name: str
    revision: str = ""

    def __str__(self) -> str:
        mark = "/" if self.hub == "kaggle" else "@"
        return f"{self.hub}://{self.name}" + (f"{mark}{self.revision}" if self.revision else "")

    @property
    def is_pinned(self) -> bool:
        """Whether it will always lead to the same files: a whole commit, or a version."""
        return bool(self.revision and (self.hub == "kaggle" or _COMMIT.fullmatch(self.revision)))

    def at(self, revision: str) -> "Address":
        """The same place at another revision."""
        return replace(self, revision=revision)


def is_address(text: str) -> bool:
    """Tells whether a text is meant as an address on a hub, well-formed or not."""
    return text.startswith(("hf:/", "kaggle:/"))


def parse(text: str) -> Address:
    """Reads an address.

    Raises:
        PresetError: When it has another form than those above.

    Example:
        >>> parse("hf://ada/lite_x4@v1")
        Address(hub='hf', name='ada/lite_x4', revision='v1')
        >>> str(parse("kaggle://ada/lite/keras/x4@2"))
        'kaggle://ada/lite/keras/x4/2'
    """
    form = _FORMS.get(text.partition(":")[0])
    match = form.fullmatch(text) if form else None
    # Two dots would lead out of the folder in which a client keeps what it knows of a revision.
    if match is None or ".." in text:
        raise PresetError(
            "Expected an address such as hf://user/name, hf://user/name@revision or "
            f"kaggle://user/model/keras/variation, received {text!r}."
        )
    return Address(text.partition(":")[0], match[1], match[2] or "")
