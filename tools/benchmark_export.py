"""`tools/benchmark.py --export`: every model, file and runtime in turns, and the Pareto picture."""

import argparse
import importlib.util
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from keras_litesr.atomic import write_json
from keras_litesr.evaluation.frontier import Point, draw_frontier
from keras_litesr.evaluation.tables import as_text
from keras_litesr.evaluation.timing import alternate, milliseconds, ratio
from keras_litesr.inference.upscaler import DTYPES
from keras_litesr.silence import captured_output
from keras_litesr.zoo import folders

with captured_output():
    from keras_litesr.export import formats, tflite
    from keras_litesr.inference.runtimes import Keras
    from keras_litesr.models.fsrcnn import fsrcnn
    from keras_litesr.zoo.registry import build, load

_SIZES = ((128, 128), (270, 480))
_FLOOR, _BIG, _UNIT = "bicubic_x4", "srresnet_x4", "fsrcnn (luma)"
_DATA = "Set5"
# Lai et al., 2017, Deep Laplacian Pyramid Networks, Table 3: Set5, x4, in the standard protocol.
_PUBLISHED_PSNR = {_UNIT: 30.71}
_PACKAGES = ("ai-edge-litert", "tensorflow", "keras", "onnxruntime", "opencv-python-headless")
# OpenCV ends the process on some files that it does not understand.
_OPENCV_TRIAL = """
import sys, cv2, numpy
network = cv2.dnn.readNetFromONNX(sys.argv[1])
network.setInput(numpy.zeros((1, 8, 8, 3), "f4"))
network.forward()
"""


@dataclass
class Network:
    """What is timed: a model and its files.

    Attributes:
        name: In the table.
        files: TFLite file by dtype.
        psnr: Of each file on Set5, where it was measured.
        model: For the runtimes other than LiteRT; None for the unit.
        onnx: ONNX file for those that read it.
    """

    name: str
    files: dict[str, Path]
    psnr: dict[str, float] = field(default_factory=dict)
    model: Any = None
    onnx: Path | None = None


def measure(arguments: argparse.Namespace, machine: str) -> None:
    """Times everything, prints a table and writes `pareto.json` and `pareto.png`."""
    arguments.out.mkdir(parents=True, exist_ok=True)
    notes: list[str] = []
    with tempfile.TemporaryDirectory() as scratch:
        networks = _networks(arguments.models, Path(scratch), notes)
        rows = [row for size in _SIZES for row in _rows(networks, size, arguments, notes)]
    notes = list(dict.fromkeys(notes))
    report = {
        "command": f"tools/benchmark.py --export --rounds {arguments.rounds}",
        "machine": machine,
        "versions": {name: _version(name) for name in _PACKAGES},
        "notes": notes,
        "rows": rows,
    }
    write_json(arguments.out / "pareto.json", report)
    print(f"{machine}\n\n{as_text([_short(row) for row in rows])}\n")
    print("\n".join(notes))
    print(arguments.out / "pareto.json")
    _draw(rows, machine, arguments.out / "pareto.png")


def _networks(names: list[str], scratch: Path, notes: list[str]) -> list[Network]:
    unit = scratch / "fsrcnn.tflite"
    with captured_output():
        fsrcnn().export(unit, format="litert", verbose=False)
    networks = [Network(_UNIT, {"float32": unit})]
    notes.append(f"{_UNIT} has fresh weights, which do not matter for speed, and no chroma.")
    for name in tqdm(dict.fromkeys([_FLOOR, *names]), desc="loading", leave=False, disable=None):
        try:
            networks.append(_preset(name))
        except folders.PresetError as error:
            if name != _BIG:
                notes.append(f"{name} is left out: {error}")
                continue
            networks.append(_untrained(name, scratch))
            notes.append(f"{name} has fresh weights, which do not matter for speed.")
    if _importable("onnx", "tf2onnx"):
        for network in tqdm(networks[1:], desc="ONNX", leave=False, disable=None):
            network.model(np.zeros((1, 8, 8, 3), np.float32))  # the export wants a called model
            network.onnx = formats.export(network.model, scratch / f"{network.name}.onnx")
    else:
        notes.append("ONNX Runtime and OpenCV are left out: onnx and tf2onnx are not installed.")
    return networks


def _preset(name: str) -> Network:
    folder = folders.preset_folder(name)
    paths = {dtype: folder / f"{name}_{dtype}.tflite" for dtype in DTYPES}
    measured = folders.results(folder).get("files", {})
    return Network(
        name,
        {dtype: path for dtype, path in paths.items() if path.is_file()},
        {
            dtype: row["quality"][_DATA]["standard"]["psnr"]
            for dtype, row in measured.items()
            if _DATA in row["quality"]
        },
        load(name),
    )


def _untrained(name: str, scratch: Path) -> Network:
    model = build(name)
    path = tflite.export(model, scratch / f"{name}_float32.tflite")
    return Network(name, {"float32": path}, model=model)


def _rows(
    networks: list[Network],
    size: tuple[int, int],
    arguments: argparse.Namespace,
    notes: list[str],
) -> list[dict[str, Any]]:
    runs: dict[tuple[str, str, str], Callable[[], object]] = {}
    facts = {network.name: network for network in networks}
    for network in networks:
        for runtime, dtype, run in _runs(network, size, arguments.threads, notes):
            runs[network.name, runtime, dtype] = run
    labelled = {"|".join(label): run for label, run in runs.items()}
    print(f"timing {len(runs)} runs at {size[1]}x{size[0]}", file=sys.stderr)
    with captured_output():  # Keras warns that it compiles for each size
        times = alternate(labelled, arguments.rounds)
    unit, floor = (times[f"{name}|LiteRT|float32"] for name in (_UNIT, _FLOOR))
    return [
        {
            "model": name,
            "runtime": runtime,
            "dtype": dtype,
            "size": f"{size[1]}x{size[0]}",
            **milliseconds(seconds),
            "times_bicubic": round(ratio(seconds, floor), 2),
            "times_fsrcnn": round(ratio(seconds, unit), 2),
            "psnr": facts[name].psnr.get(dtype),
        }
        for (name, runtime, dtype), seconds in zip(runs, times.values(), strict=True)
    ]


def _runs(network: Network, size: tuple[int, int], threads: int, notes: list[str]):
    """Yields runtime, dtype and what runs one picture of the size."""
    picture = np.random.default_rng(0).random((1, *size, 3), np.float32)
    for dtype, path in network.files.items():
        yield "LiteRT", dtype, _litert(path, size, threads)
    if network.model is not None:
        keras_runtime = Keras(network.model)
        yield "Keras", "float32", lambda: keras_runtime(picture)
    if network.onnx is None:
        return
    if _importable("onnxruntime"):
        yield "ONNX Runtime", "float32", _onnx_runtime(network.onnx, picture, threads)
    else:
        notes.append("ONNX Runtime is left out: onnxruntime is not installed.")
    if not _importable("cv2"):
        notes.append("OpenCV is left out: opencv-python-headless is not installed.")
    elif subprocess.run(
        [sys.executable, "-c", _OPENCV_TRIAL, network.onnx], capture_output=True
    ).returncode:
        notes.append(f"OpenCV cannot run the ONNX file of {network.name}.")
    else:
        yield "OpenCV", "float32", _opencv(network.onnx, picture, threads)


def _litert(path: Path, size: tuple[int, int], threads: int) -> Callable[[], object]:
    """Runs what an app would run: the interpreter alone, the picture in its place."""
    from ai_edge_litert.interpreter import Interpreter

    with captured_output():
        interpreter = Interpreter(model_content=path.read_bytes(), num_threads=threads)
        details = interpreter.get_input_details()[0]
        shape = (1, *size, details["shape"][3])
        interpreter.resize_tensor_input(details["index"], shape)
        interpreter.allocate_tensors()
    picture = np.random.default_rng(0).random(shape)
    whole = details["dtype"] == np.uint8
    interpreter.set_tensor(
        details["index"], (255 * picture if whole else picture).astype(details["dtype"])
    )
    return interpreter.invoke


def _onnx_runtime(path: Path, picture: np.ndarray, threads: int) -> Callable[[], object]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    feed = {session.get_inputs()[0].name: picture}
    return lambda: session.run(None, feed)


def _opencv(path: Path, picture: np.ndarray, threads: int) -> Callable[[], object]:
    import cv2

    cv2.setNumThreads(threads)
    network = cv2.dnn.readNetFromONNX(str(path))

    def run() -> object:
        network.setInput(picture)
        return network.forward()

    return run


def _draw(rows: list[dict[str, Any]], machine: str, path: Path) -> None:
    """Draws LiteRT at the first size, without float16, which takes the time of float32."""
    size = f"{_SIZES[0][1]}x{_SIZES[0][0]}"
    points = []
    for row in rows:
        psnr = row["psnr"] or _PUBLISHED_PSNR.get(row["model"])
        wanted = (row["runtime"], row["size"]) == ("LiteRT", size) and row["dtype"] != "float16"
        if wanted and psnr:
            label = row["model"] if row["model"] == _UNIT else f"{row['model']} {row['dtype']}"
            note = "" if row["psnr"] else "PSNR as published"
            points.append(Point(label, row["median_ms"], psnr, note))
    try:
        draw_frontier(points, path, title=f"{size} in LiteRT, {machine}", data=_DATA)
    except ImportError:
        print("no picture: pip install 'keras_litesr[plot]' draws it")
        return
    print(path)


def _short(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: f"{value:.2f}" if isinstance(value, float) else value or ""
        for name, value in row.items()
    }


def _importable(*packages: str) -> bool:
    return all(importlib.util.find_spec(package) for package in packages)


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
