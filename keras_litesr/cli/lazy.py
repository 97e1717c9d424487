"""Groups of commands that are imported only when they are called."""

from importlib import import_module

import click


class LazyGroup(click.Group):
    """Imports commands when they are needed.

    Args:
        commands: Name to module in `keras_litesr.cli`, function, and line of help.
        **kwargs: What else `click.Group` takes.
    """

    def __init__(self, *args, commands: dict[str, tuple[str, str, str]], **kwargs):
        super().__init__(*args, **kwargs)
        self.table = commands

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names the commands in the order of the help page."""
        return list(self.table)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Imports a command."""
        if name not in self.table:
            return None
        module, function, _ = self.table[name]
        return getattr(import_module(f"keras_litesr.cli.{module}"), function)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Lists the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (*_, summary) in self.table.items()])
