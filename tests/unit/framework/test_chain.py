"""From an aim's status down to the weakest links below it."""

from __future__ import annotations

from dataclasses import replace

from services.framework.facts import Facts, Role, RoleChange, StateChange
from services.framework.judgement import Link
from services.framework.plan import (
    Adoption,
    Driver,
    Milestone,
    Plan,
    Project,
    ProjectState,
    Serve,
)
from tests.unit.framework.builders import A1, a_plan, an_aim, at, day, judged, values, verdict_of


def _project(name: str, *milestones: Milestone) -> Project:
    return Project(
        name,
        name.title(),
        day("2024-11-01"),
        None,
        "cmo",
        "lead",
        serves=(Serve("a/x"), Serve("a/y")),
        milestones=milestones,
    )


def _plan(*projects: Project, bare: bool = False) -> Plan:
    drivers = [Driver("x", "a", "Sepsis", share=0.4), Driver("y", "a", "Escalation", share=0.2)]
    if bare:
        drivers.append(Driver("z", "a", "End of life", share=0.33))
    aim = an_aim(drivers=tuple(drivers), adopted=Adoption("Board", day("2024-11-01")))
    return a_plan(aim, projects=projects)


def _milestone(project: str, name: str, due: str) -> Milestone:
    return Milestone(name, project, name.title(), day(due))


def _links(plan: Plan, as_of: str, facts: Facts | None = None) -> tuple[Link, ...]:
    return verdict_of(plan, facts or Facts(), at(as_of)).chain


def test_no_weakness_no_chain() -> None:
    assert _links(_plan(_project("sepsis")), "2025-06-01") == ()


def test_a_driver_without_a_project_is_the_weakest_link() -> None:
    plan = _plan(_project("sepsis", _milestone("sepsis", "pilot", "2025-01-31")), bare=True)
    links = _links(plan, "2025-06-01")
    assert [link.kind for link in links] == ["driver", "milestone"]
    assert links[0] == Link(
        "driver",
        "a/z",
        "End of life",
        "no project at work on it",
        "aim sponsor",
        "CMO",
        stake="33% of the aim was to come from it",
        closes="a project at work on it",
    )


def test_the_latest_milestone_says_whose_it_is() -> None:
    plan = _plan(_project("sepsis", _milestone("sepsis", "pilot", "2025-02-28")))
    assert _links(plan, "2025-03-07T12:00") == ()
    (link,) = _links(plan, "2025-03-08T00:00")
    assert link == Link(
        "milestone",
        "sepsis/pilot",
        "Pilot",
        "due 2025-02-28, not done (Sepsis)",
        "project leader",
        "LEAD",
        ("Sepsis and Escalation", "Sepsis"),
        None,
        "its completion, or a new date with a reason",
    )


def test_a_link_says_what_of_the_gap_was_to_come_from_it() -> None:
    project = replace(
        _project("sepsis", _milestone("sepsis", "pilot", "2025-02-28")),
        serves=(Serve("a/x", 6, 1, 0.75), Serve("a/y", 4, 0.5, 0.75)),
    )
    facts = Facts(values(A1[:12]))
    (link,) = _links(_plan(project), "2025-04-01", facts)
    assert link.stake == "8 of the gap of 15 was to come from it"
    untold = replace(project, serves=(Serve("a/x", 6), Serve("a/y", 4, 0.5)))
    (blank,) = _links(_plan(untold), "2025-04-01", facts)
    assert blank.stake is None


def test_a_vacancy_is_answered_for_by_the_other_role() -> None:
    left = RoleChange("project:sepsis", Role.LEADER, None, day("2025-03-03"), at("2025-03-03"))
    (link,) = _links(_plan(_project("sepsis")), "2025-04-01", Facts(roles=(left,)))
    assert (link.problem, link.role, link.person) == (
        "no leader since 2025-03-03",
        "project sponsor",
        "CMO",
    )


def test_at_most_three_links_the_longest_overdue_first() -> None:
    dues = ("2025-03-20", "2025-01-31", "2025-03-01", "2025-02-10")
    milestones = (_milestone("sepsis", f"m{i}", due) for i, due in enumerate(dues))
    links = _links(_plan(_project("sepsis", *milestones)), "2025-04-01")
    assert [link.id for link in links] == ["sepsis/m1", "sepsis/m3", "sepsis/m2"]


def test_a_project_that_serves_two_drivers_is_shown_once() -> None:
    stopped = StateChange("sepsis", ProjectState.STOPPED, day("2025-03-01"), at("2025-03-01"))
    plan = _plan(_project("sepsis"), _project("second"))
    (link,) = _links(plan, "2025-03-20", Facts(states=(stopped,)))
    assert (link.id, link.problem) == ("sepsis", "stopped since 2025-03-01")


def test_the_chain_wakes_its_aim() -> None:
    plan = _plan(_project("sepsis", _milestone("sepsis", "pilot", "2025-02-28")))
    assert judged(plan, Facts(), "aim:a", at("2025-03-01")).next_due == at("2025-03-08")
