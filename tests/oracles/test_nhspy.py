"""nhspy-plotthedots, a port of NHSRplotthedots to Python."""

from __future__ import annotations

import pytest

from services.framework.spc import Options, chart
from services.framework.spc.rule_sets import rule_set
from services.framework.spc.runs import sides
from services.framework.spc.signals import verdict
from tests.oracles.cases import Case, params_of
from tests.oracles.comparing import differences
from tests.oracles.left_out import LEFT_OUT

RULES = rule_set("mdc", {"ties": "break", "two_of_three": "ptd"})


@pytest.mark.parametrize("case", params_of("nhspy_", without=LEFT_OUT))
def test_table_is_nhspys(case: Case) -> None:
    on, value = case.input[case.params["date_field"]], case.input[case.params["value_field"]]
    rows = sorted(zip(on, value, strict=True), key=lambda row: str(row[0]))
    asked = RULES.options(Options(screen=True, screened_out="none"))
    made = chart("xmr", [cell for _, cell in rows], options=asked)  # type: ignore[misc]
    theirs, panel = case.expected, made.panel
    side = sides(panel.values, panel.centre)[0].tolist()
    judged = verdict(made, RULES)
    found = differences("mean", made.centre, theirs["mean"])
    found += differences("lpl", made.lower, theirs["lpl"])
    found += differences("upl", made.upper, theirs["upl"])
    found += differences("relative_to_mean", side, theirs["relative_to_mean"])
    found += differences("flag", map(bool, judged.by_point), theirs["special_cause_flag"])
    assert not found
