"""The weakest links below an aim: what, in its theory and its portfolio, is not as it should be.

At most three, the weakest first. Each says who answers for it, as a role and as a person; an
executive is shown the role only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from services.framework.expectations.catalogue import Finding, Situation
from services.framework.expectations.portfolio import PRT_01
from services.framework.expectations.projects import lateness, vacancy
from services.framework.facts import Role
from services.framework.judgement import Link, Outcome, Severity
from services.framework.plan import Aim, Milestone, Project, ProjectState

MOST = 3


class Weakness(NamedTuple):
    """A link with its rank: the lower, the weaker."""

    rank: tuple[float, ...]
    link: Link


class Chain(NamedTuple):
    """The weakest links, and the findings of the projects that they rest on."""

    links: tuple[Link, ...]
    findings: tuple[Finding, ...]


def weakest(situation: Situation, aim: Aim, outcomes: Iterable[Outcome]) -> Chain:
    """The weakest links of an aim, given the outcomes of its own expectations.

    Ranked: drivers without a project (by their share), then critical before lesser: vacant roles,
    late milestones (the longest overdue first), paused or stopped projects.
    """
    found = list(_bare_drivers(situation, aim, outcomes))
    findings: list[Finding] = []
    for project in _projects(situation, aim):
        idle = _idle(situation, project)
        if idle is not None:
            found.append(idle)
        for weakness, finding in _weak(situation, project):
            findings.append(finding)
            if weakness is not None:
                found.append(weakness)
    found.sort(key=lambda weakness: weakness.rank)
    return Chain(tuple(w.link for w in found[:MOST]), tuple(findings))


def _projects(situation: Situation, aim: Aim) -> list[Project]:
    """The projects that serve a driver of the aim, once each, in the plan's order."""
    serving = situation.plan.serving
    found = {p.id: p for driver in aim.drivers for p in serving[driver.key]}
    return list(found.values())


def _bare_drivers(
    situation: Situation, aim: Aim, outcomes: Iterable[Outcome]
) -> Iterator[Weakness]:
    bare = {o.about: o for o in outcomes if o.expectation == PRT_01.id and o.tripped}
    for driver in aim.drivers:
        outcome = bare.get(f"driver:{driver.key}")
        if outcome is not None:
            heavy = 0.0 if outcome.severity is Severity.CRIT else 2.0
            person = _person(situation, situation.roster.holder(aim, Role.SPONSOR).person)
            link = Link(
                "driver", driver.key, driver.name, "no project at work on it", "aim sponsor", person
            )
            yield Weakness((heavy, 0.0, -(driver.share or 0.0)), link)


def _weak(situation: Situation, project: Project) -> Iterator[tuple[Weakness | None, Finding]]:
    for role in (Role.LEADER, Role.SPONSOR):
        finding = vacancy(situation, project, role)
        yield _vacant(situation, project, role, finding.outcome), finding
    for milestone in project.milestones:
        finding = lateness(situation, project, milestone)
        yield _late(situation, project, milestone, finding.outcome), finding


def _vacant(
    situation: Situation, project: Project, role: Role, outcome: Outcome
) -> Weakness | None:
    if not outcome.tripped:
        return None
    other = Role.SPONSOR if role is Role.LEADER else Role.LEADER
    person = _person(situation, situation.roster.holder(project, other).person)
    problem = f"no {role.value} since {outcome.inputs['since']}"
    link = Link("project", project.id, project.name, problem, f"project {other.value}", person)
    return Weakness((_weight(outcome), 1.0, _age(outcome)), link)


def _late(
    situation: Situation, project: Project, milestone: Milestone, outcome: Outcome
) -> Weakness | None:
    if not outcome.tripped:
        return None
    person = _person(situation, situation.roster.holder(project, Role.LEADER).person)
    problem = f"due {outcome.inputs['due']}, not done ({project.name})"
    link = Link("milestone", milestone.key, milestone.name, problem, "project leader", person)
    return Weakness((_weight(outcome), 2.0, _age(outcome)), link)


def _idle(situation: Situation, project: Project) -> Weakness | None:
    """A project that was paused or stopped: its effect is not coming."""
    standing = situation.roster.standing(project)
    if standing.state not in (ProjectState.PAUSED, ProjectState.STOPPED):
        return None
    since = f" since {standing.since}" if standing.since else ""
    person = _person(situation, situation.roster.holder(project, Role.SPONSOR).person)
    problem = f"{standing.state.value}{since}"
    link = Link("project", project.id, project.name, problem, "project sponsor", person)
    return Weakness((3.0, 3.0, 0.0), link)


def _weight(outcome: Outcome) -> float:
    return 1.0 if outcome.severity is Severity.CRIT else 2.0


def _age(outcome: Outcome) -> float:
    return outcome.since.timestamp() if outcome.since else 0.0


def _person(situation: Situation, person: str | None) -> str | None:
    known = situation.plan.people.get(person) if person else None
    return known.name if known else person


def tripped(findings: Sequence[Finding]) -> tuple[Outcome, ...]:
    """The outcomes among ``findings`` that tripped."""
    return tuple(f.outcome for f in findings if f.outcome.tripped)
