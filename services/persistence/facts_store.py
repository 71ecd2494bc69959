"""Where facts are kept: the fast statement on PostgreSQL, plain statements for the rest."""

from __future__ import annotations

from collections.abc import Sequence

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

    def keep(self, standing: Standing, stamp: Stamp, entries: Sequence[Entry]) -> list[Outcome]:
        """Keep entries whose natural keys and event ids all differ.

        Raises StaleStandingError where ``standing`` is not in force.
        """
        values = [
            entry for entry in entries if isinstance(entry, MeasurementEntry) and not entry.merge
        ]
        done: list[Outcome] = []
        if self._fast is not None and values:
            done = self._fast.keep(standing, stamp, values)
        settled = {outcome.item for outcome in done}
        left = [entry for entry in entries if entry.item not in settled]
        return [*done, *self._keep_slowly(standing, stamp, left)] if left else done

    def close(self) -> None:
        """Give back every connection of its own."""
        if self._fast is not None:
            self._fast.close()

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
