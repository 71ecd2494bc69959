"""What intake keeps: entries that passed every check, and what became of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple, Protocol

from services.framework.judgement import Subject
from services.framework.plan import Plan

OUT_OF_RANGE = "out_of_range"
OTHER_FEED = "other_feed"


class MeasurementEntry(NamedTuple):
    """A value that may be kept; ``value`` is in the measure's units.

    ``period`` is its first day, ``period_name`` what its frequency calls it (2026-10); a dated
    event has its day.

    ``home`` is the id of the subject it is filed under, ``subjects`` are all ids that it makes
    stale (``home`` among them, ascending). ``feed`` is the feed that the measure names where this
    value comes from another. ``merge``: dated events, where what is left out stays as it was.
    """

    item: int
    source: str
    event_id: str | None
    body: str
    body_hash: bytes
    home: int
    subjects: tuple[int, ...]
    measure: str
    site: str
    stratum: str
    period: date
    definition: int
    value: float | None
    numerator: float | None
    denominator: float | None
    state: str
    suppressed: bool
    withdrawn: bool
    reason: str | None
    complete_through: date | None
    flag: str | None
    occurred_at: datetime | None
    received_at: datetime | None
    feed: str | None
    merge: bool
    period_name: str

    @property
    def key(self) -> tuple[object, ...]:
        """The natural key within the organisation."""
        return (self.measure, self.site, self.stratum, self.period, self.definition)


class EventEntry(NamedTuple):
    """A dated event that may be kept.

    ``table`` names the kind of row; ``natural`` are the columns that say what it is about,
    ``columns`` everything particular to its kind; ``digest`` covers all that is said.
    """

    item: int
    source: str
    event_id: str | None
    body: str
    body_hash: bytes
    home: int
    subjects: tuple[int, ...]
    table: str
    subject_key: str
    on: date
    reason: str | None
    natural: tuple[str, ...]
    columns: Mapping[str, Any]
    digest: bytes

    @property
    def key(self) -> tuple[object, ...]:
        """The natural key within the organisation."""
        said = {"on": self.on, **self.columns}
        return (self.table, self.subject_key, *((name, said[name]) for name in self.natural))


Entry = MeasurementEntry | EventEntry


class Outcome(NamedTuple):
    """What became of an entry.

    ``result``: created, corrected, unchanged, withdrawn, conflict (the event's id was used for
    another body) or nothing (there is nothing to withdraw). ``before`` and ``after`` tell a
    correction. An event that was accepted before has its outcome of then.
    """

    item: int
    result: str
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    flag: str | None = None


class Stamp(NamedTuple):
    """When and by whom entries come, and how soon they must be judged.

    ``known_at`` is business time; ``system_now`` stamps the journal; ``rank_at`` is when the marks
    are due. ``key_id`` is the API key that must still be in force when they are written.
    """

    kind: str
    actor: str
    key_id: int | None
    known_at: datetime
    system_now: datetime
    rank_at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """What entries are checked against: the plan in force and the clock.

    Business time is ``frozen_at``, or system time plus ``offset``. ``subject_ids`` are the rows
    that marks go to; ``touched`` remembers which of them a value at a place touches.
    """

    organisation_id: int
    plan: Plan
    clock_version: int
    frozen_at: datetime | None
    offset: timedelta
    subject_ids: Mapping[Subject, int]
    touched: dict[tuple[str, str, str], tuple[int, tuple[int, ...]]] = field(
        default_factory=dict, compare=False, repr=False
    )

    def business(self, system_now: datetime) -> datetime:
        """Business time at the system instant ``system_now``."""
        return self.frozen_at if self.frozen_at is not None else system_now + self.offset


class StaleStandingError(Exception):
    """The plan or the clock has moved, or the API key is no longer in force; nothing was kept."""


class KeyGoneError(Exception):
    """The API key was revoked or has expired while the request was read."""


class Standings(Protocol):
    """The standing of each organisation, held in the process."""

    def held(self, organisation_id: int) -> Standing:
        """The standing as last loaded, which may be stale."""
        ...

    def reload(self, organisation_id: int) -> Standing:
        """The standing of now."""
        ...

    def is_in_force(self, standing: Standing) -> bool:
        """Whether plan and clock have not moved since it was loaded."""
        ...


class FactStore(Protocol):
    """Keeps facts, each with its journal line and its marks."""

    def keep(
        self, standing: Standing, stamp: Stamp, waves: Sequence[Sequence[Entry]]
    ) -> Iterator[list[Outcome]]:
        """Keep entries of one kind, wave by wave; within one all natural keys and event ids differ.

        What is yielded is durable. Raises StaleStandingError where ``standing`` is not in force.
        """
        ...


@dataclass(frozen=True, slots=True)
class Dependents:
    """Which subjects a fact touches, its home first: of a value (measure, site, stratum), of an
    event of a project, of an aim, of what is said of a measure as a whole."""

    of_measurement: Callable[[Plan, str, str, str], tuple[Subject, ...]]
    of_project: Callable[[Plan, str], tuple[Subject, ...]]
    of_aim: Callable[[Plan, str], tuple[Subject, ...]]
    of_measure: Callable[[Plan, str], tuple[Subject, ...]]


class StoredAnswer(NamedTuple):
    """An answer that was given to a request with an idempotency key."""

    status: int
    content_type: str
    body: bytes


class KeyReusedError(Exception):
    """The idempotency key came with another body before."""


class InFlightError(Exception):
    """The request with this idempotency key is being answered right now."""
