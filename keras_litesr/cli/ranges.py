"""Numbers of options, within bounds."""

import argparse
import math

import click

SEEDS = click.IntRange(0, 2**31 - 1)  # that Keras takes on Torch


def count(text: str) -> int:
    """Reads a whole number of 1 or more, for options of `argparse`.

    Raises:
        ArgumentTypeError: For a smaller one.
    """
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected 1 or more, received {text!r}")
    return number


class NumberRange(click.FloatRange):
    """A float within bounds, which NaN passes in `click.FloatRange`: it is on no side of them."""

    def convert(self, value, param, ctx):
        """Refuses NaN."""
        number = super().convert(value, param, ctx)
        if math.isnan(number):
            option = param.opts[0] if param else "the option"
            self.fail(f"Expected a number for {option}, received nan.", param, ctx)
        return number
