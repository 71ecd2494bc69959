"""Late truth: what becomes known after its time, and what it changes of what was said before.

*Late* is a correction (a further version of a settled value, or its withdrawal), a value that comes
after one of a later period, and an event told after the day that it speaks of. A milestone's new
due date speaks of the future, whenever it is told.

What late facts change is found by judging twice, with them and without, all else being equal:

* of an aim, the status of each period that it was judged by before, as of now;
* of an alert, whether it would have opened had the truth been known in time, and whether it would
  have been over by the last time it was looked at. That data came late stays so, however true they
  are: DAT is never restated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from services.framework.evaluate import evaluate
from services.framework.facts import (
    Facts,
    Maturity,
    MilestoneChange,
    MilestoneEvent,
    Observation,
    Role,
    SeriesKey,
)
from services.framework.judgement import Evaluation, Status, Subject
from services.framework.periods import local_date, midnight
from services.framework.plan import ALL, SYSTEM, Plan
from services.framework.series import known_to
from services.framework.texts import listed

SLACK = timedelta(minutes=5)
"""How much earlier than it could be seen a fact may be known: it is stamped before it is kept."""
_KNOWN_AT = attrgetter("known_at")
_DATA = "DAT-"
_MOST = 20
_EVENTS = tuple(f.name for f in fields(Facts) if f.name not in ("observations", "revisions"))
_NAMES = {
    "scores": "a progress score",
    "reviews": "a review",
    "states": "a change of state",
    "roles": "a change of role",
    "adoptions": "an adoption",
    "tests": "a test of change",
    "actions": "an action",
    "meetings": "a meeting of the board",
    "publications": "a publication",
    "validations": "a validation",
    "explanations": "an explanation",
    "spreads": "a spread",
}


class LateFact(NamedTuple):
    """A fact that came late: under which field of `Facts`, since which day it is so, in words."""

    field: str
    fact: Any
    on: date
    words: str


class Told(NamedTuple):
    """An alert that was told of: since when, and until when (None: it is open)."""

    expectation: str
    about: str
    opened_at: datetime
    until: datetime | None


class Month(NamedTuple):
    """A period whose status is another by what is known now."""

    period: str
    was: str
    now: str


class Finding(NamedTuple):
    """An alert that would have been another by what is known now, and in what, in words."""

    expectation: str
    about: str
    words: str


@dataclass(frozen=True, slots=True)
class Restated:
    """What late facts changed of what was said: by which, of which periods, of which alerts.

    ``period`` is the last one that the subject was judged by.
    """

    causes: tuple[str, ...]
    months: tuple[Month, ...] = ()
    findings: tuple[Finding, ...] = ()
    period: str | None = None

    def of(self, expectation: str, about: str) -> str | None:
        """What is restated of an alert."""
        key = (expectation, about)
        return next((f.words for f in self.findings if (f.expectation, f.about) == key), None)


def spans(months: Iterable[Month]) -> tuple[str, ...]:
    """``2025-03 to 2025-05: off track, now on track``; neighbours that changed alike as one."""
    said = []
    for (was, now), group in groupby(months, key=lambda month: (month.was, month.now)):
        found = [month.period for month in group]
        when = found[0] if len(found) == 1 else f"{found[0]} to {found[-1]}"
        said.append(f"{when}: {_plainly(was)}, now {_plainly(now)}")
    return tuple(said)


def because(restated: Restated) -> str:
    """``Because: HSMR of 2025-03 corrected from 105.0 to 98.0.``"""
    return f"Because: {listed(restated.causes)}."


def _plainly(status: str) -> str:
    return Status(status).words.lower()


def may_be_late(plan: Plan, facts: Facts, checked_at: datetime) -> bool:
    """Whether a fact looks late that may not have been seen when it was checked.

    Cheap, and never no where one is: what decides is what was seen (:func:`late_of`).
    """
    since = checked_at - SLACK
    for observations in facts.observations.values():
        if _known_since(observations, since):
            soonest = _soonest(observations)
            if any(o.known_at >= since and _may_be(o, soonest, checked_at) for o in observations):
                return True
    fresh = (e for e in _EVENTS if _known_since(getattr(facts, e), since))
    return any(
        event.known_at >= since and _is_late(event, plan.zone)
        for name in fresh
        for event in getattr(facts, name)
    )


def _known_since(known: Sequence[Any], since: datetime) -> bool:
    """Whether any of the facts is known from ``since`` on; asked at each judgement, so quick."""
    return any(map(since.__le__, map(_KNOWN_AT, known)))


def _may_be(observation: Observation, soonest: Mapping[date, datetime], checked: datetime) -> bool:
    """A further version, or known after a later period was, or when it was checked: a still clock.

    ``soonest`` is when a value of the period, or of a later one, was first known.
    """
    known = observation.known_at
    return observation.version > 1 or known == checked or soonest[observation.period.start] < known


def _soonest(observations: Sequence[Observation]) -> dict[date, datetime]:
    """When a value of each period, or of a later one, was first known."""
    first: dict[date, datetime] = {}
    for o in observations:
        first.setdefault(o.period.start, o.known_at)
    soonest: dict[date, datetime] = {}
    known: datetime | None = None
    for start in sorted(first, reverse=True):
        known = first[start] if known is None else min(known, first[start])
        soonest[start] = known
    return soonest


def late_of(plan: Plan, before: Facts, facts: Facts, checked_at: datetime) -> tuple[LateFact, ...]:
    """The late facts among ``facts`` that were not among those seen ``before``."""
    held = {name: set(getattr(before, name)) for name in _EVENTS}
    values = {(key, o.period, o.version) for key, many in before.observations.items() for o in many}

    def is_new(name: str, fact: Any) -> bool:
        if isinstance(fact, Observation):
            return (fact.key, fact.period, fact.version) not in values
        return fact not in held[name]

    return tuple(_late(plan, facts, checked_at - SLACK, is_new))


def _late(
    plan: Plan, facts: Facts, since: datetime, is_new: Callable[[str, Any], bool]
) -> Iterator[LateFact]:
    for key, observations in facts.observations.items():
        if _known_since(observations, since):
            yield from _late_values(plan, key, observations, since, is_new)
    for name in _EVENTS:
        for event in getattr(facts, name):
            if event.known_at >= since and _is_late(event, plan.zone) and is_new(name, event):
                told = local_date(event.known_at, plan.zone)
                words = f"{_event_name(plan, name, event)} of {event.on}, told on {told}"
                yield LateFact(name, event, event.on, words)


def _is_late(event: Any, zone: ZoneInfo) -> bool:
    if isinstance(event, MilestoneEvent) and event.change is MilestoneChange.REDATED:
        return False
    return bool(event.on < local_date(event.known_at, zone))


def _late_values(
    plan: Plan,
    key: SeriesKey,
    observations: Sequence[Observation],
    since: datetime,
    is_new: Callable[[str, Any], bool],
) -> Iterator[LateFact]:
    """Corrections, and values that came after one of a later period."""
    fresh = [o.known_at >= since and is_new("observations", o) for o in observations]
    last = max(
        (o.period.start for o, new in zip(observations, fresh, strict=True) if not new),
        default=None,
    )
    held: Observation | None = None
    for observation, new in zip(observations, fresh, strict=True):
        same = held is not None and held.period == observation.period
        if new and last is not None and (observation.period.start < last or _settled(held, same)):
            words = _value_words(plan, key, observation, held if same else None)
            yield LateFact("observations", observation, observation.period.start, words)
        held = observation


def _settled(held: Observation | None, same: bool) -> bool:
    """Whether the version before was one that could be judged."""
    return same and held is not None and held.usable and held.maturity is Maturity.FINAL


def _value_words(plan: Plan, key: SeriesKey, now: Observation, was: Observation | None) -> str:
    measure = plan.measures.get(key.measure)
    places = [place for place in (key.site, key.stratum) if place not in (SYSTEM, ALL)]
    name = " ".join([measure.name if measure else key.measure, *(f"({p})" for p in places)])
    about = f"{name} of {now.period}"
    value = _value(now)
    if was is None:
        return f"{about}, {value}, came after later values"
    if now.withdrawn:
        because = f": {now.reason}" if now.reason else ""
        return f"{about}, {_value(was)}, withdrawn{because}"
    return f"{about} corrected from {_value(was)} to {value}"


def _value(observation: Observation) -> str:
    if observation.value is None:
        return "suppressed" if observation.suppressed else "no value"
    return f"{observation.value:.6g}"


def _event_name(plan: Plan, name: str, event: Any) -> str:
    """``Pilot on two wards completed``, ``a review``, ``leader of Sepsis six``."""
    if isinstance(event, MilestoneEvent):
        known = plan.milestones.get(event.milestone)
        return f"{known.name if known else event.milestone} {event.change.value}"
    where = getattr(event, "project", None) or str(getattr(event, "subject", "")).partition(":")[2]
    project = plan.projects.get(where)
    what = _NAMES[name]
    if isinstance(getattr(event, "role", None), Role):
        what = f"a {event.role.value.replace('_', ' ')}"
    return f"{what} for {project.name}" if project else what


def without(facts: Facts, late: Iterable[LateFact]) -> Facts:
    """The facts but the late ones."""
    gone = {id(each.fact) for each in late}
    observations = {
        key: tuple(o for o in many if id(o) not in gone) for key, many in facts.observations.items()
    }
    events = {name: tuple(e for e in getattr(facts, name) if id(e) not in gone) for name in _EVENTS}
    return replace(facts, observations=observations, **events)


def in_time(facts: Facts, zone: ZoneInfo) -> Facts:
    """The facts as if each had been known when it should have been.

    A correction from when the value first came; a value that came after one of a later period, from
    when that came; an event from the day that it speaks of.
    """
    observations = {key: _values_in_time(many) for key, many in facts.observations.items()}
    events = {
        name: tuple(_event_in_time(e, zone) for e in getattr(facts, name)) for name in _EVENTS
    }
    return replace(facts, observations=observations, **events)


def _values_in_time(observations: Sequence[Observation]) -> tuple[Observation, ...]:
    soonest = _soonest(observations)
    return tuple(replace(o, known_at=soonest[o.period.start]) for o in observations)


def _event_in_time(event: Any, zone: ZoneInfo) -> Any:
    return replace(event, known_at=midnight(event.on, zone)) if _is_late(event, zone) else event


class Case(NamedTuple):
    """What is restated: a subject of a plan by all that is known, and when it was last judged."""

    plan: Plan
    subject: Subject
    facts: Facts
    late: Sequence[LateFact]
    checked_at: datetime


def restate(case: Case, evaluation: Evaluation, told: Iterable[Told]) -> Restated | None:
    """What the late facts change of what was said; None where they change nothing of it."""
    before = without(case.facts, case.late)
    months = _months(evaluate(case.plan, before, case.subject, evaluation.as_of), evaluation)
    findings = tuple(_Again(case, before, evaluation.as_of).findings(told))
    if not months and not findings:
        return None
    verdict = evaluation.verdict
    period = verdict.period.label if verdict and verdict.period else None
    return Restated(tuple(each.words for each in case.late), months, findings, period)


def _months(before: Evaluation, after: Evaluation) -> tuple[Month, ...]:
    """The periods that were judged before, and are judged otherwise."""
    if before.verdict is None or after.verdict is None:
        return ()
    was = {reading.period: reading.status for reading in before.verdict.readings}
    return tuple(
        Month(reading.period.label, was[reading.period].value, reading.status.value)
        for reading in after.verdict.readings
        if reading.period in was and was[reading.period] is not reading.status
    )


class _Again:
    """Judges as of the past, with what came late as if it had come in time, and without it."""

    def __init__(self, case: Case, before: Facts, as_of: datetime) -> None:
        zone = case.plan.zone
        self._today = local_date(as_of, zone)
        self._case = case
        self._facts = {True: in_time(case.facts, zone), False: in_time(before, zone)}
        self._since = midnight(min(each.on for each in case.late), zone)
        self._judged: dict[tuple[bool, datetime], Mapping[tuple[str, str], bool]] = {}

    def findings(self, told: Iterable[Told]) -> Iterator[Finding]:
        """The alerts that would have been others, the latest first."""
        asked = [each for each in told if self._bears_on(each)]
        for each in sorted(asked, key=lambda one: one.opened_at, reverse=True)[:_MOST]:
            words = self._words(each)
            if words is not None:
                yield Finding(each.expectation, each.about, words)

    def _bears_on(self, told: Told) -> bool:
        later = told.until is None or told.until > self._since
        return later and not told.expectation.startswith(_DATA)

    def _words(self, told: Told) -> str | None:
        key, zone = (told.expectation, told.about), self._case.plan.zone
        if self._changes(key, told.opened_at):
            on = local_date(told.opened_at, zone)
            return f"By what is known now it was not so when it was told, on {on}."
        last, on = self._case.checked_at, local_date(self._case.checked_at, zone)
        earlier = told.until is None and told.opened_at < last and on < self._today
        if earlier and self._changes(key, last):
            return f"By what is known now it was over by {on} already."
        return None

    def _changes(self, key: tuple[str, str], at: datetime) -> bool:
        """Whether it was so as of ``at``, and is not with the truth known in time."""
        return self._so(False, at).get(key, False) and not self._so(True, at).get(key, False)

    def _so(self, late: bool, at: datetime) -> Mapping[tuple[str, str], bool]:
        if (late, at) not in self._judged:
            case = self._case
            found = evaluate(case.plan, known_to(self._facts[late], at), case.subject, at)
            said = {(o.expectation, o.about): o.tripped for o in found.outcomes}
            if found.verdict is not None:
                said["STATUS", str(case.subject)] = found.verdict.status.is_bad
            self._judged[late, at] = said
        return self._judged[late, at]
