"""Whose models an `Upscaler` runs."""

import shutil

import numpy as np
import pytest

from keras_litesr import Upscaler, load, upscale
from keras_litesr.protection.signing import generate_key_pair, sign
from keras_litesr.zoo.folders import PresetError
from keras_litesr.zoo.signatures import SignatureError

PICTURE = np.zeros((12, 12, 3), np.uint8)


@pytest.fixture
def public_key(tmp_path):
    generate_key_pair(tmp_path / "own.pem", tmp_path / "own.pub")
    return tmp_path / "own.pub"


@pytest.fixture
def signed(lite_preset, public_key, tmp_path):
    folder = shutil.copytree(lite_preset, tmp_path / lite_preset.name)
    sign(folder, tmp_path / "own.pem")
    return folder


@pytest.mark.parametrize("runtime", ["litert", "keras"])
def test_what_no_trusted_key_has_signed_is_refused_where_that_is_asked(
    lite_preset, signed, public_key, runtime
):
    with pytest.raises(SignatureError, match="is not signed"):
        Upscaler(lite_preset, runtime=runtime, verify="require")
    with pytest.raises(SignatureError, match=r"is not trusted.*--public-key.*trusted_keys"):
        Upscaler(signed, runtime=runtime, verify="require")
    for keys in (iter([public_key]), public_key, str(public_key)):
        trusting = Upscaler(signed, runtime=runtime, verify="require", trusted_keys=keys)
        assert trusting(PICTURE).shape == (48, 48, 3)


@pytest.mark.parametrize("keys", [5, [5], b"own.pub"])
def test_keys_that_are_no_paths_are_refused(keys):
    for door in (load, Upscaler):
        with pytest.raises(TypeError, match=r"Expected files of public keys.* received"):
            door("bicubic_x4", trusted_keys=keys)


@pytest.mark.parametrize("runtime", ["litert", "keras", "auto"])
def test_both_models_of_a_blend_have_to_be_signed(lite_preset, signed, public_key, runtime):
    asked = {"runtime": runtime, "verify": "require", "trusted_keys": [public_key]}
    assert Upscaler(signed, blend=(signed, 0.5), **asked)(PICTURE).shape == (48, 48, 3)
    with pytest.raises(SignatureError, match="is not signed"):
        Upscaler(signed, blend=(lite_preset, 0.5), **asked)


def test_a_file_alone_cannot_be_signed(signed):
    (path,) = signed.glob("*.tflite")
    assert Upscaler(path).scale == 4
    with pytest.raises(PresetError, match="a file alone cannot be"):
        Upscaler(path, verify="require")


def test_one_picture_can_ask_for_a_signature(lite_preset):
    assert upscale(PICTURE, model="bicubic_x4", verify="require").shape == (48, 48, 3)
    with pytest.raises(SignatureError, match="is not signed"):
        upscale(PICTURE, model=lite_preset, verify="require")


def test_without_checks_a_folder_that_is_being_changed_runs(signed):
    (signed / "notes.txt").touch()
    with pytest.raises(PresetError, match=r"notes\.txt is not listed"):
        Upscaler(signed)
    assert Upscaler(signed, verify="off").scale == 4
    with pytest.raises(ValueError, match="Expected verify to be auto, require, off"):
        Upscaler(signed, verify="maybe")
