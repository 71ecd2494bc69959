"""A project on a page of its own: what is due, what was said of it, who answers for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from services.framework.facts import Facts, Role
from services.framework.leave import away_on, standing_in
from services.framework.plan import Milestone, Plan, Project, ProjectState
from services.framework.roster import Roster
from services.framework.texts import day_name
from services.ports.reporting import AlertLine, Judgement
from services.reporting.aims import Reason, reasons_of
from services.reporting.words import role_words

# The Institute for Healthcare Improvement's assessment scale for collaboratives.
SCALE = (
    (0.5, "Intent to participate"),
    (1.0, "Charter and team established"),
    (1.5, "Planning has begun"),
    (2.0, "Activity, but no changes"),
    (2.5, "Changes tested, no improvement"),
    (3.0, "Modest improvement"),
    (3.5, "Improvement"),
    (4.0, "Significant improvement"),
    (4.5, "Sustainable improvement"),
    (5.0, "Outstanding sustainable results"),
)
_WORDS = dict(SCALE)
_OVER = frozenset({ProjectState.COMPLETED, ProjectState.STOPPED})


@dataclass(frozen=True, slots=True)
class MilestoneLine:
    """A milestone as events have made it; ``state`` is done, late, or due."""

    id: str
    name: str
    due: date
    due_name: str
    completed: str | None
    redated: bool
    state: str
    days_late: int


@dataclass(frozen=True, slots=True)
class RoleLine:
    """A role, who holds it (None: vacant), since when if an event says it, and who covers while
    they are away."""

    role: str
    words: str
    person: str | None
    since: str | None
    away: str | None = None


@dataclass(frozen=True, slots=True)
class ScoreLine:
    """A progress score with the scale's words."""

    on: str
    score: str
    words: str
    by: str | None
    evidence: str | None
    outside: bool = False


@dataclass(frozen=True, slots=True)
class ReviewLine:
    """A review with the answers to the two questions."""

    on: str
    reviewer: str | None
    executing: str | None
    working: str | None
    decision: str | None
    note: str | None


@dataclass(frozen=True, slots=True)
class ProjectPage:
    """All that a project's page shows; ``serves`` are (aim id, aim name, driver name)."""

    id: str
    name: str
    aim_text: str | None
    state: str
    state_since: str | None
    paused_until: str | None
    ends: str | None
    serves: tuple[tuple[str, str, str], ...]
    milestones: tuple[MilestoneLine, ...]
    roles: tuple[RoleLine, ...]
    scores: tuple[ScoreLine, ...]
    reviews: tuple[ReviewLine, ...]
    alerts: tuple[AlertLine, ...]
    reasons: tuple[Reason, ...]
    people: tuple[tuple[str, str], ...]
    today: date


@dataclass(frozen=True, slots=True)
class OwnProject:
    """A project that goes on and in which somebody has a part, with what is due in it next."""

    id: str
    name: str
    following: MilestoneLine | None


def own_projects(plan: Plan, roster: Roster, person: str | None) -> tuple[OwnProject, ...]:
    """The projects of ``person`` that go on, in the plan's order."""
    going = (p for p in plan.projects.values() if p.ended is None or p.ended > roster.on)
    return tuple(
        OwnProject(project.id, project.name, _following(project, roster))
        for project in going
        if roster.standing(project).state not in _OVER
        and holds_a_role(plan, roster, project, person)
    )


def holds_a_role(plan: Plan, roster: Roster, project: Project, person: str | None) -> bool:
    """Whether ``person`` has a part in the project, so that it is their own."""
    held = {roster.holder(project, role).person for role in Role}
    return person is not None and person in plan.people and person in held


def project_page(
    plan: Plan,
    project: Project,
    facts: Facts,
    judgement: Judgement | None,
    alerts: tuple[AlertLine, ...],
    roster: Roster,
) -> ProjectPage:
    """The page of ``project``."""
    standing = roster.standing(project)
    drivers = [plan.drivers[s.driver] for s in project.serves if s.driver in plan.drivers]
    return ProjectPage(
        project.id,
        project.name,
        project.aim_text,
        standing.state.value,
        day_name(standing.since) if standing.since else None,
        _paused_until(project, roster),
        day_name(project.end) if project.end else None,
        tuple((d.aim, plan.aims[d.aim].name, d.name) for d in drivers),
        tuple(_milestone(m, roster) for m in project.milestones if _stands(m, roster)),
        tuple(_role(plan, project, role, roster) for role in Role),
        _scores(plan, facts),
        _reviews(plan, facts),
        alerts,
        reasons_of(judgement),
        tuple((p.id, p.name) for p in plan.people.values() if not p.ended or p.ended > roster.on),
        roster.on,
    )


def _paused_until(project: Project, roster: Roster) -> str | None:
    """Until when the project is paused, if it is and that was said."""
    told = roster.states.get(project.id)
    until = told[-1].until if told and told[-1].state is ProjectState.PAUSED else None
    return day_name(until) if until else None


def _stands(milestone: Milestone, roster: Roster) -> bool:
    return milestone.ended is None or milestone.ended > roster.on


def _following(project: Project, roster: Roster) -> MilestoneLine | None:
    """The milestone that is due next and not done."""
    lines = (_milestone(m, roster) for m in project.milestones if _stands(m, roster))
    return min((m for m in lines if m.completed is None), key=lambda m: m.due, default=None)


def _milestone(milestone: Milestone, roster: Roster) -> MilestoneLine:
    due, completed, redated = roster.commitment(milestone)
    late = max(0, (roster.on - due).days) if completed is None else 0
    state = "done" if completed else "late" if late else "due"
    done = day_name(completed) if completed else None
    return MilestoneLine(
        milestone.id, milestone.name, due, day_name(due), done, redated, state, late
    )


def _role(plan: Plan, project: Project, role: Role, roster: Roster) -> RoleLine:
    person, since = roster.holder(project, role)
    held = day_name(since) if since else None
    away = _away(plan, person, roster.on) if person else None
    return RoleLine(role.value, role_words(role.value), _name(plan, person), held, away)


def _away(plan: Plan, person: str, on: date) -> str | None:
    """Until when somebody is away, and who is there in their place; None for one who is there."""
    leave = away_on(plan, person, on)
    if leave is None:
        return None
    cover = standing_in(plan, person, on)
    covers = f"{plan.people[cover].name} covers" if cover else "nobody covers"
    return f"away until {day_name(leave.until)}; {covers}"


def _scores(plan: Plan, facts: Facts) -> tuple[ScoreLine, ...]:
    """The scores, the newest first."""
    return tuple(
        ScoreLine(
            day_name(s.on),
            f"{s.score:.1f}",
            _WORDS[s.score],
            _name(plan, s.scored_by),
            s.evidence,
            s.method != "self",
        )
        for s in reversed(facts.scores)
    )


def _reviews(plan: Plan, facts: Facts) -> tuple[ReviewLine, ...]:
    """The reviews, the newest first."""
    return tuple(
        ReviewLine(
            day_name(r.on), _name(plan, r.reviewer), r.executing, r.working, r.decision, r.note
        )
        for r in reversed(facts.reviews)
    )


def _name(plan: Plan, person: str | None) -> str | None:
    known = plan.people.get(person or "")
    return known.name if known else person
