"""The shape of API keys, and who gets in with one."""

from __future__ import annotations

import string
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.access.keys import (
    KeyRefusedError,
    Keys,
    checksum,
    generate,
    hash_key,
    well_formed,
)
from services.ports.access import AccessError, Actor, AuditEntry, KeyRecord, NewKey, UnknownError

START = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
ACTOR = Actor("operator", "cli")
BASE62 = string.digits + string.ascii_letters


@dataclass
class Time:
    """A clock that the test moves."""

    now: datetime = START

    def system_now(self) -> datetime:
        return self.now

    def business_now(self) -> datetime:
        return self.now


@dataclass
class Rows:
    """A key store in memory."""

    kept: dict[str, KeyRecord] = field(default_factory=dict)
    audits: list[AuditEntry] = field(default_factory=list)
    asked: int = 0

    def add(self, key: NewKey, audit: AuditEntry) -> KeyRecord:
        record = KeyRecord(
            len(self.kept) + 1,
            key.organisation_id,
            key.prefix,
            key.last_four,
            key.label,
            key.scopes,
            key.measures,
            key.created_at,
            key.created_by,
            key.expires_at,
        )
        self.kept[key.key_hash] = record
        self.audits.append(audit)
        return record

    def by_hashes(self, hashes: Sequence[str]) -> KeyRecord | None:
        self.asked += 1
        return next((self.kept[h] for h in hashes if h in self.kept), None)

    def all(self, organisation_id: int) -> tuple[KeyRecord, ...]:
        return tuple(r for r in self.kept.values() if r.organisation_id == organisation_id)

    def revoke(self, organisation_id: int, key_id: int, at: datetime, audit: AuditEntry) -> bool:
        for key_hash, record in self.kept.items():
            if (record.organisation_id, record.id, record.revoked_at) == (
                organisation_id,
                key_id,
                None,
            ):
                self.kept[key_hash] = replace(record, revoked_at=at)
                return True
        return False

    def touch(self, key_id: int, at: datetime) -> None:
        for key_hash, record in self.kept.items():
            if record.id == key_id:
                self.kept[key_hash] = replace(record, last_used_at=at)


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def rows() -> Rows:
    return Rows()


@pytest.fixture
def keys(rows: Rows, time: Time) -> Keys:
    return Keys(rows, time, ("pepper",))


def test_a_key_has_the_declared_shape_and_is_never_the_same() -> None:
    made = {generate() for _ in range(200)}
    assert len(made) == 200
    for key in made:
        assert len(key) == 41
        assert key.startswith("bd_")
        assert set(key[3:]) <= set(BASE62)
        assert well_formed(key)


@given(position=st.integers(0, 40), other=st.sampled_from(BASE62))
def test_a_key_with_one_wrong_character_is_refused_without_a_database(
    position: int, other: str
) -> None:
    key = "bd_" + "a1B2" * 8
    key += checksum(key)
    typo = key[:position] + other + key[position + 1 :]
    assert well_formed(typo) == (typo == key)


@given(st.text(max_size=60))
def test_whatever_is_no_key_is_not_well_formed(text: str) -> None:
    assert not well_formed(text)


def test_the_hash_needs_the_pepper() -> None:
    assert hash_key("one", "bd_x") != hash_key("two", "bd_x")


def test_a_key_says_who_holds_it(keys: Keys) -> None:
    issued = keys.create(7, "warehouse", ["read"], actor=ACTOR, measures=["hsmr"])
    caller = keys.authenticate(issued.secret)
    assert (caller.organisation_id, caller.label) == (7, "warehouse")
    assert caller.scopes == {"read"}
    assert caller.measures == frozenset({"hsmr"})


def test_nothing_that_is_kept_or_shown_holds_the_secret(keys: Keys, rows: Rows) -> None:
    issued = keys.create(7, "warehouse", ["read"], actor=ACTOR)
    kept = f"{rows.kept} {rows.audits} {issued!r} {keys.all(7)}"
    assert issued.secret not in kept
    assert issued.secret[8:-4] not in kept


def test_a_key_lasts_a_year_and_no_longer(keys: Keys, time: Time) -> None:
    issued = keys.create(7, "warehouse", ["read"], actor=ACTOR)
    time.now = START + timedelta(days=365) - timedelta(seconds=1)
    keys.authenticate(issued.secret)
    time.now += timedelta(seconds=1)
    with pytest.raises(KeyRefusedError, match="expired"):
        keys.authenticate(issued.secret)


def test_an_answer_is_trusted_for_seconds_only(keys: Keys, rows: Rows, time: Time) -> None:
    issued = keys.create(7, "warehouse", ["read"], actor=ACTOR)
    for _ in range(5):
        keys.authenticate(issued.secret)
    assert rows.asked == 1
    other_process = Keys(rows, time, ("pepper",))
    other_process.revoke(7, issued.record.id, actor=ACTOR)
    time.now += timedelta(seconds=3)
    with pytest.raises(KeyRefusedError, match="revoked"):
        keys.authenticate(issued.secret)


def test_a_revoked_key_is_refused_at_once_in_the_same_process(keys: Keys) -> None:
    issued = keys.create(7, "warehouse", ["read"], actor=ACTOR)
    keys.authenticate(issued.secret)
    keys.revoke(7, issued.record.id, actor=ACTOR)
    with pytest.raises(KeyRefusedError, match="revoked"):
        keys.authenticate(issued.secret)


def test_another_organisations_key_cannot_be_revoked(keys: Keys) -> None:
    issued = keys.create(7, "warehouse", ["read"], actor=ACTOR)
    with pytest.raises(UnknownError):
        keys.revoke(8, issued.record.id, actor=ACTOR)
    keys.authenticate(issued.secret)


def test_a_key_outlives_a_change_of_pepper(keys: Keys, rows: Rows, time: Time) -> None:
    issued = keys.create(7, "warehouse", ["read"], actor=ACTOR)
    rotated = Keys(rows, time, ("newer", "pepper"))
    assert rotated.authenticate(issued.secret).organisation_id == 7
    with pytest.raises(KeyRefusedError, match="not known"):
        Keys(rows, time, ("newer",)).authenticate(issued.secret)


@pytest.mark.parametrize(
    ("label", "scopes", "days", "says"),
    [
        (" ", ["read"], 1, "label"),
        ("feed", [], 1, "scope"),
        ("feed", ["everything"], 1, "everything"),
        ("feed", ["read"], 0, "days"),
        ("feed", ["read"], 366, "days"),
    ],
)
def test_a_wrong_wish_for_a_key_is_refused(
    keys: Keys, rows: Rows, label: str, scopes: list[str], days: int, says: str
) -> None:
    with pytest.raises(AccessError, match=says):
        keys.create(7, label, scopes, actor=ACTOR, days=days)
    assert not rows.kept
