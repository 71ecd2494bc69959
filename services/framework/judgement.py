"""What a judgement says: statuses, outcomes with reasons, the chain, the next time to look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

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
    condition began. In ``shadow``, or ``waived``, it is recorded and nobody is told. One that is
    ``waiting`` could not be judged yet; its reason says what is missing.
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
    waiting: bool = False
    waived: bool = False

    def in_shadow(self) -> Outcome:
        """The same outcome, of which nobody is told."""
        said = (self.expectation, self.about, self.tripped, self.reason, self.severity, self.since)
        return Outcome(*said, self.inputs, self.audience, True, self.waiting)


@dataclass(frozen=True, slots=True)
class Link:
    """A step of the chain from an aim down to the weakest link.

    ``role`` and ``person`` say who answers for it; an executive is shown the role only. ``above``
    are the names between the aim and it (driver, project), ``stake`` what was to come from it, in
    numbers, and ``closes`` what would close it.
    """

    kind: str
    id: str
    name: str
    problem: str
    role: str | None = None
    person: str | None = None
    above: tuple[str, ...] = ()
    stake: str | None = None
    closes: str | None = None


class PathReading(NamedTuple):
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
    rule_set: str = "ewma-lag/4"
    would_change: str | None = None
    chain: tuple[Link, ...] = ()
    readings: tuple[PathReading, ...] = ()
    forecast: Forecast | None = None
    outlook: str | None = None


class Answer(StrEnum):
    """What the two questions come to: is the strategy executed, and is it working?"""

    TOO_EARLY = "too_early"
    UNSEEN = "unseen"
    EXECUTION_FAILURE = "execution_failure"
    CHANGES_INEFFECTIVE = "changes_ineffective"
    STRATEGY_FAILURE = "strategy_failure"
    WORKING = "working"
    UNEXPLAINED = "unexplained"
    NOT_ASKED = "not_asked"

    @property
    def words(self) -> str:
        """The answer as people read it."""
        return _ANSWERS[self][0]

    @property
    def response(self) -> str:
        """The proper response, in the framework's words."""
        return _ANSWERS[self][1]


_ANSWERS = {
    Answer.TOO_EARLY: ("Too early to tell", "Keep going, and keep measuring."),
    Answer.UNSEEN: ("Nobody can see it", "Restore sight first: the data are missing."),
    Answer.EXECUTION_FAILURE: (
        "The strategy is not being executed",
        "Leaders, time, barriers: help the projects. Do not change the theory.",
    ),
    Answer.CHANGES_INEFFECTIVE: (
        "The strategy is executed, and its changes do not move the drivers",
        "Stronger changes, more reach, or more fidelity.",
    ),
    Answer.STRATEGY_FAILURE: (
        "The drivers move, and the aim does not",
        "Revise the driver diagram; add the driver that is missing.",
    ),
    Answer.WORKING: ("The strategy is working", "Sustain it, and spread it."),
    Answer.UNEXPLAINED: (
        "The aim improves, and its drivers do not",
        "Find the real cause before claiming credit.",
    ),
    Answer.NOT_ASKED: ("The two questions are not asked", "Nothing is asked."),
}


@dataclass(frozen=True, slots=True)
class DriverMove:
    """Whether a driver has moved (None: nobody can tell), since which period, and its weight."""

    id: str
    name: str
    weight: float
    moved: bool | None
    since: Period | None
    reason: str


@dataclass(frozen=True, slots=True)
class ProjectWork:
    """Whether a project is executed as planned, what holds it up, and its weight."""

    id: str
    name: str
    weight: float
    executing: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The two questions asked of an aim: are we executing the strategy? Is the strategy working?

    ``index`` is the share of the projects' weight that is executed as planned, ``moved`` the share
    of the drivers' weight that has moved, ``elapsed`` the share of the aim's time that has gone;
    ``lag`` is how many periods an aim is given to follow its drivers. ``executing``,
    ``drivers_move`` and ``aim_moves`` are None where nobody can tell.
    """

    answer: Answer
    reason: str
    executing: bool | None = None
    drivers_move: bool | None = None
    aim_moves: bool | None = None
    index: float | None = None
    moved: float | None = None
    elapsed: float | None = None
    lag: int = 0
    drivers: tuple[DriverMove, ...] = ()
    projects: tuple[ProjectWork, ...] = ()


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The judgement of a subject as of an instant.

    ``outcomes`` hold every expectation looked at, tripped or not. ``next_due`` is when time alone
    could next change the outcome, None if never. An aim has a ``diagnosis``.
    """

    subject: Subject
    as_of: datetime
    outcomes: tuple[Outcome, ...]
    verdict: Verdict | None = None
    next_due: datetime | None = None
    diagnosis: Diagnosis | None = None

    @property
    def findings(self) -> tuple[Outcome, ...]:
        """The outcomes that tripped, and of which somebody may be told."""
        return tuple(o for o in self.outcomes if o.tripped and not o.shadow and not o.waived)

    @property
    def shadows(self) -> tuple[Outcome, ...]:
        """The outcomes that tripped in shadow."""
        return tuple(o for o in self.outcomes if o.tripped and o.shadow)
