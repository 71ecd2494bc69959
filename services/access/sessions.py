"""Sessions at a browser: opened by a password, a link or the demo's button, ended at will.

The token is random and kept as a hash; it is idle for 30 minutes at most and lasts 12 hours at most
(ASVS 7.3.1, 7.3.2). Signing in always makes a new one.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.access import passwords
from services.ports.access import (
    Account,
    AccountStore,
    AuditEntry,
    OrganisationStore,
    SessionRecord,
)
from services.ports.clock import Clock

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=12)
_TOUCH_EVERY = timedelta(minutes=1)
_TOKEN_BYTES = 32


class SignInRefusedError(Exception):
    """The login and password do not fit; the text does not say which."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is at a browser. A guest (of a demo) has no account and may only look."""

    organisation_id: int
    account_id: int | None
    login: str
    name: str
    person: str | None
    roles: frozenset[str]
    zone: str

    @property
    def is_guest(self) -> bool:
        """Whether nobody signed in."""
        return self.account_id is None

    @property
    def actor(self) -> str:
        """The name under which the audit log and the journal know the visitor."""
        return self.person or self.login


def hash_token(token: str) -> str:
    """SHA-256 of a random token, in hexadecimal."""
    return hashlib.sha256(token.encode()).hexdigest()


def new_token() -> str:
    """A token of 256 random bits, safe in a URL."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


class Sessions:
    """The use cases of signing in and out."""

    def __init__(
        self, accounts: AccountStore, organisations: OrganisationStore, clock: Clock
    ) -> None:
        self._accounts = accounts
        self._organisations = organisations
        self._clock = clock

    def sign_in(self, login: str, password: str) -> str:
        """A new session's token. Raises SignInRefusedError; either way the audit log knows."""
        account = self._accounts.by_login(login.strip().casefold())
        right = passwords.verify(account.password_hash if account else None, password)
        if account is None or not right or account.disabled_at is not None:
            self._log_refusal(account)
            raise SignInRefusedError("The login or the password is not right.")
        return self.open(account, "password")

    def open(self, account: Account, by: str) -> str:
        """Open a session for an account that was authenticated ``by`` password, link or demo."""
        now, token = self._clock.system_now(), new_token()
        record = SessionRecord(
            hash_token(token), account.organisation_id, account.id, now, now, now + ABSOLUTE
        )
        self._accounts.open_session(record, _audit(account, now, "session.open", {"by": by}))
        return token

    def visitor(self, token: str) -> Visitor | None:
        """Who the session belongs to; None where it ended, idled out, or its account did."""
        found = self._accounts.session(hash_token(token))
        if found is None:
            return None
        record, account, zone = found
        now = self._clock.system_now()
        if account.disabled_at is not None or not _alive(record, now):
            return None
        if now - record.seen_at > _TOUCH_EVERY:
            self._accounts.touch_session(record.token_hash, now)
        return _visitor(account, zone)

    def sign_out(self, token: str) -> None:
        """End the session, if it is one."""
        found = self._accounts.session(hash_token(token))
        if found is not None:
            record, account, _ = found
            entry = _audit(account, self._clock.system_now(), "session.close", {})
            self._accounts.end_session(record.token_hash, entry)

    def guest(self) -> Visitor | None:
        """An anonymous viewer of the first organisation; the demo's edge asks for it."""
        first = next(iter(self._organisations.all()), None)
        if first is None:
            return None
        return Visitor(first.id, None, "", "Guest", None, frozenset({"viewer"}), first.zone)

    def demo_people(self) -> tuple[Account, ...]:
        """The accounts of the first organisation that may still sign in, for the demo's buttons."""
        first = next(iter(self._organisations.all()), None)
        every = self._accounts.all(first.id) if first else ()
        return tuple(account for account in every if account.disabled_at is None)

    def _log_refusal(self, account: Account | None) -> None:
        if account is not None:
            entry = _audit(account, self._clock.system_now(), "session.refuse", {})
            self._accounts.log(entry)


def _alive(record: SessionRecord, now: datetime) -> bool:
    return now < record.expires_at and now - record.seen_at < IDLE


def _visitor(account: Account, zone: str) -> Visitor:
    return Visitor(
        account.organisation_id,
        account.id,
        account.login,
        account.name,
        account.person,
        account.roles,
        account.zone or zone,
    )


def _audit(account: Account, at: datetime, action: str, detail: dict[str, str]) -> AuditEntry:
    return AuditEntry(
        account.organisation_id, at, account.login, "web", action, f"account:{account.id}", detail
    )
