import h5py
import numpy as np
import pytest

from keras_litesr.models.lite import lite
from keras_litesr.models.srresnet import separable_srresnet
from keras_litesr.zoo.folders import PresetError
from keras_litesr.zoo.hdf5 import WeightFileError, read_arrays
from keras_litesr.zoo.weights import load_weights


@pytest.fixture(scope="module")
def model():
    return lite(filters=12, num_blocks=1)


@pytest.fixture
def file(model, tmp_path):
    path = tmp_path / "model.weights.h5"
    model.save_weights(path)
    return path


def variables_of(file, layer):
    groups = [group["vars"] for group in file["layers"].values()]
    (variables,) = [group for group in groups if group.attrs["name"] == layer]
    return variables


def replace_bias(file, make):
    """Replaces the last array of the layer `subpixels`, 48 biases."""
    with h5py.File(file, "a") as opened:
        variables = variables_of(opened, "subpixels")
        del variables["2"]
        make(variables, "2")


def test_every_array_comes_back(model, file):
    twin = lite(filters=12, num_blocks=1)
    load_weights(twin, file)
    for first, second in zip(model.get_weights(), twin.get_weights(), strict=True):
        np.testing.assert_array_equal(first, second)


def test_arrays_are_those_that_the_hdf5_library_reads(tmp_path):
    network = separable_srresnet(filters=3, num_blocks=3)
    network.compile(optimizer="adam", loss="mae")
    network.optimizer.build(network.trainable_variables)
    network.save_weights(tmp_path / "trained.weights.h5")
    arrays = read_arrays((tmp_path / "trained.weights.h5").read_bytes())
    assert set(arrays) == {layer.name for layer in network.layers if layer.weights}
    with h5py.File(tmp_path / "trained.weights.h5") as opened:
        for name, found in arrays.items():
            expected = variables_of(opened, name)
            assert len(found) == len(expected)
            for index, array in enumerate(found):
                np.testing.assert_array_equal(array, expected[str(index)][()])


def test_missing_array_is_refused(model, file):
    replace_bias(file, lambda variables, key: None)
    with pytest.raises(PresetError, match=r"expected .*\(48,\)\] for the layer subpixels"):
        load_weights(model, file)


def test_a_file_that_does_not_fit_changes_nothing(model, file):
    before = model.get_weights()
    with h5py.File(file, "a") as opened:
        variables_of(opened, "shallow")["0"][...] = 7
    replace_bias(file, lambda variables, key: variables.create_dataset(key, data=np.ones(49, "f4")))
    with pytest.raises(PresetError, match="for the layer subpixels"):
        load_weights(model, file)
    for first, second in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(first, second)


def external(variables, key):
    variables[key] = h5py.ExternalLink("secret.h5", "/x")


def soft(variables, key):
    variables[key] = h5py.SoftLink("/layers")


def outside(variables, key):
    variables.create_dataset(key, (48,), "f4", external=[("data", 0, 192)])


def virtual(variables, key):
    layout = h5py.VirtualLayout((48,), "f4")
    layout[:] = h5py.VirtualSource("secret.h5", "x", (48,))
    variables.create_virtual_dataset(key, layout)


def compressed(variables, key):
    variables.create_dataset(key, (10**7, 10**5), "f4", chunks=(1000, 1000), compression="gzip")


def empty(variables, key):
    variables.create_dataset(key, (10**7, 10**5), "f4")


def doubles(variables, key):
    variables.create_dataset(key, (48,), "f8")


def objects(variables, key):
    variables.create_dataset(key, (48,), h5py.string_dtype())


def big_endian(variables, key):
    variables.create_dataset(key, (48,), ">f4")


def folder(variables, key):
    variables.create_group(key)


def circle(variables, key):
    variables[key] = variables


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (external, "links where arrays should be|unknown structures"),
        (soft, "links where arrays should be"),
        (outside, "arrays that lie in another file"),
        (virtual, "version of the format|not stored in one piece"),
        (compressed, "compressed arrays"),
        (empty, "outside of the file"),
        (doubles, "subpixels: the array of shape .48,. is not float32"),
        (objects, "not float32"),
        (big_endian, "not float32"),
        (folder, "unknown structures"),
        (circle, "unknown structures"),
    ],
)
def test_what_is_no_plain_array_is_refused(model, file, make, message):
    (file.parent / "data").write_bytes(bytes(192))
    with h5py.File(file.parent / "secret.h5", "w") as other:
        other["x"] = np.zeros(48, np.float32)
    replace_bias(file, make)
    with pytest.raises(PresetError, match=message):
        load_weights(model, file)


def test_structures_that_lead_in_circles_come_to_an_end(file):
    content = file.read_bytes()
    tree = content.index(b"TREE")
    child = int.from_bytes(content[tree + 32 : tree + 40], "little")
    assert content[child : child + 4] == b"SNOD"
    circular = bytearray(content)
    circular[tree + 5] = 1  # a level up, so that its children are trees: it itself
    circular[tree + 32 : tree + 40] = tree.to_bytes(8, "little")
    with pytest.raises(WeightFileError, match="in circles"):
        read_arrays(bytes(circular))


def test_arrays_that_share_their_bytes_are_refused(tmp_path):
    path = tmp_path / "shared.weights.h5"
    with h5py.File(path, "w") as opened:
        for index in range(10):
            variables = opened.create_group(f"layers/dense_{index}/vars")
            variables.attrs["name"] = f"dense_{index}"
            # A hard link after the first, which has no structure of its own.
            variables["0"] = opened["layers/dense_0/vars/0"] if index else np.ones(9_000, "f4")
    assert path.stat().st_size < 100_000
    with pytest.raises(WeightFileError, match="together larger than the file"):
        read_arrays(path.read_bytes())


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


def test_truncated_file_is_refused(file):
    with pytest.raises(WeightFileError, match=r"says that it has \d+ bytes, it has \d+"):
        read_arrays(file.read_bytes()[:-1])


def test_file_of_a_newer_format_is_refused(tmp_path):
    with h5py.File(tmp_path / "new.weights.h5", "w", libver="latest") as file:
        file["layers/x/vars/0"] = np.zeros(3, np.float32)
    with pytest.raises(WeightFileError, match="oldest HDF5 format"):
        read_arrays((tmp_path / "new.weights.h5").read_bytes())


def test_h5_file_of_something_else_is_refused(model, tmp_path):
    with h5py.File(tmp_path / "else.weights.h5", "w") as file:
        file["table"] = np.zeros(3)
    with pytest.raises(PresetError, match="lacks the group /layers"):
        load_weights(model, tmp_path / "else.weights.h5")
