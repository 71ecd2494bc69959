"""Is it enough: the sum of what projects are predicted to bring, in words and as bars."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from services.framework.facts import Facts
from services.framework.plan import Allocation, Driver, Plan, Project, ProjectState, Serve
from services.framework.roster import Roster
from services.ports.reporting import Judgement
from services.reporting.sufficiency import WIDTH, Sufficiency, sufficiency_of, workers_on
from tests.unit.framework.builders import a_plan, an_aim

ON = date(2025, 3, 1)
AT = datetime(2025, 3, 1, tzinfo=UTC)
DRIVERS = (
    Driver("sepsis", "a", "Sepsis", share=0.4),
    Driver("escalation", "a", "Escalation", share=0.27),
    Driver("end", "a", "End of life", share=0.33),
)


def _project(name: str, *serves: Serve, **changes: Any) -> Project:
    return Project(name, name.title(), None, None, serves=serves, **changes)


P1 = _project("p1", Serve("a/sepsis", 6, 1, 0.75), leader="sister", sponsor="cmo")
P2 = _project("p2", Serve("a/escalation", 4, 1, 0.75), allocations=(Allocation("lead", 0.3),))


def _plan(*projects: Project) -> Plan:
    return a_plan(an_aim(drivers=DRIVERS), projects=projects)


def _enough(plan: Plan, baseline: float | None = 103, *people: Judgement) -> Sufficiency | None:
    roster = Roster.of(plan, Facts(), ON)
    return sufficiency_of(plan, plan.aims["a"], roster, {"baseline": baseline}, people)


def test_the_first_day_of_the_worked_example_names_what_is_missing() -> None:
    found = _enough(_plan(P1, P2))
    assert found is not None
    assert (found.share, found.weighted, found.tone) == ("67%", "50%", "bad")
    assert (found.gap, found.promised) == ("15", "10")
    assert found.verdict.startswith("It is not enough")
    assert found.short == ("End of life",)
    assert found.missing == ()
    assert "67% of the gap of 15, 50%" in found.words
    first, second = found.pieces
    assert (first.words, first.drivers) == ("effect 6, reach 100%, belief 75%", "Sepsis")
    assert first.bar.x == 0
    assert first.bar.width == pytest.approx(WIDTH * 6 / 15)
    assert first.bar.believed == pytest.approx(0.75 * first.bar.width)
    assert second.bar.x == pytest.approx(first.bar.width)
    assert found.total.width == pytest.approx(WIDTH * 10 / 15)
    assert found.goal == WIDTH


def test_enough_doubted_and_unknown() -> None:
    sure = replace(P1, serves=(Serve("a/sepsis", 16, 1, 0.9),))
    enough, doubted = (
        _enough(_plan(sure)),
        _enough(_plan(_project("p", Serve("a/end", 15, 1, 0.5)))),
    )
    assert enough is not None
    assert doubted is not None
    assert enough.tone == "good"
    assert enough.goal == pytest.approx(WIDTH * 15 / 16)
    assert doubted.verdict.startswith("It would be enough")
    unknown = _enough(_plan(P1, _project("p2", Serve("a/end", None, 1, 0.5))))
    assert unknown is not None
    assert unknown.tone == "open"
    assert unknown.missing == ("P2: no effect predicted for End of life",)
    assert "effect not predicted" in unknown.pieces[1].words


def test_a_share_just_short_is_not_rounded_up() -> None:
    found = _enough(_plan(_project("p", Serve("a/end", 16, 1, 0.654))))
    assert found is not None
    assert (found.weighted, found.tone) == ("69.8%", "bad")


def test_a_stopped_project_brings_nothing_and_leaves_its_driver_bare() -> None:
    found = _enough(_plan(P1, replace(P2, state=ProjectState.STOPPED)))
    assert found is not None
    assert [piece.id for piece in found.pieces] == ["p1"]
    assert found.short == ("Escalation", "End of life")


def test_there_is_no_sum_without_a_gap() -> None:
    assert _enough(_plan(P1), None) is None
    assert _enough(a_plan(an_aim())) is None


def test_who_carries_too_much_is_said_once() -> None:
    plan = _plan(P1, P2)
    roster = Roster.of(plan, Facts(), ON)
    assert workers_on(plan, plan.aims["a"], roster) == (
        "person:sister",
        "person:cmo",
        "person:lead",
    )
    said = {"expectation": "CAP-01", "tripped": True, "reason": "SISTER leads 3 projects."}
    judged = Judgement(AT, AT, None, {"outcomes": [said, {**said, "tripped": False}]})
    found = _enough(plan, 103, judged, judged)
    assert found is not None
    assert found.stretched == ("SISTER leads 3 projects.",)
