"""The collection itself: whole or absent, few left out, the committed cases true copies."""

from __future__ import annotations

import pytest

from tests.oracles import cases
from tests.oracles.left_out import ACCIDENTS, LEFT_OUT

SIZE = 1_035


def test_few_cases_are_left_out_each_with_its_reason() -> None:
    assert len(LEFT_OUT | ACCIDENTS) <= 0.02 * SIZE
    assert all((LEFT_OUT | ACCIDENTS).values())


def test_committed_cases_are_there() -> None:
    committed = cases.committed("")
    assert len(committed) >= 200
    assert len({one.id for one in committed}) == len(committed)


@pytest.mark.skipif(not cases.is_complete(), reason=cases.MISSING)
def test_left_out_cases_exist() -> None:
    assert set(LEFT_OUT | ACCIDENTS) <= {one.id for one in cases.cases("")}


@pytest.mark.skipif(not cases.is_complete(), reason=cases.MISSING)
def test_every_case_is_loaded() -> None:
    tables = 22 + 3  # the series that statsmodels counted, and three tables
    assert len(cases.cases("")) + tables == SIZE


@pytest.mark.skipif(not cases.is_complete(), reason=cases.MISSING)
def test_committed_cases_are_true_copies() -> None:
    whole = {one.id: one for one in cases.cases("")}
    for one in cases.committed(""):
        theirs = whole[one.id]
        assert (one.params, one.input) == (theirs.params, theirs.input)
        assert _within(one, theirs)


def _within(one: cases.Case, theirs: cases.Case) -> bool:
    """Whether every column that was committed is the collection's."""
    if "data" not in one.expected:
        return one.expected == theirs.expected
    return all(theirs.data[name] == column for name, column in one.data.items())
