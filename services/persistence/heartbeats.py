"""Signs of life: each process says when it was last at work."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from services.persistence import tables
from services.persistence.engine import writing

_HEART = tables.heartbeat


class DatabaseHeartbeats:
    """Keeps one row a process."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def beat(self, name: str, at: datetime) -> None:
        """Say that ``name`` is alive."""
        with writing(self._engine) as connection:
            held = _HEART.update().where(_HEART.c.name == name).values(beat_at=at)
            if not connection.execute(held).rowcount:
                connection.execute(_HEART.insert().values(name=name, beat_at=at, detail={}))
