"""Re-dating: does a milestone's date hold (MIL-02)?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from services.framework.expectations.catalogue import (
    Expectation,
    Finding,
    Parameter,
    Situation,
    Sureness,
    parameter,
    passed,
    tripped,
)
from services.framework.expectations.projects import idle, open_until
from services.framework.facts import MilestoneChange, MilestoneEvent
from services.framework.judgement import Input, Severity, SubjectKind
from services.framework.periods import local_date
from services.framework.plan import Milestone, Project
from services.framework.texts import count

MIL_02 = Expectation(
    id="MIL-02",
    title="Milestone moved again",
    asks="Review the project's plan, and record the decision.",
    text="A milestone is not re-dated again and again, nor put off for long.",
    source="design; oversight of execution, Nolan (2007)",
    sureness=Sureness.DESIGN,
    kind=SubjectKind.PROJECT,
    severity=Severity.WARN,
    audience=("sponsor", "aim_sponsor"),
    clears="when a review after the last re-dating records a decision, or the milestone is done",
    parameters=(
        Parameter("times", 2, 1, 10, "re-datings from which it trips"),
        Parameter("slip_days", 30, 0, 365, "days of slip in all that are allowed at least"),
        Parameter("slip_share", 0.25, 0, 1, "share of the project's length that it may slip"),
    ),
)


def milestones_hold_their_dates(situation: Situation) -> Iterable[Finding]:
    """MIL-02 for each open milestone. The slip is from the plan's due date to the latest agreed."""
    project = situation.plan.projects[situation.subject.id]
    return [_held(situation, project, milestone) for milestone in project.milestones]


def _held(situation: Situation, project: Project, milestone: Milestone) -> Finding:
    about = f"milestone:{milestone.key}"
    due = open_until(situation, project, milestone)
    if due is None:
        reason = idle(situation, project) or f"{milestone.name} is done, or was ended."
        return Finding(passed(MIL_02, about, reason))
    events = situation.roster.milestones.get(milestone.key, ())
    moves = [e for e in events if e.change is MilestoneChange.REDATED]
    slip = (due - milestone.due).days
    allowed = _allowed(situation, project)
    inputs: dict[str, Input] = {"redated": len(moves), "slip_days": slip, "allowed_days": allowed}
    again = len(moves) >= parameter(situation, MIL_02, "times")
    if not again and slip <= allowed:
        held = f"was re-dated by {count(slip, 'day')}" if moves else "keeps its date"
        return Finding(passed(MIL_02, about, f"{milestone.name} {held}.", inputs))
    if _approved(situation, moves):
        reason = f"{milestone.name} was re-dated, and the project's plan reviewed since."
        return Finding(passed(MIL_02, about, reason, inputs))
    reason = (
        f"{milestone.name} was re-dated {count(len(moves), 'time')}, "
        f"by {count(slip, 'day')} in all, to {due}."
    )
    since = max((e.known_at for e in moves), default=None)
    return Finding(tripped(MIL_02, about, reason, inputs, since=since))


def _allowed(situation: Situation, project: Project) -> float:
    """The slip, in days, that a project of its length may have."""
    least = parameter(situation, MIL_02, "slip_days")
    if project.start is None or project.end is None:
        return least
    share = parameter(situation, MIL_02, "slip_share")
    return max(least, share * (project.end - project.start).days)


def _approved(situation: Situation, moves: Iterable[MilestoneEvent]) -> bool:
    """Whether a review since the last re-dating recorded a decision."""
    zone = situation.plan.zone
    last = max((local_date(e.known_at, zone) for e in moves), default=date.min)
    held = situation.reviews.get(str(situation.subject), ())
    return any(review.decision and review.on >= last for review in held)
