"""How the whole deployment stands, read from its rows: the same whichever process answers."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from services.persistence import tables
from services.persistence.engine import reading

_UNSETTLED = 100_000


@dataclass(frozen=True, slots=True)
class Health:
    """What stands still, and since when (system time). Nothing here names an organisation.

    ``flaws`` is how much did not fit when the books were last looked through.
    """

    revision: str | None
    heartbeats: Mapping[str, datetime]
    oldest_stale: datetime | None
    stale_subjects: int
    oldest_unsent: datetime | None
    flaws: int = 0


@dataclass(frozen=True, slots=True)
class Totals:
    """What was done since the database began, and what stands, by kind, result or state."""

    events: Mapping[str, int]
    evaluations: int
    attempts: Mapping[str, int]
    alerts: Mapping[str, int]
    messages: Mapping[str, int]


class HealthReader:
    """Reads `Health` and `Totals`."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._events = _RowCounter(tables.journal, tables.journal.c.kind)
        self._evaluations = _RowCounter(tables.evaluation, sa.literal("all"))
        self._attempts = _RowCounter(tables.delivery_attempt, tables.delivery_attempt.c.result)

    def health(self) -> Health:
        """How things stand; raises the database's error where it is away."""
        subject, message, heart = tables.subject, tables.message, tables.heartbeat
        stale = sa.select(sa.func.min(subject.c.marked_at), sa.func.count()).where(
            subject.c.rank_at.is_not(None)
        )
        unsent = sa.select(sa.func.min(message.c.owed_at)).where(message.c.closed_at.is_(None))
        with reading(self._engine) as connection:
            revision = _revision(connection)
            if revision is None:
                return Health(None, {}, None, 0, None)
            oldest_stale, stale_subjects = connection.execute(stale).one()
            beats = connection.execute(sa.select(heart)).all()
            return Health(
                revision,
                {row.name: row.beat_at for row in beats},
                oldest_stale,
                stale_subjects,
                connection.scalar(unsent),
                sum(int(row.detail.get("flaws", 0)) for row in beats),
            )

    def waiting(self, business_now: datetime) -> int:
        """How many subjects are to be judged at the business instant, stale or due by time."""
        subject = tables.subject.c
        waits = sa.or_(subject.rank_at.is_not(None), subject.wake_at <= business_now)
        query = sa.select(sa.func.count()).select_from(tables.subject).where(waits)
        with reading(self._engine) as connection:
            return connection.execute(query).scalar_one()

    def next_due(self) -> datetime | None:
        """The earliest business instant at which time alone has something judged; None if none."""
        query = sa.select(sa.func.min(tables.subject.c.wake_at))
        with reading(self._engine) as connection:
            earliest: datetime | None = connection.scalar(query)
        return earliest

    def totals(self) -> Totals:
        """What was done, and what stands."""
        with reading(self._engine) as connection:
            return Totals(
                self._events.count(connection),
                sum(self._evaluations.count(connection).values()),
                self._attempts.count(connection),
                _by(connection, tables.alert.c.state),
                _by(connection, tables.message.c.state),
            )


class _RowCounter:
    """Counts the rows of an append-only table, the older ones once only.

    A transaction may commit after one with higher ids, so the newest ids are counted afresh.
    """

    def __init__(self, table: sa.Table, label: sa.ColumnElement[str]) -> None:
        self._id = table.c.id
        self._label = label.label("label")
        self._settled: Counter[str] = Counter()
        self._upto = 0
        self._guard = threading.Lock()

    def count(self, connection: sa.Connection) -> dict[str, int]:
        newest = connection.scalar(sa.select(sa.func.max(self._id))) or 0
        with self._guard:
            settled = newest - _UNSETTLED
            if settled > self._upto:
                self._settled += self._between(connection, self._upto, settled)
                self._upto = settled
            return dict(self._settled + self._between(connection, self._upto, newest))

    def _between(self, connection: sa.Connection, after: int, upto: int) -> Counter[str]:
        query = (
            sa.select(self._label, sa.func.count())
            .where(self._id > after, self._id <= upto)
            .group_by(self._label)
        )
        return Counter({row[0]: row[1] for row in connection.execute(query)})


def _by(connection: sa.Connection, column: sa.Column[str]) -> dict[str, int]:
    query = sa.select(column, sa.func.count()).group_by(column)
    return {row[0]: row[1] for row in connection.execute(query)}


def _revision(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
    return found
