"""`litesr convert`: a model of the zoo as a file for other runtimes."""

from pathlib import Path

import click

from keras_litesr.atomic import require_writable
from keras_litesr.cli.conversion import preset_to_other_format, preset_to_tflite
from keras_litesr.cli.extras import require_toolkit
from keras_litesr.cli.notes import notes
from keras_litesr.cli.paths import NamedPath
from keras_litesr.cli.sizes import parsed_size
from keras_litesr.zoo import folders
from keras_litesr.zoo.contents import CALIBRATED_DTYPES, TFLITE_DTYPES, promised_dtype
from keras_litesr.zoo.integrity import listed_folder
from keras_litesr.zoo.new_folders import is_preset

_EXAMPLES = """\b
Examples:
  litesr convert lite_x4 -o lite_x4.tflite --dtype float16
  litesr convert lite_x4 -o lite_x4_int8.tflite --dtype int8 --representative photos/
  litesr convert lite_x4 -o phone.tflite --size 128x128
  litesr convert lite_x4 -o lite_x4.onnx
"""


@click.command(epilog=_EXAMPLES)
@click.argument("model")
@click.option(
    "-o",
    "--output",
    required=True,
    type=NamedPath(),
    help="File to make; its ending says what: .tflite, .onnx, .xml (OpenVINO); without "
    "one, the folder of a SavedModel.",
)
@click.option(
    "--dtype",
    type=click.Choice(TFLITE_DTYPES),
    default="float32",
    show_default=True,
    help="Numbers in a .tflite. float16 halves the size without loss; int8 is often faster "
    "(`litesr upscale --dtype fastest` measures on this machine) and a little less exact, and "
    "takes and gives 8-bit pixels. int8 and int16x8 need --representative.",
)
@click.option(
    "--size",
    default="free",
    show_default=True,
    help="Size of the input such as 128x96 (width x height), which phones' delegates need, "
    "or `free`. Larger pictures are enlarged in tiles of that size.",
)
@click.option(
    "--representative",
    type=NamedPath(),
    help="Folder of photographs, 50 or more, from which int8 and int16x8 learn their "
    "ranges; not those of a benchmark.",
)
@click.option(
    "--tune-steps",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Train the int8 network on the photographs to give what the float one gives; "
    "300 steps take a minute or two and bring back a little of its quality.",
)
@click.option(
    "--aware-steps",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="The same with TensorFlow's toolkit, which rounds the weights while they learn; instead "
    "of --tune-steps. Needs `pip install 'keras_litesr[compress]'`.",
)
@click.option("--overwrite", is_flag=True, help="Replace an existing output.")
def convert(
    model: str,
    output: Path,
    dtype: str,
    size: str,
    representative: Path | None,
    tune_steps: int,
    aware_steps: int,
    overwrite: bool,
) -> None:
    """Converts a model for phones and other runtimes.

    MODEL is a name from `litesr list`, a preset folder or an address such as hf://user/name. The
    file appears whole or not at all, and says inside what it takes and gives. Inside the preset
    folder of MODEL, whose other files must be unaltered, it is added to the manifest; sign the
    folder again afterwards. Needs Python 3.11; .onnx needs `pip install 'keras_litesr[onnx]'`, .xml
    `[openvino]`.
    """
    wanted = "a --size such as 128x96, or `free`"
    input_size = None if size == "free" else parsed_size(size, expected=wanted)
    of_tflite = dtype != "float32" or input_size or representative or tune_steps or aware_steps
    if output.suffix != ".tflite" and of_tflite:
        raise click.UsageError(
            "--dtype, --size, --representative, --tune-steps and --aware-steps belong to .tflite "
            f"files, {output} is another."
        )
    _check_steps(dtype, tune_steps, aware_steps)
    _check_photographs(dtype, representative)
    _check_place(output, overwrite)
    is_in_preset = is_preset(output.parent)
    if is_in_preset:
        _require_unaltered(output)
        _require_true_name(output, dtype, input_size)
    folder = folders.preset_folder(model)
    if is_in_preset:
        _require_same_model(model, folder, output.parent)
    if input_size:
        _note_small(folder, input_size)
    with notes():
        if output.suffix == ".tflite":
            preset_to_tflite(
                folder,
                output,
                dtype=dtype,
                input_size=input_size,
                photographs=representative,
                tune_steps=tune_steps,
                aware_steps=aware_steps,
            )
        else:
            preset_to_other_format(folder, output)
    if is_in_preset:
        _renew_manifest(output.parent)
    click.echo(f"{output}  {_bytes(output) / 1000:,.0f} kB")


def _check_place(output: Path, overwrite: bool) -> None:
    for made in (output, _weights_beside(output)):
        if made is not None and made.exists() and not overwrite:
            raise click.UsageError(f"{made} exists; add --overwrite to replace it.")
    if not output.parent.is_dir():
        raise click.UsageError(f"There is no folder {output.parent}; make it first.")
    require_writable(output.parent)


def _note_small(folder: Path, input_size: tuple[int, int]) -> None:
    facts = folders.metadata(folder)
    radius = facts["receptive_radius"]
    if min(input_size) <= 2 * radius:
        click.echo(
            f"note: {facts['name']} looks {radius} pixels around each one; with a side of "
            f"{min(input_size)} it sees less, and is worse. Choose a --size of more than "
            f"{2 * radius} either way, such as 128x128.",
            err=True,
        )


def _require_unaltered(output: Path) -> None:
    """Refuses what would break the preset folder around the output, or hide that it is broken."""
    if not output.suffix:
        raise click.UsageError(
            f"{output} would be a folder inside a preset folder, which holds only files. "
            "Choose a target elsewhere."
        )
    # The manifest is made anew afterwards, and would take in whatever lies here.
    listed_folder(output.parent).require_unaltered()


def _require_true_name(output: Path, dtype: str, input_size: tuple[int, int] | None) -> None:
    """Refuses a name by which the preset would be run as something else."""
    named = promised_dtype(output.name, folders.metadata(output.parent)["name"])
    if named is not None and (named != dtype or input_size is not None):
        size = f", --size {input_size[1]}x{input_size[0]}" if input_size else ""
        raise click.UsageError(
            f"Expected --dtype {named} and any size for {output}, by which name the preset runs "
            f"it, received --dtype {dtype}{size}. Choose another name."
        )


def _require_same_model(model: str, folder: Path, target: Path) -> None:
    """Refuses a model beside another one, as whose file the result would be run and signed."""
    given, own = folders.manifest(folder), folders.manifest(target)
    if any(given.get(name) != own[name] for name in (folders.CONFIG, folders.WEIGHTS)):
        raise click.UsageError(
            f"Expected the model of {target} for a file inside that preset folder, received "
            f"{model}, which is another. Name that folder as MODEL, or choose a target elsewhere."
        )


def _renew_manifest(folder: Path) -> None:
    signature = folder / folders.SIGNATURE
    was_signed = signature.is_file()
    folders.write_manifest(folder)
    if was_signed and not signature.is_file():
        click.echo(
            f"note: {signature} was removed, as it does not cover this file. Sign again with "
            "`litesr protect sign`.",
            err=True,
        )


def _check_photographs(dtype: str, representative: Path | None) -> None:
    if (dtype in CALIBRATED_DTYPES) == (representative is not None):
        return
    if representative is None:
        raise click.UsageError(
            f"--dtype {dtype} learns its ranges from photographs. Add --representative FOLDER, or "
            "choose float16, which needs none."
        )
    raise click.UsageError(
        f"--representative is for {' and '.join(CALIBRATED_DTYPES)}, received {dtype}. Add --dtype "
        "int8, or leave --representative out."
    )


def _check_steps(dtype: str, tune_steps: int, aware_steps: int) -> None:
    if tune_steps and aware_steps:
        raise click.UsageError("--tune-steps and --aware-steps exclude each other.")
    if (tune_steps or aware_steps) and dtype != "int8":
        option = "--tune-steps" if tune_steps else "--aware-steps"
        raise click.UsageError(
            f"{option} trains int8 networks, received {dtype}. Add --dtype int8, or leave {option} "
            "out."
        )
    if aware_steps:
        require_toolkit("--aware-steps")


def _weights_beside(output: Path) -> Path | None:
    """Names the second file of a format that has two."""
    return output.with_suffix(".bin") if output.suffix == ".xml" else None


def _bytes(path: Path) -> int:
    """Sums the sizes of what was written: a file, a folder, or OpenVINO's pair of files."""
    parts = [*path.rglob("*")] if path.is_dir() else [path]
    if beside := _weights_beside(path):
        parts.append(beside)
    return sum(part.stat().st_size for part in parts if part.is_file())
