"""A finding that is accepted for a while: nobody is told of it until the waiver is over."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.alerting.lifecycle import Change, Standing, decide_finding
from services.framework.facts import Facts
from services.framework.judgement import Severity
from services.framework.plan import Plan, Waiver
from services.framework.waivers import holds, said
from tests.unit.framework.builders import A1, a_plan, an_aim, at, judged, outcome, values

FACTS = Facts(values(A1[:12]))
UNTIL = date(2025, 2, 10)
WAIVER = Waiver("w", "AIM-01", "aim:a", date(2025, 1, 10), UNTIL, "cmo", "the sponsor retires")


def _plan(*waivers: Waiver) -> Plan:
    return replace(a_plan(an_aim(sponsor=None)), waivers={w.id: w for w in waivers})


@pytest.mark.parametrize(
    ("on", "waived"),
    [("2025-01-09", False), ("2025-01-10", True), ("2025-02-10", True), ("2025-02-11", False)],
)
def test_it_holds_from_its_first_day_to_its_last(on: str, waived: bool) -> None:
    evaluation = judged(_plan(WAIVER), FACTS, "aim:a", at(on))
    found = outcome(evaluation, "AIM-01")
    assert (found.tripped, found.waived) == (True, waived)
    assert ("AIM-01" in {o.expectation for o in evaluation.findings}) is not waived


def test_it_says_until_when_by_whom_and_why_beside_what_was_found() -> None:
    plan = _plan(WAIVER)
    bare = outcome(judged(_plan(), FACTS, "aim:a", at("2025-01-15")), "AIM-01")
    found = outcome(judged(plan, FACTS, "aim:a", at("2025-01-15")), "AIM-01")
    words = said(plan, WAIVER)
    assert words.startswith("Waived until 10 February 2025 by ")
    assert words.endswith(": the sponsor retires.")
    assert found == replace(bare, waived=True, reason=f"{words} {bare.reason}")


def test_the_day_on_which_it_begins_or_is_over_is_looked_at_again() -> None:
    before = judged(_plan(WAIVER), FACTS, "aim:a", at("2025-01-08"))
    within = judged(_plan(WAIVER), FACTS, "aim:a", at("2025-02-09"))
    assert before.next_due is not None
    assert before.next_due <= at("2025-01-10")
    assert within.next_due is not None
    assert within.next_due <= at("2025-02-11")


def test_one_that_is_lifted_holds_no_longer() -> None:
    lifted = replace(WAIVER, ended=date(2025, 1, 20))
    assert holds(lifted, date(2025, 1, 19))
    assert not holds(lifted, date(2025, 1, 20))
    assert not outcome(judged(_plan(lifted), FACTS, "aim:a", at("2025-01-20")), "AIM-01").waived


@pytest.mark.parametrize(
    "other", [{"expectation": "DAT-02"}, {"about": "aim:b"}, {"about": "measure:a"}]
)
def test_it_is_of_one_expectation_and_one_thing(other: dict[str, str]) -> None:
    plan = _plan(replace(WAIVER, **other))  # type: ignore[arg-type]
    assert not outcome(judged(plan, FACTS, "aim:a", at("2025-01-15")), "AIM-01").waived


@given(on=st.dates(date(2025, 1, 1), date(2025, 3, 1)))
def test_what_holds_is_not_waived_and_a_plan_without_waivers_is_as_before(on: date) -> None:
    sound = replace(a_plan(), waivers={WAIVER.id: WAIVER})
    instant = at(str(on))
    as_before = judged(a_plan(), FACTS, "aim:a", instant)
    assert judged(sound, FACTS, "aim:a", instant).outcomes == as_before.outcomes


def test_an_alert_of_what_is_waived_ends_and_one_that_was_not_open_stays_so() -> None:
    found = outcome(judged(_plan(WAIVER), FACTS, "aim:a", at("2025-01-15")), "AIM-01")
    ends = decide_finding(Standing(True, Severity.WARN), found)
    assert (ends.change, ends.tells) == (Change.RESOLVE, True)
    assert decide_finding(None, found).change is Change.NOTHING
    again = replace(found, waived=False)
    assert decide_finding(Standing(False, Severity.INFO), again).change is Change.OPEN
