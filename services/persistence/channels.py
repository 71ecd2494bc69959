"""Channels in the database; each address is sealed with a key that the database does not hold."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import sqlalchemy as sa
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlalchemy.exc import IntegrityError

from services.persistence import tables
from services.persistence.audit import append
from services.persistence.engine import reading, writing
from services.ports.access import AuditEntry, ChannelRecord, SealedError, TakenError

_TABLE = tables.channel
_PUBLIC = tuple(column for column in _TABLE.c if column.name != "secret_url")


class DatabaseChannelStore:
    """Keeps channels. The first secret key seals, each of them opens."""

    def __init__(self, engine: sa.Engine, secret_keys: tuple[str, ...]) -> None:
        self._engine = engine
        self._seal = MultiFernet([Fernet(_fernet_key(key)) for key in secret_keys])

    def add(self, record: ChannelRecord, url: str, audit: AuditEntry) -> ChannelRecord:
        """Add a channel. Raises TakenError for a known slug."""
        insert = _TABLE.insert().values(
            organisation_id=record.organisation_id,
            slug=record.slug,
            name=record.name,
            kind=record.kind,
            masked=record.masked,
            created_at=record.created_at,
            secret_url=self._seal.encrypt(url.encode()),
        )
        try:
            with writing(self._engine) as connection:
                append(connection, audit)
                return _record(connection.execute(insert.returning(*_PUBLIC)).one())
        except IntegrityError:
            raise TakenError(f"there is a channel {record.slug} already") from None

    def all(self, organisation_id: int) -> tuple[ChannelRecord, ...]:
        """The organisation's channels, by slug."""
        query = sa.select(*_PUBLIC).where(_TABLE.c.organisation_id == organisation_id)
        with reading(self._engine) as connection:
            return tuple(_record(row) for row in connection.execute(query.order_by(_TABLE.c.slug)))

    def url(self, organisation_id: int, slug: str) -> tuple[ChannelRecord, str] | None:
        """The channel with its opened address. Raises SealedError where no key opens it."""
        with reading(self._engine) as connection:
            row = connection.execute(sa.select(_TABLE).where(_is(organisation_id, slug))).first()
        if row is None:
            return None
        values = dict(row._mapping)
        sealed = values.pop("secret_url")
        try:
            return ChannelRecord(**values), self._seal.decrypt(sealed).decode()
        except InvalidToken:
            raise SealedError(
                f"no secret key opens the address of {slug}: put the key that it was added under"
                " behind the current one, or remove the channel and add it again"
            ) from None

    def remove(self, organisation_id: int, slug: str, audit: AuditEntry) -> bool:
        """Remove a channel; False where there is none of that slug."""
        with writing(self._engine) as connection:
            found = connection.execute(_TABLE.delete().where(_is(organisation_id, slug))).rowcount
            if found:
                append(connection, audit)
        return bool(found)


def _fernet_key(secret: str) -> bytes:
    """32 bytes of the secret that serve nothing else."""
    derived = hashlib.blake2b(secret.encode(), digest_size=32, person=b"bigdot-channel")
    return base64.urlsafe_b64encode(derived.digest())


def _is(organisation_id: int, slug: str) -> sa.ColumnElement[bool]:
    return sa.and_(_TABLE.c.organisation_id == organisation_id, _TABLE.c.slug == slug)


def _record(row: sa.Row[Any]) -> ChannelRecord:
    return ChannelRecord(**row._mapping)
