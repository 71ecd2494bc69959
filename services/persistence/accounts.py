"""Organisations, accounts, their sessions and one-time links in the database."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from services.persistence import tables
from services.persistence.audit import append
from services.persistence.engine import reading, writing
from services.ports.access import (
    Account,
    AuditEntry,
    LinkRecord,
    NewAccount,
    OrganisationRecord,
    SessionRecord,
    TakenError,
)

_ACCOUNT = tables.account
_SESSION = tables.session
_LINK = tables.sign_in_link
_ORGANISATION = tables.organisation
_ACCOUNT_COLUMNS = tuple(column for column in _ACCOUNT.c if column.name != "created_at")
_ORGANISATION_COLUMNS = tuple(
    _ORGANISATION.c[name] for name in ("id", "slug", "name", "zone", "year_starts")
)


class DatabaseOrganisationStore:
    """Keeps the tenants."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def add(self, record: OrganisationRecord, at: datetime) -> OrganisationRecord:
        """Add one (its ``id`` is ignored). Raises TakenError for a known slug."""
        values = asdict(record) | {"created_at": at}
        del values["id"]
        insert = _ORGANISATION.insert().values(**values).returning(*_ORGANISATION_COLUMNS)
        try:
            with writing(self._engine) as connection:
                return _organisation(connection.execute(insert).one())
        except IntegrityError:
            raise TakenError(f"there is an organisation {record.slug} already") from None

    def all(self) -> tuple[OrganisationRecord, ...]:
        """Every organisation, by id."""
        query = sa.select(*_ORGANISATION_COLUMNS).order_by(_ORGANISATION.c.id)
        with reading(self._engine) as connection:
            return tuple(_organisation(row) for row in connection.execute(query))

    def by_slug(self, slug: str) -> OrganisationRecord | None:
        """The organisation of that slug."""
        return self._one(_ORGANISATION.c.slug == slug)

    def by_id(self, organisation_id: int) -> OrganisationRecord | None:
        """The organisation of that id."""
        return self._one(_ORGANISATION.c.id == organisation_id)

    def _one(self, condition: sa.ColumnElement[bool]) -> OrganisationRecord | None:
        with reading(self._engine) as connection:
            row = connection.execute(sa.select(*_ORGANISATION_COLUMNS).where(condition)).first()
        return _organisation(row) if row else None


class DatabaseAccountStore:
    """Keeps accounts, sessions and one-time links."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def add(self, account: NewAccount, audit: AuditEntry) -> Account:
        """Add an account. Raises TakenError for a known login."""
        values = asdict(account) | {"roles": sorted(account.roles)}
        insert = _ACCOUNT.insert().values(**values).returning(*_ACCOUNT_COLUMNS)
        try:
            with writing(self._engine) as connection:
                append(connection, audit)
                return _account(connection.execute(insert).one())
        except IntegrityError:
            raise TakenError(f"the login {account.login} is taken") from None

    def by_login(self, login: str) -> Account | None:
        """The account of that login, of any organisation."""
        with reading(self._engine) as connection:
            query = sa.select(*_ACCOUNT_COLUMNS).where(_ACCOUNT.c.login == login)
            row = connection.execute(query).first()
        return _account(row) if row else None

    def by_id(self, organisation_id: int, account_id: int) -> Account | None:
        """The account, if it is of that organisation."""
        query = sa.select(*_ACCOUNT_COLUMNS).where(_is_account(organisation_id, account_id))
        with reading(self._engine) as connection:
            row = connection.execute(query).first()
        return _account(row) if row else None

    def all(self, organisation_id: int) -> tuple[Account, ...]:
        """The organisation's accounts, by login."""
        query = sa.select(*_ACCOUNT_COLUMNS).where(_ACCOUNT.c.organisation_id == organisation_id)
        with reading(self._engine) as connection:
            rows = connection.execute(query.order_by(_ACCOUNT.c.login))
            return tuple(_account(row) for row in rows)

    def set_password(
        self, organisation_id: int, account_id: int, password_hash: str, audit: AuditEntry
    ) -> None:
        """Set a password and end every session of the account."""
        with writing(self._engine) as connection:
            _set_password(connection, organisation_id, account_id, password_hash)
            append(connection, audit)

    def disable(
        self, organisation_id: int, account_id: int, at: datetime, audit: AuditEntry
    ) -> None:
        """Disable the account, end its sessions, spend its links."""
        with writing(self._engine) as connection:
            disable_account(connection, organisation_id, account_id, at)
            append(connection, audit)

    def log(self, audit: AuditEntry) -> None:
        """Append to the audit log."""
        with writing(self._engine) as connection:
            append(connection, audit)

    def open_session(self, session: SessionRecord, audit: AuditEntry) -> None:
        """Keep a session, and forget those of the account that have run out."""
        with writing(self._engine) as connection:
            connection.execute(
                _SESSION.delete().where(
                    _SESSION.c.account_id == session.account_id,
                    _SESSION.c.expires_at <= session.created_at,
                )
            )
            connection.execute(_SESSION.insert().values(**asdict(session)))
            append(connection, audit)

    def session(self, token_hash: str) -> tuple[SessionRecord, Account, str] | None:
        """The session, its account, and the organisation's zone."""
        query = (
            sa.select(_SESSION, _ORGANISATION.c.zone.label("organisation_zone"))
            .join(_ORGANISATION, _ORGANISATION.c.id == _SESSION.c.organisation_id)
            .where(_SESSION.c.token_hash == token_hash)
        )
        with reading(self._engine) as connection:
            row = connection.execute(query).first()
            if row is None:
                return None
            account = _account_of(connection, row.organisation_id, row.account_id)
        values = {column.name: getattr(row, column.name) for column in _SESSION.c}
        return SessionRecord(**values), account, row.organisation_zone

    def touch_session(self, token_hash: str, at: datetime) -> None:
        """Say that the session was seen."""
        with writing(self._engine) as connection:
            connection.execute(
                _SESSION.update().where(_SESSION.c.token_hash == token_hash).values(seen_at=at)
            )

    def end_session(self, token_hash: str, audit: AuditEntry) -> None:
        """End a session."""
        with writing(self._engine) as connection:
            connection.execute(_SESSION.delete().where(_SESSION.c.token_hash == token_hash))
            append(connection, audit)

    def add_link(self, link: LinkRecord, audit: AuditEntry) -> None:
        """Keep a one-time link."""
        with writing(self._engine) as connection:
            connection.execute(_LINK.insert().values(**asdict(link)))
            append(connection, audit)

    def link(self, token_hash: str) -> tuple[LinkRecord, Account] | None:
        """The link and its account."""
        query = sa.select(_LINK).where(_LINK.c.token_hash == token_hash)
        with reading(self._engine) as connection:
            row = connection.execute(query).first()
            if row is None:
                return None
            account = _account_of(connection, row.organisation_id, row.account_id)
        return LinkRecord(**row._mapping), account

    def spend_link(
        self, token_hash: str, at: datetime, password_hash: str, audit: AuditEntry
    ) -> bool:
        """Use the link to set its account's password, once; False where it was used before."""
        spend = (
            _LINK.update()
            .where(_LINK.c.token_hash == token_hash, _LINK.c.used_at.is_(None))
            .values(used_at=at)
            .returning(_LINK.c.organisation_id, _LINK.c.account_id)
        )
        with writing(self._engine) as connection:
            row = connection.execute(spend).first()
            if row is None:
                return False
            _set_password(connection, row.organisation_id, row.account_id, password_hash)
            append(connection, audit)
        return True


def disable_account(
    connection: sa.Connection, organisation_id: int, account_id: int, at: datetime
) -> None:
    """Disable an account, end its sessions, spend its links."""
    connection.execute(
        _ACCOUNT.update().where(_is_account(organisation_id, account_id)).values(disabled_at=at)
    )
    connection.execute(
        _LINK.update()
        .where(_LINK.c.account_id == account_id, _LINK.c.used_at.is_(None))
        .values(used_at=at)
    )
    _end_sessions(connection, organisation_id, account_id)


def _set_password(
    connection: sa.Connection, organisation_id: int, account_id: int, password_hash: str
) -> None:
    connection.execute(
        _ACCOUNT.update()
        .where(_is_account(organisation_id, account_id))
        .values(password_hash=password_hash)
    )
    _end_sessions(connection, organisation_id, account_id)


def _end_sessions(connection: sa.Connection, organisation_id: int, account_id: int) -> None:
    connection.execute(
        _SESSION.delete().where(
            _SESSION.c.organisation_id == organisation_id, _SESSION.c.account_id == account_id
        )
    )


def _is_account(organisation_id: int, account_id: int) -> sa.ColumnElement[bool]:
    return sa.and_(_ACCOUNT.c.organisation_id == organisation_id, _ACCOUNT.c.id == account_id)


def _account_of(connection: sa.Connection, organisation_id: int, account_id: int) -> Account:
    query = sa.select(*_ACCOUNT_COLUMNS).where(_is_account(organisation_id, account_id))
    return _account(connection.execute(query).one())


def _account(row: sa.Row[Any]) -> Account:
    return Account(**(dict(row._mapping) | {"roles": frozenset(row.roles)}))


def _organisation(row: sa.Row[Any]) -> OrganisationRecord:
    return OrganisationRecord(**row._mapping)
