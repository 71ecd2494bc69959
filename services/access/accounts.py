"""Accounts: who may sign in, with which roles. There is no account that nobody made."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from zoneinfo import available_timezones

from services.access import passwords
from services.access.sessions import hash_token, new_token
from services.ports.access import (
    AccessError,
    Account,
    AccountStore,
    Actor,
    AuditEntry,
    LinkRecord,
    NewAccount,
    UnknownError,
)
from services.ports.clock import Clock

ROLES = ("admin", "executive", "owner", "viewer")
LINK_LASTS = timedelta(hours=24)
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@+-]{1,99}")


@dataclass(frozen=True, slots=True)
class AccountRequest:
    """An account as it is asked for. ``person`` is an id of the plan, ``zone`` an IANA name."""

    login: str
    roles: tuple[str, ...]
    name: str | None = None
    password: str | None = field(default=None, repr=False)
    person: str | None = None
    email: str | None = None
    zone: str | None = None


class LinkSpentError(AccessError):
    """The one-time link was used, has expired, or never was one."""


class Accounts:
    """The use cases of accounts."""

    def __init__(self, store: AccountStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def create(self, organisation_id: int, wanted: AccountRequest, *, actor: Actor) -> Account:
        """Make an account; without a password it signs in by a link first.

        Raises AccessError for an unknown role or zone, a login of another shape or a weak password,
        TakenError for a known login.
        """
        login, roles = _checked_login(wanted.login), _checked_roles(wanted.roles)
        if wanted.zone is not None and wanted.zone not in available_timezones():
            raise AccessError(f"unknown time zone {wanted.zone}")
        account = NewAccount(
            organisation_id=organisation_id,
            login=login,
            name=(wanted.name or login).strip(),
            roles=roles,
            created_at=self._clock.system_now(),
            person=wanted.person,
            email=wanted.email,
            zone=wanted.zone,
            password_hash=None if wanted.password is None else _hashed(wanted.password, login),
        )
        entry = self._audit(organisation_id, actor, "account.create", login, roles=sorted(roles))
        return self._store.add(account, entry)

    def all(self, organisation_id: int) -> tuple[Account, ...]:
        """The organisation's accounts."""
        return self._store.all(organisation_id)

    def of_login(self, organisation_id: int, login: str) -> Account:
        """The account of that login. Raises UnknownError, also for another organisation's."""
        account = self._store.by_login(login.strip().casefold())
        if account is None or account.organisation_id != organisation_id:
            raise UnknownError(f"there is no account {login}")
        return account

    def set_password(
        self, organisation_id: int, login: str, password: str, *, actor: Actor
    ) -> None:
        """Set a password and end the account's sessions. Raises AccessError for a weak one."""
        account = self.of_login(organisation_id, login)
        self._store.set_password(
            organisation_id,
            account.id,
            _hashed(password, account.login),
            self._audit(organisation_id, actor, "account.password", account.login),
        )

    def disable(self, organisation_id: int, login: str, *, actor: Actor) -> None:
        """Disable an account, its sessions and its links."""
        account = self.of_login(organisation_id, login)
        self._store.disable(
            organisation_id,
            account.id,
            self._clock.system_now(),
            self._audit(organisation_id, actor, "account.disable", account.login),
        )

    def link(self, organisation_id: int, login: str, *, actor: Actor) -> str:
        """The token of a new one-time link, good for a day, with which a password is set."""
        account = self.of_login(organisation_id, login)
        if account.disabled_at is not None:
            raise AccessError(f"the account {account.login} is disabled")
        token = new_token()
        expires = self._clock.system_now() + LINK_LASTS
        self._store.add_link(
            LinkRecord(hash_token(token), organisation_id, account.id, expires),
            self._audit(organisation_id, actor, "account.link", account.login),
        )
        return token

    def of_link(self, token: str) -> Account:
        """Whose link it is; the link stays good. Raises LinkSpentError."""
        found = self._store.link(hash_token(token))
        if found is None:
            raise LinkSpentError("This link is not known.")
        link, account = found
        if link.used_at is not None or account.disabled_at is not None:
            raise LinkSpentError("This link has been used.")
        if link.expires_at <= self._clock.system_now():
            raise LinkSpentError("This link has expired.")
        return account

    def use_link(self, token: str, password: str) -> Account:
        """Set the password of the link's account, once. Raises LinkSpentError, AccessError."""
        account = self.of_link(token)
        hashed = _hashed(password, account.login)
        actor = Actor(account.login, "web")
        entry = self._audit(account.organisation_id, actor, "account.password", account.login)
        if not self._store.spend_link(hash_token(token), entry.at, hashed, entry):
            raise LinkSpentError("This link has been used.")
        return account

    def _audit(
        self, organisation_id: int, actor: Actor, action: str, target: str, **detail: Any
    ) -> AuditEntry:
        now = self._clock.system_now()
        return AuditEntry(organisation_id, now, actor.name, actor.via, action, target, detail)


def _hashed(password: str, login: str) -> str:
    passwords.check_policy(password, login)
    return passwords.hash_password(password)


def _checked_login(login: str) -> str:
    plain = login.strip().casefold()
    if not _LOGIN.fullmatch(plain):
        raise AccessError("a login has 2 to 100 letters, digits or . _ @ + -")
    return plain


def _checked_roles(roles: Iterable[str]) -> frozenset[str]:
    wanted = frozenset(roles)
    if not wanted or wanted - set(ROLES):
        raise AccessError(f"an account has roles of {', '.join(ROLES)}")
    return wanted
