"""People and leadership: loads, partners, savings, the board's time; never sent singly."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from services.alerting.lifecycle import Change, Standing, decide_finding
from services.framework.expectations.register import CATALOGUE
from services.framework.facts import (
    BoardMeeting,
    Facts,
    Publication,
    SavingsValidated,
    StateChange,
)
from services.framework.judgement import Outcome, Severity
from services.framework.plan import (
    Adoption,
    Allocation,
    Person,
    Plan,
    Project,
    ProjectState,
    Savings,
)
from tests.unit.framework.asking import asked, changes_on
from tests.unit.framework.builders import A1, a_plan, an_aim, at, day, month, values


def _projects(many: int, **changes: Any) -> Plan:
    made = [Project(f"p{i}", f"P{i}", day("2024-11-01"), None) for i in range(many)]
    return a_plan(projects=[replace(project, **changes) for project in made])


def _cap(plan: Plan, on: str = "2025-01-01", facts: Facts | None = None) -> Outcome:
    return asked("CAP-01", plan, on, facts, "person:lead")


# --- CAP-01 --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "many", "trips"),
    [("leader", 2, False), ("leader", 3, True), ("sponsor", 3, False), ("sponsor", 4, True)],
)
def test_cap_01_by_the_projects_that_a_person_holds(role: str, many: int, trips: bool) -> None:
    found = _cap(_projects(many, **{role: "lead"}))
    assert found.tripped is trips
    assert found.inputs[f"{role.removesuffix('er')}s".replace("sponsors", "sponsors")] == many


def test_cap_01_names_the_projects() -> None:
    found = _cap(_projects(3, leader="lead"))
    assert found.reason == "LEAD leads 3 strategic projects, more than 2: p0, p1, p2."
    assert (found.severity, found.audience) == (Severity.WARN, ("project_sponsors", "aim_sponsor"))


def test_cap_01_counts_strategic_projects_at_work() -> None:
    assert not _cap(_projects(3, leader="lead", strategic=False)).tripped
    plan = _projects(3, leader="lead")
    assert not _cap(plan, on="2024-10-31").tripped
    assert changes_on("CAP-01", plan, "2024-10-01", about="person:lead") == "2024-11-01"
    stopped = StateChange("p0", ProjectState.STOPPED, day("2025-01-01"), at("2025-01-01"))
    assert not _cap(plan, facts=Facts(states=(stopped,))).tripped


@pytest.mark.parametrize(
    ("fte", "planned", "trips"),
    [(1.0, None, False), (1.01, None, True), (0.4, 0.5, False), (0.39, 0.5, True)],
)
def test_cap_01_by_the_time_that_is_allocated(
    fte: float, planned: float | None, trips: bool
) -> None:
    plan = _projects(1, allocations=(Allocation("lead", fte, planned),))
    assert _cap(plan).tripped is trips


def test_cap_01_somebody_who_left_carries_nothing() -> None:
    plan = _projects(3, leader="lead")
    people = {**plan.people, "lead": Person("lead", "LEAD", ended=day("2025-03-01"))}
    leaving = replace(plan, people=people)
    assert changes_on("CAP-01", leaving, "2025-01-01", about="person:lead") == "2025-03-01"


# --- LDR-01 --------------------------------------------------------------------------------------

ADOPTED = Adoption("Board", day("2024-11-01"))


def test_ldr_01_thirty_days_without_a_partner() -> None:
    plan = a_plan(an_aim(adopted=ADOPTED))
    assert not asked("LDR-01", plan, "2024-12-01").tripped
    found = asked("LDR-01", plan, "2024-12-02")
    assert (found.tripped, found.severity) == (True, Severity.WATCH)
    assert changes_on("LDR-01", plan, "2024-11-10") == "2024-12-02"
    joined = a_plan(an_aim(adopted=ADOPTED, partners=("lead",)))
    assert not asked("LDR-01", joined, "2025-12-02").tripped


def test_ldr_01_counts_anew_from_when_the_last_partner_left() -> None:
    plan = a_plan(an_aim(adopted=ADOPTED, partners=("lead",)))
    people = {**plan.people, "lead": Person("lead", "Lead", ended=day("2025-03-01"))}
    plan = replace(plan, people=people)
    assert not asked("LDR-01", plan, "2025-03-31").tripped
    assert asked("LDR-01", plan, "2025-04-01").tripped
    assert changes_on("LDR-01", plan, "2025-03-05") == "2025-04-01"


# --- LDR-02 --------------------------------------------------------------------------------------

CLAIM = Savings(250_000.0, "GBP", day("2025-01-10"))


def _claiming(facts: Facts | None = None, on: str = "2025-03-12") -> Outcome:
    return asked("LDR-02", _projects(1, savings=CLAIM), on, facts, "project:p0")


def test_ldr_02_sixty_days_after_the_claim() -> None:
    assert not _claiming(on="2025-03-11").tripped
    found = _claiming(on="2025-03-12")
    assert (found.severity, found.audience) == (Severity.WATCH, ("finance",))
    assert found.reason == ("P0 claims 250,000 GBP since 2025-01-10; finance has not validated it.")
    plan = _projects(1, savings=CLAIM)
    assert changes_on("LDR-02", plan, "2025-02-01", about="project:p0") == "2025-03-12"


@pytest.mark.parametrize(("on", "trips"), [("2025-01-09", True), ("2025-01-10", False)])
def test_ldr_02_clears_by_a_validation_of_the_claim(on: str, trips: bool) -> None:
    done = SavingsValidated("p0", day(on), at(on))
    assert _claiming(Facts(validations=(done,))).tripped is trips
    other = replace(done, project="p9")
    assert _claiming(Facts(validations=(other,))).tripped


def test_ldr_02_of_a_stopped_project_nothing_is_claimed() -> None:
    def ended(state: ProjectState) -> Facts:
        return Facts(states=(StateChange("p0", state, day("2025-02-01"), at("2025-02-01")),))

    assert not _claiming(ended(ProjectState.STOPPED)).tripped
    assert _claiming(ended(ProjectState.COMPLETED)).tripped


# --- LDR-03 --------------------------------------------------------------------------------------


def _meeting(on: str, quality: float | None = 30.0, *, story: bool | None = True) -> BoardMeeting:
    return BoardMeeting(day(on), at(on), 120.0, quality, story)


def _board(*meetings: BoardMeeting) -> Outcome:
    plan = a_plan()
    return asked("LDR-03", plan, "2025-06-01", Facts(meetings=meetings), "organisation:o")


DATES = ("2025-01-10", "2025-02-10", "2025-03-10")


def test_ldr_03_by_the_time_that_quality_is_given() -> None:
    assert not _board(*(_meeting(on) for on in DATES)).tripped
    found = _board(*(_meeting(on, 29.0) for on in DATES))
    assert (found.tripped, found.severity) == (True, Severity.INFO)
    assert found.reason == "In its last 3 meetings the board gave 24% of its time to quality."


def test_ldr_03_by_the_stories_that_are_heard() -> None:
    found = _board(*(_meeting(on, story=False) for on in DATES))
    assert found.reason == "In its last 3 meetings the board heard no patient's story."
    assert not _board(*(_meeting(on, story=on == DATES[0]) for on in DATES)).tripped
    assert not _board(*(_meeting(on, None, story=None) for on in DATES)).tripped


def test_ldr_03_looks_at_the_last_three_meetings_only() -> None:
    poor = [_meeting(on, 0.0, story=False) for on in DATES]
    assert not _board(*poor[:2]).tripped
    better = [_meeting(f"2025-04-{d}") for d in (10, 11, 12)]
    assert not _board(*poor, *better).tripped


def _public(plan: Plan, on: str, *out: Publication) -> Outcome:
    return asked("LDR-03", plan, on, Facts(values(A1[:12]), publications=out))


def test_ldr_03_thirty_days_after_the_aims_data_came() -> None:
    """November's value is known on 10 December."""
    plan = a_plan()
    assert not _public(plan, "2025-01-09").tripped
    found = _public(plan, "2025-01-10")
    assert found.reason == "The data of Fewer deaths are unpublished from 2024-11 on."
    out = Publication("a", month("2024-11"), day("2025-01-05"), at("2025-01-05"))
    assert not _public(plan, "2025-01-10", out).tripped
    assert _public(plan, "2025-02-12", out).tripped
    later = replace(out, period=month("2024-12"))
    assert not _public(plan, "2025-02-12", later).tripped
    assert _public(plan, "2025-01-10", replace(out, aim="b")).tripped
    assert changes_on("LDR-03", plan, "2024-12-15", Facts(values(A1[:11]))) == "2025-01-10"


# --- never singly --------------------------------------------------------------------------------


@pytest.mark.parametrize("expectation", ["LDR-01", "LDR-02", "LDR-03"])
def test_findings_on_leadership_open_alerts_and_send_nothing(expectation: str) -> None:
    outcome = Outcome(expectation, "aim:a", True, "why", Severity.WATCH)
    opened = decide_finding(None, outcome)
    assert (opened.change, opened.tells) == (Change.OPEN, False)
    over = decide_finding(Standing(True, Severity.WATCH), replace(outcome, tripped=False))
    assert (over.change, over.tells) == (Change.RESOLVE, False)


def test_only_findings_on_leadership_are_never_sent_singly() -> None:
    silent = {e.id for e in CATALOGUE.values() if not e.singly}
    assert silent == {"LDR-01", "LDR-02", "LDR-03"}
    assert decide_finding(None, Outcome("PRT-02", "aim:a", True, "why", Severity.WARN)).tells
