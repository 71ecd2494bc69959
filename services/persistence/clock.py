"""The clocks: system time from the machine, business time from the one row that all share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from services.persistence import tables
from services.persistence.engine import writing


@dataclass(frozen=True, slots=True)
class ClockReading:
    """A frozen instant, or an offset from system time. ``version`` counts the moves."""

    frozen_at: datetime | None
    offset: timedelta
    version: int

    def business(self, system_now: datetime) -> datetime:
        """Business time at the system instant ``system_now``."""
        return self.frozen_at if self.frozen_at is not None else system_now + self.offset


def read_clock(connection: sa.Connection) -> ClockReading:
    """The clock's row; a clock that was never moved runs with system time, at version 0."""
    row = connection.execute(sa.select(tables.clock)).one_or_none()
    if row is None:
        return ClockReading(None, timedelta(0), 0)
    return ClockReading(row.frozen_at, timedelta(seconds=row.offset_seconds), row.version)


class DatabaseClock:
    """Both clocks; business time is read from the database at each call."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def system_now(self) -> datetime:
        """The machine's time."""
        return datetime.now(UTC)

    def business_now(self) -> datetime:
        """The shared business time."""
        with self._engine.connect() as connection:
            return read_clock(connection).business(self.system_now())

    def is_held(self) -> bool:
        """Whether business time stands still, until it is moved."""
        with self._engine.connect() as connection:
            return read_clock(connection).frozen_at is not None

    def freeze(self, at: datetime) -> None:
        """Stop business time at ``at`` (aware)."""
        self._move({"frozen_at": at, "offset_seconds": 0.0})

    def run_from(self, at: datetime) -> None:
        """Let business time run on from ``at`` (aware)."""
        offset = (at - self.system_now()).total_seconds()
        self._move({"frozen_at": None, "offset_seconds": offset})

    def run_with_system(self) -> None:
        """Let business time be system time again."""
        self._move({"frozen_at": None, "offset_seconds": 0.0})

    def _move(self, values: dict[str, object]) -> None:
        clock = tables.clock
        with writing(self._engine) as connection:
            moved = connection.execute(
                clock.update().values(**values, version=clock.c.version + 1).returning(clock.c.id)
            ).all()
            if not moved:
                connection.execute(clock.insert().values(id=1, version=1, **values))
