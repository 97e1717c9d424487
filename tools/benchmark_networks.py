"""What `tools/benchmark.py --export` times: presets and FSRCNN, with all their files."""

import importlib.util
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tqdm import tqdm

from keras_litesr.silence import captured_output
from keras_litesr.zoo import folders
from keras_litesr.zoo.presets import PRESETS

with captured_output():
    from keras_litesr.export import formats, tflite
    from keras_litesr.models.cost import multiply_adds
    from keras_litesr.models.fsrcnn import fsrcnn
    from keras_litesr.zoo.registry import build, load

FLOOR, BIG, UNIT = "bicubic_x4", "srresnet_x4", "fsrcnn (luma)"
DATA = "Set5"


@dataclass
class Network:
    """What is timed: a model and its files.

    Attributes:
        name: In the table.
        model: For Keras, and to be counted.
        files: TFLite file by dtype.
        psnr: Of each file on Set5, where it was measured.
        onnx: ONNX file for the runtimes that read it.
        runtimes: In which it was found to run.
        twins: PSNR, in the same form, of presets that are the same network with other weights.
    """

    name: str
    model: Any
    files: dict[str, Path]
    psnr: dict[str, float] = field(default_factory=dict)
    onnx: Path | None = None
    runtimes: set[str] = field(default_factory=set)
    twins: dict[str, dict[str, float]] = field(default_factory=dict)

    @property
    def channels(self) -> int:
        """Number of channels of the input: 3 for colour, 1 for luma."""
        return self.model.input_shape[-1]

    def multiply_adds(self, size: tuple[int, int]) -> int:
        """Counts the multiply-adds for a picture of `(height, width)`."""
        return multiply_adds(self.model, size)


def networks(
    names: Sequence[str], dtypes: Sequence[str], scratch: Path, notes: list[str]
) -> list[Network]:
    """Loads FSRCNN, the bicubic network and the presets, and makes the files they lack.

    Args:
        names: Presets; of those that are one network with different weights, the first is timed.
        dtypes: TFLite files that are wanted; the float32 one of a unit is always there.
        scratch: Folder for files that are made.
        notes: Is given a sentence for whatever a reader must know about the figures.
    """
    found = [_fsrcnn(scratch)]
    notes.append(
        f"{UNIT} has fresh weights, which do not matter for speed, and no chroma. In OpenCV it is "
        "this network as ONNX, in place of the file that dnn_superres users download."
    )
    alike: dict[str, Network] = {}
    for name in tqdm(dict.fromkeys([FLOOR, *names]), desc="loading", leave=False, disable=None):
        graph = f"{PRESETS[name].architecture} {PRESETS[name].arguments}"
        try:
            if graph in alike:
                alike[graph].twins[name] = _psnr(name, dtypes)
                notes.append(f"{name} is timed as {alike[graph].name}, whose network it shares.")
                continue
            alike[graph] = _preset(name, dtypes)
        except folders.PresetError as error:
            if name != BIG:
                notes.append(f"{name} is left out: {error}")
                continue
            alike[graph] = _untrained(name, scratch)
            notes.append(f"{name} has fresh weights, which do not matter for speed.")
    found += alike.values()
    if importlib.util.find_spec("onnx") and importlib.util.find_spec("tf2onnx"):
        for network in tqdm(found, desc="ONNX", leave=False, disable=None):
            file = f"{network.model.name}.onnx"
            network.onnx = formats.export(network.model, scratch / file)
    else:
        notes.append("ONNX Runtime and OpenCV are left out: onnx and tf2onnx are not installed.")
    return found


def _fsrcnn(scratch: Path) -> Network:
    model, path = fsrcnn(), scratch / "fsrcnn.tflite"
    with captured_output():
        model.export(path, format="litert", verbose=False)
    return Network(UNIT, model, {"float32": path})


def _preset(name: str, dtypes: Sequence[str]) -> Network:
    files = {dtype: path for dtype, path in _paths(name, dtypes) if path.is_file()}
    return Network(name, load(name), files, _psnr(name, dtypes))


def _untrained(name: str, scratch: Path) -> Network:
    model = build(name)
    path = tflite.export(model, scratch / f"{name}_float32.tflite")
    return Network(name, model, {"float32": path})


def _paths(name: str, dtypes: Sequence[str]) -> Iterator[tuple[str, Path]]:
    # The bicubic network's float32 file is the unit of every table.
    for dtype in dict.fromkeys(["float32", *dtypes] if name == FLOOR else dtypes):
        yield dtype, folders.preset_folder(name) / f"{name}_{dtype}.tflite"


def _psnr(name: str, dtypes: Sequence[str]) -> dict[str, float]:
    measured = folders.results(folders.preset_folder(name)).get("files", {})
    return {
        dtype: row["quality"][DATA]["standard"]["psnr"]
        for dtype, row in measured.items()
        if dtype in dtypes and DATA in row["quality"]
    }
