"""Whether a finished TFLite file can be opened, which the converter does not ask."""

from keras_litesr.models.tflite_trial import SIDES
from keras_litesr.silence import captured_output


def require_openable(content: bytes) -> None:
    """Refuses a file that LiteRT cannot open.

    A file of a fixed size is planned for that, one of free size for the smallest that it takes.

    Args:
        content: Of a TFLite file with one picture as input.

    Raises:
        RuntimeError: With what LiteRT says of it; also as `ValueError`.
    """
    from ai_edge_litert.interpreter import Interpreter

    with captured_output():
        interpreter = Interpreter(model_content=content, num_threads=1)
        door = interpreter.get_input_details()[0]
        if -1 not in door["shape_signature"]:
            interpreter.allocate_tensors()
            return
        for side in SIDES:
            shape = (1, side, side, int(door["shape_signature"][-1]))
            try:
                interpreter.resize_tensor_input(door["index"], shape)
                interpreter.allocate_tensors()
                return
            except (RuntimeError, ValueError):
                if side == SIDES[-1]:
                    raise
