"""The command group `litesr` and what its commands share."""

import sys

import click

from keras_litesr.cli.demo import demo
from keras_litesr.cli.evaluate import evaluate
from keras_litesr.cli.models import info, list_models
from keras_litesr.cli.upscale import upscale


class Litesr(click.Group):
    """Turns errors that a user can mend into one line; shows the rest as they are."""

    def invoke(self, ctx: click.Context):
        """Runs a command; a traceback is shown with `--debug` only."""
        try:
            return super().invoke(ctx)
        except (ValueError, OSError, MemoryError) as error:
            if ctx.params["debug"]:
                raise
            click.echo(f"litesr: {error or type(error).__name__}", err=True)
            sys.exit(2)
        except KeyboardInterrupt:
            click.echo("litesr: stopped; nothing is left half-written.", err=True)
            sys.exit(130)


@click.group(
    cls=Litesr,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 done, 1 some pictures failed, 2 wrong usage.",
)
@click.version_option(package_name="keras_litesr")
@click.option("--debug", is_flag=True, help="Show tracebacks.")
def main(debug: bool) -> None:
    """Makes pictures four times as large per side with small neural networks.

    \b
    litesr demo                     try it on a bundled photo
    litesr upscale photo.jpg        writes photo_x4.jpg
    litesr upscale holidays/        writes holidays_x4/ with the same subfolders
    litesr list                     the models and what they cost
    """


for command in (upscale, list_models, info, evaluate, demo):
    main.add_command(command)
