"""Answers to requests with an idempotency key, kept for a day.

As draft-ietf-httpapi-idempotency-key-header has it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from services.persistence import tables
from services.persistence.engine import inserting, writing
from services.ports.intake import InFlightError, KeyReusedError, StoredAnswer

KEPT_FOR = timedelta(hours=24)
ANSWERED_WITHIN = timedelta(seconds=60)
_TABLE = tables.idempotency


class DatabaseIdempotencyStore:
    """One row a key; the row without an answer says that somebody is at it."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def begin(
        self, organisation_id: int, api_key_id: int, key: str, body_hash: bytes, now: datetime
    ) -> StoredAnswer | str:
        """The answer given before; else the identity of this request, which goes on.

        A request that died without an answer is in flight for a minute; who comes then takes over
        its identity, under which facts may have been kept. Raises KeyReusedError and InFlightError.
        """
        fresh = uuid4().hex
        with writing(self._engine) as connection:
            if self._first(connection, organisation_id, api_key_id, key, (body_hash, fresh, now)):
                return fresh
            row = connection.execute(
                sa.select(_TABLE).where(*_of(organisation_id, api_key_id, key)).with_for_update()
            ).one()
            age = now - row.started_at
            if age > KEPT_FOR:
                _take_over(connection, row.id, body_hash, fresh, now)
                return fresh
            if row.body_hash != body_hash:
                raise KeyReusedError
            if row.status is not None:
                return StoredAnswer(row.status, row.content_type, row.answer)
            if age <= ANSWERED_WITHIN:
                raise InFlightError
            identity: str = row.content_type or fresh
            _take_over(connection, row.id, body_hash, identity, now)
            return identity

    def finish(self, organisation_id: int, api_key_id: int, key: str, answer: StoredAnswer) -> None:
        """Remember the answer."""
        values = {
            "status": answer.status,
            "content_type": answer.content_type,
            "answer": answer.body,
        }
        with writing(self._engine) as connection:
            update = _TABLE.update().where(*_of(organisation_id, api_key_id, key))
            connection.execute(update.values(**values))

    def abandon(self, organisation_id: int, api_key_id: int, key: str) -> None:
        """Forget a request that got no answer, so that it may be tried again."""
        with writing(self._engine) as connection:
            delete = _TABLE.delete().where(
                *_of(organisation_id, api_key_id, key), _TABLE.c.status.is_(None)
            )
            connection.execute(delete)

    def _first(
        self,
        connection: sa.Connection,
        organisation_id: int,
        api_key_id: int,
        key: str,
        begun: tuple[bytes, str, datetime],
    ) -> bool:
        values = {"organisation_id": organisation_id, "api_key_id": api_key_id, "key": key}
        insert = inserting(connection, _TABLE).values(**values, **_begun(*begun))
        made = insert.on_conflict_do_nothing().returning(_TABLE.c.id)
        return connection.execute(made).first() is not None


def _take_over(
    connection: sa.Connection, row: int, body_hash: bytes, identity: str, now: datetime
) -> None:
    values = {"status": None, "answer": None, **_begun(body_hash, identity, now)}
    connection.execute(_TABLE.update().where(_TABLE.c.id == row).values(values))


def _begun(body_hash: bytes, identity: str, now: datetime) -> dict[str, Any]:
    """A request that was begun; its identity stands where its answer's type will be."""
    return {"body_hash": body_hash, "content_type": identity, "started_at": now}


def _of(organisation_id: int, api_key_id: int, key: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        _TABLE.c.organisation_id == organisation_id,
        _TABLE.c.api_key_id == api_key_id,
        _TABLE.c.key == key,
    )
