"""Paragraphs and tables of a card, in Markdown."""

import textwrap


def filled(text: str) -> str:
    """Breaks a paragraph into lines of at most 100 characters, never inside a word."""
    return textwrap.fill(
        " ".join(text.split()), width=100, break_long_words=False, break_on_hyphens=False
    )


def table(heads: list[str], rows: list[list[str]], *, left: int = 1) -> str:
    """Writes a table whose columns are right-aligned but for so many on the left."""
    marks = [":--"] * left + ["--:"] * (len(heads) - left)
    return "\n".join(f"| {' | '.join(line)} |" for line in (heads, marks, *rows))
