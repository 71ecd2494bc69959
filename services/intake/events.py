"""Posted milestones, scores, reviews, states and roles against the plan and the clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.framework.judgement import Subject, SubjectKind
from services.framework.plan import Aim, Plan, Project
from services.intake.items import Item, MilestoneItem, ProgressItem, ProjectItem, ReviewItem
from services.intake.refusals import RefusedError, known


@dataclass(frozen=True, slots=True)
class Draft:
    """An event that may be kept: what it is about, and what it says.

    ``natural`` are the columns that say what it is about; another event that agrees in them and
    differs elsewhere corrects this one.
    """

    table: str
    subject: Subject
    on: date
    natural: tuple[str, ...]
    columns: Mapping[str, Any]
    reason: str | None = None


def draft_of(plan: Plan, item: Item, today: date) -> Draft:
    """What a posted item says, if the plan knows what it speaks of. Raises RefusedError."""
    return _READERS[type(item)](plan, item, today)


def _milestone(plan: Plan, item: MilestoneItem, today: date) -> Draft:
    project = _project(plan, item.project, item.on)
    found = next((m for m in project.milestones if m.id == item.milestone), None)
    if found is None:
        raise RefusedError(
            "unknown_milestone",
            f"{project.id} has no milestone {item.milestone!r}; "
            f"{known(m.id for m in project.milestones)}",
            "milestone",
        )
    if found.ended is not None:
        raise RefusedError("ended_milestone", f"{found.id} ended on {found.ended}", "milestone")
    redated = item.change == "redated"
    if not redated:
        _not_to_come(item.on, today)
    columns = {"milestone": found.key, "change": item.change}
    natural = ("milestone", "change") if redated else ("milestone", "on")
    return Draft("milestone_event", _subject(project), item.on, natural, columns, item.reason)


def _progress(plan: Plan, item: ProgressItem, today: date) -> Draft:
    project = _project(plan, item.project, item.on)
    _not_to_come(item.on, today)
    _person(plan, item.scored_by, "scored_by", item.on)
    columns = {
        "half_steps": item.score,
        "scored_by": item.scored_by,
        "method": item.method,
        "scale_version": "ihi",
        "evidence": item.evidence,
    }
    return Draft("progress_score", _subject(project), item.on, ("on", "scored_by"), columns)


def _review(plan: Plan, item: ReviewItem, today: date) -> Draft:
    owner = _owner(plan, item.project, item.aim, item.on)
    _not_to_come(item.on, today)
    _person(plan, item.reviewer, "reviewer", item.on)
    names = ("reviewer", "executing", "working", "decision", "note")
    columns = {name: getattr(item, name) for name in names}
    return Draft("review", _subject(owner), item.on, ("on", "reviewer"), columns)


def _project_event(plan: Plan, item: ProjectItem, _today: date) -> Draft:
    return _role(plan, item) if item.role is not None else _state(plan, item)


def _state(plan: Plan, item: ProjectItem) -> Draft:
    if item.project is None:
        raise RefusedError("contradiction", "only a project has a state", "aim")
    project = _project(plan, item.project, item.on)
    for field in ("decided_by", "sustainer"):
        _person(plan, getattr(item, field), field, item.on)
    columns = {
        "state": item.state,
        "decided_by": item.decided_by,
        "sustainer": item.sustainer,
    }
    return Draft("state_change", _subject(project), item.on, ("on",), columns, item.reason)


def _role(plan: Plan, item: ProjectItem) -> Draft:
    owner = _owner(plan, item.project, item.aim, item.on)
    if isinstance(owner, Aim) and item.role != "sponsor":
        raise RefusedError("not_allowed", "an aim has a sponsor and no other role", "role")
    for field in ("decided_by", "sustainer"):
        if getattr(item, field) is not None:
            raise RefusedError("contradiction", f"{field} belongs to a state", field)
    _person(plan, item.person, "person", item.on)
    columns = {"role": item.role, "person": item.person}
    return Draft("role_change", _subject(owner), item.on, ("role", "on"), columns, item.reason)


def _owner(plan: Plan, project: str | None, aim: str | None, on: date) -> Project | Aim:
    return _project(plan, project, on) if project is not None else _aim(plan, aim or "", on)


def _project(plan: Plan, identifier: str, on: date) -> Project:
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


def _aim(plan: Plan, identifier: str, on: date) -> Aim:
    found = plan.aims.get(identifier)
    if found is None:
        raise RefusedError(
            "unknown_aim", f"the plan has no aim {identifier!r}; {known(plan.aims)}", "aim"
        )
    if found.ended is not None and on > found.ended:
        raise RefusedError("ended_aim", f"{found.id} ended on {found.ended}", "aim")
    return found


def _person(plan: Plan, identifier: str | None, field: str, on: date) -> None:
    if identifier is None:
        return
    found = plan.people.get(identifier)
    if found is None:
        raise RefusedError(
            "unknown_person", f"the plan has no person {identifier!r}; {known(plan.people)}", field
        )
    if found.ended is not None and on > found.ended:
        raise RefusedError("ended_person", f"{identifier} left on {found.ended}", field)


def _not_to_come(on: date, today: date) -> None:
    if on > today:
        raise RefusedError("future", f"{on} has not come", "on")


def _subject(owner: Project | Aim) -> Subject:
    kind = SubjectKind.PROJECT if isinstance(owner, Project) else SubjectKind.AIM
    return Subject(kind, owner.id)


_READERS: dict[type[Item], Callable[[Plan, Any, date], Draft]] = {
    MilestoneItem: _milestone,
    ProgressItem: _progress,
    ReviewItem: _review,
    ProjectItem: _project_event,
}
