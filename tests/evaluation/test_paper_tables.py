import pytest

from keras_litesr.evaluation import paper
from keras_litesr.evaluation.paper_tables import (
    cost_section,
    head,
    inconsistency_section,
    quality_rows,
    quality_section,
)

SET5, GENERAL100 = paper.TABLES[0], paper.TABLES[2]
FIGURES = {
    "paper": {"psnr": 29.531, "ssim": 0.8668},
    "standard": {"psnr": 31.52, "ssim": 0.8863},
}


def line(section, model):
    (found,) = [line for line in section.splitlines() if f"`{model}`" in line]
    return [cell.strip() for cell in found.strip("|").split("|")]


def test_a_row_has_the_printed_figures_and_ours_beside_them():
    rows = quality_rows(SET5, {"lite_x4": FIGURES}, ["lite_x4", "bicubic_x4"])
    section = quality_section(SET5, rows, is_measured=True)
    assert section.startswith("## Table I: Set5\n\n| method | model |")
    assert line(section, "lite_x4") == [
        "Ours", "`lite_x4`", "28.24 / 0.864", "29.53 / 0.8668", "31.52 / 0.8863", "+1.29",
    ]  # fmt: skip
    assert [row["model"] for row in rows] == [model for _, model in paper.MODELS]


def test_what_is_missing_is_named():
    rows = quality_rows(GENERAL100, None, ["lite_x4"])
    section = quality_section(GENERAL100, rows, is_measured=False)
    assert "General100 was not measured here: no folder of that name was given." in section
    assert line(section, "lite_x4")[2:] == ["28.04 / 0.827", "not measured", "not measured", ""]
    assert line(section, "srgan_x4")[2:] == ["29.8 / 0.840", "not installed", "not installed", ""]


def test_costs_with_the_sizes_of_the_files_there_are():
    facts = {"method": "Ours", "parameters": 121632, "multiply_adds": 2_045_509_632}
    section = cost_section(
        [
            {**facts, "model": "lite_x4", "files": {"float32": 533_280, "int8": 226_128}},
            {**facts, "model": "srgan_x4", "method": "SRGAN", "files": {}},
        ]
    )
    assert "| float32, kB | int8, kB |" in section
    assert line(section, "lite_x4")[2:] == ["0.58m", "121,632", "2,046 M", "533", "226"]
    assert line(section, "srgan_x4")[5:] == ["not installed", "not installed"]


def test_every_contradiction_is_listed():
    _, *listed = inconsistency_section().split("\n- ")
    begins = [
        "Table VI has four numbers",
        "Its text says that SRCNN has many more parameters",
        "The text says 1/8 of SRGAN's parameters",
        "The text says 0.1 % less SSIM",
        "Table I ranks SRCNN above SRResNet",
        "The text says that bicubic enlargement is last",
        "Table I has SRCNN 7.1 dB above bicubic",
    ]
    assert [line[: len(begin)] for line, begin in zip(listed, begins, strict=True)] == begins


@pytest.mark.parametrize("words", ["RGB of the whole", "BT.601 luma", "`tools/it`"])
def test_the_head_says_how_was_measured(words):
    assert words in head("`tools/it`")
