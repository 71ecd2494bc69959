"""API keys: made, shown once, kept as a peppered hash, checked on every request.

A key is ``bd_``, 32 random characters of base 62 (190 bits), and 6 characters of CRC32 over what
stands before, so that a typo, and a secret scanner, need no database.
"""

from __future__ import annotations

import hmac
import secrets
import threading
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from services.ports.access import (
    AccessError,
    Actor,
    AuditEntry,
    KeyRecord,
    KeyStore,
    NewKey,
    UnknownError,
)
from services.ports.clock import Clock

SCOPES = (
    "measurements:write",
    "milestones:write",
    "progress:write",
    "reviews:write",
    "projects:write",
    "adoptions:write",
    "tests:write",
    "actions:write",
    "meetings:write",
    "publications:write",
    "validations:write",
    "explanations:write",
    "spreads:write",
    "self-assessments:write",
    "plan:write",
    "read",
)
PREFIX = "bd_"
DEFAULT_DAYS = 365
LONGEST_DAYS = 365
_SECRET_LENGTH = 32
_CHECK_LENGTH = 6
_SHOWN = 8
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_TRUST = timedelta(seconds=3)
_TOUCH_EVERY = timedelta(minutes=10)
_CACHE_SIZE = 1024


class KeyRefusedError(Exception):
    """The key lets nobody in; the text says why without repeating it."""


@dataclass(frozen=True, slots=True)
class ApiCaller:
    """Who holds a key in force. ``measures`` None means every measure."""

    organisation_id: int
    key_id: int
    label: str
    scopes: frozenset[str]
    measures: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A new key: ``secret`` is shown once and kept nowhere."""

    record: KeyRecord
    secret: str = field(repr=False)


def generate() -> str:
    """A new key."""
    secret = "".join(secrets.choice(_ALPHABET) for _ in range(_SECRET_LENGTH))
    return PREFIX + secret + checksum(PREFIX + secret)


def checksum(text: str) -> str:
    """CRC32 of ``text`` in base 62, six characters."""
    number, digits = zlib.crc32(text.encode()), ""
    for _ in range(_CHECK_LENGTH):
        number, digit = divmod(number, len(_ALPHABET))
        digits = _ALPHABET[digit] + digits
    return digits


def well_formed(key: str) -> bool:
    """Whether ``key`` has a key's shape and its checksum is right."""
    body, check = key[:-_CHECK_LENGTH], key[-_CHECK_LENGTH:]
    whole = len(PREFIX) + _SECRET_LENGTH + _CHECK_LENGTH
    plain = key.isascii() and key.startswith(PREFIX) and len(key) == whole
    return plain and hmac.compare_digest(checksum(body), check)


def hash_key(pepper: str, key: str) -> str:
    """HMAC-SHA256 of the key, in hexadecimal; 190 random bits need no slow hash."""
    return hmac.digest(pepper.encode(), key.encode(), "sha256").hex()


class Keys:
    """The use cases of API keys. ``peppers``: the first makes new hashes, each is tried."""

    def __init__(self, store: KeyStore, clock: Clock, peppers: tuple[str, ...]) -> None:
        self._store = store
        self._clock = clock
        self._peppers = peppers
        self._cache: dict[str, tuple[KeyRecord, datetime]] = {}
        self._guard = threading.Lock()

    def create(
        self,
        organisation_id: int,
        label: str,
        scopes: Iterable[str],
        *,
        actor: Actor,
        measures: Iterable[str] | None = None,
        days: int = DEFAULT_DAYS,
    ) -> IssuedKey:
        """Make a key. Raises AccessError for an unknown scope or an age over a year."""
        wanted = _checked(label, frozenset(scopes), days)
        now, secret = self._clock.system_now(), generate()
        record = NewKey(
            organisation_id=organisation_id,
            key_hash=hash_key(self._peppers[0], secret),
            prefix=secret[:_SHOWN],
            last_four=secret[-4:],
            label=label.strip(),
            scopes=wanted,
            measures=None if measures is None else frozenset(measures),
            created_at=now,
            created_by=actor.name,
            expires_at=now + timedelta(days=days),
        )
        audit = AuditEntry(
            organisation_id,
            now,
            actor.name,
            actor.via,
            "key.create",
            label.strip(),
            {"scopes": sorted(wanted), "expires_at": record.expires_at.isoformat()},
        )
        return IssuedKey(self._store.add(record, audit), secret)

    def all(self, organisation_id: int) -> tuple[KeyRecord, ...]:
        """The organisation's keys, without their secrets."""
        return self._store.all(organisation_id)

    def revoke(self, organisation_id: int, key_id: int, *, actor: Actor) -> None:
        """End a key at once (other processes learn within seconds). Raises UnknownError."""
        now = self._clock.system_now()
        audit = AuditEntry(
            organisation_id, now, actor.name, actor.via, "key.revoke", f"key:{key_id}"
        )
        if not self._store.revoke(organisation_id, key_id, now, audit):
            raise UnknownError(f"there is no key {key_id} in force")
        with self._guard:
            self._cache.clear()

    def authenticate(self, key: str) -> ApiCaller:
        """Whose key it is. Raises KeyRefusedError.

        An answer is trusted for three seconds; what writes must ask the database again.
        """
        now = self._clock.system_now()
        record = self._known(hash_key(self._peppers[0], key), now) or self._look_up(key, now)
        if record is None:
            raise KeyRefusedError("The API key is not known.")
        if (standing := record.standing(now)) != "active":
            raise KeyRefusedError(f"The API key is {standing}.")
        return ApiCaller(
            record.organisation_id, record.id, record.label, record.scopes, record.measures
        )

    def _known(self, key_hash: str, now: datetime) -> KeyRecord | None:
        held = self._cache.get(key_hash)
        return held[0] if held and held[1] > now else None

    def _look_up(self, key: str, now: datetime) -> KeyRecord | None:
        if not well_formed(key):
            raise KeyRefusedError("The API key is not well formed; was it copied whole?")
        hashes = [hash_key(pepper, key) for pepper in self._peppers]
        record = self._store.by_hashes(hashes)
        if record is None:
            return None
        self._remember(hashes[0], record, now)
        if record.last_used_at is None or now - record.last_used_at > _TOUCH_EVERY:
            self._store.touch(record.id, now)
        return record

    def _remember(self, key_hash: str, record: KeyRecord, now: datetime) -> None:
        with self._guard:
            if len(self._cache) >= _CACHE_SIZE:
                self._cache.clear()
            self._cache[key_hash] = (record, now + _TRUST)


def _checked(label: str, scopes: frozenset[str], days: int) -> frozenset[str]:
    if not label.strip():
        raise AccessError("a key needs a label that says who uses it")
    if not scopes:
        raise AccessError(f"a key needs a scope, one of {', '.join(SCOPES)}")
    if unknown := scopes - set(SCOPES):
        raise AccessError(
            f"unknown scope {', '.join(sorted(unknown))}; known are {', '.join(SCOPES)}"
        )
    if not 1 <= days <= LONGEST_DAYS:
        raise AccessError(f"a key lasts 1 to {LONGEST_DAYS} days")
    return scopes
