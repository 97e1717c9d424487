import numpy as np
import pytest

from keras_litesr.datasets.degradation import degrade
from keras_litesr.datasets.patches import CentreCrops
from keras_litesr.images import files, resize
from keras_litesr.models.bicubic import bicubic
from keras_litesr.training.pixel import compile_for_pixels
from keras_litesr.training.recipes import Recipe
from keras_litesr.training.samples import Samples


@pytest.fixture
def validation(rng):
    sizes = [(240, 320), (168, 200), (160, 164), (320, 160)]
    return CentreCrops(
        degrade([rng.integers(0, 256, (*size, 3), dtype=np.uint8) for size in sizes], 4)
    )


@pytest.fixture
def model():
    model = bicubic()
    compile_for_pixels(model, Recipe(steps=1))
    model.run_eagerly = True
    model.optimizer.build(model.trainable_variables)
    return model


def test_a_strip_shows_four_versions_of_the_middle_of_three_pictures(validation, model, tmp_path):
    samples = Samples(validation, tmp_path / "samples")
    samples.set_model(model)
    samples.on_test_end()
    samples.on_test_end()
    (path,) = (tmp_path / "samples").iterdir()
    assert path.name == "step_00000.png"
    strip = files.read(path).colour
    assert strip.shape == (3 * 128 + 2 * 4, 4 * 128 + 3 * 4, 3)
    low_res, _, made, original = (strip[:128, at : at + 128] for at in range(0, 512, 132))
    pair = validation.pairs[0]
    np.testing.assert_array_equal(original, pair.high_res[120 - 64 : 120 + 64, 160 - 64 : 160 + 64])
    np.testing.assert_array_equal(low_res[::4, ::4], pair.low_res[30 - 16 : 46, 40 - 16 : 56])
    # The model is bicubic, whose middle is that of the whole picture's enlargement.
    whole = resize.enlarge(pair.low_res, 4)[120 - 64 : 120 + 64, 160 - 64 : 160 + 64]
    assert np.abs(made.astype(int) - whole).max() <= 1


def test_no_more_than_the_middle_of_large_pictures_is_measured(tmp_path):
    large = [np.zeros((320, 280, 3), np.uint8)]
    ((low_res, high_res),) = Samples(CentreCrops(degrade(large, 4)), tmp_path).crops
    assert (low_res.shape, high_res.shape) == ((1, 64, 64, 3), (1, 256, 256, 3))


def test_the_measure_is_averaged_over_the_crops_and_logged(validation, model, tmp_path):
    seen = []

    def measure(reference, restored):
        assert reference.shape == restored.shape == (160, 160, 3)
        seen.append(reference)
        return float(len(seen))

    samples = Samples(validation, tmp_path, measure=measure, name="sharpness")
    samples.set_model(model)
    samples.on_test_end()
    logs = {}
    samples.on_epoch_end(0, logs)
    assert logs == {"val_sharpness": 2.0}
    assert len(seen) == 3


def test_a_flat_crop_which_has_nothing_to_compare_with_is_left_out(validation, model, tmp_path):
    figures = iter([float("inf"), 0.5, 0.7])
    samples = Samples(validation, tmp_path, measure=lambda *_: next(figures))
    samples.set_model(model)
    samples.on_test_end()
    assert samples.measured == pytest.approx(0.6)
