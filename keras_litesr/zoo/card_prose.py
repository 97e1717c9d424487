"""Paragraphs of a card, filled to the width of its lines."""

import textwrap


def filled(text: str) -> str:
    """Breaks a paragraph into lines of at most 100 characters, never inside a word."""
    return textwrap.fill(
        " ".join(text.split()), width=100, break_long_words=False, break_on_hyphens=False
    )
