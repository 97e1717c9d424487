"""`litesr protect mark`: an owner's mark in a model's weights."""

import json
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from keras_litesr.cli.folder_lists import ManyFolders
from keras_litesr.cli.notes import notes
from keras_litesr.cli.paths import NamedPath
from keras_litesr.cli.ranges import SEEDS, NumberRange
from keras_litesr.silence import captured_output
from keras_litesr.zoo import folders
from keras_litesr.zoo.new_folders import appearing, require_free

if TYPE_CHECKING:
    import keras

    from keras_litesr.protection.keys import OwnerKey
    from keras_litesr.protection.verdict import Verdict

_FILE = NamedPath(dir_okay=False)
_FOLDER = NamedPath()
_EXAMPLES = """\b
Examples:
  litesr protect mark lite_psnr_x4 --key owner.key --data photos/ -o marked_x4
  litesr protect mark my_preset --key owner.key --data photos/ more/ --validation validation/ \\
      -o marked_x4
"""


@click.command(cls=ManyFolders, epilog=_EXAMPLES)
@click.argument("model")
@click.option("--key", "key_file", required=True, type=_FILE, help="Owner key from `keygen`.")
@click.option("-o", "--output", required=True, type=_FOLDER, help="Preset folder to make.")
@click.option(
    "--data",
    type=_FOLDER,
    multiple=True,
    help="Folders of photos, such as those it was trained on. From them it learns to answer as it "
    "did before, while the mark is held, which gives back nearly all of what it costs.",
)
@click.option(
    "--validation", type=_FOLDER, help="Folder of other photos, on which the cost is measured."
)
@click.option("--steps", type=click.IntRange(min=1), help="Steps of that training.  [default: 500]")
@click.option(
    "--margin",
    type=NumberRange(0.5, 8),
    help="How far each bit is from flipping, in standard deviations of chance. A larger margin "
    "survives more and costs more.  [default: 2]",
)
@click.option("--seed", type=SEEDS, default=0, show_default=True, help="Seed of the patches.")
@click.option("--overwrite", is_flag=True, help="Replace an earlier preset folder.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def mark(
    model: str,
    key_file: Path,
    output: Path,
    data: tuple[Path, ...],
    validation: Path | None,
    steps: int | None,
    margin: float | None,
    seed: int,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Puts the owner's mark into a model's weights.

    MODEL is a name from `litesr list`, a preset folder or an address on a hub; it stays as it is.
    The output is a preset folder with the key's commitment in its metadata. The model's .tflite
    files have to be made again from it.
    """
    from keras_litesr.datasets.sources import load_folders
    from keras_litesr.protection import keys
    from keras_litesr.protection.slots import MARGIN
    from keras_litesr.protection.watermark import STEPS

    if steps and not data:
        raise click.UsageError("--steps train on photos. Name a folder of them with --data.")
    steps, margin = steps or STEPS, margin or MARGIN
    require_free(output, overwrite=overwrite)
    key = keys.read(key_file)
    origin = folders.preset_folder(model)
    scale = folders.metadata(origin)["scale"]
    with redirect_stdout(sys.stderr):  # Notes are no part of what is printed as JSON.
        # Pictures and key come before TensorFlow, which takes seconds to import.
        photos = load_folders(data) if data else []
        others = load_folders([validation]) if validation else []
        with captured_output():
            from keras_litesr.cli.marking import measurable, psnr_of, trained_copy
            from keras_litesr.zoo.registry import load

            original = load(model)
        others = measurable(others, scale) if others else []
        with notes():
            marked = trained_copy(original, key, photos, scale, margin, steps, seed)
        psnr = psnr_of([original, marked], others, scale) if others else []
    marking: dict[str, Any] = {"margin": margin, "steps": steps if photos else 0}
    if photos and seed:
        marking["seed"] = seed
    if psnr:
        marking["validation_psnr"] = psnr
    with appearing(output, check=partial(require_free, overwrite=overwrite)) as folder:
        _save(marked, folder, origin, name=output.name)
        verdict = _committed(folder, key, marking)
    if as_json:
        row = {"preset": str(output), "matching": verdict.matching, "slots": verdict.slots}
        row |= {"p_value": verdict.p_value, "commitment": key.commitment, "psnr": psnr}
        click.echo(json.dumps(row, indent=2))
    else:
        _print(output, verdict, psnr, was_trained=bool(photos))


def _save(marked: "keras.Model", folder: Path, origin: Path, *, name: str) -> None:
    from keras_litesr.cli.marking import copy_photo_list
    from keras_litesr.zoo.saving import save_to_preset

    facts = folders.metadata(origin)
    training, licence = facts.get("training"), facts.get("license", "")
    save_to_preset(marked, folder, name=name, training=training, licence=licence)
    copy_photo_list(origin, folder, training)


def _print(output: Path, verdict: "Verdict", psnr: Sequence[float], *, was_trained: bool) -> None:
    click.echo(verdict)
    if psnr:
        before, after = psnr
        price = f"price {before - after:.3f} dB"
        click.echo(f"validation: {before:.3f} dB before, {after:.3f} dB after, {price}")
    if not was_trained:
        click.echo("note: the weights were shifted only; --data wins back what it cost.", err=True)
    click.echo(f"{output}  make its .tflite files with `litesr convert {output} -o FILE.tflite`")


def _committed(folder: Path, key: "OwnerKey", marking: dict[str, Any]) -> "Verdict":
    """Writes the commitment into a folder, and reads the mark from the folder as it is."""
    from keras_litesr.protection import commitments, watermark
    from keras_litesr.protection.verdict import MARKED

    commitments.write(folder, key, marking)
    verdict = watermark.verify(folder, key, committed=True)
    if verdict.answer != MARKED:
        raise ValueError(
            f"Expected weights that take the mark, received some in which {verdict.matching} of "
            f"{verdict.slots} bits match afterwards; nothing was made. Take a model with fewer "
            "zeros among its weights, or a larger --margin."
        )
    return verdict
