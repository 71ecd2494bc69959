"""What an event that was posted comes to, and the look-ups in the plan that every kind shares."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.framework.judgement import Subject, SubjectKind
from services.framework.periods import Period, PeriodError
from services.framework.plan import Aim, Measure, Plan, Project
from services.intake.refusals import RefusedError, known


@dataclass(frozen=True, slots=True)
class Draft:
    """An event that may be kept: what it is about, and what it says.

    ``natural`` are the columns that say what it is about; another event that agrees in them and
    differs elsewhere corrects this one. ``also`` are subjects that it touches beside those which
    its own subject touches.
    """

    table: str
    subject: Subject
    on: date
    natural: tuple[str, ...]
    columns: Mapping[str, Any]
    reason: str | None = None
    also: tuple[Subject, ...] = ()


def owner_of(plan: Plan, project: str | None, aim: str | None, on: date) -> Project | Aim:
    """The project or the aim, whichever is named. Raises RefusedError."""
    return project_of(plan, project, on) if project is not None else aim_of(plan, aim or "", on)


def project_of(plan: Plan, identifier: str, on: date) -> Project:
    """A project that had not ended on a date. Raises RefusedError."""
    found = plan.projects.get(identifier)
    if found is None:
        raise RefusedError(
            "unknown_project",
            f"the plan has no project {identifier!r}; {known(plan.projects)}",
            "project",
        )
    if found.ended is not None and on > found.ended:
        raise RefusedError("ended_project", f"{found.id} ended on {found.ended}", "project")
    return found


def aim_of(plan: Plan, identifier: str, on: date) -> Aim:
    """An aim that had not ended on a date. Raises RefusedError."""
    found = plan.aims.get(identifier)
    if found is None:
        raise RefusedError(
            "unknown_aim", f"the plan has no aim {identifier!r}; {known(plan.aims)}", "aim"
        )
    if found.ended is not None and on > found.ended:
        raise RefusedError("ended_aim", f"{found.id} ended on {found.ended}", "aim")
    return found


def named_measure(plan: Plan, identifier: str) -> Measure:
    """A measure of the plan. Raises RefusedError."""
    found = plan.measures.get(identifier)
    if found is None:
        raise RefusedError(
            "unknown_measure",
            f"the plan has no measure {identifier!r}; {known(plan.measures)}",
            "measure",
        )
    return found


def person_there(plan: Plan, identifier: str | None, field: str, on: date) -> None:
    """Let pass nobody, and a person who had not left on a date. Raises RefusedError."""
    if identifier is None:
        return
    found = plan.people.get(identifier)
    if found is None:
        raise RefusedError(
            "unknown_person", f"the plan has no person {identifier!r}; {known(plan.people)}", field
        )
    if found.ended is not None and on > found.ended:
        raise RefusedError("ended_person", f"{identifier} left on {found.ended}", field)


def not_to_come(on: date | None, today: date, field: str = "on") -> None:
    """Let pass what has happened. Raises RefusedError."""
    if on is not None and on > today:
        raise RefusedError("future", f"{on} has not come", field)


def since_its_start(project: Project, on: date) -> None:
    """Let pass what did not happen before the project was begun. Raises RefusedError."""
    begun = min((d for d in (project.start, project.chartered_on) if d is not None), default=on)
    if on < begun:
        raise RefusedError("before_start", f"{project.id} began on {begun}, after {on}", "on")


def period_of(plan: Plan, aim: Aim, text: str, field: str) -> Period:
    """A period of the aim's primary measure. Raises RefusedError."""
    measure = plan.measures.get(aim.primary.measure) if aim.primary else None
    if measure is None:
        raise RefusedError("no_measure", f"{aim.id} has no measure, and so no periods", "aim")
    try:
        return Period.parse(text, measure.frequency)
    except PeriodError as trouble:
        raise RefusedError("bad_period", str(trouble), field) from None


def subject_of(owner: Project | Aim | Measure) -> Subject:
    """The subject that a part of the plan is judged as."""
    match owner:
        case Project():
            return Subject(SubjectKind.PROJECT, owner.id)
        case Aim():
            return Subject(SubjectKind.AIM, owner.id)
        case Measure():
            return Subject(SubjectKind.MEASURE, owner.id)


def people(names: Iterable[str | None]) -> tuple[Subject, ...]:
    """The people as subjects, each once."""
    return tuple(Subject(SubjectKind.PERSON, name) for name in dict.fromkeys(names) if name)
