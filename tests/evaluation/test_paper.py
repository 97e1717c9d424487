"""The paper's figures as data, checked against its own sentences and the list of contradictions."""

import numpy as np
import pytest

from keras_litesr.evaluation import paper
from keras_litesr.evaluation.paper import METHODS, TABLES, table_of
from keras_litesr.zoo.presets import PRESETS

# Tables I to V as the paper prints them: PSNR of the five methods, then SSIM.
PAGES = """
Set5        23.116  30.26   28.66  30.8   28.24    0.697  0.861  0.801  0.874  0.864
Set14       21.84   29.54   26.74  27.7   26.63    0.598  0.703  0.723  0.762  0.752
General100  23.157  27.96   26.97  29.8   28.04    0.696  0.785  0.751  0.840  0.827
BSDS100     22.72   29.603  25.89  26.95  26.39    0.585  0.671  0.672  0.720  0.713
Manga109    20.194  28.473  23.51  28.81  27.15    0.689  0.779  0.673  0.884  0.870
"""


def figures(method):
    return {table.data: table.printed(method) for table in TABLES}


def test_five_tables_have_the_figures_of_the_pages():
    assert [table.number for table in TABLES] == ["I", "II", "III", "IV", "V"]
    assert METHODS == ("Bicubic", "SRCNN", "SRResNet", "SRGAN", "Ours")
    for table, line in zip(TABLES, PAGES.strip().splitlines(), strict=True):
        data, *numbers = line.split()
        assert table.data == data
        assert (*table.psnr, *table.ssim) == tuple(map(float, numbers)), data
    assert TABLES[0].printed("Ours") == (28.24, 0.864)


@pytest.mark.parametrize("name", ["BSD100", "bsds100", "B100"])
def test_a_set_goes_by_several_names(name):
    assert table_of(name).number == "IV"


def test_a_set_that_the_paper_does_not_have_is_refused():
    with pytest.raises(ValueError, match="Manga109, received Urban100"):
        table_of("Urban100")


def test_what_the_text_says_of_set5():
    (ours, our_ssim), (srgan, srgan_ssim) = (figures(m)["Set5"] for m in ("Ours", "SRGAN"))
    assert round(100 * (1 - ours / srgan), 1) == 8.3  # as it says
    assert round(100 * (1 - our_ssim / srgan_ssim), 1) == 1.1  # it says 0.1
    assert any("1.1 %" in sentence for sentence in paper.INCONSISTENCIES)


def test_srcnn_ranks_where_the_list_says():
    srcnn, srresnet, srgan = (figures(method) for method in ("SRCNN", "SRResNet", "SRGAN"))
    assert srcnn["Set5"] > srresnet["Set5"]
    assert srcnn["Set5"][1] > srresnet["Set5"][1]
    lead = {data: round(srcnn[data][0] - srgan[data][0], 1) for data in ("Set14", "BSDS100")}
    assert lead == {"Set14": 1.8, "BSDS100": 2.7}
    assert all(srcnn[data][1] < srgan[data][1] for data in lead)
    assert srcnn["Set14"][0] - 27.49 > 2  # Dong et al. measured 27.49 and 26.90
    assert srcnn["BSDS100"][0] - 26.90 > 2


def test_bicubic_is_last_but_for_one_ssim():
    not_last = [
        (table.data, column)
        for table in TABLES
        for column, row in (("psnr", table.psnr), ("ssim", table.ssim))
        if min(row) != row[0]
    ]
    assert not_last == [("Manga109", "ssim")]
    assert figures("SRResNet")["Manga109"][1] < figures("Bicubic")["Manga109"][1]


def test_srcnn_gains_more_on_bicubic_than_its_authors_measured():
    printed = figures("SRCNN")["Set5"][0] - figures("Bicubic")["Set5"][0]
    authors = PRESETS["srcnn_x4"].published["Set5"] - 28.42  # bicubic, in Dong's tables
    sentence = f"SRCNN {printed:.1f} dB above bicubic, where its authors measured {authors:.1f}"
    assert sentence == "SRCNN 7.1 dB above bicubic, where its authors measured 2.1"
    assert any(sentence in each for each in paper.INCONSISTENCIES)


def test_table_six():
    assert [value for value in paper.PARAMETERS.values() if value != "-"] == [
        "67552", "7.1m", "5.2m", "0.58m",
    ]  # fmt: skip
    assert list(paper.PARAMETERS) == list(METHODS)
    srgan, ours = (float(paper.PARAMETERS[method].rstrip("m")) for method in ("SRGAN", "Ours"))
    sentence = f"{srgan:g} / {ours:g} is {srgan / ours:.1f}"
    assert any(sentence in each for each in paper.INCONSISTENCIES)


def test_each_method_has_a_model():
    assert [method for method in METHODS if method not in dict(paper.MODELS)] == []
    assert paper.MODELS[0] == ("Bicubic", paper.SHIFTED_BICUBIC)


def test_the_shifted_enlargement_starts_on_the_first_pixel(rng):
    """Aligned at the top left corner, every fourth pixel is one of the low resolution."""
    low_res = rng.integers(0, 256, (7, 5, 3), np.uint8)
    np.testing.assert_array_equal(paper.shifted_bicubic(low_res)[::4, ::4], low_res)
