import pytest

from keras_litesr.protection.verdict import MARKED, NOT_SHOWN, Verdict, binomial_tail


def test_tails_of_four_throws():
    # 1, 4, 6, 4, 1 of 16.
    tails = [binomial_tail(heads, 4) for heads in range(5)]
    assert tails == [1, 15 / 16, 11 / 16, 5 / 16, 1 / 16]


def test_all_bits_by_chance():
    assert binomial_tail(256, 256) == 2.0**-256


def test_tails_of_both_sides_add_up_to_one():
    assert binomial_tail(140, 256) + binomial_tail(256 - 140 + 1, 256) == pytest.approx(1, 1e-15)


@pytest.mark.parametrize("matching", [-1, 257])
def test_impossible_counts_are_refused(matching):
    with pytest.raises(ValueError, match=f"0 to 256 matching bits, received {matching}"):
        binomial_tail(matching, 256)


@pytest.mark.parametrize(
    ("committed", "matching", "answer"),
    [
        (True, 167, MARKED),
        (True, 166, NOT_SHOWN),
        (False, 249, MARKED),
        (False, 248, NOT_SHOWN),
        (False, 167, NOT_SHOWN),
        (True, 0, NOT_SHOWN),
    ],
)
def test_thresholds(committed, matching, answer):
    assert Verdict(matching, 256, committed=committed).answer == answer


def test_thresholds_are_a_millionth_and_two_to_the_minus_two_hundred_and_eight():
    assert binomial_tail(167, 256) <= 1e-6 < binomial_tail(166, 256)
    assert binomial_tail(249, 256) <= 2.0**-208 < binomial_tail(248, 256)


def test_best_of_two_readings_counts_for_less():
    twice = Verdict(167, 256, committed=True, readings=2)
    assert twice.p_value == 2 * binomial_tail(167, 256)
    assert twice.answer == NOT_SHOWN
    assert Verdict(100, 256, readings=2).p_value == 1


def test_a_reading_that_rests_on_a_reference_says_so():
    aligned = Verdict(256, 256, committed=True, readings=2, aligned=True)
    assert str(aligned).endswith("counts if the reference was published before the suspect")
    assert "reference" not in str(Verdict(256, 256, committed=True))


def test_verdict_in_words():
    words = str(Verdict(192, 256, committed=True))
    assert words.startswith("marked: 192 of 256 bits match (75.0%), p = ")
    assert words.endswith("key committed: asked is p <= 1.0e-06")
    assert str(Verdict(128, 256)).startswith(
        "not shown: 128 of 256 bits match (50.0%), p = 5.2e-01"
    )
