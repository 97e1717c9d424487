"""`litesr protect`: what an owner does for a model, and what anyone can check of it."""

import click

from keras_litesr.cli.lazy import LazyGroup

_EXAMPLES = """\b
An owner's way:
  litesr protect keygen owner.key --name "Ada Lovelace"
  litesr protect mark my_preset --key owner.key --data photos/ -o marked_preset
  litesr convert ./marked_preset -o marked_preset/marked_preset_float32.tflite
  litesr protect sign marked_preset --private-key release.pem
  litesr protect check marked_preset --public-key release.pub
  litesr protect verify suspect.tflite --key owner.key

Exit codes: 0 yes, 1 no, 2 could not tell or wrong usage, 130 stopped by Ctrl-C.
"""
COMMANDS = {
    "keygen": ("keygen", "keygen", "Makes an owner key, or a key pair for signatures."),
    "mark": ("mark", "mark", "Puts the owner's mark into a model's weights."),
    "verify": ("verify", "verify", "Reads the owner's mark from a suspect model."),
    "attack": ("attack", "attack", "Attacks a marked model and measures what is left."),
    "sign": ("sign", "sign", "Signs a preset folder."),
    "check": ("sign", "check", "Checks a folder's signature, manifest and commitment."),
    "overlap": ("overlap", "overlap", "Compares the weights of two models."),
    "derive": ("derive", "derive", "Trains a light model on a big one's answers."),
}


@click.group(cls=LazyGroup, commands=COMMANDS, epilog=_EXAMPLES)
def protect() -> None:
    """Marks, signs, verifies and compares models.

    It stops nobody from copying; it proves. SECURITY.md says what exactly. Signing, attacking and
    comparing need `pip install 'keras_litesr[protect]'`.
    """
