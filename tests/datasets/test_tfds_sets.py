import sys
import warnings
from unittest import mock

import numpy as np
import pytest
from PIL import Image

from keras_litesr.images.files import ImageFileError
from keras_litesr.images.resize import reduce

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what TensorFlow Datasets' own dependencies say
    tfds = pytest.importorskip("tensorflow_datasets")
    from keras_litesr.datasets import tfds_sets

import tensorflow as tf

from keras_litesr.datasets.places import load_pictures

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture
def photos(tmp_path, rng):
    folder = tmp_path / "my photos"
    (folder / "inner").mkdir(parents=True)
    made = {}
    for name in ("a.png", "b.png", "inner/c.png"):
        made[name] = rng.integers(0, 256, (40, 44, 3), dtype=np.uint8)
        Image.fromarray(made[name]).save(folder / name)
    return folder, made


def _load(folder, tmp_path, **options):
    return tfds.load(
        "low_res_high_res",
        split="train",
        data_dir=tmp_path / "sets",
        builder_kwargs={"folder": folder},
        **options,
    )


def test_tfds_load_gives_the_pairs_of_a_folder(photos, tmp_path):
    folder, made = photos
    examples = list(tfds.as_numpy(_load(folder, tmp_path)))
    assert {example["name"].decode() for example in examples} == made.keys()
    for example in examples:
        original = made[example["name"].decode()]
        np.testing.assert_array_equal(example["high_res"], original)
        np.testing.assert_array_equal(example["low_res"], reduce(original, 4))


def test_a_folder_that_changed_is_prepared_anew(photos, tmp_path):
    folder, made = photos
    assert len(list(_load(folder, tmp_path))) == 3
    Image.fromarray(made["a.png"]).save(folder / "d.png")
    assert len(list(_load(folder, tmp_path))) == 4


def test_a_set_is_made_of_a_folder_by_its_name(photos, tmp_path, monkeypatch):
    folder, _ = photos
    monkeypatch.setenv("LITESR_DATA", str(folder.parent))
    assert len(list(_load(folder.name, tmp_path))) == 3


def test_div2k_by_name_gives_pictures_and_patches(tmp_path, monkeypatch, rng):
    """Without the network, which it takes to download the pictures themselves."""
    described = tfds.builder("div2k/bicubic_x4", data_dir=tmp_path).info.features
    high_res = rng.integers(0, 256, (3, 40, 44, 3), dtype=np.uint8)
    pictures = {"lr": np.stack([reduce(picture, 4) for picture in high_res]), "hr": high_res}
    assert pictures.keys() == described.keys()
    calls = []

    def load(name, **options):
        calls.append((name, options["split"]))
        return tf.data.Dataset.from_tensor_slices(pictures)

    monkeypatch.setattr(tfds, "load", load)
    received = tfds_sets.load_tfds("div2k/bicubic_x4:validation")
    assert calls == [("div2k/bicubic_x4", "validation")]
    np.testing.assert_array_equal(received, high_res)
    pairs = tfds.load("div2k/bicubic_x4", split="train")
    batch = next(iter(tfds_sets.patches_of(pairs, patch_size=6, batch_size=4)))
    _assert_aligned(*map(np.array, batch))


def test_one_broken_file_of_20_is_named_and_left_out_of_a_set(photos, fill, tmp_path, capfd):
    folder, _ = photos
    fill(folder, good=16, broken=1)
    assert len(list(_load(folder, tmp_path))) == 19
    notes = [line for line in capfd.readouterr().out.splitlines() if "left out" in line]
    assert "broken0.png" in notes[0]
    assert notes[1:] == ["left out: 1 of 20 files, which cannot be decoded"]


def test_a_set_of_39_files_with_2_broken_ones_is_refused(photos, fill, tmp_path):
    folder, _ = photos
    fill(folder, good=34, broken=2)
    with pytest.raises(ImageFileError, match="2 of 39 are not"):
        _load(folder, tmp_path)


def test_a_picture_smaller_than_the_scale_is_named_and_left_out_of_a_set(photos, tmp_path, capfd):
    folder, made = photos
    Image.new("RGB", (30, 3)).save(folder / "flat.png")
    assert len(list(_load(folder, tmp_path))) == len(made)
    notes = [line for line in capfd.readouterr().out.splitlines() if "left out" in line]
    assert notes == [f"left out: {folder / 'flat.png'}, smaller than 4x4 pixels"]


def test_a_set_without_a_picture_as_large_as_the_scale_is_refused(tmp_path):
    (tmp_path / "flat").mkdir()
    Image.new("RGB", (30, 3)).save(tmp_path / "flat" / "a.png")
    with pytest.raises(ImageFileError, match=r"at least 4x4 pixels in .*flat, received 1 files"):
        _load(tmp_path / "flat", tmp_path)


def test_a_folder_without_pictures_is_refused(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(ImageFileError, match="found none"):
        tfds_sets.LowResHighRes(folder=tmp_path / "empty", data_dir=tmp_path)


def test_patches_are_aligned_and_repeat_with_the_seed(photos, tmp_path):
    pairs = _load(photos[0], tmp_path)

    def batches(seed):
        patches = tfds_sets.patches_of(pairs, patch_size=6, batch_size=4, seed=seed)
        return [tuple(map(np.array, batch)) for batch in patches.take(3)]

    first, again, other = batches(1), batches(1), batches(2)
    for (low_res, high_res), (same, _) in zip(first, again, strict=True):
        assert (low_res.shape, high_res.shape) == ((4, 6, 6, 3), (4, 24, 24, 3))
        np.testing.assert_array_equal(low_res, same)
        _assert_aligned(low_res, high_res)
    assert not np.array_equal(first[0][0], other[0][0])


def _assert_aligned(low_res, high_res):
    """Reducing a patch gives its low-resolution one, away from the border, within rounding."""
    for small, large in zip(low_res, high_res, strict=True):
        reduced = reduce((large * 255).round().astype(np.uint8), 4) / 255
        np.testing.assert_allclose(reduced[2:-2, 2:-2], small[2:-2, 2:-2], atol=1.1 / 255)


def _flat_pairs(*sizes):
    """Makes pairs of one grey level each, 0, 1, 2 and so on; sizes are low-resolution pixels."""

    def examples():
        for level, size in enumerate(sizes):
            low_res = np.full((*size, 3), level, np.uint8)
            yield {"low_res": low_res, "high_res": low_res.repeat(4, 0).repeat(4, 1)}

    picture = tf.TensorSpec((None, None, 3), tf.uint8)
    return tf.data.Dataset.from_generator(
        examples, output_signature={"low_res": picture, "high_res": picture}
    )


def test_pictures_smaller_than_a_patch_give_none_and_others_do():
    pairs = _flat_pairs((5, 9), (6, 6), (9, 5), (7, 8))
    patches = tfds_sets.patches_of(pairs, patch_size=6, batch_size=4)
    levels = {
        round(float(level)) for _, high in patches.take(3) for level in 255 * high[:, 0, 0, 0]
    }
    assert levels == {1, 3}


def test_a_set_without_a_picture_as_large_as_a_patch_is_refused():
    with pytest.raises(ValueError, match="at least 24x24 pixels, received 2 pictures, none"):
        tfds_sets.patches_of(_flat_pairs((5, 9), (9, 5)), patch_size=6)


@pytest.mark.parametrize("first", [1, 5])
def test_patches_from_the_middle_are_those_of_a_whole_pass(photos, tmp_path, first):
    """14 of them pass the 3 pictures more than once, so the order changes on the way."""
    pairs = _load(photos[0], tmp_path)
    options = {"patch_size": 6, "batch_size": 2, "seed": 3}
    whole = list(tfds_sets.patches_of(pairs, **options).take(7))
    rest = list(tfds_sets.patches_of(pairs, **options, first=first).take(7 - first))
    assert not np.array_equal(whole[0][1], whole[first][1])
    for expected, received in zip(whole[first:], rest, strict=True):
        for part in (0, 1):
            np.testing.assert_array_equal(received[part], expected[part])


def test_a_beginning_before_the_first_batch_is_refused():
    with pytest.raises(ValueError, match="0 or more batches, received -1"):
        tfds_sets.patches_of(_flat_pairs((6, 6)), patch_size=6, first=-1)


def _numbers(model):
    return [variable.numpy().copy() for variable in model.trainable_variables]


def _moved(model, before):
    return [not np.array_equal(*each) for each in zip(before, _numbers(model), strict=True)]


def test_a_model_fits_a_set(photos, tmp_path):
    from keras_litesr.models.lite import lite

    model = lite(filters=3, num_blocks=1)
    model.compile("adam", "mae", run_eagerly=True)
    patches = tfds_sets.patches_of(_load(photos[0], tmp_path), patch_size=6, batch_size=2)
    before = _numbers(model)
    history = model.fit(patches, steps_per_epoch=2, shuffle=False, verbose=0).history
    assert np.isfinite(history["loss"][0])
    assert any(_moved(model, before))


def test_a_gan_fits_a_set_and_both_of_its_networks_learn(photos, tmp_path):
    import keras

    from keras_litesr.models.critic import critic
    from keras_litesr.models.lite import lite
    from keras_litesr.training.adversarial import WGANGP

    gan = WGANGP(lite(filters=3, num_blocks=1), critic(filters=4, num_stages=2))
    gan.compile(keras.optimizers.Adam(), critic_warmup_steps=0, critic_steps=2, run_eagerly=True)
    patches = tfds_sets.patches_of(_load(photos[0], tmp_path), patch_size=8, batch_size=2)
    generator, judge = _numbers(gan.generator), _numbers(gan.critic)
    history = gan.fit(patches, steps_per_epoch=2, shuffle=False, verbose=0).history
    assert all(np.isfinite(values[0]) for values in history.values())
    assert int(gan.optimizer.iterations) == 2
    assert int(gan.critic_optimizer.iterations) == 4
    assert any(_moved(gan.generator, generator))
    assert any(_moved(gan.critic, judge))


def test_a_set_by_name_gives_its_high_resolution_pictures(photos, tmp_path, monkeypatch):
    folder, made = photos
    load = tfds.load
    monkeypatch.setattr(
        tfds,
        "load",
        lambda name, **options: load(
            name, data_dir=tmp_path / "sets", builder_kwargs={"folder": folder}, **options
        ),
    )
    received = load_pictures(["tfds:low_res_high_res:train[:2]"])
    assert len(received) == 2
    expected = {picture.tobytes() for picture in made.values()}
    assert all(picture.tobytes() in expected for picture in received)


def test_an_unknown_set_is_refused():
    with pytest.raises(ImageFileError, match="received 'no_such_set'"):
        tfds_sets.load_tfds("no_such_set")


@pytest.mark.parametrize(
    "error", [OSError("Max retries"), tfds.download.DownloadError("code: 404")]
)
def test_a_set_that_cannot_be_downloaded_is_an_error_with_advice(monkeypatch, error):
    monkeypatch.setattr(tfds, "load", mock.Mock(side_effect=error))
    with pytest.raises(ImageFileError, match=rf"'div2k'.*{error}.*TFDS_DATA_DIR.*folder"):
        tfds_sets.load_tfds("div2k:train")


def test_a_full_disk_is_no_failed_download(monkeypatch):
    monkeypatch.setattr(tfds, "load", mock.Mock(side_effect=OSError(28, "No space left")))
    with pytest.raises(OSError, match="No space left") as caught:
        tfds_sets.load_tfds("div2k")
    assert not isinstance(caught.value, ImageFileError)


def test_without_the_package_the_error_names_the_extra(monkeypatch):
    monkeypatch.delitem(sys.modules, "keras_litesr.datasets.tfds_sets")
    monkeypatch.setitem(sys.modules, "tensorflow_datasets", None)
    with pytest.raises(ModuleNotFoundError, match=r"keras_litesr\[tfds\]"):
        load_pictures(["tfds:div2k"])


def test_a_set_of_another_scale_or_of_tuples_is_refused():
    pair = {"lr": np.zeros((1, 20, 20, 3), np.uint8), "hr": np.zeros((1, 40, 40, 3), np.uint8)}
    half = tf.data.Dataset.from_tensor_slices(pair)
    with pytest.raises(ValueError, match=r"scale 4, .* about 2\..*div2k/bicubic_x4"):
        tfds_sets.patches_of(half, patch_size=8)
    with pytest.raises(ValueError, match="`as_supervised`"):
        tfds_sets.patches_of(half.map(lambda example: (example["lr"], example["hr"])))


def test_a_set_is_not_reduced_by_nothing(photos):
    with pytest.raises(ValueError, match="received 0"):
        tfds_sets.LowResHighRes(folder=photos[0], scale=0)
