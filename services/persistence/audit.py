"""The audit log: lines are added, in the transaction of what they tell of, and never changed."""

from __future__ import annotations

import sqlalchemy as sa

from services.persistence import tables
from services.persistence.engine import reading, writing
from services.ports.access import AuditEntry

_TABLE = tables.audit_log


def append(connection: sa.Connection, entry: AuditEntry) -> None:
    """Add a line within the caller's transaction."""
    connection.execute(
        _TABLE.insert().values(
            organisation_id=entry.organisation_id,
            at=entry.at,
            actor=entry.actor,
            via=entry.via,
            action=entry.action,
            target=entry.target,
            detail=dict(entry.detail),
        )
    )


class DatabaseAuditLog:
    """The log in the database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def add(self, entry: AuditEntry) -> None:
        """Append a line."""
        with writing(self._engine) as connection:
            append(connection, entry)

    def recent(self, organisation_id: int, limit: int) -> tuple[AuditEntry, ...]:
        """The newest lines first."""
        query = (
            sa.select(_TABLE)
            .where(_TABLE.c.organisation_id == organisation_id)
            .order_by(_TABLE.c.id.desc())
            .limit(limit)
        )
        with reading(self._engine) as connection:
            return tuple(_entry(row) for row in connection.execute(query))


def _entry(row: sa.Row[tuple[object, ...]]) -> AuditEntry:
    return AuditEntry(
        row.organisation_id, row.at, row.actor, row.via, row.action, row.target, row.detail
    )
