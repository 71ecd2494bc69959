"""Are we executing the strategy? The share of an aim's projects that go as planned.

``execution index`` = the weight of projects with no vacant role (PRJ-02), no critically late
milestone (MIL-01), no score that stands still (PRJ-03) or lies behind (PRJ-04), over the weight of
all; the weight of a project is its predicted effect times its reach. Source: the two oversight
questions of the Seven Leadership Leverage Points (2008); the arithmetic is ours.

Settled here: a project without a prediction weighs as much as the mean of the others, or 1 where
none has one. A paused project is not executed. One that is stopped, proposed or not begun is no
part of the portfolio, one that is completed is executed as long as somebody keeps up what it won.
That nobody scored a project (PRJ-03, watch) is want of paper, not of execution.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from services.framework.expectations.catalogue import Situation
from services.framework.expectations.progress import is_behind, last_score, pace_of, stuck_since
from services.framework.expectations.projects import strains_of
from services.framework.judgement import ProjectWork
from services.framework.plan import Aim, Project, ProjectState, Serve


@dataclass(frozen=True, slots=True)
class Execution:
    """The projects of an aim, the index over them, and the next date that could change it.

    The index is None where there is no project.
    """

    projects: tuple[ProjectWork, ...]
    index: float | None
    next_on: date | None


def execution(situation: Situation, aim: Aim) -> Execution:
    """How the projects that serve the aim's drivers go, as of the situation's day."""
    coming: list[date] = []
    found = [
        (project, holdup)
        for project in _portfolio(situation, aim)
        if (holdup := _state(situation, project, coming)) is not None
    ]
    weights = _weights(aim, [project for project, _ in found])
    projects = tuple(
        ProjectWork(p.id, p.name, weight, not holdup, holdup or "goes as planned")
        for (p, holdup), weight in zip(found, weights, strict=True)
    )
    later = [day for day in coming if day > situation.today]
    return Execution(projects, _index(projects), min(later, default=None))


def _index(projects: tuple[ProjectWork, ...]) -> float | None:
    total = sum(p.weight for p in projects)
    return sum(p.weight for p in projects if p.executing) / total if total > 0 else None


def _portfolio(situation: Situation, aim: Aim) -> list[Project]:
    """The strategic projects on drivers that are not ended, once each."""
    live = [d for d in aim.drivers if d.ended is None or d.ended > situation.today]
    found = {p.id: p for driver in live for p in situation.plan.serving[driver.key]}
    return [project for project in found.values() if project.strategic]


def _weights(aim: Aim, projects: list[Project]) -> list[float]:
    """What each project is predicted to bring to the aim, in the aim's units at its reach."""
    drivers = {driver.key for driver in aim.drivers}
    known = [predicted([s for s in p.serves if s.driver in drivers]) for p in projects]
    given = [weight for weight in known if weight is not None]
    usual = sum(given) / len(given) if given and sum(given) > 0 else 1.0
    return [usual if weight is None else weight for weight in known]


def predicted(serves: Sequence[Serve]) -> float | None:
    """Σ effect x reach; None where a part of it was not predicted."""
    total = 0.0
    for serve in serves:
        if serve.effect is None or serve.reach is None:
            return None
        total += abs(serve.effect) * serve.reach
    return total


def _state(situation: Situation, project: Project, coming: list[date]) -> str | None:
    """What holds the project up ("" for nothing); None where it is no part of the portfolio."""
    standing = situation.roster.standing(project)
    if project.start is not None and project.start > situation.today:
        coming.append(project.start)
        return None
    if standing.state is ProjectState.COMPLETED:
        return "" if situation.roster.sustainer(project) else None
    if standing.state is ProjectState.PAUSED:
        return f"paused since {standing.since}" if standing.since else "paused"
    if not situation.roster.is_active(project):
        return None
    return next(_holdups(situation, project, coming), "")


def _holdups(situation: Situation, project: Project, coming: list[date]) -> Iterator[str]:
    """What holds an active project up; each yields the dates on which it could come to."""
    strains, today = strains_of(situation, project), situation.today
    for role, ladder in strains.roles:
        coming.append(ladder.trips)
        if ladder.trips <= today:
            yield f"no {role.value} since {ladder.since}"
    for milestone, ladder in strains.milestones:
        coming += [day for day in (ladder.worsens, milestone.ended) if day is not None]
        if ladder.worsens is not None and ladder.worsens <= today:
            yield f"{milestone.name} was due on {ladder.since}"
    yield from _standstill(situation, project, coming)


def _standstill(situation: Situation, project: Project, coming: list[date]) -> Iterator[str]:
    scored = last_score(situation, project)
    stuck, pace = stuck_since(situation, project), pace_of(situation, project)
    if stuck is not None and scored is not None:
        coming.append(stuck.trips)
        if stuck.trips <= situation.today:
            yield f"at {scored.score} since {stuck.since}"
    if pace is not None and scored is not None:
        if pace.next_on is not None:
            coming.append(pace.next_on)
        if is_behind(situation, project):
            yield f"at {scored.score}, when {pace.expected / 2} was expected"
