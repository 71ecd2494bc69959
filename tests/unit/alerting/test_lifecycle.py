"""The lifecycle of alerts: each transition by a table, and its laws over any history."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.alerting.lifecycle import Change, Standing, decide_finding, decide_status
from services.framework.judgement import Outcome, Severity, Status, Verdict

S, C = Status, Change
_ENDS = (S.ON_TRACK, S.HOLDING, S.ACHIEVED, S.CLOSE)
_BAD = (S.OFF_TRACK, S.DETERIORATING, S.SLIPPING, S.MISSED)


def _open(status: Status) -> Standing:
    return Standing(True, Severity.WARN, status, "before")


@pytest.mark.parametrize("status", _BAD)
def test_a_bad_status_opens(status: Status) -> None:
    assert decide_status(None, Verdict(status, "now")).change is C.OPEN
    resolved = Standing(False, Severity.INFO, S.ON_TRACK)
    assert decide_status(resolved, Verdict(status, "now")).change is C.OPEN


@pytest.mark.parametrize("status", _ENDS)
def test_what_is_surely_over_resolves_and_is_told(status: Status) -> None:
    decision = decide_status(_open(S.OFF_TRACK), Verdict(status, "now"))
    assert (decision.change, decision.tells, decision.status) == (C.RESOLVE, True, status)


@pytest.mark.parametrize(
    ("standing", "status", "reason", "change"),
    [
        (None, S.AT_RISK, "now", C.NOTHING),
        (None, S.WAITING, "now", C.NOTHING),
        (None, S.ON_TRACK, "now", C.NOTHING),
        (None, S.HOLDING, "now", C.NOTHING),
        (None, S.ACHIEVED, "now", C.ANNOUNCE),
        (None, S.CLOSE, "now", C.ANNOUNCE),
        (Standing(False, Severity.INFO, S.ACHIEVED), S.ACHIEVED, "now", C.NOTHING),
        (Standing(False, Severity.INFO, S.CLOSE), S.ACHIEVED, "now", C.ANNOUNCE),
        (_open(S.OFF_TRACK), S.AT_RISK, "now", C.NOTHING),
        (_open(S.OFF_TRACK), S.WAITING, "now", C.NOTHING),
        (_open(S.OFF_TRACK), S.OFF_TRACK, "before", C.NOTHING),
        (_open(S.OFF_TRACK), S.OFF_TRACK, "now", C.REVISE),
        (_open(S.OFF_TRACK), S.DETERIORATING, "now", C.STEP),
        (_open(S.DETERIORATING), S.MISSED, "now", C.STEP),
    ],
)
def test_the_other_transitions(
    standing: Standing | None, status: Status, reason: str, change: Change
) -> None:
    assert decide_status(standing, Verdict(status, reason)).change is change


def test_at_risk_leaves_what_was_told() -> None:
    assert decide_status(_open(S.OFF_TRACK), Verdict(S.AT_RISK, "now")).status is S.OFF_TRACK


def test_the_alert_of_an_aim_that_ended_is_over() -> None:
    bad = Verdict(S.MISSED, "now")
    assert decide_status(_open(S.MISSED), bad, ended=True).change is C.RESOLVE
    assert decide_status(None, bad, ended=True).change is C.NOTHING


def test_missed_is_critical() -> None:
    assert decide_status(None, Verdict(S.MISSED, "now")).severity is Severity.CRIT
    assert decide_status(None, Verdict(S.OFF_TRACK, "now")).severity is Severity.WARN


@pytest.mark.parametrize(
    ("standing", "severity", "reason", "change"),
    [
        (None, None, "fine", C.NOTHING),
        (None, Severity.WARN, "late", C.OPEN),
        (Standing(False, Severity.INFO, reason="late"), Severity.WARN, "late", C.OPEN),
        (Standing(True, Severity.WARN, reason="late"), Severity.WARN, "late", C.NOTHING),
        (Standing(True, Severity.WARN, reason="late"), Severity.WARN, "later", C.REVISE),
        (Standing(True, Severity.WARN, reason="late"), Severity.CRIT, "late", C.STEP),
        (Standing(True, Severity.CRIT, reason="late"), Severity.WARN, "late", C.REVISE),
        (Standing(True, Severity.WARN, reason="late"), None, "done", C.RESOLVE),
    ],
)
def test_findings(
    standing: Standing | None, severity: Severity | None, reason: str, change: Change
) -> None:
    outcome = Outcome("MIL-01", "milestone:a/b", severity is not None, reason, severity)
    assert decide_finding(standing, outcome).change is change


@dataclass
class _Book:
    """An alert as the database keeps it, and all that was told of it."""

    standing: Standing | None = None
    told: tuple[tuple[Change, Status], ...] = ()

    def judge(self, status: Status) -> None:
        decision = decide_status(self.standing, Verdict(status, "why"))
        if decision.tells:
            self.told += ((decision.change, status),)
        if decision.change is C.NOTHING:
            return
        is_open = decision.change not in (C.RESOLVE, C.ANNOUNCE)
        self.standing = Standing(is_open, decision.severity, decision.status, "why")


@given(st.lists(st.sampled_from(list(Status)), max_size=40))
def test_whatever_happens_an_episode_opens_once_and_ends_once(history: list[Status]) -> None:
    book, is_open, last = _Book(), False, None
    for status in history:
        before = len(book.told)
        book.judge(status)
        told = book.told[before:]
        book.judge(status)
        assert book.told[before:] == told, "a replay tells nothing"
        assert len(told) <= 1
        if status.is_bad and (not is_open or status is not last):
            assert told == ((C.STEP if is_open else C.OPEN, status),)
            is_open, last = True, status
        elif status in _ENDS and is_open:
            assert told == ((C.RESOLVE, status),)
            is_open = False
        elif status in (S.AT_RISK, S.WAITING, S.ON_TRACK, S.HOLDING):
            assert not told
        assert book.standing is None or book.standing.open is is_open


def test_an_outcome_in_shadow_opens_nothing() -> None:
    outcome = Outcome("AIM-02", "aim:a", True, "why", Severity.CRIT, shadow=True)
    decision = decide_finding(None, outcome)
    assert (decision.change, decision.tells) == (C.NOTHING, False)
    over = Standing(False, Severity.WARN)
    assert decide_finding(over, outcome).change is C.NOTHING


def test_an_alert_whose_rule_is_put_in_shadow_is_over() -> None:
    outcome = Outcome("AIM-02", "aim:a", True, "why", Severity.CRIT, shadow=True)
    decision = decide_finding(Standing(True, Severity.CRIT), outcome)
    assert decision.change is C.RESOLVE
    assert "shadow" in decision.why
