"""Blending TFLite files and presets of relatives."""

import shutil

import numpy as np
import pytest

import keras_litesr
from keras_litesr.inference import blending
from keras_litesr.inference.blending import blend_files
from keras_litesr.inference.runtimes import LiteRT
from keras_litesr.inference.upscaler import Upscaler
from keras_litesr.zoo import folders


@pytest.fixture(scope="module")
def presets(litert_export, tmp_path_factory):
    """Folders of a small network and a relative, each with its `.tflite` file."""
    import keras

    from keras_litesr.export.tflite import export
    from keras_litesr.models.lite import lite

    keras.utils.set_random_seed(0)
    rng = np.random.default_rng(1)
    parent, start = tmp_path_factory.mktemp("presets"), lite(filters=8, num_blocks=1).get_weights()
    made = {}
    for name, spread in (("soft", 0.01), ("sharp", 0.1)):
        model = lite(filters=8, num_blocks=1)
        model.set_weights([w + rng.normal(0, spread, w.shape) for w in start])
        made[name] = keras_litesr.save_to_preset(model, parent / name)
        export(model, made[name] / f"{name}_float32.tflite", metadata={"note": 99 * name})
        folders.write_manifest(made[name])
    return made


@pytest.fixture(scope="module")
def files(presets):
    return {
        name: (folder / f"{name}_float32.tflite").read_bytes() for name, folder in presets.items()
    }


@pytest.fixture
def picture(rng):
    return rng.integers(0, 256, (14, 11, 3), np.uint8)


def test_the_ends_are_the_files_themselves(files, rng):
    low_res = rng.random((1, 9, 7, 3), np.float32)
    assert len(files["soft"]) != len(files["sharp"])  # by their metadata
    assert blend_files(files["soft"], files["sharp"], 0) == files["soft"]
    sharp = LiteRT(blend_files(files["soft"], files["sharp"], 1))(low_res)
    np.testing.assert_array_equal(sharp, LiteRT(files["sharp"])(low_res))


@pytest.mark.parametrize("weight", [0.0, 0.3, 1.0])
def test_the_blended_file_paints_what_the_blended_keras_model_paints(presets, picture, weight):
    painted = [
        Upscaler(presets["soft"], runtime=runtime, blend=(presets["sharp"], weight))(picture)
        for runtime in ("litert", "keras")
    ]
    assert np.abs(painted[0].astype(int) - painted[1]).max() <= 1
    ends = [Upscaler(presets[name])(picture).astype(int) for name in ("soft", "sharp")]
    assert np.abs(ends[0] - ends[1]).max() > 10


def test_a_constant_that_tensors_share_is_blended_once(files):
    """As converters let equal constants do."""
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    def sharing(content):
        model = schema.ModelT.InitFromPackedBuf(content, 0)
        model.subgraphs[0].tensors *= 2
        builder = flatbuffers.Builder(len(content))
        builder.Finish(model.Pack(builder), b"TFL3")
        return bytes(builder.Output())

    expected = blend_files(files["soft"], files["sharp"], 0.3)
    received = blend_files(sharing(files["soft"]), sharing(files["sharp"]), 0.3)
    pairs = zip(blending._constants(expected), blending._constants(received), strict=True)
    assert all(np.array_equal(*pair) for pair in pairs)


def test_a_blend_says_what_it_is(presets):
    blended = Upscaler(presets["soft"], blend=(presets["sharp"], 0.25))
    assert (blended.name, blended.runtime) == ("soft with 0.25 of sharp", "litert")


def test_a_stranger_is_refused(files, rng):
    stranger = bytearray(files["soft"])
    for constant in blending._constants(stranger):
        rng.shuffle(constant.reshape(-1))
    with pytest.raises(ValueError, match="Expected relatives"):
        blend_files(files["soft"], bytes(stranger), 0.5)


def test_files_of_other_structure_are_refused(files, presets):
    (bicubic,) = folders.preset_folder("bicubic_x4").glob("*_float32.tflite")
    (whole_numbers,) = folders.preset_folder("bicubic_x4").glob("*_int8.tflite")
    for first, second in [
        (files["soft"], bicubic.read_bytes()),
        (bicubic.read_bytes(), whole_numbers.read_bytes()),
    ]:
        with pytest.raises(ValueError, match="files of different structure"):
            blend_files(first, second, 0.5)
    with pytest.raises(ValueError, match="Expected two TFLite files"):
        blend_files(files["soft"], b"no model at all", 0.5)


def test_a_weight_beyond_the_ends_is_refused(files):
    with pytest.raises(ValueError, match="received 2"):
        blend_files(files["soft"], files["sharp"], 2)


def test_an_altered_relative_is_refused(presets, tmp_path):
    copy = tmp_path / "sharp"
    copy.mkdir()
    for path in presets["sharp"].iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    path = copy / "sharp_float32.tflite"
    path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(folders.PresetError, match="not the file that was released"):
        Upscaler(presets["soft"], blend=(copy, 0.5))


def test_a_relative_without_a_file_is_blended_in_keras(presets, picture, tmp_path):
    bare = tmp_path / "sharp"
    shutil.copytree(presets["sharp"], bare)
    (bare / "sharp_float32.tflite").unlink()
    folders.write_manifest(bare)
    blended = Upscaler(presets["soft"], blend=(bare, 0.25))
    assert blended.runtime == "keras"
    of_files = Upscaler(presets["soft"], blend=(presets["sharp"], 0.25))(picture)
    assert np.abs(blended(picture).astype(int) - of_files).max() <= 1
    with pytest.raises(folders.PresetError, match=r"make it with `litesr convert`"):
        Upscaler(presets["soft"], runtime="litert", blend=(bare, 0.25))


def test_only_presets_in_float32_are_blended(presets):
    with pytest.raises(ValueError, match=r"received .*soft in int8"):
        Upscaler(presets["soft"], dtype="int8", blend=(presets["sharp"], 0.5))
    with pytest.raises(ValueError, match=r"keras_litesr\.blend"):
        Upscaler(keras_litesr.load(presets["soft"]), blend=(presets["sharp"], 0.5))


@pytest.mark.parametrize("blend", ["lite_x4", ("lite_x4",), ("lite_x4", "0.5"), ("lite_x4", 2)])
def test_what_is_no_pair_of_preset_and_share_is_refused(blend):
    with pytest.raises(ValueError, match="from 0"):
        Upscaler("lite_psnr_x4", blend=blend)
