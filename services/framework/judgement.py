"""What a judgement says: statuses, outcomes with reasons, the chain, the next time to look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from services.framework.periods import Period

Input = str | int | float | bool | None


class SubjectKind(StrEnum):
    """What can be judged."""

    AIM = "aim"
    PROJECT = "project"
    MEASURE = "measure"
    PERSON = "person"
    ORGANISATION = "organisation"


@dataclass(frozen=True, slots=True, order=True)
class Subject:
    """What is judged; written ``kind:id``."""

    kind: SubjectKind
    id: str

    def __str__(self) -> str:
        return f"{self.kind.value}:{self.id}"

    @classmethod
    def parse(cls, text: str) -> Subject:
        """Read ``kind:id``. Raises ValueError for an unknown kind."""
        kind, _, identifier = text.partition(":")
        return cls(SubjectKind(kind), identifier)


class Severity(StrEnum):
    """How much a finding matters: info < watch < warn < crit."""

    INFO = "info"
    WATCH = "watch"
    WARN = "warn"
    CRIT = "crit"


class Status(StrEnum):
    """Status of an aim."""

    WAITING = "waiting"
    ON_TRACK = "on_track"
    AT_RISK = "at_risk"
    OFF_TRACK = "off_track"
    DETERIORATING = "deteriorating"
    ACHIEVED = "achieved"
    SLIPPING = "slipping"
    CLOSE = "close"
    MISSED = "missed"
    HOLDING = "holding"

    @property
    def words(self) -> str:
        """The status as people read it."""
        return self.value.replace("_", " ").capitalize()

    @property
    def is_bad(self) -> bool:
        """Whether an executive is told of it at once."""
        return self in _BAD


_BAD = frozenset({Status.OFF_TRACK, Status.DETERIORATING, Status.SLIPPING, Status.MISSED})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one expectation said: tripped or not, about what, and why.

    ``about`` is the narrowest thing it speaks of: the subject itself (``aim:ID``), or a part
    (``driver:AIM/ID``, ``milestone:PROJECT/ID``, ``project:ID/leader``). ``since`` is when the
    condition began. In ``shadow`` it is recorded and nobody is told.
    """

    expectation: str
    about: str
    tripped: bool
    reason: str
    severity: Severity | None = None
    since: datetime | None = None
    inputs: Mapping[str, Input] = field(default_factory=dict)
    audience: tuple[str, ...] = ()
    shadow: bool = False

    def in_shadow(self) -> Outcome:
        """The same outcome, of which nobody is told."""
        said = (self.expectation, self.about, self.tripped, self.reason, self.severity, self.since)
        return Outcome(*said, self.inputs, self.audience, shadow=True)


@dataclass(frozen=True, slots=True)
class Link:
    """A step of the chain from an aim down to the weakest link.

    ``role`` and ``person`` say who answers for it; an executive is shown the role only.
    """

    kind: str
    id: str
    name: str
    problem: str
    role: str | None = None
    person: str | None = None


@dataclass(frozen=True, slots=True)
class PathReading:
    """One judged period: the value, the path there, and how surely behind it the aim was.

    ``lag`` is standardised (positive is behind), ``ewma`` its running mean, ``limit`` what ``ewma``
    must pass to be more than noise.
    """

    period: Period
    value: float | None
    expected: float | None
    lag: float | None
    ewma: float | None
    limit: float | None
    status: Status


@dataclass(frozen=True, slots=True)
class Forecast:
    """The value to expect at the deadline, and the chance of reaching the aim.

    ``value`` is the median; the intervals hold the deadline's value with probability 80 and 95 %.
    ``probability`` is that of the aim ending achieved or close, or of holding.
    """

    deadline: Period
    value: float
    interval_80: tuple[float, float]
    interval_95: tuple[float, float]
    probability: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """The status of an aim, with its reason in words and numbers.

    ``since`` is the period in which the status was entered; ``blind_since`` the first period whose
    value is missing for too long, a flag beside the last known status. ``probability`` of reaching
    the aim and ``forecast`` are None until there is evidence enough; ``outlook`` says the forecast,
    or why there is none, in words.
    """

    status: Status
    reason: str
    since: Period | None = None
    blind_since: Period | None = None
    period: Period | None = None
    value: float | None = None
    expected: float | None = None
    target: float | tuple[float, float] | None = None
    baseline: float | None = None
    probability: float | None = None
    rule_set: str = "ewma-lag/2"
    would_change: str | None = None
    chain: tuple[Link, ...] = ()
    readings: tuple[PathReading, ...] = ()
    forecast: Forecast | None = None
    outlook: str | None = None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The judgement of a subject as of an instant.

    ``outcomes`` hold every expectation looked at, tripped or not. ``next_due`` is when time alone
    could next change the outcome, None if never.
    """

    subject: Subject
    as_of: datetime
    outcomes: tuple[Outcome, ...]
    verdict: Verdict | None = None
    next_due: datetime | None = None

    @property
    def findings(self) -> tuple[Outcome, ...]:
        """The outcomes that tripped, and of which somebody may be told."""
        return tuple(o for o in self.outcomes if o.tripped and not o.shadow)

    @property
    def shadows(self) -> tuple[Outcome, ...]:
        """The outcomes that tripped in shadow."""
        return tuple(o for o in self.outcomes if o.tripped and o.shadow)
