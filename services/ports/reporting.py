"""What pages show, and what they need from outside to show it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple, Protocol

from services.framework.facts import Facts
from services.framework.judgement import Outcome
from services.framework.late import Restated


@dataclass(frozen=True, slots=True)
class Judgement:
    """The last stored evaluation of a subject; ``body`` is the evaluation as JSON."""

    as_of: datetime
    valid_to: datetime
    status: str | None
    body: Mapping[str, Any]


class Place(NamedTuple):
    """Where values are read: a measure, at a site (None: at all), for a stratum."""

    measure: str
    site: str | None
    stratum: str


@dataclass(frozen=True, slots=True)
class Look:
    """Facts and judgements of some subjects (``kind:id``), read in one snapshot."""

    facts: Facts
    judgements: Mapping[str, Judgement]


@dataclass(frozen=True, slots=True)
class AlertLine:
    """An alert as it stands; ``subject`` is what was judged (``kind:id``)."""

    id: int
    subject: str
    expectation: str
    about: str
    state: str
    severity: str
    status: str | None
    reason: str
    opened_at: datetime
    changed_at: datetime
    resolved_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    acknowledged_note: str | None
    snoozed_until: datetime | None


@dataclass(frozen=True, slots=True)
class AlertStep:
    """Something that happened to an alert, by whom, and in what words."""

    kind: str
    at: datetime
    actor: str
    status: str | None
    reason: str
    episode: int
    step: int
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class MessageLine:
    """A message owed to one recipient by one channel, and what became of it (system time)."""

    recipient: str
    channel: str
    state: str
    owed_at: datetime
    due_at: datetime
    sent_at: datetime | None
    attempts: int
    last_error: str | None
    episode: int
    step: int

    def business(self, instant: datetime, owed: datetime) -> datetime:
        """``instant`` by the business clock, which stood at ``owed`` when the message was owed."""
        return owed + (instant - self.owed_at)


@dataclass(frozen=True, slots=True)
class AlertRecord:
    """An alert with its history, the oldest first."""

    alert: AlertLine
    steps: tuple[AlertStep, ...]
    messages: tuple[MessageLine, ...]


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail in the local mailbox."""

    id: int
    message_id: str
    to: str
    subject: str
    sent_at: datetime
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class ChartPoint:
    """One period of a chart, in the measure's units; ``low`` and ``high`` are control limits.

    ``tone`` is better, worse or other where a rule marks the point; ``corrected`` says that a
    final value of the period was another once.
    """

    start: date
    name: str
    value: float | None
    expected: float | None
    centre: float | None = None
    low: float | None = None
    high: float | None = None
    judged: bool = True
    note: str | None = None
    tone: str | None = None
    corrected: bool = False


@dataclass(frozen=True, slots=True)
class ChartMark:
    """A milestone on a chart's time axis."""

    on: date
    name: str
    done: bool


class FanPoint(NamedTuple):
    """A place in the fan of a forecast: the middle, and what holds 80 and 95 % of the chance."""

    on: date
    value: float
    low80: float
    high80: float
    low95: float
    high95: float


class Level(NamedTuple):
    """A level that is proposed as a new baseline, between two days."""

    first: date
    last: date
    value: float


@dataclass(frozen=True, slots=True)
class Chart:
    """A control chart with its path: what is drawn, and in words what it shows.

    ``target`` is (low, high), both equal where it is one level. ``fan`` leads from the last value
    to the deadline.
    """

    title: str
    unit: str
    words: str
    points: tuple[ChartPoint, ...]
    target: tuple[float, float] | None = None
    deadline: date | None = None
    marks: tuple[ChartMark, ...] = field(default=())
    data_to: str | None = None
    fan: tuple[FanPoint, ...] = ()
    proposal: Level | None = None


class Tally(NamedTuple):
    """How many findings an expectation has now: told to somebody, and in shadow."""

    told: int = 0
    shadow: int = 0


class Found(NamedTuple):
    """What an expectation said of a subject (``kind:id``) when it was judged."""

    subject: str
    at: datetime
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Restatement:
    """What late facts changed of what was said of a subject (``kind:id``), and when."""

    subject: str
    at: datetime
    restated: Restated


@dataclass(frozen=True, slots=True)
class Evaluated:
    """A stored evaluation: what it was made from, and as ``body`` what came out, as JSON.

    It stood from ``as_of`` on, and was found the same until ``valid_to`` at least.
    """

    id: int
    subject: str
    as_of: datetime
    valid_to: datetime
    status: str | None
    reason: str | None
    blind_since: str | None
    plan_version: int
    engine_version: str
    seen: Mapping[str, int]
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Again:
    """Whether an evaluation came out the same when it was made again, and else what differs."""

    same: bool
    differs: tuple[str, ...]


class WhyStore(Protocol):
    """What says why: evaluations and alerts as they stood; each answer is of one organisation."""

    def evaluated(
        self, organisation_id: int, subjects: Sequence[str], as_of: datetime
    ) -> Mapping[str, Evaluated]:
        """The last evaluation of each subject (``kind:id``) that began no later than ``as_of``."""
        ...

    def first_judged(self, organisation_id: int, subject: str) -> datetime | None:
        """When the subject was first judged."""
        ...

    def people_of(self, organisation_id: int, subjects: Sequence[str]) -> tuple[str, ...]:
        """Whoever was given a role of the subjects by an event."""
        ...

    def told(
        self, organisation_id: int, subjects: Sequence[str], as_of: datetime
    ) -> tuple[AlertRecord, ...]:
        """The alerts of the subjects that had opened by then, with their steps up to then."""
        ...

    def restated(
        self, organisation_id: int, subjects: Sequence[str], as_of: datetime
    ) -> tuple[Restatement, ...]:
        """What was restated of the subjects by then, the latest first."""
        ...


class ReportStore(Protocol):
    """The read side of the pages; every answer but the mailbox is of one organisation."""

    def mark(self, organisation_id: int) -> str:
        """A text that changes whenever anything that pages show may have changed."""
        ...

    def look(
        self,
        organisation_id: int,
        *,
        places: Sequence[Place] = (),
        events: Sequence[str] = (),
        judged: Sequence[str] = (),
    ) -> Look:
        """Values at ``places``, events the subjects ``events``, judgements of ``judged``."""
        ...

    def alerts(
        self, organisation_id: int, *, subjects: Sequence[str] | None = None, limit: int = 200
    ) -> tuple[AlertLine, ...]:
        """Alerts, open ones first, then the latest changed; of ``subjects`` only if given."""
        ...

    def alert(self, organisation_id: int, alert_id: int) -> AlertRecord | None:
        """One alert with its history."""
        ...

    def tallies(self, organisation_id: int) -> Mapping[str, Tally]:
        """How many findings each expectation has now, by its id; none for one without."""
        ...

    def found_now(self, organisation_id: int, expectation: str, limit: int) -> tuple[Found, ...]:
        """What one expectation finds now, the latest first."""
        ...

    def found_since(
        self, organisation_id: int, expectation: str, since: datetime, limit: int
    ) -> tuple[Found, ...]:
        """What one expectation said from an instant on, subject by subject, in order of time."""
        ...

    def restated(self, organisation_id: int, subjects: Sequence[str]) -> tuple[Restatement, ...]:
        """What was restated of the subjects, the latest first."""
        ...

    def mails(self, organisation_id: int | None, limit: int = 200) -> tuple[Mail, ...]:
        """The mails of the local mailbox, of every organisation if None, the newest first."""
        ...

    def mail(self, mail_id: int, organisation_id: int | None) -> Mail | None:
        """One mail of the local mailbox, of any organisation if None."""
        ...
