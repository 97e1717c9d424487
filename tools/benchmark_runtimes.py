"""What `tools/benchmark.py --export` runs networks in: LiteRT, Keras, ONNX Runtime, OpenCV."""

import importlib.util
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from benchmark_networks import UNIT, Network

from keras_litesr.evaluation.invocation import invocation
from keras_litesr.inference.runtimes import Keras

# A network of more than these has pictures of gigabytes between its layers, in every runtime anew:
# SRCNN at 480x270 has 144 billion and needed more than 24 GB in all runtimes.
_MOST_MULTIPLY_ADDS = 100e9

Runs = dict[tuple[str, str], Callable[[], object]]

# OpenCV ends the process on some files that it does not understand.
_OPENCV_TRIAL = """
import sys, cv2, numpy
network = cv2.dnn.readNetFromONNX(sys.argv[1])
network.setInput(numpy.zeros((1, 8, 8, int(sys.argv[2])), "f4"))
network.forward()
"""


def runs(network: Network, size: tuple[int, int], *, threads: int, notes: list[str]) -> Runs:
    """Makes ready whatever runs a network on one picture.

    Args:
        network: With its files.
        size: `(height, width)` of the picture.
        threads: CPU threads; Keras takes all that there are.
        notes: Is given a sentence for each runtime that is left out.

    Returns:
        Runs by runtime and dtype.
    """
    picture = np.random.default_rng(0).random((1, *size, network.channels), np.float32)
    found: Runs = {}
    for dtype, path in network.files.items():
        found["LiteRT", dtype] = invocation(path, size, threads=threads)
    if network.multiply_adds(size) > _MOST_MULTIPLY_ADDS:
        notes.append(
            f"{network.name} at {size[1]}x{size[0]} runs in LiteRT alone, for want of memory."
        )
        return found
    if network.name != UNIT:
        keras_runtime = Keras(network.model)
        found["Keras", "float32"] = lambda: keras_runtime(picture)
    if network.onnx is None:
        return found
    if importlib.util.find_spec("onnxruntime"):
        found["ONNX Runtime", "float32"] = _onnx_runtime(network.onnx, picture, threads)
    else:
        notes.append("ONNX Runtime is left out: onnxruntime is not installed.")
    if not importlib.util.find_spec("cv2"):
        notes.append("OpenCV is left out: opencv-python-headless is not installed.")
    elif not _opencv_runs(network):
        notes.append(f"OpenCV cannot run the ONNX file of {network.name}.")
    else:
        found["OpenCV", "float32"] = opencv(network.onnx, picture, threads)
    network.runtimes.update(runtime for runtime, _ in found)
    return found


def opencv(path: Path, picture: np.ndarray, threads: int) -> Callable[[], object]:
    """Opens an ONNX file in OpenCV's dnn module and returns what runs it on the picture."""
    import cv2

    cv2.setNumThreads(threads)
    network = cv2.dnn.readNetFromONNX(str(path))

    def run() -> object:
        network.setInput(picture)
        return network.forward()

    return run


def _opencv_runs(network: Network) -> bool:
    trial = [sys.executable, "-c", _OPENCV_TRIAL, str(network.onnx), str(network.channels)]
    return subprocess.run(trial, capture_output=True).returncode == 0


def _onnx_runtime(path: Path, picture: np.ndarray, threads: int) -> Callable[[], object]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    feed = {session.get_inputs()[0].name: picture}
    return lambda: session.run(None, feed)
