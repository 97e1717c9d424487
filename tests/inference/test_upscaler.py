"""Pictures of every kind through a model, and what is refused."""

import json
import shutil
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

import keras_litesr
from keras_litesr import Upscaler, upscale
from keras_litesr.images.files import ImageFileError, Metadata, Photo
from keras_litesr.images.resize import bicubic
from keras_litesr.inference.pictures import array_of, photo_of
from keras_litesr.models.layers import PixelShuffle
from keras_litesr.zoo import folders
from keras_litesr.zoo.folders import PresetError


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    """A smooth picture with an edge, of odd sides."""
    y, x = np.mgrid[0:31, 0:45]
    waves = [127 + 100 * np.sin(x / 5 + c) * np.cos(y / (4 + c)) for c in range(3)]
    return np.where((x > y)[..., None], np.stack(waves, -1), 40).astype(np.uint8)


def difference(first, second) -> int:
    return int(np.abs(np.asarray(first, np.int64) - np.asarray(second, np.int64)).max())


@pytest.mark.parametrize("runtime", ["litert", "keras"])
def test_tiled_lite_equals_untiled_within_one_grey_level(lite_preset, picture, runtime):
    whole = upscale(picture, model=lite_preset, runtime=runtime, tile=64)
    for tile in (9, 16, 21):
        assert (
            difference(upscale(picture, model=lite_preset, runtime=runtime, tile=tile), whole) <= 1
        )


def test_litert_and_keras_agree_within_one_grey_level(lite_preset, picture):
    of_litert = upscale(picture, model=lite_preset, runtime="litert")
    of_keras = upscale(picture, model=lite_preset, runtime="keras")
    assert difference(of_litert, of_keras) <= 1
    assert difference(of_litert, upscale(picture, model="bicubic_x4")) > 1


@pytest.mark.parametrize("size", [(1, 1), (1, 6), (6, 1), (2, 3)])
def test_pictures_of_a_few_pixels(lite_preset, rng, size):
    picture = rng.integers(0, 256, (*size, 3), np.uint8)
    of_litert = upscale(picture, model=lite_preset)
    assert of_litert.shape == (4 * size[0], 4 * size[1], 3)
    assert difference(of_litert, upscale(picture, model=lite_preset, runtime="keras")) <= 1


def test_bicubic_in_tiles_equals_pillow_inside(upscaler, picture):
    tiled = upscale(picture, model="bicubic_x4", tile=10)
    np.testing.assert_array_equal(tiled, upscaler(picture))
    assert difference(tiled[8:-8, 8:-8], bicubic(picture, (124, 180))[8:-8, 8:-8]) <= 1


def test_the_same_kind_comes_back(upscaler, picture, tmp_path):
    path = tmp_path / "bild mit ü.png"
    Image.fromarray(picture).save(path)
    array = upscale(picture, model="bicubic_x4")
    assert isinstance(array, np.ndarray)
    assert array.dtype == np.uint8
    for image in (path, str(path), Image.fromarray(picture)):
        for large in (upscale(image, model="bicubic_x4"), upscaler(image)):
            assert isinstance(large, Image.Image)
            assert large.mode == "RGB"
            np.testing.assert_array_equal(np.asarray(large), array)


def test_a_photo_keeps_its_metadata(upscaler, picture):
    photo = Photo(picture, metadata=Metadata(xmp=b"<x/>"), file_format="PNG", notices=("so",))
    large = upscaler(photo)
    assert isinstance(large, Photo)
    assert (large.size, large.metadata, large.notices) == ((124, 180), photo.metadata, ("so",))


def test_alpha_is_enlarged_on_its_own(upscaler, picture):
    alpha = np.tile(np.linspace(0, 255, 45).astype(np.uint8), (31, 1))
    rgba = np.dstack([picture, alpha])
    large = upscaler(rgba)
    assert large.shape == (124, 180, 4)
    assert (alpha == 0).any(axis=0).tolist() == [True] + [False] * 44
    seen = np.concatenate([picture[:, 1:2], picture[:, 1:]], axis=1)
    np.testing.assert_array_equal(large[..., :3], upscaler(seen))
    np.testing.assert_array_equal(large[..., 3], bicubic(alpha, (124, 180)))
    assert upscaler(Image.fromarray(rgba)).mode == "RGBA"
    opaque = upscaler(np.dstack([picture, np.maximum(alpha, 1)]))
    np.testing.assert_array_equal(opaque[..., :3], upscaler(picture))


@pytest.mark.parametrize("outscale", [None, 1.5, 0.3])
@pytest.mark.parametrize("channels", [1, 3])
def test_hidden_black_does_not_darken_a_white_edge(upscaler, channels, outscale):
    alpha = np.zeros((40, 40), np.uint8)
    alpha[10:30, 10:22] = 255
    shown = np.repeat(alpha[..., None], channels, axis=2).squeeze()
    pixels, before = photo_of(Image.fromarray(shown)), shown.copy()
    photo = Photo(pixels.colour, alpha)
    large = upscaler(photo, outscale=outscale)
    assert (large.alpha < 255).any()
    assert large.colour[large.alpha > 0].min() == 255
    np.testing.assert_array_equal(photo.colour, before)


def test_grey_stays_grey(upscaler, picture):
    grey = picture[..., 0]
    large = upscaler(grey)
    assert large.shape == (124, 180)
    assert difference(large, upscaler(np.repeat(grey[..., None], 3, 2))[..., 0]) <= 1
    assert upscaler(Image.fromarray(grey)).mode == "L"
    assert upscaler(Image.fromarray(picture).convert("LA")).mode == "LA"


def test_sixteen_bits_stay_sixteen_bits(upscaler, picture):
    deep = picture.astype(np.uint16) * 257 + 19
    large = upscaler(deep)
    assert large.dtype == np.uint16
    assert len(np.unique(large)) > 256
    expected = bicubic(deep, (124, 180))
    assert difference(large[8:-8, 8:-8], expected[8:-8, 8:-8]) <= 257
    assert upscaler(deep[..., 0]).dtype == np.uint16
    assert upscaler(Image.fromarray(deep[..., 0])).mode == "I;16"


@pytest.mark.parametrize(
    ("outscale", "size"), [(4, (124, 180)), (2.5, (78, 113)), (1, (31, 45)), (0.01, (1, 1))]
)
def test_outscale_is_the_final_enlargement(upscaler, picture, outscale, size):
    large = upscaler(picture, outscale=outscale)
    assert large.shape[:2] == upscaler.size_after((31, 45), outscale) == size
    np.testing.assert_array_equal(large, bicubic(upscaler(picture), size))


@pytest.mark.parametrize("outscale", [0, -1, 4.1, float("nan"), float("inf")])
def test_an_enlargement_that_the_model_cannot_give_is_refused(upscaler, outscale):
    with pytest.raises(ValueError, match=r"above 0 and at most 4.*bicubic_x4"):
        upscaler.size_after((5, 5), outscale)


def test_an_enlargement_that_is_no_number_is_refused(upscaler, picture):
    with pytest.raises(TypeError, match="Expected a number as outscale, received '2'"):
        upscaler(picture, outscale="2")


def test_progress_is_passed_on(picture):
    calls = []
    Upscaler("bicubic_x4", tile=20)(picture, progress=lambda *counts: calls.append(counts))
    assert calls[-1][0] == calls[-1][1] == len(calls) == 6


def test_a_self_ensemble_treats_all_orientations_alike(lite_preset, picture):
    alone = Upscaler(lite_preset)
    together = Upscaler(lite_preset, self_ensemble=True)
    turned = np.ascontiguousarray(np.rot90(picture))
    assert difference(np.rot90(alone(picture)), alone(turned)) > 1
    assert difference(np.rot90(together(picture)), together(turned)) <= 1


def test_attributes(lite_preset):
    upscaler = Upscaler(lite_preset)
    assert (upscaler.name, upscaler.scale, upscaler.runtime) == ("own_lite_x4", 4, "litert")
    assert upscaler.overlap == 4
    assert upscaler.version == folders.metadata(lite_preset)["date_saved"]


@pytest.mark.parametrize("tile", [None, 0])
def test_the_automatic_tile_has_room_for_the_overlap(upscaler, tile):
    assert Upscaler("bicubic_x4", tile=tile).tile == upscaler.tile > 2 * upscaler.overlap
    low_res = keras.Input((None, None, 3))
    far = keras.layers.Conv2D(48, 3, dilation_rate=200, padding="same")(low_res)
    far_seeing = Upscaler(keras.Model(low_res, PixelShuffle(4)(far)), tile=tile)
    assert far_seeing.overlap == 200
    assert far_seeing.tile > 2 * 200


def test_a_path_is_a_folder_and_never_a_name(lite_preset, picture, tmp_path, monkeypatch):
    expected = upscale(picture, model=lite_preset)
    monkeypatch.chdir(shutil.copytree(lite_preset, tmp_path / "bicubic_x4").parent)
    here = Path("bicubic_x4")
    assert Upscaler(here).name == lite_preset.name
    assert difference(upscale(picture, model=here), expected) == 0
    assert Upscaler("bicubic_x4").name == "bicubic_x4"
    for runtime in ("litert", "keras"):
        blended = Upscaler(lite_preset, runtime=runtime, blend=(here, 0.5))
        assert difference(blended(picture), expected) <= 1


def test_auto_takes_keras_where_there_is_no_tflite_file(lite_preset, tmp_path, picture):
    folder = tmp_path / "other_x4"
    keras_litesr.save_to_preset(keras_litesr.load(lite_preset), folder)
    assert Upscaler(folder).runtime == "keras"
    assert difference(upscale(picture, model=folder), upscale(picture, model=lite_preset)) <= 1
    with pytest.raises(PresetError, match=r"other_x4_float32\.tflite.*litesr convert"):
        Upscaler(folder, runtime="litert")


def test_a_keras_model_in_memory(lite_preset, picture):
    model = keras_litesr.load(lite_preset)
    upscaler = Upscaler(model, tile=16)
    known = (upscaler.name, upscaler.runtime, upscaler.overlap)
    assert known == (lite_preset.name, "keras", 4)
    assert difference(upscaler(picture), upscale(picture, model=lite_preset)) <= 1
    with pytest.raises(ValueError, match=r"preset or a \.tflite file for the runtime litert"):
        Upscaler(model, runtime="litert")


def test_a_model_whose_layers_reach_unknown_far_is_shown_another_way():
    import keras

    picture = keras.Input((None, None, 3))
    model = keras.Model(picture, keras.layers.UpSampling2D(2)(picture))
    with pytest.raises(ValueError, match=r"whose reach is not known.* Or name the \.tflite file"):
        Upscaler(model)


def test_a_keras_model_of_a_fixed_size_takes_pictures_of_any(rng):
    model = keras_litesr.load("bicubic_x4")
    picture = rng.integers(0, 256, (50, 41, 3), np.uint8)
    fixed = Upscaler(_of_size(model, 24, 32))
    assert difference(fixed(picture), upscale(picture, model=model)) <= 1


def test_tiles_too_small_for_what_a_model_sees_still_enlarge_and_are_said_to_show_seams(rng):
    model = keras_litesr.load("bicubic_x4")  # sees 2 pixels far
    picture = rng.integers(0, 256, (7, 11, 3), np.uint8)
    for side, known in [(5, (2, True)), (4, (1, False))]:
        fixed = Upscaler(_of_size(model, side, 9))
        assert (fixed.overlap, fixed.is_seamless) == known
        assert fixed(picture).shape == (28, 44, 3)


def _of_size(model, height, width):
    config = model.get_config()
    config["layers"][0]["config"]["batch_shape"] = (None, height, width, 3)
    return type(model).from_config(config)


def test_a_preset_whose_file_has_a_fixed_size_takes_pictures_of_any(lite_preset, tmp_path, rng):
    from keras_litesr.export.tflite import export

    copy = tmp_path / "fixed_x4"
    shutil.copytree(lite_preset, copy)
    file = copy / f"{lite_preset.name}_float32.tflite"
    export(keras_litesr.load(lite_preset), file, input_size=(16, 16))
    folders.write_manifest(copy)
    picture = rng.integers(0, 256, (20, 30, 3), np.uint8)
    assert difference(Upscaler(copy)(picture), Upscaler(lite_preset)(picture)) <= 1


def test_an_altered_file_is_refused(lite_preset, tmp_path):
    folder = tmp_path / lite_preset.name
    shutil.copytree(lite_preset, folder)
    with (folder / "own_lite_x4_float32.tflite").open("ab") as stream:
        stream.write(b"!")
    with pytest.raises(PresetError, match=r"expected SHA-256 .* received "):
        Upscaler(folder)


@pytest.mark.parametrize(
    ("content", "message"),
    [("{", "no JSON object"), ("5", "no JSON object"), ('{"name": "a"}', "does not say scale")],
)
def test_damaged_metadata_are_refused(lite_preset, tmp_path, content, message):
    folder = tmp_path / lite_preset.name
    shutil.copytree(lite_preset, folder)
    (folder / "metadata.json").write_text(content)
    folders.write_manifest(folder)
    with pytest.raises(PresetError, match=message):
        Upscaler(folder)


def test_metadata_with_more_facts_are_welcome(lite_preset, tmp_path):
    folder = tmp_path / lite_preset.name
    shutil.copytree(lite_preset, folder)
    facts = folders.metadata(folder)
    (folder / "metadata.json").write_text(json.dumps({**facts, "teacher": "srresnet_x4"}))
    folders.write_manifest(folder)
    assert Upscaler(folder).scale == 4


class Tensor:
    """Looks like a Torch tensor, but is none."""

    shape = (3, 8, 8)


@pytest.mark.parametrize(
    ("image", "error", "message"),
    [
        (np.zeros((5, 5, 3), np.float32), TypeError, "uint8.*received float32.*to_uint8"),
        (np.zeros((5, 5, 3), np.int64), TypeError, "received int64"),
        (np.zeros((5, 5), bool), TypeError, "received bool"),
        (np.zeros((5, 5, 2), np.uint8), ValueError, r"received \(5, 5, 2\)"),
        (np.zeros((3, 5, 5), np.uint8), ValueError, "channels last"),
        (np.zeros((2, 5, 5, 3), np.uint8), ValueError, "one by one"),
        (np.zeros((0, 5, 3), np.uint8), ValueError, r"received \(0, 5, 3\)"),
        (np.zeros(5, np.uint8), ValueError, r"received \(5,\)"),
        (Tensor(), TypeError, "Tensor.*numpy.asarray"),
        ([[1, 2], [3, 4]], TypeError, "received list"),
        (b"photo.png", TypeError, "received bytes"),
        (7, TypeError, "received int"),
        (None, TypeError, "received NoneType"),
        ("no such file.png", ImageFileError, "no such file"),
        (Image.new("F", (4, 4)), ImageFileError, "mode F"),
    ],
)
def test_what_is_no_picture_is_refused(upscaler, image, error, message):
    with pytest.raises(error, match=message):
        upscaler(image)
    with pytest.raises(error, match=message):
        upscale(image, model="bicubic_x4")


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"model": "bicubic_x5"}, PresetError, "Did you mean bicubic_x4"),
        ({"model": 5}, TypeError, "Keras model, received int.*litesr list"),
        ({"model": "bicubic_x4", "runtime": "onnx"}, ValueError, "litert, keras, received 'onnx'"),
        ({"model": "bicubic_x4", "tile": 4}, ValueError, "more than 4 pixels.*received 4"),
        ({"model": "bicubic_x4", "tile": -8}, ValueError, "received -8"),
        ({"model": "bicubic_x4", "tile": 64.0}, TypeError, "whole number.*received 64.0"),
    ],
)
def test_wrong_arguments_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        upscale(np.zeros((5, 5, 3), np.uint8), **arguments)


@pytest.mark.parametrize("threads", [0, -5, 257, 2.0])
def test_an_impossible_number_of_threads_is_refused(threads):
    with pytest.raises(ValueError, match=f"Expected 1 to 256 threads.* received {threads}"):
        Upscaler("bicubic_x4", threads=threads)


def test_arrays_and_photos_are_two_forms_of_one_thing(rng):
    for shape in [(4, 5), (4, 5, 3), (4, 5, 4)]:
        pixels = rng.integers(0, 256, shape, np.uint8)
        np.testing.assert_array_equal(array_of(photo_of(pixels)), pixels)


def test_unknown_dtype_and_a_dtype_for_keras_are_refused(lite_preset):
    with pytest.raises(
        ValueError, match="Expected dtype float32, float16, int8, fastest, received 'int4'"
    ):
        Upscaler(lite_preset, dtype="int4")
    with pytest.raises(ValueError, match="for the runtime keras, received int8"):
        Upscaler(lite_preset, runtime="keras", dtype="int8")
    with pytest.raises(folders.PresetError, match=r"_int8\.tflite .* found none"):
        Upscaler(lite_preset, dtype="int8")
