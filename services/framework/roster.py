"""What events have made of the plan: who holds which role, where projects and milestones stand.

The plan declares; events follow it and applying a plan never reverts them, so the latest event
that has taken effect wins over what the plan says.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import NamedTuple, Protocol

from services.framework.facts import (
    Facts,
    MilestoneChange,
    MilestoneEvent,
    Role,
    RoleChange,
    StateChange,
)
from services.framework.plan import Aim, Milestone, Plan, Project, ProjectState


class _Dated(Protocol):
    """An event that takes effect on a local date."""

    @property
    def on(self) -> date: ...


class Holder(NamedTuple):
    """Who holds a role (None: vacant), and since when, if an event or a departure says it."""

    person: str | None
    since: date | None


class Standing(NamedTuple):
    """The state of a project, and since when, if an event or a date of the plan says it."""

    state: ProjectState
    since: date | None


class Commitment(NamedTuple):
    """A milestone: when it is due, when it was completed, whether its due date was moved."""

    due: date
    completed: date | None
    redated: bool


@dataclass(frozen=True, slots=True)
class Roster:
    """An index over events that have taken effect by the local date ``on``."""

    plan: Plan
    on: date
    states: dict[str, list[StateChange]]
    roles: dict[tuple[str, Role], RoleChange]
    milestones: dict[str, list[MilestoneEvent]]
    coming: tuple[date, ...]
    active: dict[str, bool]

    @classmethod
    def of(cls, plan: Plan, facts: Facts, on: date) -> Roster:
        """Index ``facts`` as of the local date ``on``; O(events)."""
        states: dict[str, list[StateChange]] = {}
        milestones: dict[str, list[MilestoneEvent]] = {}
        roles: dict[tuple[str, Role], RoleChange] = {}
        for state in facts.states:
            if state.on <= on:
                states.setdefault(state.project, []).append(state)
        for role in facts.roles:
            if role.on <= on:
                roles[role.subject, role.role] = role
        for event in facts.milestones:
            if event.on <= on or event.change is MilestoneChange.REDATED:
                milestones.setdefault(event.milestone, []).append(event)
        return cls(plan, on, states, roles, milestones, _coming(facts, on), {})

    def standing(self, project: Project) -> Standing:
        """The state of ``project``; one that the plan ended is stopped, unless it was completed."""
        changes = self.states.get(project.id)
        if changes:
            return Standing(changes[-1].state, changes[-1].on)
        if project.ended is not None and project.ended <= self.on:
            done = project.state is ProjectState.COMPLETED
            return Standing(project.state if done else ProjectState.STOPPED, project.ended)
        if project.state is ProjectState.ACTIVE:
            return Standing(project.state, project.start)
        return Standing(project.state, None)

    def is_active(self, project: Project) -> bool:
        """Whether ``project`` is at work: declared active, begun, not ended in the plan."""
        if project.id not in self.active:
            ended = project.ended is not None and project.ended <= self.on
            begun = project.start is None or project.start <= self.on
            going = self.standing(project).state is ProjectState.ACTIVE
            self.active[project.id] = begun and going and not ended
        return self.active[project.id]

    def sustainer(self, project: Project) -> str | None:
        """Who keeps up what a completed project won."""
        for change in reversed(self.states.get(project.id, ())):
            if change.sustainer:
                return change.sustainer
        return project.sustainer

    def holder(self, subject: Project | Aim, role: Role) -> Holder:
        """Who holds ``role``; a person who has left holds nothing from the day they left."""
        kind = "project" if isinstance(subject, Project) else "aim"
        change = self.roles.get((f"{kind}:{subject.id}", role))
        person = change.person if change else getattr(subject, role.value, None)
        since = change.on if change else None
        if person is None:
            return Holder(None, since)
        left = self._left(person)
        if left is not None:
            return Holder(None, max(left, since) if since else left)
        return Holder(person, since)

    def may_carry(self, person: str) -> Iterable[Project]:
        """The projects in which the plan or an event gives a person a part, in the plan's order."""
        declared = self.plan.carried_by.get(person, ())
        given = {change.subject for change in self.roles.values() if change.person == person}
        if not given:
            return declared
        known = {project.id for project in declared}
        every = self.plan.projects.values()
        return [p for p in every if p.id in known or f"project:{p.id}" in given]

    def is_here(self, person: str) -> bool:
        """Whether a person of the plan has not left."""
        return self._left(person) is None

    def _left(self, person: str) -> date | None:
        """The day on which a person left; None for one who is here."""
        known = self.plan.people.get(person)
        if known is None or known.ended is None or known.ended > self.on:
            return None
        return known.ended

    def commitment(self, milestone: Milestone) -> Commitment:
        """When ``milestone`` is due and whether it is completed."""
        completed: date | None = None
        moved: MilestoneEvent | None = None
        for event in self.milestones.get(milestone.key, ()):
            if event.change is not MilestoneChange.REDATED:
                completed = event.on if event.change is MilestoneChange.COMPLETED else None
            elif moved is None or event.known_at >= moved.known_at:
                moved = event
        return Commitment(moved.on if moved else milestone.due, completed, moved is not None)


def _coming(facts: Facts, on: date) -> tuple[date, ...]:
    """The dates after ``on`` on which an event that is known already takes effect."""
    milestones = (e for e in facts.milestones if e.change is not MilestoneChange.REDATED)
    dated: Iterable[_Dated] = chain(
        milestones,
        facts.scores,
        facts.reviews,
        facts.states,
        facts.roles,
        facts.adoptions,
        facts.revisions,
        facts.actions,
        facts.meetings,
        facts.publications,
        facts.validations,
        facts.explanations,
    )
    days = {event.on for event in dated if event.on > on}
    days |= {a.done_on for a in facts.actions if a.done_on is not None and a.done_on > on}
    return tuple(sorted(days))
