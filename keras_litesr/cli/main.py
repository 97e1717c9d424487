"""The command `litesr` itself: what its commands share."""

import sys
import traceback

import click

from keras_litesr.cli.errors import explained
from keras_litesr.cli.lazy import LazyGroup
from keras_litesr.cli.signals import ending_in_order
from keras_litesr.failures import TrainingError
from keras_litesr.silence import hush_tensorflow

_EXAMPLES = """\b
Examples:
  litesr demo                     try it on a bundled photo
  litesr upscale photo.jpg        writes photo_x4.jpg
  litesr upscale holidays/        writes holidays_x4/ with the same subfolders
  litesr list                     the models and what they cost
  litesr COMMAND --help           more examples and every option

Exit codes: 0 done, 1 some pictures or a training failed, 2 wrong usage or a defect, 130 stopped by
Ctrl-C, 143 by kill or a shutdown, 129 as the terminal was closed.
"""
COMMANDS = {
    "upscale": ("upscale", "upscale", "Enlarges pictures, folders of pictures, and videos."),
    "list": ("models", "list_models", "Lists the models of the zoo."),
    "info": ("models", "info", "Shows a model's parameters and multiply-adds, layer by layer."),
    "evaluate": ("evaluate", "evaluate", "Measures models on folders of pictures."),
    "convert": ("convert", "convert", "Converts a model for phones and other runtimes."),
    "prune": ("pruning", "prune", "Makes a model smaller: removes filters or zeroes weights."),
    "train": ("train", "train", "Trains a preset from folders of photos."),
    "share": ("share", "share", "Saves, checks, pushes and pulls preset folders."),
    "protect": ("protect", "protect", "Marks, signs, verifies and compares models."),
    "demo": ("demo", "demo", "Enlarges a bundled photo and puts the bicubic one beside it."),
}


class Litesr(LazyGroup):
    """Takes `--debug` anywhere and turns errors into one line."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Takes `--debug` behind the command as well."""
        options = args[: args.index("--")] if "--" in args else args
        if "--debug" in options:
            args.remove("--debug")
            args.insert(0, "--debug")
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context):
        """Runs a command; a traceback is shown with `--debug` only."""
        hush_tensorflow()
        try:
            with ending_in_order():
                return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("litesr: stopped; no output is left half-written.", err=True)
            sys.exit(130)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except Exception as error:
            if ctx.params["debug"]:
                traceback.print_exc()
            else:
                click.echo(f"litesr: {explained(error)}", err=True)
            # 1 is an answer, that of `protect` for instance, or that a training came to nothing.
            sys.exit(1 if isinstance(error, TrainingError) else 2)


@click.group(
    cls=Litesr,
    commands=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=_EXAMPLES,
)
@click.version_option(package_name="keras_litesr")
@click.option("--debug", is_flag=True, help="Show tracebacks; may also stand behind the command.")
def main(debug: bool) -> None:
    """Makes pictures four times as large per side with small neural networks."""
