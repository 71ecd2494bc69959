"""Which alerts a plan would have sent over the data of a file: to whom, when, and what of it held.

A file holds values and nothing else. What is judged by events (milestones, scores, reviews, minutes
of the board) is therefore left out, and said to be: projects, people, the organisation, and
`NEEDS_EVENTS` of the aims.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.evaluation.backtest import History, told_only
from services.evaluation.replay import Sent, Span, replay
from services.framework.evaluate import evaluate
from services.framework.facts import Facts
from services.framework.judgement import Evaluation, Subject, SubjectKind
from services.framework.periods import Period, between
from services.framework.plan import Aim, Kind, Measure, Plan
from services.framework.texts import few

_SHOWN = 6
NEEDS_EVENTS = frozenset(
    {"AIM-02", "PRT-02", "REV-02", "REV-03", "DGN-01", "DGN-02", "DGN-03", "DGN-04"}
    | {"LDR-01", "LDR-03"}
)
LEFT_OUT = (
    "The data hold values only. What is judged by events is left out: projects, people and the "
    f"organisation, and of aims {', '.join(sorted(NEEDS_EVENTS))}."
)


@dataclass(frozen=True, slots=True)
class Coverage:
    """How far a measure's data reach: its periods in the span, and those without a value.

    ``first`` and ``last`` are None for a measure that the data do not name.
    """

    measure: str
    name: str
    first: Period | None
    last: Period | None
    expected: int
    missing: tuple[Period, ...]

    @property
    def words(self) -> str:
        """``22 of 24 periods, 2024-01 to 2025-12; none for 2025-03, 2025-07``."""
        if self.first is None or self.last is None:
            return "no value at all: nothing of it can be judged"
        have = self.expected - len(self.missing)
        said = f"{have} of {self.expected} periods, {self.first} to {self.last}"
        if not self.missing:
            return said
        return f"{said}; none for {few((p.label for p in self.missing), _SHOWN)}"


def coverage(plan: Plan, history: History) -> tuple[Coverage, ...]:
    """How far the data reach of every measure that an aim or a driver of the plan rests on."""
    measures = dict.fromkeys(m for aim in plan.aims.values() for m in _measures(aim))
    return tuple(_covered(plan.measures[m], history) for m in measures if m in plan.measures)


def _covered(measure: Measure, history: History) -> Coverage:
    """Of dated events silence is no gap: their periods are as far as the data say complete."""
    held: set[Period] = set()
    for key, observations in history.observations.items():
        if key.measure == measure.id:
            held |= {_whole(measure, o.period) for o in observations if not o.withdrawn}
    if not held:
        return Coverage(measure.id, measure.name, None, None, 0, ())
    first = min(held, key=_start)
    spoken = Period.containing(history.until.date() - timedelta(days=1), measure.frequency)
    last = max(*held, spoken, key=_start)
    every = between(first, last)
    dated = measure.kind is Kind.EVENTS
    missing = () if dated else tuple(period for period in every if period not in held)
    return Coverage(measure.id, measure.name, first, last, len(every), missing)


def _start(period: Period) -> int:
    return period.start.toordinal()


def _whole(measure: Measure, period: Period) -> Period:
    return Period.containing(period.start, measure.frequency)


def span_of(plan: Plan, history: History) -> Span:
    """From the start of the first aim to the last day on which a value came."""
    starts = [aim.start.begins_at(plan.zone) for aim in plan.aims.values() if aim.start]
    return Span(min([*starts, history.last_known]), history.last_known)


def subjects_of(plan: Plan) -> tuple[Subject, ...]:
    """What is replayed: every aim that begins, and every measure of one."""
    aims = [aim for aim in plan.aims.values() if aim.start is not None and aim.measures]
    measures = dict.fromkeys(m for aim in aims for m in _measures(aim) if m in plan.measures)
    return (
        *(Subject(SubjectKind.AIM, aim.id) for aim in aims),
        *(Subject(SubjectKind.MEASURE, measure) for measure in measures),
    )


def past_alerts(plan: Plan, history: History) -> Iterator[list[Sent]]:
    """What would have been told of each subject of :func:`subjects_of`, in its order."""
    for subject in subjects_of(plan):
        yield alerts_of(plan, history, subject)


def alerts_of(plan: Plan, history: History, subject: Subject) -> list[Sent]:
    """What would have been told of one subject."""
    span = span_of(plan, history)
    return replay(told_only(plan), _bearing(plan, subject, history), subject, span, _judged)


def _judged(plan: Plan, facts: Facts, subject: Subject, as_of: datetime) -> Evaluation:
    evaluation = evaluate(plan, facts, subject, as_of)
    told = (o for o in evaluation.outcomes if o.expectation not in NEEDS_EVENTS)
    return replace(evaluation, outcomes=tuple(told))


def _bearing(plan: Plan, subject: Subject, history: History) -> Facts:
    is_aim = subject.kind is SubjectKind.AIM
    measures = _measures(plan.aims[subject.id]) if is_aim else (subject.id,)
    return Facts({k: each for m in measures for k, each in history.by_measure.get(m, {}).items()})


def _measures(aim: Aim) -> tuple[str, ...]:
    """What an aim is judged on: its own measures, those of its drivers, and what may not suffer."""
    own = [judged.measure for judged in aim.measures]
    below = [driver.measure for driver in aim.drivers if driver.measure is not None]
    return tuple(dict.fromkeys([*own, *below, *aim.balancing]))
