"""From a row of an event table to the fact that the framework judges."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from services.framework.facts import (
    Adopted,
    BoardMeeting,
    Decision,
    Explanation,
    MilestoneChange,
    MilestoneEvent,
    ProgressScore,
    Publication,
    Review,
    ReviewAction,
    Role,
    RoleChange,
    SavingsValidated,
    Spread,
    StateChange,
    TestOfChange,
)
from services.framework.periods import Frequency, Period, PeriodError
from services.framework.plan import Aim, Plan, ProjectState
from services.persistence.revisions import Revised, standing_at


def milestone(row: Any) -> MilestoneEvent:
    """What a row says of a milestone."""
    key = f"{row.subject_key.partition(':')[2]}/{row.milestone.rpartition('/')[2]}"
    change = MilestoneChange(row.change)
    return MilestoneEvent(key, change, row.on, row.known_at, row.reason, row.actor)


def score(row: Any) -> ProgressScore:
    """A progress score."""
    return ProgressScore(
        row.subject_key.partition(":")[2],
        row.half_steps,
        row.on,
        row.known_at,
        row.scored_by,
        row.method,
        row.scale_version,
        row.evidence,
    )


def review(row: Any) -> Review:
    """A review."""
    return Review(
        row.subject_key,
        row.on,
        row.known_at,
        row.reviewer,
        row.executing,
        row.working,
        row.decision,
        row.note,
    )


def state(row: Any) -> StateChange:
    """A project entering a state."""
    return StateChange(
        row.subject_key.partition(":")[2],
        ProjectState(row.state),
        row.on,
        row.known_at,
        row.reason,
        row.decided_by,
        row.sustainer,
        row.until,
    )


def role(row: Any) -> RoleChange:
    """A role that changed hands."""
    return RoleChange(row.subject_key, Role(row.role), row.person, row.on, row.known_at, row.reason)


def adopted(plan: Plan, revised: Iterable[Revised], row: Any) -> Adopted:
    """An adoption; one of a version of the plan is of what that version declared."""
    aim = plan.aims.get(_id_of(row))
    target = tuple(row.target) if isinstance(row.target, list) else row.target
    deadline: Any = _period(plan, aim, row.deadline)
    if aim is not None and row.plan_version is not None:
        if target is None:
            target = standing_at(revised, aim, "target", row.plan_version)
        if deadline is None:
            deadline = standing_at(revised, aim, "deadline", row.plan_version)
    return Adopted(_id_of(row), row.by, row.on, row.known_at, row.minute, target, deadline)


def _period(plan: Plan, aim: Aim | None, label: str | None) -> Period | None:
    frequency = _frequency(plan, aim)
    if label is None or frequency is None:
        return None
    try:
        return Period.parse(label, frequency)
    except PeriodError:
        return None


def _frequency(plan: Plan, aim: Aim | None) -> Frequency | None:
    first = aim.primary if aim is not None else None
    measure = plan.measures.get(first.measure) if first is not None else None
    return measure.frequency if measure is not None else None


def tests(rows: Sequence[Any]) -> Iterator[TestOfChange]:
    """Tests of change; a later word about one that has a name leaves the rest as it was."""
    for said in _carried(rows, "test", ("prediction", "result", "decision")):
        decision = Decision(said["decision"]) if said["decision"] is not None else None
        project = said["subject_key"].partition(":")[2]
        told = (said["prediction"], said["result"], decision)
        yield TestOfChange(project, said["on"], said["known_at"], *told)


def actions(rows: Sequence[Any]) -> Iterator[ReviewAction]:
    """Actions of reviews; a later word about one leaves the rest as it was."""
    for said in _carried(rows, "action", ("text", "owner", "due", "done_on")):
        yield ReviewAction(
            said["subject_key"],
            said["action"],
            said["text"] or said["action"],
            said["owner"],
            said["due"],
            said["known_at"],
            said["on"],
            said["done_on"],
        )


def _carried(rows: Sequence[Any], name: str, fields: Sequence[str]) -> list[dict[str, Any]]:
    """What each row says of the thing called ``name``; what it leaves out stays as said before."""
    last: dict[tuple[str, str], dict[str, Any]] = {}
    found = []
    for row in sorted(rows, key=lambda r: (r.known_at, r.id)):
        said = row._asdict()
        if said[name] is not None:
            key = (row.subject_key, said[name])
            before = last.get(key, {})
            said |= {f: before.get(f) for f in fields if said[f] is None}
            last[key] = said
        found.append(said)
    return sorted(found, key=lambda said: (said["on"], said["known_at"], said["id"]))


def meeting(row: Any) -> BoardMeeting:
    """A meeting of the board."""
    told = (row.minutes, row.quality_minutes, row.patient_story, row.minute)
    return BoardMeeting(row.on, row.known_at, *told)


def publications(plan: Plan, rows: Sequence[Any]) -> Iterator[Publication]:
    """Publications of aims that the plan has."""
    for row in rows:
        frequency = _frequency(plan, plan.aims.get(_id_of(row)))
        if frequency is not None:
            period = Period(row.period, frequency)
            yield Publication(_id_of(row), period, row.on, row.known_at)


def validated(row: Any) -> SavingsValidated:
    """Savings that finance confirmed."""
    return SavingsValidated(_id_of(row), row.on, row.known_at, row.amount, row.by)


def explained(row: Any) -> Explanation:
    """An explanation."""
    return Explanation(row.subject_key, row.expectation, row.text, row.on, row.known_at, row.by)


def spread(row: Any) -> Spread:
    """A unit that a project's change has reached."""
    return Spread(_id_of(row), row.unit, row.on, row.known_at)


def _id_of(row: Any) -> str:
    identifier: str = row.subject_key.partition(":")[2]
    return identifier
