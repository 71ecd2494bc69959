"""What somebody holds in a plan as it stands, events included, and what of it passes to others.

A role is held by whom the last event names, else by whom the plan declares. What is over (an aim
that ended, a project that was stopped, a review's action that is done) is nobody's any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import chain

from services.framework.facts import Facts, ReviewAction, Role, RoleChange, StateChange
from services.framework.plan import Aim, Allocation, Away, Plan, Project, ProjectState, Route
from services.framework.roster import Roster
from services.framework.texts import day_name, listed

_Told = dict[tuple[str, Role], list[RoleChange]]
_AIM_ROLES = (Role.SPONSOR,)
_OVER = (ProjectState.COMPLETED, ProjectState.STOPPED)


class Part(StrEnum):
    """In which way somebody holds something, besides the roles of aims and projects."""

    SUSTAINER = "sustainer"
    ALLOCATION = "allocation"
    OWNER = "owner"
    ROUTE = "route"
    COVER = "cover"
    ACTION = "action"


@dataclass(frozen=True, slots=True)
class Holding:
    """One thing that somebody holds: a ``part`` of what is named ``about`` (``aim:ID``,
    ``project:ID``, ``measure:ID``, ``person:ID`` whose leave is covered, ``organisation:ID``).

    ``at`` is what it rests on: for a role the day from which an event gives it (None: it is held
    now), else the very allocation, leave, action or change of state.
    """

    about: str
    part: Role | Part
    at: date | Allocation | Away | ReviewAction | StateChange | Route | None = None

    @property
    def words(self) -> str:
        """The part in words, as in ``leader`` or ``time: 0.3 of full time``."""
        match self.at:
            case Allocation():
                return f"time: {self.at.fte:g} of full time"
            case Away():
                days = f"{day_name(self.at.since)} to {day_name(self.at.until)}"
                return f"cover for the leave of {days}"
            case ReviewAction():
                due = f", due {day_name(self.at.due)}" if self.at.due else ""
                return f"action of a review: {self.at.text}{due}"
            case date():
                return f"{_spoken(self.part)} from {day_name(self.at)}"
            case _:
                return _WORDS.get(self.part, _spoken(self.part))


@dataclass(frozen=True, slots=True)
class Kept:
    """What is not handed over, and why."""

    about: str
    words: str
    why: str


_WORDS: dict[str, str] = {
    Part.OWNER: "owner of the measure",
    Part.ROUTE: "told by a route",
    Part.SUSTAINER: "keeps up what it won",
}


def holdings(plan: Plan, facts: Facts, person: str, on: date) -> tuple[Holding, ...]:
    """Everything that ``person`` holds on the local date ``on``, or is to hold later.

    ``facts`` hold the changes of roles and states and the actions of the whole organisation.
    """
    roster, told = Roster.of(plan, facts, on), _by_role(facts)
    found = chain(
        _of_aims(plan, told, person, on),
        _of_projects(plan, told, person, roster),
        _of_measures(plan, person, on),
        _of_routes(plan, person),
        _of_leave(plan, person, on),
        _of_actions(plan, facts, person, roster),
    )
    return tuple(found)


def kept(plan: Plan, facts: Facts, person: str, on: date) -> tuple[Kept, ...]:
    """What names ``person`` and stays as it is."""
    return tuple(_kept(plan, Roster.of(plan, facts, on), person, on))


def _by_role(facts: Facts) -> _Told:
    """The changes of each role, in order."""
    told: _Told = {}
    for change in facts.roles:
        told.setdefault((change.subject, change.role), []).append(change)
    return told


def _of_aims(plan: Plan, told: _Told, person: str, on: date) -> Iterator[Holding]:
    for aim in plan.aims.values():
        if aim.ended is None or aim.ended > on:
            yield from _roles(aim, f"aim:{aim.id}", _AIM_ROLES, told, person, on)


def _of_projects(plan: Plan, told: _Told, person: str, roster: Roster) -> Iterator[Holding]:
    for project in plan.projects.values():
        about, state = f"project:{project.id}", roster.standing(project).state
        if state not in _OVER:
            yield from _roles(project, about, tuple(Role), told, person, roster.on)
            mine = (a for a in project.allocations if a.person == person)
            yield from (Holding(about, Part.ALLOCATION, each) for each in mine)
        elif state is ProjectState.COMPLETED and roster.sustainer(project) == person:
            named = [s for s in roster.states.get(project.id, ()) if s.sustainer]
            yield Holding(about, Part.SUSTAINER, named[-1] if named else None)


def _roles(
    subject: Aim | Project,
    about: str,
    roles: Iterable[Role],
    told: _Told,
    person: str,
    on: date,
) -> Iterator[Holding]:
    """The roles that are held now, and those that a known event gives later."""
    for role in roles:
        changes = told.get((about, role), ())
        before = [change for change in changes if change.on <= on]
        holder = before[-1].person if before else getattr(subject, role.value)
        if holder == person:
            yield Holding(about, role)
        for change in _latest(c for c in changes if c.on > on):
            if change.person == person:
                yield Holding(about, role, change.on)


def _latest(changes: Iterable[RoleChange]) -> Iterable[RoleChange]:
    """The last word on each day, of changes in order."""
    return {change.on: change for change in changes}.values()


def _of_measures(plan: Plan, person: str, on: date) -> Iterator[Holding]:
    for measure in plan.measures.values():
        if measure.owner == person and (measure.ended is None or measure.ended > on):
            yield Holding(f"measure:{measure.id}", Part.OWNER)


def _of_routes(plan: Plan, person: str) -> Iterator[Holding]:
    scopes = dict.fromkeys(route_about(plan, route) for route in plan.routes if person in route.to)
    return (Holding(about, Part.ROUTE) for about in scopes)


def route_about(plan: Plan, route: Route) -> str:
    """What a route is about, as a subject's name."""
    for kind in ("aim", "project", "measure"):
        if (identifier := getattr(route, kind)) is not None:
            return f"{kind}:{identifier}"
    return f"organisation:{plan.organisation.id}"


def _of_leave(plan: Plan, person: str, on: date) -> Iterator[Holding]:
    """The leave of others, running or to come, that ``person`` covers."""
    for other in plan.people.values():
        if other.id != person and (other.ended is None or other.ended > on):
            for away in other.away:
                if away.cover == person and away.until >= on:
                    yield Holding(f"person:{other.id}", Part.COVER, away)


def _of_actions(plan: Plan, facts: Facts, person: str, roster: Roster) -> Iterator[Holding]:
    """The open actions that ``person`` owns, as last told, of what is not over."""
    latest = {(action.subject, action.id): action for action in facts.actions}
    for action in latest.values():
        mine = action.owner == person and action.done_on is None
        if mine and not _is_over(plan, roster, action.subject):
            yield Holding(action.subject, Part.ACTION, action)


def _is_over(plan: Plan, roster: Roster, about: str) -> bool:
    kind, _, identifier = about.partition(":")
    if kind == "project":
        project = plan.projects.get(identifier)
        return project is None or roster.standing(project).state in _OVER
    aim = plan.aims.get(identifier)
    return aim is None or (aim.ended is not None and aim.ended <= roster.on)


def _kept(plan: Plan, roster: Roster, person: str, on: date) -> Iterator[Kept]:
    for aim in plan.aims.values():
        if person in aim.partners and (aim.ended is None or aim.ended > on):
            why = "who speaks for patients is asked, not appointed: invite somebody"
            yield Kept(f"aim:{aim.id}", "patient or family partner", why)
    for waiver in plan.waivers.values():
        if waiver.by == person and waiver.until >= on and waiver.ended is None:
            why = f"what was decided stands until {day_name(waiver.until)}"
            yield Kept(waiver.about, f"accepted {waiver.expectation} for a while", why)
    known = plan.people.get(person)
    roles = tuple(role for role in known.roles if role != "partner") if known else ()
    if roles:
        alone = [role for role in roles if not _others(plan, roster, role, person)]
        why = "what somebody is, not what they hold"
        why += f"; nobody else is {listed(alone, 9)}" if alone else ""
        yield Kept(f"person:{person}", f"{listed(roles, 9)} among the people", why)


def _others(plan: Plan, roster: Roster, role: str, person: str) -> bool:
    others = (p for p in plan.people.values() if p.id != person and roster.is_here(p.id))
    return any(role in other.roles for other in others)


def _spoken(part: str) -> str:
    return part.replace("_", " ")
