"""What events have made of the plan."""

from __future__ import annotations

from dataclasses import replace

from services.framework.facts import (
    Facts,
    MilestoneChange,
    MilestoneEvent,
    Role,
    RoleChange,
    StateChange,
)
from services.framework.plan import Allocation, Milestone, Person, Plan, Project, ProjectState
from services.framework.roster import Roster
from tests.unit.framework.builders import a_plan, at, day

PILOT = Milestone("pilot", "p", "Pilot", day("2025-02-28"))
PROJECT = Project("p", "P", day("2024-11-01"), None, "cmo", "lead", milestones=(PILOT,))
PLAN = a_plan(projects=[PROJECT])


def _state(state: ProjectState, on: str) -> StateChange:
    return StateChange("p", state, day(on), at(on))


def _role(person: str | None, on: str, subject: str = "project:p") -> RoleChange:
    role = Role.LEADER if subject.startswith("project") else Role.SPONSOR
    return RoleChange(subject, role, person, day(on), at("2024-01-01"))


def _mil(change: MilestoneChange, on: str, known: str) -> MilestoneEvent:
    return MilestoneEvent("p/pilot", change, day(on), at(known))


def _on(on: str, facts: Facts | None = None, plan: Plan = PLAN) -> Roster:
    return Roster.of(plan, facts or Facts(), day(on))


def _leader(on: str, facts: Facts | None = None, plan: Plan = PLAN) -> str | None:
    return _on(on, facts, plan).holder(PROJECT, Role.LEADER).person


def test_an_event_wins_over_the_plan_from_its_date_on() -> None:
    facts = Facts(states=(_state(ProjectState.PAUSED, "2025-03-01"),))
    assert _on("2025-02-28", facts).standing(PROJECT).state is ProjectState.ACTIVE
    assert _on("2025-03-01", facts).standing(PROJECT).state is ProjectState.PAUSED


def test_a_project_ended_in_the_plan_is_stopped_unless_it_was_completed() -> None:
    ended = replace(PROJECT, ended=day("2025-03-01"))
    assert _on("2025-03-01").standing(ended).state is ProjectState.STOPPED
    done = replace(ended, state=ProjectState.COMPLETED)
    assert _on("2025-03-01").standing(done).state is ProjectState.COMPLETED


def test_a_project_is_at_work_from_its_start() -> None:
    assert not Roster.of(PLAN, Facts(), day("2024-10-31")).is_active(PROJECT)
    assert Roster.of(PLAN, Facts(), day("2024-11-01")).is_active(PROJECT)


def test_a_role_passes_and_falls_vacant_by_events() -> None:
    facts = Facts(roles=(_role(None, "2025-03-03"), _role("sister", "2025-06-02")))
    holders = [_leader(on, facts) for on in ("2025-03-02", "2025-03-03", "2025-06-02")]
    assert holders == ["lead", None, "sister"]


def test_the_sponsor_of_an_aim_changes_too() -> None:
    facts = Facts(roles=(_role("sister", "2025-03-03", "aim:a"),))
    held = [
        _on(on, facts).holder(PLAN.aims["a"], Role.SPONSOR) for on in ("2025-03-02", "2025-03-03")
    ]
    assert [holder.person for holder in held] == ["cmo", "sister"]


def test_a_person_who_left_holds_nothing() -> None:
    plan = replace(PLAN, people={"lead": Person("lead", "Lead", ended=day("2025-03-03"))})
    holder = Roster.of(plan, Facts(), day("2025-03-03")).holder(PROJECT, Role.LEADER)
    assert holder == (None, day("2025-03-03"))
    assert _leader("2025-03-02", plan=plan) == "lead"


def test_the_sustainer_is_the_one_last_named() -> None:
    done = replace(_state(ProjectState.COMPLETED, "2025-03-01"), sustainer="sister")
    roster = Roster.of(PLAN, Facts(states=(done,)), day("2025-04-01"))
    assert roster.sustainer(PROJECT) == "sister"
    assert Roster.of(PLAN, Facts(), day("2025-04-01")).sustainer(PROJECT) is None


def test_the_latest_agreed_date_holds_whichever_is_sooner() -> None:
    facts = Facts(
        milestones=(
            _mil(MilestoneChange.REDATED, "2025-04-30", "2025-03-20"),
            _mil(MilestoneChange.REDATED, "2025-06-30", "2025-03-01"),
        )
    )
    assert _on("2025-03-25", facts).commitment(PILOT).due == day("2025-04-30")
    assert _on("2025-03-25").commitment(PILOT).due == day("2025-02-28")


def test_a_milestone_is_completed_until_it_is_reopened() -> None:
    facts = Facts(
        milestones=(
            _mil(MilestoneChange.COMPLETED, "2025-03-10", "2025-03-10"),
            _mil(MilestoneChange.REOPENED, "2025-04-10", "2025-04-10"),
        )
    )
    days = ("2025-03-09", "2025-03-10", "2025-04-10")
    found = [_on(on, facts).commitment(PILOT).completed for on in days]
    assert found == [None, day("2025-03-10"), None]


def test_dates_to_come_are_known() -> None:
    facts = Facts(
        states=(_state(ProjectState.PAUSED, "2025-03-01"),), roles=(_role(None, "2025-02-01"),)
    )
    assert Roster.of(PLAN, facts, day("2025-01-01")).coming == (
        day("2025-02-01"),
        day("2025-03-01"),
    )


def test_who_may_carry_a_project_is_said_by_the_plan_and_by_events() -> None:
    """CAP-01 looks no further, whatever the size of the plan; its sentences keep its order."""
    time = Allocation("nurse", 0.2)
    several = [
        replace(PROJECT, id=f"p{n}", leader=leader, allocations=given)
        for n, (leader, given) in enumerate([("a", ()), ("lead", (time, time)), ("lead", ())])
    ]
    plan = a_plan(projects=several)
    handed = Facts(roles=(_role("lead", "2025-01-05", "project:p0"), _role("x", "2025-01-06")))

    def carried(person: str, facts: Facts | None = None) -> list[str]:
        return [p.id for p in _on("2025-01-10", facts, plan).may_carry(person)]

    assert carried("lead") == ["p1", "p2"]
    assert carried("lead", handed) == ["p0", "p1", "p2"]
    assert carried("nurse") == ["p1"]
    assert carried("cmo") == ["p0", "p1", "p2"]
    assert carried("x", handed) == carried("nobody") == []
