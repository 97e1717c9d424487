import pytest

from keras_litesr.zoo.addresses import Address, is_address, parse
from keras_litesr.zoo.folders import PresetError

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("hf://ada/lite_x4", Address("hf", "ada/lite_x4")),
        ("hf:/ada/lite_x4", Address("hf", "ada/lite_x4")),
        ("hf://ada/lite.x4@refs/pr/1", Address("hf", "ada/lite.x4", "refs/pr/1")),
        ("kaggle://ada/lite/keras/x4", Address("kaggle", "ada/lite/keras/x4")),
        ("kaggle://ada/lite/keras/x4/12", Address("kaggle", "ada/lite/keras/x4", "12")),
        ("kaggle://ada/lite/keras/x4@12", Address("kaggle", "ada/lite/keras/x4", "12")),
    ],
)
def test_addresses_are_read(text, address):
    assert parse(text) == address
    assert parse(str(address)) == address


@pytest.mark.parametrize(
    "text",
    [
        "lite_x4",
        "hf://ada",
        "hf://ada/lite/x4",
        "hf://ada/lite@",
        "hf://ada/../lite",
        "hf://../lite",
        "hf://ada/lite@refs/../../x",
        "hf://ada/lite@v1@v2",
        "hf:///ada/lite",
        "kaggle://ada/lite",
        "kaggle://ada/lite/pyTorch/x4",
        "kaggle://ada/lite/keras/x4/new",
        "s3://ada/lite",
    ],
)
def test_other_texts_are_refused_with_the_form_that_is_expected(text):
    with pytest.raises(PresetError, match=r"such as hf://user/name.*received"):
        parse(text)


def test_only_whole_commits_and_versions_are_pinned():
    assert parse(f"hf://ada/lite@{COMMIT}").is_pinned
    assert not parse(f"hf://ada/lite@{COMMIT[:10]}").is_pinned
    assert not parse("hf://ada/lite").is_pinned
    assert parse("kaggle://ada/lite/keras/x4/1").is_pinned


def test_names_and_folders_are_no_addresses():
    assert is_address("hf://anything")
    assert is_address("kaggle:/anything")
    assert not is_address("lite_x4")
    assert not is_address("hf")
    assert not is_address("./hf:/folder")
