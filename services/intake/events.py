"""Posted milestones, scores, reviews, states and roles against the plan and the clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from services.framework.judgement import Subject, SubjectKind
from services.framework.plan import Aim, Plan, Project
from services.intake import oversight
from services.intake.drafts import (
    Draft,
    not_to_come,
    owner_of,
    people,
    person_there,
    project_of,
    since_its_start,
    subject_of,
)
from services.intake.items import Item, MilestoneItem, ProgressItem, ProjectItem, ReviewItem
from services.intake.refusals import RefusedError, known


def draft_of(plan: Plan, item: Item, today: date) -> Draft:
    """What a posted item says, if the plan knows what it speaks of. Raises RefusedError."""
    return _READERS[type(item)](plan, item, today)


def _milestone(plan: Plan, item: MilestoneItem, today: date) -> Draft:
    project = project_of(plan, item.project, item.on)
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
        not_to_come(item.on, today)
    columns = {"milestone": found.key, "change": item.change}
    natural = ("milestone", "change") if redated else ("milestone", "on")
    return Draft("milestone_event", subject_of(project), item.on, natural, columns, item.reason)


def _progress(plan: Plan, item: ProgressItem, today: date) -> Draft:
    project = project_of(plan, item.project, item.on)
    not_to_come(item.on, today)
    person_there(plan, item.scored_by, "scored_by", item.on)
    columns = {
        "half_steps": item.score,
        "scored_by": item.scored_by,
        "method": item.method,
        "scale_version": "ihi",
        "evidence": item.evidence,
    }
    return Draft("progress_score", subject_of(project), item.on, ("on", "scored_by"), columns)


def _review(plan: Plan, item: ReviewItem, today: date) -> Draft:
    owner = owner_of(plan, item.project, item.aim, item.on)
    not_to_come(item.on, today)
    if isinstance(owner, Project):
        since_its_start(owner, item.on)
    person_there(plan, item.reviewer, "reviewer", item.on)
    names = ("reviewer", "executing", "working", "decision", "note")
    columns = {name: getattr(item, name) for name in names}
    return Draft("review", subject_of(owner), item.on, ("on", "reviewer"), columns)


def _project_event(plan: Plan, item: ProjectItem, _today: date) -> Draft:
    return _role(plan, item) if item.role is not None else _state(plan, item)


def _state(plan: Plan, item: ProjectItem) -> Draft:
    if item.project is None:
        raise RefusedError("contradiction", "only a project has a state", "aim")
    project = project_of(plan, item.project, item.on)
    if item.sustainer is not None and item.state != "completed":
        detail = f"a sustainer keeps up what a completed project won; this one is {item.state}"
        raise RefusedError("contradiction", detail, "sustainer")
    if item.until is not None:
        _paused_until(item, item.until)
    for field in ("decided_by", "sustainer"):
        person_there(plan, getattr(item, field), field, item.on)
    columns = {
        "state": item.state,
        "decided_by": item.decided_by,
        "sustainer": item.sustainer,
        "until": item.until,
    }
    whole = Subject(SubjectKind.ORGANISATION, plan.organisation.id)
    also = (*people(_holders(project)), whole)
    return Draft("state_change", subject_of(project), item.on, ("on",), columns, item.reason, also)


def _paused_until(item: ProjectItem, until: date) -> None:
    """Let pass a pause that ends after it begins. Raises RefusedError."""
    if item.state != "paused":
        detail = f"until when is said of a pause; this project is {item.state}"
        raise RefusedError("contradiction", detail, "until")
    if until <= item.on:
        raise RefusedError("contradiction", f"it is paused from {item.on} on", "until")


def _holders(project: Project) -> tuple[str | None, ...]:
    """Whose load the project is part of, as declared."""
    return (project.leader, project.sponsor, *(a.person for a in project.allocations))


def _role(plan: Plan, item: ProjectItem) -> Draft:
    owner = owner_of(plan, item.project, item.aim, item.on)
    if isinstance(owner, Aim) and item.role != "sponsor":
        raise RefusedError("not_allowed", "an aim has a sponsor and no other role", "role")
    for field in ("decided_by", "sustainer", "until"):
        if getattr(item, field) is not None:
            raise RefusedError("contradiction", f"{field} belongs to a state", field)
    person_there(plan, item.person, "person", item.on)
    columns = {"role": item.role, "person": item.person}
    also = people((item.person, getattr(owner, str(item.role))))
    subject, natural = subject_of(owner), ("role", "on")
    return Draft("role_change", subject, item.on, natural, columns, item.reason, also)


_READERS: dict[type[Item], Callable[[Plan, Any, date], Draft]] = {
    MilestoneItem: _milestone,
    ProgressItem: _progress,
    ReviewItem: _review,
    ProjectItem: _project_event,
    **oversight.READERS,
}
