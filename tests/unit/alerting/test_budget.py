"""The budget on messages: a week's worth for everybody, bursts as one, and what always passes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.alerting.budget import (
    ASKED,
    TOGETHER,
    WEEK,
    kept_back,
    messages,
    messages_a_week,
    passes,
)
from services.alerting.lifecycle import STATUS, Change, Decision
from services.framework.judgement import Status
from services.framework.plan import Organisation, Person, Plan

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
DAY = timedelta(days=1)


def plan(most: int = 3, own: int | None = None, *, only_digest: bool = False) -> Plan:
    """An organisation of one person."""
    organisation = Organisation("o", "O", "UTC", messages_a_week=most)
    person = Person("ann", "Ann", messages_a_week=own, only_digest=only_digest)
    return Plan(organisation, people={"ann": person})


def kept(told: list[datetime], most: int, now: datetime = NOW) -> str | None:
    """Why a step at ``now`` waits for Ann's digest."""
    return kept_back(plan(most), "ann", told, now)


def test_the_message_after_the_last_of_the_week_waits_for_the_digest() -> None:
    told = [NOW - n * DAY for n in (1, 2, 3)]
    assert kept(told, 4) is None
    assert kept(told, 3) == "over the budget of 3 messages a week: it is in the digest"
    assert kept([], 1) is None


@pytest.mark.parametrize("order", [1, -1])
def test_a_week_slides(order: int) -> None:
    assert kept([NOW - WEEK, NOW - 1 * DAY][::order], 2) is None
    assert kept([NOW - WEEK + timedelta(seconds=1), NOW - DAY], 2) is not None


def test_what_leaves_together_counts_once() -> None:
    burst = [NOW - DAY + timedelta(seconds=n) for n in range(100)]
    assert kept(burst, 2) is None
    assert kept([*burst, NOW - TOGETHER], 2) is None
    assert kept([*burst, NOW - TOGETHER - timedelta(seconds=1)], 2) is not None


def test_a_trickle_is_no_single_message() -> None:
    told = [NOW - n * (TOGETHER - timedelta(minutes=1)) for n in range(1, 9)]
    assert kept(told, 2) is not None


def test_a_person_has_a_budget_of_their_own_or_only_a_digest() -> None:
    assert messages_a_week(plan(3), "ann") == messages_a_week(plan(3), "gone") == 3
    assert messages_a_week(plan(3, 7), "ann") == 7
    assert kept_back(plan(3, 1), "ann", [NOW - DAY], NOW) is not None
    assert kept_back(plan(only_digest=True), "ann", [], NOW) == ASKED


@pytest.mark.parametrize(
    ("expectation", "change", "status", "passing"),
    [
        (STATUS, Change.OPEN, Status.OFF_TRACK, True),
        (STATUS, Change.STEP, Status.MISSED, True),
        (STATUS, Change.OPEN, Status.SLIPPING, True),
        (STATUS, Change.STEP, Status.DETERIORATING, True),
        (STATUS, Change.REMIND, Status.OFF_TRACK, False),
        (STATUS, Change.RESOLVE, Status.ON_TRACK, False),
        (STATUS, Change.ANNOUNCE, Status.ACHIEVED, False),
        ("MIL-01", Change.OPEN, None, False),
        ("MIL-01", Change.RESOLVE, None, False),
    ],
)
def test_only_a_status_that_turned_bad_passes_whatever_the_budget(
    expectation: str, change: Change, status: Status | None, passing: bool
) -> None:
    assert passes(expectation, Decision(change, "", status=status)) is passing


@given(
    st.lists(st.tuples(st.integers(0, 40 * 1440), st.booleans()), max_size=60), st.integers(1, 5)
)
def test_no_week_has_more_messages_than_its_budget_but_for_those_that_pass(
    steps: list[tuple[int, bool]], most: int
) -> None:
    told: list[datetime] = []
    for minute, pressing in sorted(steps):
        now = NOW + timedelta(minutes=minute)
        before = [at for at in told if now - WEEK < at]
        why = None if pressing else kept(told, most, now)
        if why is None:
            told.append(now)
        if why is None and not pressing:
            after = messages([*before, now])
            assert after <= most or after == messages(before)
        if why is not None:
            assert messages(before) >= most
