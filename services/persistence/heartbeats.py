"""Signs of life: each part says when it was last at work."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa

from services.persistence import tables
from services.persistence.engine import inserting, writing

FORGOTTEN_AFTER = timedelta(days=1)
_HEART = tables.heartbeat


class DatabaseHeartbeats:
    """Keeps one row a part; one that has been silent for a day is forgotten."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def beat(
        self, names: Iterable[str], at: datetime, detail: Mapping[str, int] | None = None
    ) -> None:
        """Say that ``names`` are alive, and what they have to tell."""
        told = dict(detail or {})
        rows = [{"name": name, "beat_at": at, "detail": told} for name in sorted(names)]
        with writing(self._engine) as connection:
            insert = inserting(connection, _HEART)
            again = insert.on_conflict_do_update(
                index_elements=["name"], set_={"beat_at": at, "detail": told}
            )
            connection.execute(again, rows)
            connection.execute(_HEART.delete().where(_HEART.c.beat_at < at - FORGOTTEN_AFTER))
