import h5py
import numpy as np
import pytest

from keras_litesr.models.lite import lite
from keras_litesr.zoo.folders import PresetError
from keras_litesr.zoo.weights import load_weights


@pytest.fixture
def model():
    return lite(filters=12, num_blocks=1)


@pytest.fixture
def file(model, tmp_path):
    path = tmp_path / "model.weights.h5"
    model.save_weights(path)
    return path


def bias_of(file, layer):
    groups = [group["vars"] for group in file["layers"].values()]
    (variables,) = [group for group in groups if group.attrs["name"] == layer]
    return variables, str(len(variables) - 1)


def test_every_array_comes_back(model, file):
    twin = lite(filters=12, num_blocks=1)
    load_weights(twin, file)
    for first, second in zip(model.get_weights(), twin.get_weights(), strict=True):
        np.testing.assert_array_equal(first, second)


def replace_bias(file, make):
    with h5py.File(file, "a") as opened:
        variables, key = bias_of(opened, "subpixels")
        del variables[key]
        make(variables, key, opened)


def test_missing_array_is_refused(model, file):
    replace_bias(file, lambda variables, key, opened: None)
    with pytest.raises(PresetError, match="holds 2 arrays for the layer subpixels, expected 3"):
        load_weights(model, file)


def test_oversize_array_is_refused_before_it_is_read(model, file):
    replace_bias(
        file,
        lambda variables, key, opened: variables.create_dataset(
            key, (10**7, 10**5), "f4", chunks=(1000, 1000), compression="gzip"
        ),
    )
    with pytest.raises(PresetError, match=r"\(10000000, 100000\) for the layer subpixels"):
        load_weights(model, file)


def test_other_type_is_refused(model, file):
    replace_bias(file, lambda variables, key, opened: variables.create_dataset(key, (48,), "f8"))
    with pytest.raises(PresetError, match="float64"):
        load_weights(model, file)


def test_links_are_refused(model, file, tmp_path):
    with h5py.File(tmp_path / "secret.h5", "w") as other:
        other["x"] = np.zeros(48, np.float32)
    for link in (h5py.SoftLink("/layers"), h5py.ExternalLink("secret.h5", "/x")):

        def put(variables, key, opened, link=link):
            variables[key] = link

        replace_bias(file, put)
        with pytest.raises(PresetError, match="has a link in its place"):
            load_weights(model, file)


def test_array_kept_in_another_file_is_refused(model, file, tmp_path):
    (tmp_path / "data").write_bytes(bytes(192))
    replace_bias(
        file,
        lambda variables, key, opened: variables.create_dataset(
            key, (48,), "f4", external=[(str(tmp_path / "data"), 0, 192)]
        ),
    )
    with pytest.raises(PresetError, match="outside of itself"):
        load_weights(model, file)


def test_layers_of_another_network_are_named(model, tmp_path):
    other = lite(filters=12, num_blocks=2)
    other.save_weights(tmp_path / "other.weights.h5")
    with pytest.raises(PresetError, match="disagree about the layers block1_expand"):
        load_weights(model, tmp_path / "other.weights.h5")


@pytest.mark.parametrize("content", [b"", b"no h5 at all", b"\x89HDF\r\n\x1a\n" + bytes(50)])
def test_files_that_are_no_weights_are_refused(model, tmp_path, content):
    path = tmp_path / "bad.weights.h5"
    path.write_bytes(content)
    with pytest.raises(PresetError, match="is not a weight file"):
        load_weights(model, path)


def test_h5_file_of_something_else_is_refused(model, tmp_path):
    with h5py.File(tmp_path / "else.weights.h5", "w") as file:
        file["table"] = np.zeros(3)
    with pytest.raises(PresetError, match=r"lacks //?layers"):
        load_weights(model, tmp_path / "else.weights.h5")
