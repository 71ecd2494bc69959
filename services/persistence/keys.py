"""API keys in the database, by the hash of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from services.persistence import tables
from services.persistence.audit import append
from services.persistence.engine import reading, writing
from services.ports.access import AuditEntry, KeyRecord, NewKey

_TABLE = tables.api_key
_PUBLIC = tuple(column for column in _TABLE.c if column.name != "key_hash")


class DatabaseKeyStore:
    """Keeps API keys; no query reads a hash back."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def add(self, key: NewKey, audit: AuditEntry) -> KeyRecord:
        """Keep a key."""
        values = asdict(key)
        values["scopes"] = sorted(key.scopes)
        values["measures"] = None if key.measures is None else sorted(key.measures)
        with writing(self._engine) as connection:
            append(connection, audit)
            inserted = _TABLE.insert().values(**_with_null(values)).returning(*_PUBLIC)
            return _record(connection.execute(inserted).one())

    def by_hashes(self, hashes: Sequence[str]) -> KeyRecord | None:
        """The key that has one of the hashes."""
        query = sa.select(*_PUBLIC).where(_TABLE.c.key_hash.in_(hashes))
        with reading(self._engine) as connection:
            row = connection.execute(query).first()
        return _record(row) if row else None

    def all(self, organisation_id: int) -> tuple[KeyRecord, ...]:
        """The organisation's keys, by id."""
        query = sa.select(*_PUBLIC).where(_TABLE.c.organisation_id == organisation_id)
        with reading(self._engine) as connection:
            return tuple(_record(row) for row in connection.execute(query.order_by(_TABLE.c.id)))

    def revoke(self, organisation_id: int, key_id: int, at: datetime, audit: AuditEntry) -> bool:
        """Revoke a key; False where the organisation has no such key in force."""
        update = (
            _TABLE.update()
            .where(
                _TABLE.c.organisation_id == organisation_id,
                _TABLE.c.id == key_id,
                _TABLE.c.revoked_at.is_(None),
            )
            .values(revoked_at=at)
        )
        with writing(self._engine) as connection:
            found = connection.execute(update).rowcount == 1
            if found:
                append(connection, audit)
        return found

    def touch(self, key_id: int, at: datetime) -> None:
        """Say that the key was used."""
        with writing(self._engine) as connection:
            connection.execute(_TABLE.update().where(_TABLE.c.id == key_id).values(last_used_at=at))


def _with_null(values: dict[str, Any]) -> dict[str, Any]:
    """SQL's NULL for no restriction, where JSON would store the word null."""
    return values | {"measures": sa.null() if values["measures"] is None else values["measures"]}


def _record(row: sa.Row[Any]) -> KeyRecord:
    values = dict(row._mapping)
    values["scopes"] = frozenset(row.scopes)
    values["measures"] = None if row.measures is None else frozenset(row.measures)
    return KeyRecord(**values)
