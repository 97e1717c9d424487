import subprocess
import sys

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from keras_litesr.export.metadata import packed, read_metadata, with_metadata
from keras_litesr.zoo.folders import preset_folder

CODE = """
import sys
from keras_litesr.export.metadata import read_metadata
print(read_metadata(sys.argv[1]), "tensorflow" in sys.modules, "keras" in sys.modules)
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "facts.tflite"
    path.write_bytes(with_metadata(bare_file(), {"name": "größer", "scale": 4}))
    return path


def bare_file():
    content = (preset_folder("bicubic_x4") / "bicubic_x4_float32.tflite").read_bytes()
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    model.metadata = [entry for entry in model.metadata if entry.name != b"keras_litesr"]
    return packed(model)


def test_facts_come_back(file):
    assert read_metadata(file) == {"name": "größer", "scale": 4}


def test_reading_needs_no_framework(file):
    printed = subprocess.run(
        [sys.executable, "-c", CODE, file], capture_output=True, text=True, check=True
    ).stdout
    assert printed.endswith("'scale': 4} False False\n")


def test_file_without_facts_gives_none(tmp_path):
    path = tmp_path / "bare.tflite"
    path.write_bytes(bare_file())
    assert read_metadata(path) == {}


def test_equal_facts_give_equal_bytes():
    first = with_metadata(bare_file(), {"a": 1, "b": 2})
    assert first == with_metadata(bare_file(), {"b": 2, "a": 1})


def test_tensors_stay_aligned(file):
    content = file.read_bytes()
    model = schema.Model.GetRootAs(content, 0)
    start = np.frombuffer(content, np.uint8).ctypes.data
    data = [model.Buffers(index).DataAsNumpy() for index in range(model.BuffersLength())]
    offsets = [part.ctypes.data - start for part in data if isinstance(part, np.ndarray)]
    assert len(offsets) > 2
    assert all(offset % 16 == 0 for offset in offsets)


def test_damaged_files_are_refused(file):
    file.write_bytes(file.read_bytes()[:200])
    with pytest.raises(ValueError, match=r"facts\.tflite is damaged"):
        read_metadata(file)


@pytest.mark.parametrize("content", [b"", b"a photo"])
def test_other_files_are_refused(content, tmp_path):
    path = tmp_path / "other.tflite"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"Expected a TFLite file, received .*other\.tflite"):
        read_metadata(path)
