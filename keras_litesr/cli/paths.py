"""Paths on the command line."""

from pathlib import Path

import click


class NamedPath(click.Path):
    """A path that is not empty: an unset variable of the shell would mean the working folder.

    Args:
        **options: Those of `click.Path`.
    """

    def __init__(self, **options):
        super().__init__(path_type=Path, **options)

    def convert(self, value, param, ctx):
        """Refuses an empty path."""
        if value == "":
            self.fail("Expected a path, received an empty one. Name a file or folder.", param, ctx)
        return super().convert(value, param, ctx)
