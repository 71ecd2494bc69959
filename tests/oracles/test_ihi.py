"""runchart of NHS Scotland: shifts of six and trends of five about a median, ties stepped over."""

from __future__ import annotations

import pytest

from services.framework.spc import chart
from services.framework.spc.rule_sets import rule_set
from services.framework.spc.rules import Rule
from services.framework.spc.signals import verdict
from tests.oracles.cases import Case, params_of
from tests.oracles.left_out import LEFT_OUT


@pytest.mark.parametrize("case", params_of("fuzz_ihi_", without=LEFT_OUT))
def test_shifts_and_trends_are_runcharts(case: Case) -> None:
    """It marks the ties behind a shift or trend too."""
    rules = rule_set("run", {"mark_ties": "after"} | dict(case.params))
    made = chart("run", case.input["y"])  # type: ignore[arg-type]
    marks = verdict(made, rules).findings.marks
    shifts = [at for at, mark in enumerate(marks[Rule.SHIFT][0].tolist(), start=1) if mark]
    trends = [at for at, mark in enumerate(marks[Rule.TREND][0].tolist(), start=1) if mark]
    assert made.centre[0] == case.expected["median"]
    assert shifts == case.expected["shift_indices_1based"]
    assert trends == sorted({at for one in case.expected["trends_indices_1based"] for at in one})
