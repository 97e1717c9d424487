"""The fastest file is found by timing it, once."""

import json

import pytest

from keras_litesr.inference import choice
from keras_litesr.inference.upscaler import Upscaler
from keras_litesr.zoo import folders

DTYPES = ("float32", "float16", "int8")


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_LITESR_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "fastest"


@pytest.fixture(scope="module")
def contents():
    """Files of two networks, one of which takes twenty times as long as the other."""
    slow, fast = (folders.preset_folder(name) for name in ("lite_psnr_x4", "bicubic_x4"))
    return {
        "float32": (slow / "lite_psnr_x4_float32.tflite").read_bytes(),
        "int8": (fast / "bicubic_x4_int8.tflite").read_bytes(),
    }


def test_the_faster_file_is_found_and_remembered(contents, cache, monkeypatch):
    assert choice.fastest(contents) == "int8"
    (path,) = cache.iterdir()
    assert json.loads(path.read_text()) == {"fastest": "int8"}
    monkeypatch.setattr(choice, "_measured", lambda *_: pytest.fail("it was measured again"))
    assert choice.fastest(contents) == "int8"


@pytest.mark.parametrize("content", ["", "5", "{}", '{"fastest": "int4"}', '{"fastest": []}'])
def test_a_damaged_memory_is_measured_again(contents, cache, content):
    choice.fastest(contents)
    (path,) = cache.iterdir()
    path.write_text(content)
    assert choice.fastest(contents) == "int8"
    assert json.loads(path.read_text()) == {"fastest": "int8"}


def test_other_files_threads_and_versions_are_other_situations(contents, monkeypatch):
    situations = [choice._situation(contents, 1), choice._situation(contents, 2)]
    situations.append(choice._situation({**contents, "int8": b"another"}, 1))
    monkeypatch.setattr(choice, "version", lambda _: "0.0")
    situations.append(choice._situation(contents, 1))
    monkeypatch.setattr(choice, "processor", lambda: "another")
    situations.append(choice._situation(contents, 1))
    assert len(set(situations)) == 5


def test_a_cache_that_cannot_be_written_does_no_harm(contents, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("KERAS_LITESR_CACHE", str(tmp_path / "file"))
    assert choice.fastest(contents) == "int8"


def test_one_file_is_not_timed(cache):
    assert choice.fastest({"float16": b"not opened"}) == "float16"
    assert not cache.exists()


def test_upscaler_says_what_it_chose(cache, rng):
    upscaler = Upscaler("bicubic_x4", dtype="fastest")
    assert upscaler.dtype in DTYPES
    (path,) = cache.iterdir()
    assert json.loads(path.read_text()) == {"fastest": upscaler.dtype}
    with pytest.raises(ValueError, match="for the runtime keras, received fastest"):
        Upscaler("bicubic_x4", runtime="keras", dtype="fastest")
