"""The command `litesr` itself: what its commands share."""

import sys
from importlib import import_module

import click

from keras_litesr.cli.errors import explained

_EXAMPLES = """\b
Examples:
  litesr demo                     try it on a bundled photo
  litesr upscale photo.jpg        writes photo_x4.jpg
  litesr upscale holidays/        writes holidays_x4/ with the same subfolders
  litesr list                     the models and what they cost
  litesr COMMAND --help           more examples and every option

Exit codes: 0 done, 1 some pictures failed, 2 wrong usage, 130 stopped by Ctrl-C.
"""
# Name to module, function and line of help: a command is imported only when it is called.
COMMANDS = {
    "upscale": ("upscale", "upscale", "Enlarges pictures and folders of pictures."),
    "list": ("models", "list_models", "Lists the models of the zoo."),
    "info": ("models", "info", "Shows a model's parameters and multiply-adds, layer by layer."),
    "evaluate": ("evaluate", "evaluate", "Measures models on folders of pictures."),
    "convert": ("convert", "convert", "Converts a model for phones and other runtimes."),
    "demo": ("demo", "demo", "Enlarges a bundled photo and puts the bicubic one beside it."),
}


class Litesr(click.Group):
    """Imports commands when they are needed and turns errors into one line."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names the commands in the order of the help page."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Imports a command."""
        if name not in COMMANDS:
            return None
        module, function, _ = COMMANDS[name]
        return getattr(import_module(f"keras_litesr.cli.{module}"), function)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Lists the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (*_, summary) in COMMANDS.items()])

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Takes `--debug` behind the command as well."""
        options = args[: args.index("--")] if "--" in args else args
        if "--debug" in options:
            args.remove("--debug")
            args.insert(0, "--debug")
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context):
        """Runs a command; a traceback is shown with `--debug` only."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("litesr: stopped; no output is left half-written.", err=True)
            sys.exit(130)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except Exception as error:
            if ctx.params["debug"]:
                raise
            click.echo(f"litesr: {explained(error)}", err=True)
            sys.exit(2 if isinstance(error, (ValueError, OSError)) else 1)


@click.group(
    cls=Litesr,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=_EXAMPLES,
)
@click.version_option(package_name="keras_litesr")
@click.option("--debug", is_flag=True, help="Show tracebacks; may also stand behind the command.")
def main(debug: bool) -> None:
    """Makes pictures four times as large per side with small neural networks."""
