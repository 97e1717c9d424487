"""`litesr upscale` in this process: files, options, messages, exit codes."""

import json
import os

import numpy as np
import pytest
from PIL import Image

import keras_litesr
from keras_litesr.images.files import read
from keras_litesr.images.resize import bicubic
from keras_litesr.inference.upscaler import Upscaler


def names(folder) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def size(path) -> tuple[int, int]:
    height, width = read(path).size
    return width, height


def test_a_picture_lands_beside_itself(enlarge, picture, tmp_path):
    path = picture("my photo ü.png")
    result = enlarge(path)
    assert result.exit_code == 0
    assert names(tmp_path) == ["my photo ü.png", "my photo ü_x4.png"]
    made = read(tmp_path / "my photo ü_x4.png").colour
    np.testing.assert_array_equal(made, keras_litesr.upscale(read(path).colour, model="bicubic_x4"))
    assert result.stdout.startswith(f"{tmp_path / 'my photo ü_x4.png'}  36x24  ")
    assert result.stderr == ""


def test_real_esrgan_users_find_their_options(litesr, picture, tmp_path):
    path = picture("a.jpg")
    result = litesr(
        *("upscale", "-i", path, "-o", tmp_path / "out", "-n", "bicubic_x4", "-s", "2", "-t", "0"),
        *("--suffix", "out", "--ext", "png"),
    )
    assert result.exit_code == 0
    assert names(tmp_path / "out") == ["a_out.png"]
    assert size(tmp_path / "out/a_out.png") == (18, 12)


@pytest.mark.parametrize(("extension", "name"), [("auto", "a_x4.jpg"), ("webp", "a_x4.webp")])
def test_extensions(enlarge, picture, tmp_path, extension, name):
    assert enlarge(picture("a.jpg"), "--ext", extension).exit_code == 0
    assert (tmp_path / name).is_file()


def test_outscale_reduces_the_result_and_names_it(enlarge, picture, tmp_path):
    path = picture("a.png")
    assert enlarge(path, "--outscale", "2.5").exit_code == 0
    made = read(tmp_path / "a_x2.5.png").colour
    full = keras_litesr.upscale(read(path).colour, model="bicubic_x4")
    np.testing.assert_array_equal(made, bicubic(full, (15, 23)))


@pytest.mark.parametrize("outscale", ["0", "4.01", "-2", "nan", "twice"])
def test_an_impossible_outscale_is_wrong_usage(enlarge, picture, tmp_path, outscale):
    result = enlarge(picture("a.png"), "-s", outscale)
    assert result.exit_code == 2
    assert outscale in result.stderr
    assert names(tmp_path) == ["a.png"]


def test_tiles_and_threads_do_not_change_the_picture(enlarge, picture, tmp_path):
    path = picture("a.png", 40, 30)
    assert enlarge(path, "-o", tmp_path / "whole.png").exit_code == 0
    assert enlarge(path, "-o", tmp_path / "b.png", "-t", 8, "--threads", 1).exit_code == 0
    whole, tiled = (read(tmp_path / name).colour for name in ("whole.png", "b.png"))
    np.testing.assert_array_equal(tiled, whole)


def test_threads_of_keras_are_refused(enlarge, picture):
    result = enlarge(picture("a.png"), "--runtime", "keras", "--threads", 2)
    assert result.exit_code == 2
    assert "--threads is of LiteRT" in result.stderr


@pytest.mark.parametrize("option", [["-t", "4"], ["-t", "-1"], ["--threads", "0"],
                                    ["--threads", "257"], ["-f", "bmp"],
                                    ["--runtime", "onnx"], ["--quality", "101"],
                                    ["--overwrite", "--skip-existing"]])  # fmt: skip
def test_wrong_options_end_with_2_before_any_work(enlarge, picture, tmp_path, option):
    assert enlarge(picture("a.png"), *option).exit_code == 2
    assert names(tmp_path) == ["a.png"]


def test_a_folder_keeps_its_structure_and_ends_with_a_summary(enlarge, picture, tmp_path):
    picture("in/a.png"), picture("in/deep/b.png")
    result = enlarge(tmp_path / "in")
    assert result.exit_code == 0
    assert names(tmp_path / "in_x4") == ["a_x4.png", "deep/b_x4.png"]
    assert result.stdout.count("\n") == 2
    assert result.stderr == "2 done\n"


def test_a_second_run_over_an_output_folder_inside_the_input_makes_nothing(
    enlarge, picture, tmp_path
):
    picture("in/a.png"), picture("in/b.png")
    for status in ("2 done\n", "2 skipped\n"):
        result = enlarge(tmp_path / "in", "-o", tmp_path / "in/large", "--skip-existing")
        assert (result.exit_code, result.stderr) == (0, status)
        assert names(tmp_path / "in/large") == ["a_x4.png", "b_x4.png"]


@pytest.mark.parametrize("folder", [False, True])
def test_an_existing_file_is_kept_and_said_before_the_work(
    enlarge, picture, tmp_path, monkeypatch, folder
):
    path, other = picture("in/a.png"), picture("in/b.png")
    target = tmp_path / "out/a_x4.png"
    target.parent.mkdir()
    target.write_bytes(b"precious")
    monkeypatch.setattr(Upscaler, "__call__", lambda *_, **__: pytest.fail("began to work"))
    result = enlarge(other.parent if folder else path, "-o", tmp_path / "out")
    assert result.exit_code == 2
    assert "nothing was done. Choose --skip-existing, --overwrite" in " ".join(
        result.stderr.split()
    )
    assert str(target) in "".join(result.stderr.split())
    assert names(tmp_path / "out") == ["a_x4.png"]
    assert target.read_bytes() == b"precious"


def test_overwrite_replaces(enlarge, picture, tmp_path):
    path = picture("a.png")
    (tmp_path / "a_x4.png").write_bytes(b"old")
    assert enlarge(path, "--overwrite").exit_code == 0
    assert size(tmp_path / "a_x4.png") == (36, 24)


def test_skip_existing_goes_on(enlarge, picture, tmp_path):
    picture("in/a.png"), picture("in/b.png")
    (tmp_path / "in_x4").mkdir()
    (tmp_path / "in_x4/a_x4.png").write_bytes(b"kept")
    result = enlarge(tmp_path / "in", "--skip-existing")
    assert (result.exit_code, result.stderr) == (0, "1 done, 1 skipped\n")
    assert (tmp_path / "in_x4/a_x4.png").read_bytes() == b"kept"
    assert size(tmp_path / "in_x4/b_x4.png") == (36, 24)


def test_one_picture_that_is_skipped_is_said(enlarge, picture):
    path = picture("a.png")
    picture("a_x4.png")
    result = enlarge(path, "--skip-existing")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "1 skipped\n")


def test_two_pictures_with_one_output_are_not_mixed_up(enlarge, picture, tmp_path):
    first, second = picture("in/a.png", 9, 6), picture("in/deep/a.png", 4, 4)
    result = enlarge(first, second, "-o", tmp_path / "out")
    assert result.exit_code == 1
    assert "is already made from" in result.stderr
    assert size(tmp_path / "out/a_x4.png") == (36, 24)


def test_json_is_one_object_a_picture_and_nothing_else(enlarge, picture, tmp_path):
    picture("in/a.png"), picture("in/ü.png")
    (tmp_path / "in/broken.png").write_bytes(b"\x89PNG")
    (tmp_path / "in/frames.gif").write_bytes(b"")
    frames = [Image.new("RGB", (4, 3), colour) for colour in ("red", "blue")]
    frames[0].save(tmp_path / "in/frames.gif", save_all=True, append_images=frames[1:])
    result = enlarge(tmp_path / "in", "-o", tmp_path / "out", "--json")
    assert result.exit_code == 1
    assert result.stderr == ""
    rows = {
        os.path.basename(row["source"]): row for row in map(json.loads, result.stdout.splitlines())
    }
    assert {name: row["status"] for name, row in rows.items()} == {
        "a.png": "done", "broken.png": "failed", "frames.gif": "done", "ü.png": "done",
    }  # fmt: skip
    done = rows["a.png"]
    assert (done["width"], done["height"], done["error"]) == (36, 24, None)
    assert done["target"] == str(tmp_path / "out/a_x4.png")
    assert done["seconds"] > 0
    assert "broken.png" in rows["broken.png"]["error"]
    assert "only its first frame" in rows["frames.gif"]["notices"][0]


def test_json_prints_nothing_on_stdout_for_wrong_usage(enlarge, picture):
    path = picture("a.png")
    picture("a_x4.png")
    result = enlarge(path, "--json")
    assert (result.exit_code, result.stdout) == (2, "")


def test_what_is_lost_is_said_on_stderr(enlarge, tmp_path):
    Image.new("RGBA", (5, 4), (255, 0, 0, 99)).save(tmp_path / "logo.png")
    result = enlarge(tmp_path / "logo.png", "--format", "jpg")
    assert result.exit_code == 0
    assert result.stderr.startswith("note: logo_x4.jpg: JPEG has no transparency")
    assert read(tmp_path / "logo_x4.jpg").alpha is None


def test_names_that_are_no_text_are_no_reason_to_fail(enlarge, picture, tmp_path):
    path = picture("a.png")
    odd = os.fsencode(path).replace(b"a.png", b"\xff.png")
    try:
        os.rename(path, odd)
    except OSError:
        pytest.skip("this file system refuses such names")
    assert enlarge(os.fsdecode(odd)).exit_code == 0
    result = enlarge(os.fsdecode(odd), "--json", "--overwrite")
    assert json.loads(result.stdout)["source"] == os.fsdecode(odd)


def test_sixteen_bit_and_grey_go_through(enlarge, tmp_path, rng):
    deep = rng.integers(0, 65536, (6, 5), np.uint16)
    Image.fromarray(deep).save(tmp_path / "deep.png")
    assert enlarge(tmp_path / "deep.png").exit_code == 0
    made = read(tmp_path / "deep_x4.png").colour
    assert (made.dtype, made.shape) == (np.uint16, (24, 20))


def test_without_a_tflite_file_keras_runs_and_says_so(litesr, picture, x2_preset, tmp_path):
    result = litesr("upscale", "-m", x2_preset, picture("a.png"))
    assert result.exit_code == 0
    assert result.stderr.startswith("note: bicubic_x2 has no .tflite file, so Keras runs it")
    assert size(tmp_path / "a_x2.png") == (18, 12)
    assert litesr("upscale", "-m", x2_preset, "--runtime", "litert", "a.png").exit_code == 2
