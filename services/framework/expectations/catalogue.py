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
from typing import NamedTuple

from services.framework.facts import Facts, SeriesKey
from services.framework.judgement import Input, Outcome, Severity, Subject, SubjectKind, Verdict
from services.framework.periods import local_date, midnight
from services.framework.plan import Plan
from services.framework.roster import Roster
from services.framework.series import Series, read_series


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
    """One rule of the framework, in one sentence, and all that people need to trust it."""

    id: str
    text: str
    source: str
    sureness: Sureness
    kind: SubjectKind
    severity: Severity
    audience: tuple[str, ...]
    clears: str
    parameters: tuple[Parameter, ...] = ()

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
    """The plan's value of a parameter, else its default; kept within its range.

    Raises KeyError for a parameter that the expectation does not have.
    """
    known = situation.parameters.get((expectation.id, name))
    if known is None:
        known = _looked_up(situation.plan, expectation, name)
        situation.parameters[expectation.id, name] = known
    return known


def _looked_up(plan: Plan, expectation: Expectation, name: str) -> float:
    declared = next((p for p in expectation.parameters if p.name == name), None)
    if declared is None:
        raise KeyError(f"{expectation.id}.{name}")
    value = plan.parameters.get(f"{expectation.id}.{name}", declared.default)
    return min(max(value, declared.low), declared.high)


def passed(
    expectation: Expectation, about: str, reason: str, inputs: Mapping[str, Input] | None = None
) -> Outcome:
    """An expectation that is met, and why."""
    return Outcome(expectation.id, about, False, reason, inputs=inputs or {})


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
