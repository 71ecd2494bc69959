"""Where facts are kept: the fast statement on PostgreSQL, plain statements for the rest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from services.persistence.engine import is_sqlite, writing
from services.persistence.facts_postgres import FastWriter
from services.persistence.facts_writing import keep_by_statements
from services.ports.intake import Entry, MeasurementEntry, Outcome, Stamp, Standing

_TRIES = 20
_COLLISIONS = frozenset({"23505", "40001", "40P01"})


class DatabaseFactStore:
    """Keeps facts. Corrections of one key that collide are settled by trying again."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._fast = None if is_sqlite(engine) else FastWriter(engine.url)

    def keep(
        self, standing: Standing, stamp: Stamp, waves: Sequence[Sequence[Entry]]
    ) -> Iterator[list[Outcome]]:
        """Keep entries wave by wave; natural keys and event ids differ within a wave.

        Waves without anything slow share a transaction. Raises StaleStandingError where
        ``standing`` is not in force.
        """
        left = list(waves)
        while left:
            done = self._keep_fast(standing, stamp, left)
            yield from done
            settled = {outcome.item for outcome in done[-1]} if done else set()
            through = max(len(done), 1)
            slow = [entry for entry in left[through - 1] if entry.item not in settled]
            if slow:
                yield self._keep_slowly(standing, stamp, slow)
            left = left[through:]

    def close(self) -> None:
        """Give back every connection of its own."""
        if self._fast is not None:
            self._fast.close()

    def _keep_fast(
        self, standing: Standing, stamp: Stamp, waves: Sequence[Sequence[Entry]]
    ) -> list[list[Outcome]]:
        """What became of the first waves, to the first that leaves something to be kept slowly."""
        if self._fast is None:
            return []
        fast: list[list[MeasurementEntry]] = []
        for wave in waves:
            values = [e for e in wave if isinstance(e, MeasurementEntry) and not e.merge]
            if values:
                fast.append(values)
            if len(values) < len(wave):
                break
        return self._fast.keep(standing, stamp, fast) if fast else []

    def _keep_slowly(
        self, standing: Standing, stamp: Stamp, entries: Sequence[Entry]
    ) -> list[Outcome]:
        for attempt in range(1, _TRIES + 1):
            try:
                with writing(self._engine) as connection:
                    return keep_by_statements(connection, standing, stamp, entries)
            except DBAPIError as error:
                if attempt == _TRIES or getattr(error.orig, "sqlstate", None) not in _COLLISIONS:
                    raise
        raise AssertionError("the last try returns or raises")
