"""A bare `.tflite` of any origin as a model, and the files that are refused."""

import shutil

import flatbuffers
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

import keras_litesr
from keras_litesr import Upscaler, upscale
from keras_litesr.images.files import Photo
from keras_litesr.models.tflite_files import open_tflite
from keras_litesr.zoo import folders
from keras_litesr.zoo.folders import PresetError


@pytest.fixture(scope="module")
def file(lite_preset):
    return lite_preset / f"{lite_preset.name}_float32.tflite"


@pytest.fixture(scope="module")
def make(litert_export, tmp_path_factory):
    """Exports what a function makes of pictures, by Keras alone, as strangers do."""
    import keras
    import tensorflow as tf

    from keras_litesr.silence import captured_output

    folder = tmp_path_factory.mktemp("foreign")

    def export(name, enlarge, shape, **options):
        low_res = keras.Input((None, None, shape[-1]))
        signature = keras.InputSpec(shape=shape, dtype="float32", name="x")
        if options.pop("int8", False):
            pictures = [np.random.default_rng(0).random((1, *shape[1:]), np.float32)] * 8
            options = {
                "optimizations": [tf.lite.Optimize.DEFAULT],
                "representative_dataset": lambda: ([picture] for picture in pictures),
                "inference_input_type": tf.int8,
                "inference_output_type": tf.int8,
            }
        path = folder / name
        with captured_output():
            model = keras.Model(low_res, enlarge(low_res))
            model.export(path, "litert", verbose=False, input_signature=[signature], **options)
        return path

    return export


@pytest.fixture(scope="module")
def doubled(make):
    """A network of one size, 12 high and 20 wide, that repeats every pixel."""
    import keras

    return make("doubled.tflite", keras.layers.UpSampling2D(2), (1, 12, 20, 3))


def repeated(picture, scale=2):
    return picture.repeat(scale, axis=0).repeat(scale, axis=1)


def test_our_file_enlarges_as_its_preset(file, lite_preset, rng):
    picture = rng.integers(0, 256, (31, 45, 3), np.uint8)
    upscaler = Upscaler(str(file), tile=16)
    assert (upscaler.name, upscaler.scale, upscaler.overlap) == (file.stem, 4, 4)
    assert (upscaler.runtime, upscaler.dtype, upscaler.is_seamless) == ("litert", "float32", True)
    np.testing.assert_array_equal(upscaler(picture), upscale(picture, model=lite_preset, tile=16))


def test_without_metadata_the_radius_is_measured(file, lite_preset, tmp_path, rng):
    model = schema.ModelT.InitFromPackedBuf(file.read_bytes(), 0)
    model.metadata = []
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    bare = tmp_path / "of unknown origin.tflite"
    bare.write_bytes(builder.Output())
    upscaler = Upscaler(bare, tile=12)
    assert (upscaler.scale, upscaler.overlap, upscaler.is_seamless) == (4, 4, True)
    picture = rng.integers(0, 256, (30, 25, 3), np.uint8)
    whole = upscale(picture, model=lite_preset).astype(int)
    assert np.abs(upscaler(picture) - whole).max() <= 1


@pytest.fixture(scope="module")
def of_one_size(lite_preset, tmp_path_factory):
    """Our network for pictures 12 high and 20 wide."""
    from keras_litesr.export.tflite import export

    path = tmp_path_factory.mktemp("fixed") / "fixed.tflite"
    return Upscaler(export(keras_litesr.load(lite_preset), path, input_size=(12, 20)))


@pytest.mark.parametrize("size", [(30, 25), (17, 9), (3, 40), (1, 1), (12, 20)])
def test_a_file_of_one_size_enlarges_any(lite_preset, of_one_size, size):
    """Where the picture is no smaller than a tile, each pixel is that of the whole."""
    y, x = np.mgrid[: size[0], : size[1]]
    picture = np.stack([5 * x, 255 - 4 * y, 40 + 3 * (x + y)], -1).astype(np.uint8)
    assert (of_one_size.tile, of_one_size.overlap, of_one_size.is_seamless) == (20, 4, True)
    large = of_one_size(picture).astype(int)
    whole = upscale(picture, model=lite_preset)
    assert large.shape == whole.shape
    # The network sees its own border 4 pixels far, and not where the picture is continued.
    inside = [4 * max(0, side - 4) if side < tile else 4 * side for side, tile in
              zip(size, (12, 20), strict=True)]  # fmt: skip
    difference = np.abs(large - whole)[: inside[0], : inside[1]]
    assert difference.max(initial=0) <= 1


def test_a_foreign_file_of_one_size(doubled, rng):
    upscaler = Upscaler(doubled)
    assert (upscaler.scale, upscaler.tile, upscaler.overlap) == (2, 20, 0)
    for size in [(40, 33), (5, 50), (2, 3)]:
        picture = rng.integers(0, 256, (*size, 3), np.uint8)
        np.testing.assert_array_equal(upscaler(picture), repeated(picture))
    grey = rng.integers(0, 65536, (14, 22), np.uint16)
    assert isinstance(large := upscaler(Photo(grey)), Photo)
    assert np.abs(large.colour.astype(int) - repeated(grey)).max() <= 1


def test_a_foreign_file_of_signed_integers(make, rng):
    import keras

    path = make("int8.tflite", keras.layers.UpSampling2D(2), (1, 16, 16, 3), int8=True)
    upscaler = Upscaler(path)
    assert upscaler.dtype == "int8"
    picture = rng.integers(0, 256, (20, 33, 3), np.uint8)
    assert np.abs(upscaler(picture).astype(int) - repeated(picture)).max() <= 1


def test_a_file_of_levels_up_to_255(make, rng):
    """A bias of 10 leaves nothing of a picture in [0, 1]."""
    import keras

    def brighter(low_res):
        return keras.layers.Rescaling(0.9, offset=10)(keras.layers.UpSampling2D(2)(low_res))

    path = make("levels.tflite", brighter, (1, 8, 8, 3))
    picture = rng.integers(0, 256, (8, 8, 3), np.uint8)
    expected = np.floor(0.9 * repeated(picture) + 10 + 0.5)
    assert np.abs(upscale(picture, model=path) - expected).max() <= 1


@pytest.mark.parametrize("step", [2, 4])
def test_a_file_that_halves_pictures_enlarges_any(make, rng, step):
    """A network that works on squares of pixels, as many of those for phones do."""
    import keras

    def enlarge(low_res):
        squares = keras.layers.AveragePooling2D(step)(low_res)
        return keras.layers.UpSampling2D(2 * step)(squares)

    upscaler = Upscaler(make(f"squares{step}.tflite", enlarge, (1, None, None, 3)), tile=32)
    picture = rng.integers(0, 256, (75, 101, 3), np.uint8)
    large = upscaler(picture)
    assert large.shape == (150, 202, 3)
    whole = Upscaler(make(f"squares{step}.tflite", enlarge, (1, None, None, 3)), tile=128)
    np.testing.assert_array_equal(large, whole(picture))


def test_a_file_that_sees_everything_is_said_to_show_seams(make, rng):
    import keras

    def dimmed(low_res):
        mean = keras.layers.GlobalAveragePooling2D(keepdims=True)(low_res)
        return keras.layers.UpSampling2D(2)(keras.layers.Multiply()([low_res, mean]))

    upscaler = Upscaler(make("dimmed.tflite", dimmed, (1, 16, 16, 3)))
    assert not upscaler.is_seamless
    assert upscaler.overlap == 4


@pytest.mark.parametrize(
    ("name", "shape", "message"),
    [
        ("classes", (1, 8, 8, 3), r"takes float32 \(1, 8, 8, 3\) and gives float32 \(1, 10\)"),
        ("grey", (1, 8, 8, 1), r"takes float32 \(1, 8, 8, 1\) and gives float32 \(1, 16, 16, 1\)"),
        ("same", (1, 8, 8, 3), r"takes \(1, 8, 8, 3\) and gives \(1, 8, 8, 3\)"),
        ("four", (4, 8, 8, 3), r"takes float32 \(4, 8, 8, 3\) and gives float32 \(4, 16, 16, 3\)"),
        ("half", (1, 8, 8, 3), r"takes \(1, 8, 8, 3\) and gives \(1, 4, 4, 3\)"),
        ("two", (1, 8, 8, 3), r"float32 \(1, 8, 8, 3\) and float32 \(1, 16, 16, 3\)"),
    ],
)
def test_what_is_no_enlarger_is_refused_with_its_shapes(make, name, shape, message):
    import keras

    layers = keras.layers
    networks = {
        "classes": lambda x: layers.Dense(10)(layers.GlobalAveragePooling2D()(x)),
        "grey": layers.UpSampling2D(2),
        "same": layers.ReLU(),
        "four": layers.UpSampling2D(2),
        "half": layers.MaxPool2D(2),
        "two": lambda x: [layers.UpSampling2D(2)(x), layers.ReLU()(x)],
    }
    path = make(f"{name}.tflite", networks[name], shape)
    for open_it in (Upscaler, keras_litesr.load):
        with pytest.raises(ValueError, match=message):
            open_it(path)


def test_damaged_files_are_refused(file, tmp_path):
    content = file.read_bytes()
    path = tmp_path / "damaged.tflite"
    for damaged, message in [
        (b"", "is empty"),
        (b"a text, no model", "something else"),
        (content[:100], "no model that can be used"),
        (content[: len(content) // 2], "no model that can be used"),
    ]:
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match=message):
            Upscaler(path)
    with pytest.raises(ValueError, match=r"no file .*missing\.tflite"):
        Upscaler(tmp_path / "missing.tflite")


def test_a_file_that_crashes_the_interpreter_does_not_crash_this_process(tmp_path):
    """A step below zero ends the process that runs LiteRT 2.3."""
    source = folders.preset_folder("lite_tiny_x4") / "lite_tiny_x4_int8.tflite"
    path = tmp_path / "hostile.tflite"
    path.write_bytes(with_steps_of(-1, source.read_bytes()))
    with pytest.raises(ValueError, match=r"hostile\.tflite"):
        open_tflite(path)


def with_steps_of(step, content):
    """Gives one step to every tensor of a file but its ends."""
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    graph = model.subgraphs[0]
    ends = {*graph.inputs, *graph.outputs}
    for index, tensor in enumerate(graph.tensors):
        if index not in ends and tensor.quantization is not None:
            known = tensor.quantization.scale
            tensor.quantization.scale = None if known is None else np.full_like(known, step)
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())


def test_what_belongs_to_presets_is_refused(file):
    with pytest.raises(ValueError, match="received keras for"):
        Upscaler(file, runtime="keras")
    for options in ({"dtype": "int8"}, {"dtype": "fastest"}, {"blend": ("lite_x4", 0.5)}):
        with pytest.raises(ValueError, match="preset"):
            Upscaler(file, **options)
    with pytest.raises(PresetError, match="is not signed"):
        keras_litesr.load(file, verify="require")


def test_a_tile_for_a_file_of_one_size_is_refused(doubled):
    with pytest.raises(ValueError, match="takes 20x12 pixels and no others, received 64"):
        Upscaler(doubled, tile=64)


def test_a_self_ensemble_of_oblong_tiles_is_refused(doubled):
    with pytest.raises(ValueError, match=r"tiles that can be turned .* takes 20x12 pixels"):
        Upscaler(doubled, self_ensemble=True)


def test_a_preset_folder_may_be_named_like_a_file(lite_preset, tmp_path):
    folder = tmp_path / "odd.tflite"
    shutil.copytree(lite_preset, folder)
    assert Upscaler(folder).name == lite_preset.name


def test_an_ending_in_capitals_is_one(file, tmp_path):
    loud = shutil.copy(file, tmp_path / "OWN.TFLITE")
    assert Upscaler(loud).name == "OWN"


def test_a_loaded_file_predicts(file, lite_preset, rng):
    model = keras_litesr.load(file)
    low_res = rng.random((3, 7, 9, 3), np.float32)
    large = model.predict(low_res, batch_size=2, verbose=0)
    expected = keras_litesr.load(lite_preset).predict(low_res, verbose=0)
    np.testing.assert_allclose(large, expected, atol=1e-5)
    assert model.output_shape == (None, None, None, 3)
    assert model.count_params() == 0
    np.testing.assert_allclose(np.asarray(model(low_res)), expected, atol=1e-5)
    upscaler = Upscaler(model, tile=16)
    assert (upscaler.runtime, upscaler.overlap) == ("litert", 4)


def test_a_loaded_file_of_one_size_says_so(doubled, rng):
    model = keras_litesr.load(doubled)
    assert (model.input_shape, model.output_shape) == ((None, 12, 20, 3), (None, 24, 40, 3))
    low_res = rng.random((2, 12, 20, 3), np.float32)
    np.testing.assert_allclose(model.predict(low_res, verbose=0)[1], repeated(low_res[1]))
    with pytest.raises(ValueError, match=r"\(12, 20\)|12, 20"):
        model.predict(low_res[:, :8], verbose=0)


def test_a_loaded_file_cannot_be_trained_or_saved(file, tmp_path, rng):
    model = keras_litesr.load(file)
    model.compile(loss="mae")
    with pytest.raises(ValueError, match="train or save"):
        model.fit(np.zeros((1, 4, 4, 3)), np.zeros((1, 16, 16, 3)), verbose=0)
    with pytest.raises(ValueError, match="train or save"):
        model.save(tmp_path / "a.keras")
    with pytest.raises(ValueError, match="train or save"):
        keras_litesr.save_to_preset(model, tmp_path / "preset")
