"""What an expectation is, and the register of all of them.

Each is declared once, beside the function that judges it: its sentence, where it comes from and
how sure that is, how severe it is, who is told, what it takes as parameters and how it clears.
A plan sets parameters by ``ID.name``, as in ``MIL-01.days``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cached_property
from itertools import takewhile
from typing import Any, NamedTuple

from services.framework.facts import Explanation, Facts, ProgressScore, Review, SeriesKey
from services.framework.judgement import Input, Outcome, Severity, Subject, SubjectKind, Verdict
from services.framework.periods import local_date, midnight
from services.framework.plan import Aim, Measure, Plan
from services.framework.roster import Roster
from services.framework.series import Series, read_series
from services.framework.signals import Look, Reading, looks_of, readings


class Sureness(StrEnum):
    """How sure the source of a rule is."""

    READ = "read in the source"
    HIGH = "from memory of the source, about 90 % sure"
    MEDIUM = "from memory of the source, about 70 % sure"
    LOW = "from memory of the source, about 50 % sure"
    DESIGN = "a design choice of this project"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number that a plan may set, within ``low`` to ``high``."""

    name: str
    default: float
    low: float
    high: float
    text: str


@dataclass(frozen=True, slots=True)
class Expectation:
    """One rule of the framework, in one sentence, and all that people need to trust it.

    ``kind`` is the kind of subject that it judges; ``also`` a second one. ``title`` names in a few
    words what is found, ``asks`` is what it asks of who is told. What is not told ``singly`` is
    read on pages and in digests, and is never a message of its own.
    """

    id: str
    text: str
    source: str
    sureness: Sureness
    kind: SubjectKind
    severity: Severity
    audience: tuple[str, ...]
    clears: str
    parameters: tuple[Parameter, ...] = ()
    title: str = ""
    asks: str = ""
    also: SubjectKind | None = None
    singly: bool = True

    def limits(self) -> dict[str, tuple[float, float]]:
        """The allowed range of each parameter, by the name that a plan gives it."""
        return {f"{self.id}.{p.name}": (p.low, p.high) for p in self.parameters}


@dataclass(frozen=True)
class Situation:
    """What an expectation looks at: a subject of a plan, with the facts, as of an instant."""

    plan: Plan
    facts: Facts
    subject: Subject
    as_of: datetime
    verdict: Verdict | None = None

    @cached_property
    def today(self) -> date:
        """The local date of the instant."""
        return local_date(self.as_of, self.plan.zone)

    @cached_property
    def _read(self) -> dict[SeriesKey, Series]:
        return {}

    def series(self, key: SeriesKey) -> Series:
        """The series of ``key``, read once for all that look at it."""
        if key not in self._read:
            self._read[key] = read_series(self.plan, self.facts, key)
        return self._read[key]

    @cached_property
    def parameters(self) -> dict[tuple[str, str], float]:
        """Parameters that were looked up already, by expectation and name."""
        return {}

    @cached_property
    def roster(self) -> Roster:
        """What events have made of the plan by today."""
        return Roster.of(self.plan, self.facts, self.today)

    @cached_property
    def _charted(self) -> dict[SeriesKey, Reading]:
        return {}

    @cached_property
    def kept(self) -> dict[str, Any]:
        """What one expectation worked out, for others of the same subject to read."""
        return {}

    @cached_property
    def readings(self) -> dict[str, Reading]:
        """The readings of the series that the aim rests on, by what they are about."""
        aim = self.plan.aims.get(self.subject.id)
        if self.subject.kind is not SubjectKind.AIM or aim is None:
            return {}
        looks = looks_of(self.plan, aim, self.today)
        self.look(looks.values())
        return {about: self.reading(look) for about, look in looks.items()}

    def look(self, looks: Iterable[Look]) -> None:
        """Chart several series at once, for all that ask for their readings later."""
        new = [look for look in looks if look.key not in self._charted]
        self._charted.update(readings(self.plan, new, self.series, self.today))

    def reading(self, look: Look) -> Reading:
        """What a chart of one series says, read once."""
        if look.key not in self._charted:
            self.look([look])
        return self._charted[look.key]

    def next_value(self, keys: Iterable[SeriesKey]) -> datetime | None:
        """When values that came before their period was over begin to count."""
        points = (reversed(self.series(key).points) for key in keys)
        early = (takewhile(lambda p: p.period.end > self.today, each) for each in points)
        ends = [point.period.end for each in early for point in each]
        return self.begins(min(ends)) if ends else None

    @cached_property
    def scores(self) -> dict[str, list[ProgressScore]]:
        """The progress scores given by today, by project, in order."""
        found: dict[str, list[ProgressScore]] = {}
        for score in self.facts.scores:
            if score.on <= self.today:
                found.setdefault(score.project, []).append(score)
        return found

    @cached_property
    def reviews(self) -> dict[str, list[Review]]:
        """The reviews held by today, by ``project:ID`` or ``aim:ID``, in order."""
        found: dict[str, list[Review]] = {}
        for review in self.facts.reviews:
            if review.on <= self.today:
                found.setdefault(review.subject, []).append(review)
        return found

    def explained(self, expectation: str, since: date | None = None) -> Explanation | None:
        """The last explanation of what an expectation found about the subject, from a date on."""
        about = str(self.subject)
        found = [
            e
            for e in self.facts.explanations
            if (e.expectation, e.subject) == (expectation, about)
            and (since or date.min) <= e.on <= self.today
        ]
        return found[-1] if found else None

    def next_of(self, *days: date | None) -> datetime | None:
        """The instant at which the first of ``days`` after today begins."""
        later = [day for day in days if day is not None and day > self.today]
        return self.begins(min(later)) if later else None

    def after(self, verdict: Verdict) -> Situation:
        """The same situation with the aim's verdict, and all that was read already."""
        later = replace(self, verdict=verdict)
        later.__dict__.update({k: v for k, v in self.__dict__.items() if k != "verdict"})
        return later

    def begins(self, day: date) -> datetime:
        """The instant at which a local date begins."""
        return midnight(day, self.plan.zone)


class Finding(NamedTuple):
    """An outcome, and the instant at which time alone could change it."""

    outcome: Outcome
    next_at: datetime | None = None


Judge = Callable[[Situation], Iterable[Finding]]


class Entry(NamedTuple):
    """An expectation with the function that judges it."""

    expectation: Expectation
    judge: Judge


def parameter(situation: Situation, expectation: Expectation, name: str) -> float:
    """The subject's own value of a parameter, else the plan's, else its default; kept in its range.

    Raises KeyError for a parameter that the expectation does not have.
    """
    known = situation.parameters.get((expectation.id, name))
    if known is None:
        known = _looked_up(situation.plan, situation.subject, expectation, name)
        situation.parameters[expectation.id, name] = known
    return known


def _looked_up(plan: Plan, subject: Subject, expectation: Expectation, name: str) -> float:
    declared = next((p for p in expectation.parameters if p.name == name), None)
    if declared is None:
        raise KeyError(f"{expectation.id}.{name}")
    key = f"{expectation.id}.{name}"
    own: Aim | Measure | None = None
    if subject.kind is SubjectKind.AIM:
        own = plan.aims.get(subject.id)
    elif subject.kind is SubjectKind.MEASURE:
        own = plan.measures.get(subject.id)
    value = own.parameters.get(key) if own else None
    if value is None:
        value = plan.parameters.get(key, declared.default)
    return min(max(value, declared.low), declared.high)


def passed(
    expectation: Expectation, about: str, reason: str, inputs: Mapping[str, Input] | None = None
) -> Outcome:
    """An expectation that is met, and why."""
    return Outcome(expectation.id, about, False, reason, inputs=inputs or {})


def awaiting(
    expectation: Expectation, about: str, reason: str, inputs: Mapping[str, Input] | None = None
) -> Outcome:
    """An expectation that cannot be judged yet, and what is missing."""
    return Outcome(expectation.id, about, False, reason, inputs=inputs or {}, waiting=True)


def tripped(
    expectation: Expectation,
    about: str,
    reason: str,
    inputs: Mapping[str, Input] | None = None,
    severity: Severity | None = None,
    since: datetime | None = None,
) -> Outcome:
    """An expectation that is not met, and why; told to its audience."""
    severity = severity or expectation.severity
    said = (expectation.id, about, True, reason, severity, since)
    return Outcome(*said, inputs or {}, expectation.audience)


def with_audience(outcome: Outcome, parts: Iterable[str]) -> Outcome:
    """The same outcome, told to further parts."""
    return replace(outcome, audience=tuple(dict.fromkeys((*outcome.audience, *parts))))


class Words(NamedTuple):
    """What an outcome speaks of, and its reason before and after it trips.

    Neither may tell the present day, so that an outcome changes only when its severity does.
    """

    about: str
    before: str
    after: str


class Ladder(NamedTuple):
    """A condition that has stood since a date, tripping after one number of days or a greater."""

    since: date
    trips: date
    worsens: date | None

    @classmethod
    def of(cls, since: date, days: float, crit_days: float | None = None) -> Ladder:
        """The local dates on which it trips and worsens: the first after so many whole days."""
        worsens = None if crit_days is None else since + timedelta(days=int(crit_days) + 1)
        return cls(since, since + timedelta(days=int(days) + 1), worsens)

    def severity(self, today: date) -> Severity | None:
        """None before it trips, then warn, then crit."""
        if today < self.trips:
            return None
        worse = self.worsens is not None and today >= self.worsens
        return Severity.CRIT if worse else Severity.WARN

    def next_after(self, today: date) -> date | None:
        """The next of its dates after ``today``."""
        return next((d for d in (self.trips, self.worsens) if d is not None and d > today), None)


def climbed(
    situation: Situation,
    expectation: Expectation,
    ladder: Ladder,
    words: Words,
    inputs: Mapping[str, Input],
    also: tuple[str, ...] = (),
) -> Finding:
    """Where on its ladder a condition stands today; ``also`` are told of a critical one."""
    step = ladder.severity(situation.today)
    next_at = situation.next_of(ladder.trips, ladder.worsens)
    if step is None:
        return Finding(passed(expectation, words.about, words.before, inputs), next_at)
    critical = step is Severity.CRIT
    outcome = tripped(
        expectation,
        words.about,
        words.after,
        inputs,
        step if critical else None,
        situation.begins(ladder.trips),
    )
    return Finding(with_audience(outcome, also) if critical and also else outcome, next_at)
