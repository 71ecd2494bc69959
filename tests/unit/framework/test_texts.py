"""Words as sentences of a judgement use them."""

from __future__ import annotations

import pytest

from services.framework.texts import digits_for, few, listed, plainly, scale_of


@pytest.mark.parametrize(
    ("words", "said"),
    [((), ""), (("a",), "a"), (("a", "b"), "a, b"), (("a", "b", "c", "d"), "a, b and 2 more")],
)
def test_a_few_are_named_and_the_rest_is_counted(words: tuple[str, ...], said: str) -> None:
    assert few(words, 2) == said


def test_a_sentence_lists_with_a_last_and() -> None:
    assert listed(["a"]) == "a"
    assert listed(["a", "b"]) == "a and b"
    assert listed("abcde") == "a, b, c and 2 more"


@pytest.mark.parametrize(
    ("stamp", "said"),
    [
        ("2025-07", "July 2025"),
        ("2025-07-04", "4 July 2025"),
        ("2025-W04", "week 4 of 2025"),
        ("2025-Q3", "Q3 2025"),
        ("2025-Q5", "2025-Q5"),
        ("2025-13", "2025-13"),
    ],
)
def test_periods_are_read_by_name(stamp: str, said: str) -> None:
    assert plainly(f"No data since {stamp}.") == f"No data since {said}."


def test_decimals_follow_the_gap_the_width_of_a_range_or_the_level() -> None:
    assert digits_for(scale_of(103.0, 88.0, improves=True)) == 1
    assert digits_for(scale_of(50.1, 50.0, improves=False)) == 2
    assert digits_for(scale_of(5.0, (4.0, 6.0), improves=False)) == 2
    assert digits_for(scale_of(None, 0.0, improves=True)) == 1
