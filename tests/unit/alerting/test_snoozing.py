"""Snoozing: what is kept back, what wakes an alert, and that its end is said once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.alerting.lifecycle import Change, Decision, Standing
from services.alerting.snoozing import (
    LONGEST_DAYS,
    LONGEST_REASON,
    SnoozeRefusedError,
    check,
    woken,
)
from services.framework.judgement import Severity, Status

TODAY = date(2026, 10, 5)
END = datetime(2026, 10, 12, tzinfo=UTC)
BEFORE, AFTER = END - timedelta(microseconds=1), END
ASLEEP = Standing(True, Severity.WARN, Status.OFF_TRACK, "Late.", snoozed_until=END)
STILL = Decision(Change.NOTHING, "Still so; told before.", Severity.WARN, Status.OFF_TRACK)


def _step(status: Status | None, severity: Severity = Severity.WARN) -> Decision:
    return Decision(Change.STEP, "It changed.", severity, status)


@pytest.mark.parametrize("days", [1, LONGEST_DAYS])
def test_a_snooze_ends_on_a_later_day_and_within_a_month(days: int) -> None:
    check(TODAY + timedelta(days=days), "The figures are being checked", TODAY)


@pytest.mark.parametrize(
    ("days", "reason", "field", "says"),
    [
        (0, "x", "until", "later day"),
        (-1, "x", "until", "later day"),
        (
            LONGEST_DAYS + 1,
            "x",
            "until",
            "by 4 November 2026; what is accepted for longer",
        ),
        (3, "  ", "reason", "say why"),
        (3, "x" * (LONGEST_REASON + 1), "reason", "at most 500"),
    ],
)
def test_what_is_refused_says_why(days: int, reason: str, field: str, says: str) -> None:
    with pytest.raises(SnoozeRefusedError, match=says) as refused:
        check(TODAY + timedelta(days=days), reason, TODAY)
    assert refused.value.field == field


def test_a_lesser_change_is_kept_back_while_it_sleeps() -> None:
    kept = woken(ASLEEP, _step(Status.SLIPPING), BEFORE)
    assert (kept.change, kept.tells) == (Change.STEP, False)
    assert kept.why == "It changed. It is snoozed."


@pytest.mark.parametrize(
    "worse",
    [
        _step(Status.DETERIORATING),
        _step(Status.MISSED, Severity.CRIT),
        _step(Status.SLIPPING, Severity.CRIT),
    ],
)
def test_what_gets_worse_is_told_all_the_same(worse: Decision) -> None:
    assert woken(ASLEEP, worse, BEFORE) == worse


def test_a_finding_that_turns_critical_is_told_all_the_same() -> None:
    finding = replace(ASLEEP, status=None)
    worse = _step(None, Severity.CRIT)
    assert woken(finding, worse, BEFORE).tells
    assert not woken(finding, _step(None), BEFORE).tells


def test_an_end_is_told_while_it_sleeps() -> None:
    over = Decision(Change.RESOLVE, "It is over.", Severity.INFO, Status.ON_TRACK)
    assert woken(ASLEEP, over, BEFORE) == over


@pytest.mark.parametrize("change", [Change.NOTHING, Change.REVISE])
def test_at_its_end_what_still_is_so_is_said_once(change: Change) -> None:
    said = woken(ASLEEP, replace(STILL, change=change), AFTER)
    assert (said.change, said.tells, said.status) == (Change.REMIND, True, Status.OFF_TRACK)
    assert said.why == "The snooze is over, and it still is so."
    told = replace(ASLEEP, snoozed_until=None)
    assert woken(told, STILL, AFTER) == STILL


def test_what_changes_at_its_end_is_said_as_what_it_is() -> None:
    assert woken(ASLEEP, _step(Status.SLIPPING), AFTER) == _step(Status.SLIPPING)


DECISIONS = st.builds(
    Decision,
    st.sampled_from(Change),
    st.just("x"),
    st.sampled_from(Severity),
    st.sampled_from(Status) | st.none(),
    st.booleans(),
)
STANDINGS = st.builds(
    Standing,
    st.booleans(),
    st.sampled_from(Severity),
    st.sampled_from(Status) | st.none(),
    snoozed_until=st.none() | st.just(END),
)


@given(STANDINGS, DECISIONS, st.sampled_from([BEFORE, AFTER]))
def test_an_end_or_an_opening_is_never_changed_and_no_change_is_lost(
    standing: Standing, decision: Decision, as_of: datetime
) -> None:
    made = woken(standing, decision, as_of)
    assert (made.severity, made.status) == (decision.severity, decision.status)
    if decision.change in (Change.RESOLVE, Change.OPEN, Change.ANNOUNCE):
        assert made == decision
    if decision.change not in (Change.NOTHING, Change.REVISE):
        assert made.change is decision.change
    if not standing.open or standing.snoozed_until is None:
        assert made == decision
