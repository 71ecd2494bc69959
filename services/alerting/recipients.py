"""Who hears what, by which channel."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from services.framework.facts import Role
from services.framework.judgement import Outcome, Subject, SubjectKind
from services.framework.plan import Aim, Plan, Project, Route
from services.framework.roster import Roster

MAIL = "mail"


class Recipient(NamedTuple):
    """A person of the plan, the channel, and in which part the person is told.

    ``note`` says in words why it is this person, where it is not by a part of their own.
    """

    person: str
    channel: str
    part: str
    note: str | None = None


def of_status(plan: Plan, roster: Roster, aim: str) -> tuple[Recipient, ...]:
    """Who hears of an aim's status: its routes, else the organisation's, else its sponsor."""
    routes = [r for r in plan.routes if r.aim == aim] or _general(plan)
    told = [Recipient(p, c, "executive") for r in routes for p in r.to for c in r.by]
    here = once(r for r in told if roster.is_here(r.person))
    sponsor = roster.holder(plan.aims[aim], Role.SPONSOR).person
    if not here and sponsor is not None:
        return (Recipient(sponsor, MAIL, "executive"),)
    return here


def of_finding(
    plan: Plan, roster: Roster, subject: Subject, outcome: Outcome
) -> tuple[Recipient, ...]:
    """Who hears of a finding: those who play the parts of its audience and have not left."""
    people = [
        (part, person)
        for part in outcome.audience
        for person in _holders(plan, roster, subject, part)
        if roster.is_here(person)
    ]
    return once(
        Recipient(person, channel, part)
        for part, person in people
        for channel in _channels(plan, subject, person)
    )


def _channels(plan: Plan, subject: Subject, person: str) -> tuple[str, ...]:
    own = [
        r
        for r in plan.routes
        if getattr(r, subject.kind.value, None) == subject.id and person in r.to
    ]
    return tuple(c for r in own for c in r.by) or (MAIL,)


def _general(plan: Plan) -> list[Route]:
    return [r for r in plan.routes if r.aim is None and r.project is None and r.measure is None]


def _holders(plan: Plan, roster: Roster, subject: Subject, part: str) -> list[str]:
    """Who plays ``part`` for the subject; empty where the part is vacant or not theirs."""
    if part in ("board", "finance"):
        return _with_role(plan, roster, part) or _routed(plan, subject)
    if part == "executive":
        return _routed(plan, subject)
    if part == "measure_owner":
        return _owners_of(plan, roster, subject)
    if part == "project_sponsors":
        projects = _projects_of(plan, roster, subject)
        return [s for p in projects if (s := roster.holder(p, Role.SPONSOR).person)]
    if part == "aim_sponsor":
        return _sponsors_of(roster, _aims_of(plan, roster, subject))
    return _in_role(plan, roster, subject, part)


def _in_role(plan: Plan, roster: Roster, subject: Subject, part: str) -> list[str]:
    """Who holds a role of the subject; of what has no advisor of its own, the organisation's."""
    owner_of: Project | Aim | None = None
    if subject.kind is SubjectKind.PROJECT:
        owner_of = plan.projects.get(subject.id)
    elif subject.kind is SubjectKind.AIM:
        owner_of = plan.aims.get(subject.id)
    if part == "advisor" and not isinstance(owner_of, Project):
        return _with_role(plan, roster, part)
    if owner_of is None or part not in set(Role):
        return []
    holder = roster.holder(owner_of, Role(part)).person
    return [holder] if holder else []


def _with_role(plan: Plan, roster: Roster, role: str) -> list[str]:
    """Everybody of the organisation who has a role and has not left."""
    return [p.id for p in plan.people.values() if role in p.roles and roster.is_here(p.id)]


def _routed(plan: Plan, subject: Subject) -> list[str]:
    return [p for route in _routes_of(plan, subject) for p in route.to]


def _measures_of(plan: Plan, subject: Subject) -> list[str]:
    """The measure itself, or those that the aim is judged on."""
    if subject.kind is SubjectKind.AIM and subject.id in plan.aims:
        named = [judged.measure for judged in plan.aims[subject.id].measures]
    else:
        named = [subject.id] if subject.kind is SubjectKind.MEASURE else []
    return [measure for measure in named if measure in plan.measures]


def _projects_of(plan: Plan, roster: Roster, subject: Subject) -> list[Project]:
    """The projects that serve an aim, or that a person leads or sponsors."""
    if subject.kind is SubjectKind.AIM and subject.id in plan.aims:
        drivers = plan.aims[subject.id].drivers
        serving = (p for driver in drivers for p in plan.serving[driver.key])
        return list({project.id: project for project in serving}.values())
    held = (Role.LEADER, Role.SPONSOR)
    return [
        project
        for project in plan.projects.values()
        if any(roster.holder(project, role).person == subject.id for role in held)
    ]


def _routes_of(plan: Plan, subject: Subject) -> list[Route]:
    own = [r for r in plan.routes if r.aim == subject.id] if subject.kind is SubjectKind.AIM else []
    return own or _general(plan)


def _owners_of(plan: Plan, roster: Roster, subject: Subject) -> list[str]:
    """The owners of the subject's measures; where there is none, the sponsors of the aims that are
    judged or driven by them, else whom the organisation's routes name: data have somebody's ear."""
    named = [o for m in _measures_of(plan, subject) if (o := plan.measures[m].owner)]
    here = [owner for owner in named if roster.is_here(owner)]
    if here or subject.kind is not SubjectKind.MEASURE:
        return here
    driven = [
        plan.aims[driver.aim] for driver in plan.drivers.values() if driver.measure == subject.id
    ]
    sponsors = _sponsors_of(roster, [*_aims_of(plan, roster, subject), *driven])
    return sponsors or _routed(plan, subject)


def _sponsors_of(roster: Roster, aims: Iterable[Aim]) -> list[str]:
    return [s for aim in aims if (s := roster.holder(aim, Role.SPONSOR).person)]


def _aims_of(plan: Plan, roster: Roster, subject: Subject) -> list[Aim]:
    """The aim itself, those that the project or a person's projects serve, or those that are judged
    on the measure."""
    if subject.kind is SubjectKind.AIM:
        return [plan.aims[subject.id]] if subject.id in plan.aims else []
    if subject.kind is SubjectKind.PROJECT:
        return _served(plan, [plan.projects[subject.id]]) if subject.id in plan.projects else []
    if subject.kind is SubjectKind.PERSON:
        return _served(plan, _projects_of(plan, roster, subject))
    return [a for a in plan.aims.values() if any(m.measure == subject.id for m in a.measures)]


def _served(plan: Plan, projects: Iterable[Project]) -> list[Aim]:
    """The aims that the projects serve, each once."""
    served = dict.fromkeys(s.driver.partition("/")[0] for p in projects for s in p.serves)
    return [plan.aims[aim] for aim in served if aim in plan.aims]


def once(told: Iterable[Recipient]) -> tuple[Recipient, ...]:
    """Each person on each channel once, in the order given."""
    seen: dict[tuple[str, str], Recipient] = {}
    for recipient in told:
        seen.setdefault((recipient.person, recipient.channel), recipient)
    return tuple(seen.values())
