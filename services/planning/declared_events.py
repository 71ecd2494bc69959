"""Roles, states and due dates that a later version declares otherwise, as the events they are.

An event outranks what was declared before it, and applying a plan never reverts one. A version that
declares a role, a state or a due date anew is a later word on it, so it is recorded as an event
from the day on which the version takes effect.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from services.framework.facts import MilestoneChange, MilestoneEvent, Role, RoleChange, StateChange
from services.framework.plan import Aim, Plan, Project
from services.ports.planning import DeclaredEvent


@dataclass(frozen=True, slots=True)
class Declaration:
    """When a version takes effect (a local date), when it was known, by whom and why."""

    on: date
    known_at: datetime
    author: str
    reason: str


def declared_events(
    before: Plan, after: Plan, declaration: Declaration
) -> tuple[DeclaredEvent, ...]:
    """What the version after declares otherwise of aims and projects that the one before knew."""
    return tuple(_events(before, after, declaration))


def _events(before: Plan, after: Plan, said: Declaration) -> Iterator[DeclaredEvent]:
    for aim in after.aims.values():
        old_aim = before.aims.get(aim.id)
        if old_aim is not None:
            yield from _roles(f"aim:{aim.id}", old_aim, aim, (Role.SPONSOR,), said)
    for project in after.projects.values():
        old = before.projects.get(project.id)
        if old is not None:
            yield from _roles(f"project:{project.id}", old, project, tuple(Role), said)
            yield from _states(old, project, said)
            yield from _dues(old, project, said)


def _roles(
    subject: str, old: Aim | Project, new: Aim | Project, roles: tuple[Role, ...], said: Declaration
) -> Iterator[RoleChange]:
    for role in roles:
        person = getattr(new, role.value)
        if person != getattr(old, role.value):
            yield RoleChange(subject, role, person, said.on, said.known_at, said.reason)


def _states(old: Project, new: Project, said: Declaration) -> Iterator[StateChange]:
    if old.state is not new.state:
        yield StateChange(
            new.id, new.state, said.on, said.known_at, said.reason, said.author, new.sustainer
        )


def _dues(old: Project, new: Project, said: Declaration) -> Iterator[MilestoneEvent]:
    due = {milestone.id: milestone.due for milestone in old.milestones}
    for milestone in new.milestones:
        if due.get(milestone.id, milestone.due) != milestone.due:
            yield MilestoneEvent(
                milestone.key,
                MilestoneChange.REDATED,
                milestone.due,
                said.known_at,
                said.reason,
                said.author,
            )
