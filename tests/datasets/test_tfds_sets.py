import sys
import warnings

import numpy as np
import pytest
from PIL import Image

from keras_litesr.images.files import ImageFileError
from keras_litesr.images.resize import reduce

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what TensorFlow Datasets' own dependencies say
    tfds = pytest.importorskip("tensorflow_datasets")
    from keras_litesr.datasets import tfds_sets

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


def test_a_set_by_name_finds_what_it_is_described_by(tmp_path):
    """Without the network, which it takes to download the pictures themselves."""
    builder = tfds.builder("div2k", data_dir=tmp_path)
    assert "DIV2K_train_HR.zip" in "".join(builder.url_infos)


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
        # Reducing a patch gives its low-resolution one, away from the border, within rounding.
        for small, large in zip(low_res, high_res, strict=True):
            reduced = reduce((large * 255).round().astype(np.uint8), 4) / 255
            np.testing.assert_allclose(reduced[2:-2, 2:-2], small[2:-2, 2:-2], atol=1.1 / 255)
    assert not np.array_equal(first[0][0], other[0][0])


def test_a_model_fits_a_set(photos, tmp_path):
    from keras_litesr.models.lite import lite

    model = lite(filters=3, num_blocks=1)
    model.compile("adam", "mae", run_eagerly=True)
    patches = tfds_sets.patches_of(_load(photos[0], tmp_path), patch_size=6, batch_size=2)
    history = model.fit(patches, steps_per_epoch=2, shuffle=False, verbose=0).history
    assert np.isfinite(history["loss"][0])


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


def test_without_the_package_the_error_names_the_extra(monkeypatch):
    monkeypatch.delitem(sys.modules, "keras_litesr.datasets.tfds_sets")
    monkeypatch.setitem(sys.modules, "tensorflow_datasets", None)
    with pytest.raises(ModuleNotFoundError, match=r"keras_litesr\[tfds\]"):
        load_pictures(["tfds:div2k"])
