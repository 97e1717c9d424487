import csv
import io
import json

import pytest

from keras_litesr.evaluation.tables import as_csv, as_json, as_markdown, as_text

ROWS = [
    {"protocol": "standard", "image": "bird, small.png", "psnr": 30.17849, "ssim": 0.87654321},
    {"protocol": "standard", "image": "ä|b.png", "psnr": float("inf"), "pixels": 64},
]


def test_text_is_aligned_and_rounded():
    assert as_text(ROWS).splitlines() == [
        "protocol  image            PSNR (dB)    SSIM  pixels",
        "--------  ---------------  ---------  ------  ------",
        "standard  bird, small.png      30.18  0.8765",
        "standard  ä|b.png                inf              64",
    ]


def test_markdown_is_rounded_and_escaped():
    assert as_markdown(ROWS).splitlines() == [
        "| protocol | image | PSNR (dB) | SSIM | pixels |",
        "| :-- | :-- | --: | --: | --: |",
        "| standard | bird, small.png | 30.18 | 0.8765 |  |",
        "| standard | ä\\|b.png | inf |  | 64 |",
    ]


def test_csv_keeps_numbers_as_measured():
    first, second = csv.DictReader(io.StringIO(as_csv(ROWS)))
    assert list(first) == ["protocol", "image", "psnr", "ssim", "pixels"]
    assert first["image"] == "bird, small.png"
    assert float(first["psnr"]) == ROWS[0]["psnr"]
    assert float(second["psnr"]) == float("inf")
    assert second["ssim"] == ""


def test_json_keeps_numbers_as_measured():
    def refuse(constant):
        raise AssertionError(f"{constant} is not JSON")

    read = json.loads(as_json(ROWS), parse_constant=refuse)
    assert read == [ROWS[0], {**ROWS[1], "psnr": "inf"}]
    assert list(read[0]) == list(ROWS[0])


@pytest.mark.parametrize("write", [as_text, as_markdown, as_csv])
def test_column_order_is_that_of_first_appearance(write):
    text = write([{"b": 1}, {"a": 2, "b": 3}])
    assert text.index("b") < text.index("a")


def test_key_order_is_that_of_first_appearance():
    read = json.loads(as_json([{"b": 1}, {"a": 2, "b": 3}]))
    assert [list(row) for row in read] == [["b"], ["b", "a"]]


@pytest.mark.parametrize("write", [as_text, as_markdown, as_csv, as_json])
def test_no_rows_are_no_error(write):
    assert isinstance(write([]), str)
