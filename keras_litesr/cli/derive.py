"""`litesr protect derive`: a light model in a big one's place, from its answers alone."""

import json
import os
import shlex
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import click

from keras_litesr.cli.folder_lists import ManyFolders
from keras_litesr.cli.paths import NamedPath
from keras_litesr.cli.ranges import SEEDS, NumberRange
from keras_litesr.training.records import LAST
from keras_litesr.zoo.new_folders import require_free, require_plain_name
from keras_litesr.zoo.presets import PRESETS

_EXAMPLES = """\b
Examples:
  litesr protect derive srresnet_x4 -o my_light_x4 --data photos/
  litesr protect derive big.tflite -o light_x4 --data photos/ --student lite_tiny_x4 --minutes 60
  litesr protect derive ./big_x4 -o light_x4 --data photos/ --resume

Exit codes: 0 done, 1 the training diverged, 2 wrong usage or pictures, 130 stopped by Ctrl-C.
"""
_FOLDER = NamedPath()


@click.command(cls=ManyFolders, epilog=_EXAMPLES)
@click.argument("big")
@click.option("-o", "--output", type=_FOLDER, required=True, help="Preset folder to make.")
@click.option(
    "--data",
    type=_FOLDER,
    multiple=True,
    required=True,
    help="Folders of photos to show the big model.",
)
@click.option(
    "--validation",
    type=_FOLDER,
    help="Folder of other photos, which choose the best weights.  [default: a tenth of --data, at "
    "most 20, always the same ones]",
)
@click.option(
    "--student",
    default="lite_tiny_x4",
    show_default=True,
    help="Architecture of the light model: that of a preset of `litesr list`, with fresh weights.",
)
@click.option(
    "--steps",
    type=click.IntRange(1),
    help="Weight updates; more than 500 are rounded up to whole epochs of 500.  [default: 5000]",
)
@click.option(
    "--minutes",
    type=NumberRange(min=0, min_open=True),
    help="As many steps as fit into this time at the speed that is measured first.",
)
@click.option(
    "--seed",
    type=SEEDS,
    help="Seed of the patches and, with the answers, of the first weights.  [default: 0]",
)
@click.option("--name-teacher", is_flag=True, help="Name the big model in card and metadata.")
@click.option(
    "--licence",
    default="unknown",
    show_default=True,
    help="Licence of the light model, as the hubs write it, for instance apache-2.0.",
)
@click.option("--run", type=_FOLDER, help="Folder of the training.  [default: runs/OUTPUT]")
@click.option("--resume", is_flag=True, help="Go on with a training that was stopped.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON at the end.")
def derive(big: str, output: Path, **options) -> None:
    """Trains a light model on a big one's answers, to be released in its place.

    BIG is a name from `litesr list`, a preset folder or a .tflite file. It is asked for pictures
    only: its weights are not looked at, and neither are the original photos. The folder is a full
    preset, which names the seed of the light model's first weights and the SHA-256 of every photo,
    so that anyone can repeat its making. `litesr protect overlap` shows that no weight is shared.
    """
    output = Path(os.path.normpath(output))
    run = options["run"] or Path("runs") / output.name
    _refuse(output, run, options)
    try:
        report = _derive(big, output, run, options)
    except KeyboardInterrupt:
        click.echo(f"\nStopped. {_how_to_go_on(run)}", err=True)
        raise SystemExit(130) from None
    if options["as_json"]:
        click.echo(json.dumps(report, indent=2))
        return
    click.echo(
        f"{output}: {report['parameters']:,} parameters; its pictures are "
        f"{report['training']['validation_psnr']:.2f} dB from the big model's on photos that it "
        f"was not trained on"
    )


def _how_to_go_on(run: Path) -> str:
    if (run / LAST).exists():
        return "The same command with --resume goes on."
    return "Nothing was saved yet: the answers are asked for before the training. Begin again."


def _refuse(output: Path, run: Path, options: dict[str, Any]) -> None:
    if options["student"] not in PRESETS:
        raise click.UsageError(
            f"There is no preset {options['student']!r} for --student; there are "
            f"{', '.join(PRESETS)}."
        )
    if not PRESETS[options["student"]].data:
        raise click.UsageError(
            f"Expected a student that learns, received {options['student']}, which has no weights. "
            "Name another --student."
        )
    if options["steps"] and options["minutes"]:
        raise click.UsageError("Expected one length, received --steps and --minutes.")
    if options["licence"].strip() in ("", "other"):
        raise click.UsageError(
            f"Expected a licence that the hubs have a name for, received {options['licence']!r}. "
            "Give --licence one such as apache-2.0; or leave it out, and state terms of your own "
            "with the card of `litesr share save`."
        )
    require_plain_name(output)
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise click.UsageError(f"{output} exists and is not empty. Name another folder.")
    require_free(output, overwrite=False)
    if not options["resume"] and (run / LAST).exists():
        raise click.UsageError(
            f"{run} holds a training. Go on with --resume, or name another folder with --run."
        )


def _derive(big: str, output: Path, run: Path, options: dict[str, Any]) -> dict[str, Any]:
    from keras_litesr.cli import derivation
    from keras_litesr.cli.answers import Photo, ask
    from keras_litesr.inference.upscaler import Upscaler

    teacher = Upscaler(big)
    _refuse_other_scale(teacher.scale, options["student"])
    recipe, seed = derivation.settings(run, options)
    smallest = recipe.patch_size * teacher.scale
    others = None
    kept: list[Photo] = []
    if options["validation"]:
        others, kept = ask(teacher, [options["validation"]], at_least=smallest)
    pairs, photos = ask(teacher, options["data"], at_least=smallest, besides=kept)
    photos += kept
    with redirect_stdout(sys.stderr):  # Progress is no part of what is printed as JSON.
        model, facts = derivation.trained(pairs, others, recipe, seed, run, options)
    facts |= {"photos": len(photos), "data_list": derivation.DATA_LIST}
    facts["command"] = _command(output, facts["steps"], seed, options)
    if options["name_teacher"]:
        facts["teacher"] = teacher.name
    derivation.publish(model, output, facts, photos, options["licence"])
    return {"folder": str(output), "parameters": model.count_params(), "training": facts}


def _refuse_other_scale(scale: int, student: str) -> None:
    if PRESETS[student].scale != scale:
        raise click.UsageError(
            f"Expected a student that enlarges {scale} times as the big model does, received "
            f"{student} with {PRESETS[student].scale}. Name another --student."
        )


def _command(output: Path, steps: int, seed: int, options: dict[str, Any]) -> str:
    """Gives the command as a reader would type it, without paths of this machine."""
    words = ["litesr", "protect", "derive", "BIG", "-o", output.name]
    named = [("--data", folder) for folder in options["data"]]
    if options["validation"]:
        named.append(("--validation", options["validation"]))
    words += [word for name, folder in named for word in (name, f"{folder.resolve().name}/")]
    words += ["--student", options["student"], "--steps", str(steps), "--seed", str(seed)]
    return shlex.join(words)
