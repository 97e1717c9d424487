"""LiteRT and Keras run the same network."""

import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from keras_litesr.inference.runtimes import Keras, LiteRT


@pytest.fixture(scope="module")
def tflite_file(lite_preset):
    return lite_preset / "own_lite_x4_float32.tflite"


@pytest.fixture(scope="module")
def litert(tflite_file):
    return LiteRT(tflite_file)


def test_litert_and_keras_agree(litert, lite_preset, rng):
    import keras_litesr

    keras_runtime = Keras(keras_litesr.load(lite_preset))
    for shape in [(1, 20, 30, 3), (2, 9, 9, 3), (1, 1, 1, 3), (1, 1, 5, 3)]:
        low_res = rng.random(shape, np.float32)
        of_litert, of_keras = litert(low_res), keras_runtime(low_res)
        assert of_litert.shape == of_keras.shape == (shape[0], 4 * shape[1], 4 * shape[2], 3)
        np.testing.assert_allclose(of_litert, of_keras, atol=1e-5)


def test_a_shape_gives_the_same_after_another_shape(litert, rng):
    low_res = rng.random((1, 12, 10, 3), np.float32)
    before = litert(low_res)
    litert(rng.random((1, 7, 21, 3), np.float32))
    np.testing.assert_array_equal(litert(low_res), before)


def test_a_result_stays_when_the_next_is_made(litert, rng):
    low_res = rng.random((1, 6, 6, 3), np.float32)
    first = litert(low_res)
    kept = first.copy()
    litert(1 - low_res)
    np.testing.assert_array_equal(first, kept)


def test_several_threads_may_share_it(litert, rng):
    pictures = [rng.random((1, 5 + number, 9, 3), np.float32) for number in range(40)]
    alone = [litert(picture) for picture in pictures]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(litert, pictures))
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_number_of_threads_does_not_change_the_picture(tflite_file, litert, rng):
    low_res = rng.random((1, 16, 16, 3), np.float32)
    np.testing.assert_allclose(LiteRT(tflite_file, threads=1)(low_res), litert(low_res), atol=1e-6)


def test_litert_prints_nothing(tflite_file, capfd):
    LiteRT(tflite_file)(np.zeros((1, 4, 4, 3), np.float32))
    assert capfd.readouterr() == ("", "")


def test_a_file_replaced_during_work_does_no_harm(tflite_file, tmp_path, rng):
    path = tmp_path / "copy.tflite"
    path.write_bytes(tflite_file.read_bytes())
    runtime = LiteRT(path)
    path.write_bytes(b"")
    assert runtime(rng.random((1, 5, 5, 3), np.float32)).shape == (1, 20, 20, 3)


def test_what_is_no_tflite_file_is_refused(tmp_path):
    path = tmp_path / "broken.tflite"
    path.write_bytes(b"no model at all")
    with pytest.raises(ValueError, match=r"[Mm]odel"):
        LiteRT(path)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc to limit its memory")
def test_a_picture_for_which_there_is_no_memory_is_said_to_be_one():
    program = """
        import resource
        import numpy as np
        from keras_litesr.models.litert import LiteRT
        from keras_litesr.zoo.folders import preset_folder
        runtime = LiteRT(preset_folder("lite_x4") / "lite_x4_float32.tflite")
        picture = np.zeros((1, 3000, 3000, 3), np.float32)
        with open("/proc/self/statm") as sizes:
            used = int(sizes.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + 2**29, used + 2**29))
        try:
            runtime(picture)
        except MemoryError as error:
            print(error)
    """
    command = [sys.executable, "-c", textwrap.dedent(program)]
    result = subprocess.run(command, capture_output=True, text=True)
    assert "picture of 3000x3000" in result.stdout, result.stderr


def test_upscaling_with_litert_imports_neither_tensorflow_nor_keras():
    program = """
        import sys
        import numpy as np
        import keras_litesr
        large = keras_litesr.upscale(np.zeros((5, 7, 3), np.uint8), model="bicubic_x4")
        assert large.shape == (20, 28, 3)
        print([name for name in ("tensorflow", "keras", "keras_litesr.evaluation", "torch", "jax")
               if name in sys.modules])
    """
    command = [sys.executable, "-c", textwrap.dedent(program)]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert (result.stdout, result.stderr) == ("[]\n", "")
