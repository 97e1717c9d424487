from pathlib import Path

from keras_litesr.processor import processor


def test_the_maker_s_name_comes_first(monkeypatch):
    text = "processor\t: 0\nmodel name\t: Abacus 9\nmodel name\t: Abacus 9\n"
    monkeypatch.setattr(Path, "read_text", lambda self: text)
    assert processor() == "Abacus 9"


def test_without_it_the_platform_is_asked(monkeypatch):
    def missing(self):
        raise FileNotFoundError(self)

    monkeypatch.setattr(Path, "read_text", missing)
    monkeypatch.setattr("platform.processor", lambda: "")
    monkeypatch.setattr("platform.machine", lambda: "arm64")
    assert processor() == "arm64"
