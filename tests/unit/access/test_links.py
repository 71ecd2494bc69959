"""Signed links: what one says, how long, and that no other token opens anything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.access.links import LASTS, LinkRefusedError, Links, Purpose

START = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
OLD, NEW = "an-old-secret-key-of-some-length", "a-newer-secret-key-of-some-length"
BASE = "https://bigdot.example"


@dataclass
class Time:
    """A clock that the test moves."""

    now: datetime = START

    def system_now(self) -> datetime:
        return self.now

    def business_now(self) -> datetime:
        raise AssertionError("a link lasts by system time")


def links(*keys: str, clock: Time | None = None) -> Links:
    return Links(keys or (NEW,), BASE, clock or Time())


def token(url: str) -> str:
    head, _, found = url.partition("/l/")
    assert head == BASE
    return found


@given(
    purpose=st.sampled_from(Purpose),
    organisation=st.integers(1, 2**62),
    person=st.text(min_size=1, max_size=63),
    subject=st.one_of(st.integers(1, 2**62), st.text(max_size=63)),
)
def test_a_link_says_what_was_put_into_it(
    purpose: Purpose, organisation: int, person: str, subject: str | int
) -> None:
    made = links().url(purpose, organisation, person, subject)
    said = (purpose, organisation, person, str(subject), START)
    assert tuple(links().read(token(made))) == said
    assert made.isascii()


@pytest.mark.parametrize("purpose", Purpose)
def test_it_lasts_for_its_time(purpose: Purpose) -> None:
    clock = Time()
    book = links(clock=clock)
    made = token(book.url(purpose, 1, "cmo", 7))
    clock.now = START + LASTS[purpose]
    assert book.read(made).person == "cmo"
    clock.now += timedelta(seconds=1)
    with pytest.raises(LinkRefusedError, match="could be used for") as refused:
        book.read(made)
    assert refused.value.expired


def test_one_from_the_future_is_refused_beyond_what_clocks_differ() -> None:
    ahead = token(links(clock=Time(START + timedelta(minutes=5))).url(Purpose.ALERT, 1, "cmo", 7))
    assert links().read(ahead).subject == "7"
    ahead = token(links(clock=Time(START + timedelta(minutes=6))).url(Purpose.ALERT, 1, "cmo", 7))
    with pytest.raises(LinkRefusedError):
        links().read(ahead)


def test_keys_are_rotated() -> None:
    before = token(links(OLD).url(Purpose.ALERT, 1, "cmo", 7))
    assert links(NEW, OLD).read(before).subject == "7"
    after = token(links(NEW, OLD).url(Purpose.ALERT, 1, "cmo", 7))
    assert links(NEW).read(after).subject == "7"
    with pytest.raises(LinkRefusedError, match="not one of ours"):
        links(NEW).read(before)


@given(place=st.integers(0, 80), char=st.characters(codec="ascii"))
def test_a_changed_one_is_refused(place: int, char: str) -> None:
    made = token(links().url(Purpose.ALERT, 1, "cmo", 7))
    place %= len(made) - 1  # the last character holds two bits that say nothing
    changed = made[:place] + char + made[place + 1 :]
    if changed != made:
        with pytest.raises(LinkRefusedError):
            links().read(changed)


@pytest.mark.parametrize("bad", ["", ".", "abc", "a.b.c", "é", "W10.x", "a" * 5000])
def test_what_is_no_token_is_refused(bad: str) -> None:
    with pytest.raises(LinkRefusedError, match="not complete"):
        links().read(bad)
