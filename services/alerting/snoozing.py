"""Snoozing: an alert sleeps until a day, for a reason; then it is judged anew, and said once.

What gets worse meanwhile wakes it: a heavier severity, or a status that is worse than off track.
What is no longer so resolves as ever.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

from services.alerting.lifecycle import Change, Decision, Standing, heavier
from services.framework.judgement import Status
from services.framework.texts import day_name

LONGEST_DAYS = 30
"""How far away a snooze may end; what is to be accepted for longer is waived."""
LONGEST_REASON = 500
_WORSE = frozenset({Status.DETERIORATING, Status.MISSED})
_KEPT_BACK = frozenset({Change.STEP, Change.REMIND})


class SnoozeRefusedError(ValueError):
    """A snooze that does not go; ``field`` is what is at fault. The text may be shown."""

    def __init__(self, text: str, field: str) -> None:
        super().__init__(text)
        self.field = field


def check(until: date, reason: str, today: date) -> None:
    """Whether an alert may be snoozed until the begin of a day. Raises SnoozeRefusedError."""
    last = today + timedelta(days=LONGEST_DAYS)
    if not reason.strip():
        raise SnoozeRefusedError("say why it is snoozed", "reason")
    if len(reason) > LONGEST_REASON:
        raise SnoozeRefusedError(f"a reason has at most {LONGEST_REASON} characters", "reason")
    if until <= today:
        raise SnoozeRefusedError("a snooze ends on a later day than today", "until")
    if until > last:
        text = f"a snooze ends within {LONGEST_DAYS} days, by {day_name(last)}"
        raise SnoozeRefusedError(f"{text}; what is accepted for longer is waived", "until")


def sleeps(standing: Standing | None, as_of: datetime) -> bool:
    """Whether the alert is open and snoozed."""
    until = standing.snoozed_until if standing is not None and standing.open else None
    return until is not None and as_of < until


def woken(standing: Standing | None, decision: Decision, as_of: datetime) -> Decision:
    """What becomes of a decision about an alert that is, or was, snoozed."""
    if standing is None or not standing.open or standing.snoozed_until is None:
        return decision
    if sleeps(standing, as_of):
        quiet = decision.change in _KEPT_BACK and not _is_worse(standing, decision)
        why = f"{decision.why} It is snoozed."
        return replace(decision, silent=True, why=why) if quiet else decision
    if decision.change in (Change.NOTHING, Change.REVISE):
        why = "The snooze is over, and it still is so."
        return replace(decision, change=Change.REMIND, why=why)
    return decision


def _is_worse(standing: Standing, decision: Decision) -> bool:
    turned = decision.status is not standing.status and decision.status in _WORSE
    return turned or heavier(decision.severity, standing.severity)
