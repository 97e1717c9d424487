import subprocess
import sys

import pytest

import keras_litesr


def test_all_is_sorted_and_every_name_is_there():
    assert keras_litesr.__all__ == sorted(keras_litesr.__all__)
    for name in keras_litesr.__all__:
        assert getattr(keras_litesr, name) is not None
    assert dir(keras_litesr) == keras_litesr.__all__


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'upscael'"):
        _ = keras_litesr.upscael


def test_importing_takes_at_most_three_tenths_of_a_second_of_the_processor():
    code = (
        "import time; begin = time.process_time(); import keras_litesr;"
        "print(time.process_time() - begin)"
    )
    seconds = [
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout)
        for _ in range(3)
    ]
    assert min(seconds) <= 0.3
