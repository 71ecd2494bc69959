"""Projects: are they led (PRJ-02), and do they keep their milestones (MIL-01)?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from services.framework.expectations.catalogue import (
    Expectation,
    Finding,
    Ladder,
    Parameter,
    Situation,
    Sureness,
    Words,
    climbed,
    parameter,
    passed,
)
from services.framework.facts import Role
from services.framework.judgement import Input, Severity, SubjectKind
from services.framework.plan import Milestone, Project, ProjectState

PRJ_02 = Expectation(
    id="PRJ-02",
    title="Role vacant",
    asks="Name somebody for the role.",
    text="An active project has a leader and a sponsor.",
    source="IHI, How to Improve: forming the team",
    sureness=Sureness.READ,
    kind=SubjectKind.PROJECT,
    severity=Severity.WARN,
    audience=("sponsor", "leader"),
    clears="when somebody holds the role, or the project is no longer active",
    parameters=(
        Parameter("days", 7, 0, 90, "days that a role may stand vacant"),
        Parameter("crit_days", 30, 1, 365, "days after which a vacancy is critical"),
    ),
)

MIL_01 = Expectation(
    id="MIL-01",
    title="Milestone late",
    asks="Mark the milestone as done, or give it a new date with the reason.",
    text="A milestone of an active project is done by its due date.",
    source="design; oversight of execution, Nolan (2007)",
    sureness=Sureness.DESIGN,
    kind=SubjectKind.PROJECT,
    severity=Severity.WARN,
    audience=("leader", "sponsor"),
    clears="when it is completed or formally re-dated, or the project is no longer active",
    parameters=(
        Parameter("days", 7, 0, 90, "days that a milestone may be past due"),
        Parameter("crit_days", 30, 1, 365, "days past due after which it is critical"),
    ),
)

_CRITICAL = ("aim_sponsor",)


def project_is_led(situation: Situation) -> Iterable[Finding]:
    """PRJ-02 for the leader and the sponsor of the subject."""
    project = situation.plan.projects[situation.subject.id]
    return [vacancy(situation, project, role) for role in (Role.LEADER, Role.SPONSOR)]


def milestones_are_kept(situation: Situation) -> Iterable[Finding]:
    """MIL-01 for each milestone of the subject."""
    project = situation.plan.projects[situation.subject.id]
    return [lateness(situation, project, milestone) for milestone in project.milestones]


def vacancy(situation: Situation, project: Project, role: Role) -> Finding:
    """PRJ-02 for one role: vacant since the holder left, or since the project began."""
    about = f"project:{project.id}/{role.value}"
    since = vacant_since(situation, project, role)
    if since is None:
        return Finding(passed(PRJ_02, about, _led(situation, project, role)))
    reason = f"{project.name} has had no {role.value} since {since}."
    inputs: dict[str, Input] = {"role": role.value, "since": since.isoformat()}
    ladder = ladder_of(situation, PRJ_02, since)
    return climbed(situation, PRJ_02, ladder, Words(about, reason, reason), inputs, _CRITICAL)


class Strains(NamedTuple):
    """Where an active project is strained: vacant roles and open milestones, each on its ladder."""

    roles: tuple[tuple[Role, Ladder], ...]
    milestones: tuple[tuple[Milestone, Ladder], ...]


def strains_of(situation: Situation, project: Project) -> Strains:
    """The project's strains, worked out once for all that read them; none where it is at rest."""
    known: dict[str, Strains] = situation.kept.setdefault("strains", {})
    if project.id not in known:
        known[project.id] = _strains(situation, project)
    return known[project.id]


def _strains(situation: Situation, project: Project) -> Strains:
    if not situation.roster.is_active(project):
        return Strains((), ())
    roles = tuple(
        (role, ladder_of(situation, PRJ_02, since))
        for role in (Role.LEADER, Role.SPONSOR)
        if (since := vacant_since(situation, project, role)) is not None
    )
    milestones = tuple(
        (milestone, ladder_of(situation, MIL_01, due))
        for milestone in project.milestones
        if (due := open_until(situation, project, milestone)) is not None
    )
    return Strains(roles, milestones)


def vacant_since(situation: Situation, project: Project, role: Role) -> date | None:
    """Since when a role of an active project is vacant; None where it is not, or nobody knows."""
    if not situation.roster.is_active(project):
        return None
    holder = situation.roster.holder(project, role)
    if holder.person is not None:
        return None
    begun = situation.roster.standing(project).since or project.start
    return max((day for day in (holder.since, begun) if day is not None), default=None)


def _led(situation: Situation, project: Project, role: Role) -> str:
    """Why no vacancy is counted."""
    at_rest = idle(situation, project)
    if at_rest is not None:
        return at_rest
    person = situation.roster.holder(project, role).person
    if person is None:
        return f"{project.name} has no {role.value}, and says not when it began."
    return f"{name_of(situation, person)} is the {role.value}."


def lateness(situation: Situation, project: Project, milestone: Milestone) -> Finding:
    """MIL-01 for one milestone, as re-dated, completed or reopened by events."""
    about = f"milestone:{milestone.key}"
    kept = situation.roster.commitment(milestone)
    inputs: dict[str, Input] = {"due": kept.due.isoformat(), "redated": kept.redated}
    due = open_until(situation, project, milestone)
    if due is None:
        reason = idle(situation, project) or f"{milestone.name} was ended."
        if kept.completed is not None:
            reason = f"{milestone.name} was completed on {kept.completed}."
        return Finding(passed(MIL_01, about, reason, inputs))
    late = f"{milestone.name} was due on {due} and is not done."
    early = f"{milestone.name} is due on {due}."
    ladder = ladder_of(situation, MIL_01, due)
    return climbed(situation, MIL_01, ladder, Words(about, early, late), inputs, _CRITICAL)


def open_until(situation: Situation, project: Project, milestone: Milestone) -> date | None:
    """The due date of an open milestone of an active project; None where nothing is owed."""
    if not situation.roster.is_active(project):
        return None
    if milestone.ended is not None and milestone.ended <= situation.today:
        return None
    kept = situation.roster.commitment(milestone)
    return None if kept.completed is not None else kept.due


def ladder_of(situation: Situation, expectation: Expectation, since: date) -> Ladder:
    """The dates on which a condition that stands since ``since`` trips and becomes critical."""
    days = parameter(situation, expectation, "days")
    crit = max(days, parameter(situation, expectation, "crit_days"))
    return Ladder.of(since, days, crit)


def idle(situation: Situation, project: Project) -> str | None:
    """Why nothing is asked of the project; None while it is at work."""
    if situation.roster.is_active(project):
        return None
    state = situation.roster.standing(project).state
    if state is ProjectState.ACTIVE:
        return f"{project.name} has not begun."
    return f"{project.name} is {state.value}."


def name_of(situation: Situation, person: str) -> str:
    """A person's name; one that the plan does not have goes by id."""
    known = situation.plan.people.get(person)
    return known.name if known else person
