"""Fixtures: local hubs, and a small preset folder that is fit to be published."""

import shutil

import pytest
from hub_server import TOKEN, HubServer
from kaggle_server import KaggleServer

from keras_litesr.zoo import cards, folders


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    """Leaves the machine's proxies and tokens out of the tests."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "HF_TOKEN", "HF_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def publishable(tmp_path):
    """Copies the smallest preset, with a card as it is made today."""
    folder = tmp_path / "mine_x4"
    shutil.copytree(folders.preset_folder("bicubic_x4"), folder)
    cards.write_card("bicubic_x4", folder)
    folders.write_manifest(folder)
    return folder


@pytest.fixture
def signed(publishable, tmp_path):
    """The same folder with its owner's signature."""
    from keras_litesr.protection.signing import generate_key_pair, sign

    generate_key_pair(tmp_path / "own.pem", tmp_path / "own.pub")
    sign(publishable, tmp_path / "own.pem")
    return publishable


@pytest.fixture
def hugging_face(tmp_path, monkeypatch):
    """Points the real client to a local hub and an empty cache, and logs it in."""
    from huggingface_hub import close_session, constants

    with HubServer() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        monkeypatch.setenv("KERAS_LITESR_CACHE", str(tmp_path / "our_cache"))
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hf_cache"))
        # Large files by the protocol of LFS: the server does not speak that of Xet.
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
        close_session()
        yield hub
        close_session()


@pytest.fixture
def kaggle(tmp_path, monkeypatch):
    """Points the real client to a local hub and an empty cache, and logs it in."""
    with KaggleServer() as hub:
        monkeypatch.setenv("KAGGLE_API_ENVIRONMENT", "LOCALHOST")
        monkeypatch.setenv("HTTP_PROXY", hub.url)
        monkeypatch.setenv("http_proxy", hub.url)
        monkeypatch.setenv("KAGGLE_API_TOKEN", TOKEN)
        monkeypatch.setenv("KAGGLEHUB_CACHE", str(tmp_path / "kaggle_cache"))
        monkeypatch.setenv("KERAS_LITESR_CACHE", str(tmp_path / "our_cache"))
        yield hub
