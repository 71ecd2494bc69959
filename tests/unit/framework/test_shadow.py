"""A quiet start: what a plan is told of, what it judges in shadow, what it does not judge."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.framework.expectations.register import REGISTER, STARTER, switch_of
from services.framework.facts import Facts
from services.framework.plan import Aim, Plan, Profile, Switch
from tests.unit.framework.builders import A1, a_plan, an_aim, at, judged, outcome, values

FACTS = Facts(values(A1[:12]))
BARE: Aim = an_aim(sponsor=None)


def test_the_starter_profile_is_the_usual_one_and_tells_of_eight() -> None:
    plan = a_plan()
    on = {e.expectation.id for e in REGISTER if switch_of(plan, e.expectation.id) is Switch.ON}
    assert plan.profile is Profile.STARTER
    assert on == STARTER
    assert len(STARTER) == 8


def test_the_full_profile_tells_of_all() -> None:
    plan = replace(a_plan(), profile=Profile.FULL)
    assert {switch_of(plan, e.expectation.id) for e in REGISTER} == {Switch.ON}


@pytest.mark.parametrize(
    ("switch", "findings", "shadows"),
    [(Switch.ON, ["AIM-01"], []), (Switch.SHADOW, [], ["AIM-01"]), (Switch.OFF, [], [])],
)
def test_a_rule_is_told_of_recorded_or_not_judged(
    switch: Switch, findings: list[str], shadows: list[str]
) -> None:
    rules = {e.expectation.id: Switch.OFF for e in REGISTER} | {"AIM-01": switch}
    plan: Plan = replace(a_plan(BARE), rules=rules)
    evaluation = judged(plan, FACTS, "aim:a", at("2025-01-15"))
    assert [o.expectation for o in evaluation.findings] == findings
    assert [o.expectation for o in evaluation.shadows] == shadows


def test_an_outcome_in_shadow_says_all_that_it_would_have_said() -> None:
    told = outcome(judged(a_plan(BARE), FACTS, "aim:a", at("2025-01-15")), "AIM-01")
    plan = replace(a_plan(BARE), rules={"AIM-01": Switch.SHADOW})
    quiet = outcome(judged(plan, FACTS, "aim:a", at("2025-01-15")), "AIM-01")
    assert quiet == replace(told, shadow=True)


def test_a_starters_plan_has_no_finding_beyond_the_eight() -> None:
    evaluation = judged(a_plan(BARE), FACTS, "aim:a", at("2025-06-15"))
    assert {o.expectation for o in evaluation.findings} <= STARTER


def test_what_cannot_be_judged_yet_waits_and_says_for_what() -> None:
    evaluation = judged(a_plan(), Facts(values(A1[:11])), "aim:a", at("2025-01-15"))
    waits = {o.expectation: o.reason for o in evaluation.outcomes if o.waiting}
    assert not any(o.tripped for o in evaluation.outcomes if o.waiting)
    assert waits["TRJ-01"].startswith("Too few values to judge since 2024-11; 1 more wanted")
    assert outcome(evaluation, "TRJ-02").shadow
    assert "TRJ-02" in waits
    later = judged(a_plan(), Facts(values(A1)), "aim:a", at("2026-01-25"))
    assert not {"TRJ-01", "TRJ-02", "AIM-04"} & {o.expectation for o in later.outcomes if o.waiting}
