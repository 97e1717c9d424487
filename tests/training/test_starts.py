import numpy as np
import pytest

import keras_litesr
from keras_litesr.models.lite import lite
from keras_litesr.models.srresnet import srresnet
from keras_litesr.training.starts import load_start
from keras_litesr.zoo.folders import PresetError
from keras_litesr.zoo.saving import save_to_preset


@pytest.fixture
def trained():
    model = lite(filters=3, num_blocks=1)
    model.set_weights([np.full_like(weight, 0.25) for weight in model.get_weights()])
    return model


def _assert_quarters(model):
    assert all(np.all(weight == 0.25) for weight in model.get_weights())


def test_a_run_a_file_and_a_preset_folder_are_starts(trained, tmp_path):
    (tmp_path / "run").mkdir()
    trained.save_weights(tmp_path / "run" / "best.weights.h5")
    save_to_preset(trained, tmp_path / "preset")
    for start in ("run", "run/best.weights.h5", "preset"):
        model = lite(filters=3, num_blocks=1)
        load_start(model, tmp_path / start)
        _assert_quarters(model)


def test_a_preset_of_the_zoo_is_a_start():
    model = lite()
    load_start(model, "lite_psnr_x4")
    expected = keras_litesr.load("lite_psnr_x4").get_weights()
    for received, wanted in zip(model.get_weights(), expected, strict=True):
        np.testing.assert_array_equal(received, wanted)


def test_a_folder_called_as_a_preset_is_not_taken_for_it(tmp_path, monkeypatch):
    (tmp_path / "lite_psnr_x4").mkdir()
    model = lite()
    model.save_weights(tmp_path / "lite_psnr_x4" / "best.weights.h5")
    fresh = model.get_weights()
    monkeypatch.chdir(tmp_path)
    load_start(model, "./lite_psnr_x4")
    np.testing.assert_array_equal(model.get_weights()[0], fresh[0])
    load_start(model, "lite_psnr_x4")
    expected = keras_litesr.load("lite_psnr_x4").get_weights()
    np.testing.assert_array_equal(model.get_weights()[0], expected[0])


def test_another_network_or_nothing_is_refused(trained, tmp_path):
    (tmp_path / "run").mkdir()
    trained.save_weights(tmp_path / "run" / "best.weights.h5")
    save_to_preset(trained, tmp_path / "preset")
    other = lite(filters=6, num_blocks=1)
    with pytest.raises(PresetError, match="expected"):
        load_start(other, tmp_path / "run")
    with pytest.raises(PresetError, match="expected"):
        load_start(other, tmp_path / "preset")
    (tmp_path / "empty").mkdir()
    for nothing in ("nowhere", "lite_x5", tmp_path / "empty"):
        with pytest.raises(PresetError, match=f"received '{nothing}"):
            load_start(other, nothing)


def test_kernels_grow_around_those_of_the_start(tmp_path, rng):
    small, large = (lite(filters=6, num_blocks=2, kernel_size=size) for size in (3, (3, 7)))
    small.save_weights(tmp_path / "small.weights.h5")
    load_start(large, tmp_path / "small.weights.h5")
    assert large.get_layer("block1_expand").get_weights()[0].shape == (7, 7, 6, 1)
    low_res = rng.random((1, 9, 8, 3), np.float32)
    expected = small.predict(low_res, verbose=0)
    np.testing.assert_allclose(large.predict(low_res, verbose=0), expected, atol=1e-6)
    with pytest.raises(PresetError, match="expected"):
        load_start(lite(filters=6, num_blocks=2, kernel_size=(5, 1)), tmp_path / "small.weights.h5")


def test_a_deeper_networks_further_blocks_are_left_out(tmp_path):
    deep, shallow = (lite(filters=3, num_blocks=number) for number in (3, 2))
    deep.save_weights(tmp_path / "best.weights.h5")
    load_start(shallow, tmp_path)
    assert not {layer.name for layer in shallow.layers if "block2" in layer.name}
    for layer in shallow.layers:
        for received, expected in zip(
            layer.get_weights(), deep.get_layer(layer.name).get_weights(), strict=True
        ):
            np.testing.assert_array_equal(received, expected)


def test_a_deeper_network_paints_at_first_what_the_start_paints(tmp_path, rng):
    shallow, deep = (lite(filters=3, num_blocks=number) for number in (1, 3))
    shallow.save_weights(tmp_path / "best.weights.h5")
    load_start(deep, tmp_path)
    low_res = rng.random((1, 9, 8, 3), np.float32)
    expected = shallow.predict(low_res, verbose=0)
    np.testing.assert_allclose(deep.predict(low_res, verbose=0), expected, atol=1e-6)
    assert np.any(deep.get_layer("block2_expand").get_weights()[0])


def test_a_network_without_blocks_is_no_start_of_one_with_blocks(tmp_path):
    lite(filters=3, num_blocks=0).save_weights(tmp_path / "best.weights.h5")
    with pytest.raises(PresetError, match="block0_expand"):
        load_start(lite(filters=3, num_blocks=1), tmp_path)


def test_only_blocks_that_can_be_silenced_are_added_or_left_out(tmp_path):
    srresnet(filters=4, num_blocks=2).save_weights(tmp_path / "best.weights.h5")
    for number in (1, 3):
        with pytest.raises(PresetError, match=r"only one of them has the layers block[12]_"):
            load_start(srresnet(filters=4, num_blocks=number), tmp_path)


def test_a_run_without_weights_is_told_what_it_lacks(tmp_path):
    (tmp_path / "log.csv").touch()
    with pytest.raises(PresetError, match=r"run's folder with best\.weights\.h5"):
        load_start(lite(filters=3, num_blocks=1), tmp_path)
