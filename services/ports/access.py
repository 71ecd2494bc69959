"""What access control keeps: organisations, accounts, sessions, links, API keys, the audit log.

Every instant is system time, aware and UTC. Secrets are held as hashes only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol


class AccessError(ValueError):
    """A request about access that cannot be met; its text may be shown."""


class TakenError(AccessError):
    """The name is in use already."""


class UnknownError(AccessError):
    """There is no such thing in this organisation."""


class SealedError(AccessError):
    """A secret that none of today's secret keys opens."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something, and by which edge: web, api or cli."""

    name: str
    via: str


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One line of the audit log. ``detail`` never holds a secret."""

    organisation_id: int
    at: datetime
    actor: str
    via: str
    action: str
    target: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OrganisationRecord:
    """A tenant."""

    id: int
    slug: str
    name: str
    zone: str
    year_starts: int = 1


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who can sign in. ``person`` is their id in the plan."""

    id: int
    organisation_id: int
    login: str
    name: str
    roles: frozenset[str]
    person: str | None = None
    email: str | None = None
    zone: str | None = None
    password_hash: str | None = field(default=None, repr=False)
    disabled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account to be made."""

    organisation_id: int
    login: str
    name: str
    roles: frozenset[str]
    created_at: datetime
    person: str | None = None
    email: str | None = None
    zone: str | None = None
    password_hash: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """A signed-in browser, by the hash of its token."""

    token_hash: str = field(repr=False)
    organisation_id: int
    account_id: int
    created_at: datetime
    seen_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class LinkRecord:
    """A one-time link with which an account sets its password."""

    token_hash: str = field(repr=False)
    organisation_id: int
    account_id: int
    expires_at: datetime
    used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """An API key as it is kept. ``measures`` None means every measure."""

    id: int
    organisation_id: int
    prefix: str
    last_four: str
    label: str
    scopes: frozenset[str]
    measures: frozenset[str] | None
    created_at: datetime
    created_by: str | None
    expires_at: datetime
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None

    def standing(self, now: datetime) -> str:
        """``active``, ``expired`` or ``revoked``."""
        if self.revoked_at is not None:
            return "revoked"
        return "active" if now < self.expires_at else "expired"


@dataclass(frozen=True, slots=True)
class NewKey:
    """An API key to be kept."""

    organisation_id: int
    key_hash: str = field(repr=False)
    prefix: str
    last_four: str
    label: str
    scopes: frozenset[str]
    measures: frozenset[str] | None
    created_at: datetime
    created_by: str | None
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ChannelRecord:
    """A destination of messages, without its secret. ``masked`` may be shown."""

    id: int
    organisation_id: int
    slug: str
    name: str
    kind: str
    masked: str
    created_at: datetime
    disabled_at: datetime | None = None
    disabled_reason: str | None = None


class OrganisationStore(Protocol):
    """Keeps the tenants."""

    def add(self, record: OrganisationRecord, at: datetime) -> OrganisationRecord:
        """Add one (its ``id`` is ignored). Raises TakenError for a known slug."""
        ...

    def all(self) -> tuple[OrganisationRecord, ...]:
        """Every organisation, by id."""
        ...

    def by_slug(self, slug: str) -> OrganisationRecord | None:
        """The organisation of that slug."""
        ...

    def by_id(self, organisation_id: int) -> OrganisationRecord | None:
        """The organisation of that id."""
        ...


class AccountStore(Protocol):
    """Keeps accounts, sessions and one-time links."""

    def add(self, account: NewAccount, audit: AuditEntry) -> Account:
        """Add an account. Raises TakenError for a known login."""
        ...

    def by_login(self, login: str) -> Account | None:
        """The account of that login, of any organisation."""
        ...

    def by_id(self, organisation_id: int, account_id: int) -> Account | None:
        """The account, if it is of that organisation."""
        ...

    def all(self, organisation_id: int) -> tuple[Account, ...]:
        """The organisation's accounts, by login."""
        ...

    def set_password(
        self, organisation_id: int, account_id: int, password_hash: str, audit: AuditEntry
    ) -> None:
        """Set a password and end every session of the account."""
        ...

    def disable(
        self, organisation_id: int, account_id: int, at: datetime, audit: AuditEntry
    ) -> None:
        """Disable the account, end its sessions, spend its links."""
        ...

    def log(self, audit: AuditEntry) -> None:
        """Append to the audit log."""
        ...

    def open_session(self, session: SessionRecord, audit: AuditEntry) -> None:
        """Keep a session."""
        ...

    def session(self, token_hash: str) -> tuple[SessionRecord, Account, str] | None:
        """The session, its account, and the organisation's zone."""
        ...

    def touch_session(self, token_hash: str, at: datetime) -> None:
        """Say that the session was seen."""
        ...

    def end_session(self, token_hash: str, audit: AuditEntry) -> None:
        """End a session."""
        ...

    def add_link(self, link: LinkRecord, audit: AuditEntry) -> None:
        """Keep a one-time link."""
        ...

    def link(self, token_hash: str) -> tuple[LinkRecord, Account] | None:
        """The link and its account."""
        ...

    def spend_link(
        self, token_hash: str, at: datetime, password_hash: str, audit: AuditEntry
    ) -> bool:
        """Use the link to set its account's password, once; False where it was used before."""
        ...


class KeyStore(Protocol):
    """Keeps API keys."""

    def add(self, key: NewKey, audit: AuditEntry) -> KeyRecord:
        """Keep a key."""
        ...

    def by_hashes(self, hashes: Sequence[str]) -> KeyRecord | None:
        """The key that has one of the hashes."""
        ...

    def all(self, organisation_id: int) -> tuple[KeyRecord, ...]:
        """The organisation's keys, by id."""
        ...

    def revoke(self, organisation_id: int, key_id: int, at: datetime, audit: AuditEntry) -> bool:
        """Revoke a key; False where the organisation has no such key in force."""
        ...

    def touch(self, key_id: int, at: datetime) -> None:
        """Say that the key was used."""
        ...


class ChannelStore(Protocol):
    """Keeps channels; the URL is sealed at rest."""

    def add(self, record: ChannelRecord, url: str, audit: AuditEntry) -> ChannelRecord:
        """Add a channel. Raises TakenError for a known slug."""
        ...

    def all(self, organisation_id: int) -> tuple[ChannelRecord, ...]:
        """The organisation's channels, by slug."""
        ...

    def url(self, organisation_id: int, slug: str) -> tuple[ChannelRecord, str] | None:
        """The channel with its opened URL."""
        ...

    def remove(self, organisation_id: int, slug: str, audit: AuditEntry) -> bool:
        """Remove a channel; False where there is none of that slug."""
        ...
