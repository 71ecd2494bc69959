"""The weakest links below an aim: what, in its theory and its portfolio, is not as it should be.

At most three, the weakest first. Each says by which driver and project it hangs on the aim, what
was to come from it, what would close it, and who answers for it, as a role and as a person; an
executive is shown the role only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import partial
from typing import NamedTuple

from services.framework.execution import predicted
from services.framework.expectations.catalogue import Ladder, Situation
from services.framework.expectations.portfolio import PRT_01
from services.framework.expectations.projects import strains_of
from services.framework.facts import Role
from services.framework.judgement import Link, Outcome, Severity
from services.framework.plan import Aim, Driver, Milestone, Project, ProjectState
from services.framework.texts import listed

MOST = 3


class Weakness(NamedTuple):
    """A link with its rank, the lower the weaker; the link is made only if it is shown."""

    rank: tuple[float, ...]
    link: Callable[[], Link]


class Chain(NamedTuple):
    """The weakest links, and the next date on which time alone could change them."""

    links: tuple[Link, ...]
    next_on: date | None


def weakest(situation: Situation, aim: Aim, outcomes: Iterable[Outcome]) -> Chain:
    """The weakest links of an aim, given the outcomes of its own expectations.

    Ranked: drivers without a project (by their share), then critical before lesser: vacant roles,
    late milestones (the longest overdue first), paused or stopped projects.
    """
    found = list(_bare_drivers(situation, aim, outcomes))
    coming: list[date] = []
    for project in _projects(situation, aim):
        if situation.roster.is_active(project):
            found += _vacant(situation, aim, project, coming)
            found += _late(situation, aim, project, coming)
        else:
            found += _idle(situation, aim, project)
    found.sort(key=lambda weakness: weakness.rank)
    return Chain(tuple(w.link() for w in found[:MOST]), min(coming, default=None))


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
            link = partial(_driver_link, situation, aim, driver)
            yield Weakness((heavy, 0.0, -(driver.share or 0.0)), link)


def _driver_link(situation: Situation, aim: Aim, driver: Driver) -> Link:
    person = _holder(situation, aim, Role.SPONSOR)
    stake = f"{driver.share:.0%} of the aim was to come from it" if driver.share else None
    return Link(
        "driver",
        driver.key,
        driver.name,
        "no project at work on it",
        "aim sponsor",
        person,
        stake=stake,
        closes="a project at work on it",
    )


def _vacant(
    situation: Situation, aim: Aim, project: Project, coming: list[date]
) -> Iterator[Weakness]:
    """Roles that stand vacant for too long; what is still to come goes into ``coming``."""
    for role, ladder in strains_of(situation, project).roles:
        severity = _climb(situation, ladder, coming)
        if severity is not None:
            other = Role.SPONSOR if role is Role.LEADER else Role.LEADER
            problem = f"no {role.value} since {ladder.since}"
            closes = f"a {role.value} for it"
            link = partial(_project_link, situation, aim, project, problem, other, closes)
            yield Weakness((_weight(severity), 1.0, ladder.since.toordinal()), link)


def _project_link(
    situation: Situation, aim: Aim, project: Project, problem: str, role: Role, closes: str
) -> Link:
    return Link(
        "project",
        project.id,
        project.name,
        problem,
        f"project {role.value}",
        _holder(situation, project, role),
        _driver_names(aim, project),
        _stake(situation, aim, project),
        closes,
    )


def _driver_names(aim: Aim, project: Project) -> tuple[str, ...]:
    """The driver by which a project hangs on the aim; of several all, as one step."""
    return (listed(d.name for d in aim.drivers if project.serves_driver(d.key)),)


def _stake(situation: Situation, aim: Aim, project: Project) -> str | None:
    """What the project was predicted to bring, of the gap where that is known.

    ``9 of the gap of 21.5 was to come from it``; None where a part of it was not predicted.
    """
    own = {driver.key for driver in aim.drivers}
    total = predicted([serve for serve in project.serves if serve.driver in own])
    gap = _gap(situation)
    if not total:
        return None
    if gap is None:
        return f"{total:g} was to come from it"
    return f"{total:g} of the gap of {gap:.4g} was to come from it"


def _gap(situation: Situation) -> float | None:
    """The way from the baseline to the target, as the verdict has them."""
    verdict = situation.verdict
    if verdict is None or verdict.baseline is None or not isinstance(verdict.target, int | float):
        return None
    return abs(verdict.target - verdict.baseline) or None


def _late(
    situation: Situation, aim: Aim, project: Project, coming: list[date]
) -> Iterator[Weakness]:
    """Milestones that are too long past due."""
    for milestone, ladder in strains_of(situation, project).milestones:
        severity = _climb(situation, ladder, coming)
        if severity is not None:
            link = partial(_milestone_link, situation, aim, project, milestone, ladder.since)
            yield Weakness((_weight(severity), 2.0, ladder.since.toordinal()), link)


def _milestone_link(
    situation: Situation, aim: Aim, project: Project, milestone: Milestone, due: date
) -> Link:
    return Link(
        "milestone",
        milestone.key,
        milestone.name,
        f"due {due}, not done ({project.name})",
        "project leader",
        _holder(situation, project, Role.LEADER),
        (*_driver_names(aim, project), project.name),
        _stake(situation, aim, project),
        "its completion, or a new date with a reason",
    )


def _climb(situation: Situation, ladder: Ladder, coming: list[date]) -> Severity | None:
    following = ladder.next_after(situation.today)
    if following is not None:
        coming.append(following)
    return ladder.severity(situation.today)


def _idle(situation: Situation, aim: Aim, project: Project) -> Iterator[Weakness]:
    """A project that was paused or stopped: its effect is not coming."""
    standing = situation.roster.standing(project)
    if standing.state in (ProjectState.PAUSED, ProjectState.STOPPED):
        since = f" since {standing.since}" if standing.since else ""
        problem = f"{standing.state.value}{since}"
        closes = "its going on, or another project on the driver"
        link = partial(_project_link, situation, aim, project, problem, Role.SPONSOR, closes)
        yield Weakness((3.0, 3.0, 0.0), link)


def _weight(severity: Severity) -> float:
    return 1.0 if severity is Severity.CRIT else 2.0


def _holder(situation: Situation, subject: Project | Aim, role: Role) -> str | None:
    """The name of who holds a role."""
    person = situation.roster.holder(subject, role).person
    known = situation.plan.people.get(person) if person else None
    return known.name if known else person
