"""A TFLite file made ready to be timed: the interpreter alone, its input in its place."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from keras_litesr.silence import captured_output


def invocation(
    file: str | Path | bytes, *sizes: tuple[int, int], threads: int
) -> Callable[[], object]:
    """Plans a network for one size and returns what runs it once, as an app would.

    Converting pixels and copying the picture are left out: an app has its own ways for both.

    Args:
        file: Path or content; every input `(1, height, width, channels)` of free size.
        sizes: `(height, width)` of the inputs, which are filled with noise: one for all of them,
            or one each.
        threads: CPU threads, at least 1.

    Returns:
        Function without arguments. Not to be called from two threads at once.

    Raises:
        ValueError: When the file is no TFLite file, or has another number of inputs than there are
            sizes.
        RuntimeError: When it refuses a size; the message is LiteRT's.
    """
    from ai_edge_litert.interpreter import Interpreter

    # From bytes, because replacing a mapped file kills the process that has it open.
    content = file if isinstance(file, bytes) else Path(file).read_bytes()
    noise = np.random.default_rng(0)
    with captured_output():
        interpreter = Interpreter(model_content=content, num_threads=threads)
        inputs = interpreter.get_input_details()
        each = sizes * len(inputs) if len(sizes) == 1 else sizes
        for details, size in zip(inputs, each, strict=True):
            shape = (1, *size, int(details["shape"][3]))
            interpreter.resize_tensor_input(details["index"], shape)
        interpreter.allocate_tensors()
    for details in interpreter.get_input_details():
        values = noise.random(details["shape"], np.float32)
        if details["dtype"] != np.float32:
            values = values * np.iinfo(details["dtype"]).max
        interpreter.set_tensor(details["index"], values.astype(details["dtype"]))
    return interpreter.invoke
