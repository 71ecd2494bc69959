"""What templates say of times and alerts, on the visitor's clock."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.alerting.content import HEADLINES
from services.alerting.digest import DIGEST
from services.ports.reporting import AlertLine
from services.reporting.aims import TITLES
from services.reporting.words import when
from web.context import services
from web.identity import signed_in

_MOVED = timedelta(minutes=1)
_KINDS = {
    "open": "Opened",
    "opened": "Opened",
    "announce": "Announced",
    "step": "Changed",
    "resolve": "Resolved",
    "acknowledged": "Acknowledged",
    "remind": "Said again",
    "snoozed": "Snoozed",
    "woken": "Woken",
    "digest": "Digest",
}
_STATES = {"owed": "waiting", "sending": "being sent", "sent": "sent", "dead": "given up"}
_NOT_SENT = {"dropped": "not sent", "kept": "not sent at once"}


@dataclass(frozen=True, slots=True)
class AlertWords:
    """An alert in words; ``tone`` is bad, risk, or over."""

    id: int
    headline: str
    about: str
    reason: str
    opened: str
    resolved: str | None
    acknowledged: str | None
    note: str | None
    snoozed: str | None
    is_open: bool
    tone: str
    rule: str
    status: str | None


def alert_words(alerts: Iterable[AlertLine]) -> list[AlertWords]:
    """Alerts in words."""
    return [_in_words(alert) for alert in alerts]


def told(instant: datetime) -> str:
    """An instant on the visitor's clock."""
    return when(instant, signed_in().zone)


def step_words(
    kind: str, status: str | None, *, restated: bool = False, waived: bool = False
) -> str:
    """What happened to an alert; a finding's step is that it got worse."""
    if kind == "step" and status is None:
        return "More serious"
    if kind == "resolve" and waived:
        return "Waived"
    words = _KINDS.get(kind, kind.capitalize())
    return f"{words} by restatement" if restated and kind == "resolve" else words


def message_words(state: str, because: str | None) -> str:
    """What became of a message."""
    if state in _NOT_SENT:
        return f"{_NOT_SENT[state]}: {because}"
    return _STATES[state]


def headline(expectation: str, status: str | None) -> str:
    """What an alert is called: by its status, else by what its expectation found."""
    if status:
        return status.replace("_", " ").capitalize()
    if expectation == DIGEST:
        return "Digests"
    return HEADLINES.get(expectation, TITLES.get(expectation, "Alert"))


def moved_clock(zone: str) -> str | None:
    """What to say beside times of messages where business time was moved; None where it was not."""
    clock = services().clock
    business, system = clock.business_now(), clock.system_now()
    if abs(business - system) < _MOVED:
        return None
    return (
        f"The clock was moved: aims are judged as of {when(business, zone)}, and the times of "
        f"messages are by that clock. The machine's says {when(system, zone)}."
    )


def _in_words(alert: AlertLine) -> AlertWords:
    is_open = alert.state != "resolved"
    grave = alert.severity == "crit" or alert.expectation == "STATUS"
    tone = "over" if not is_open else "bad" if grave else "risk"
    return AlertWords(
        alert.id,
        headline(alert.expectation, alert.status),
        services().reporting.name_of(signed_in().organisation_id, alert.about),
        alert.reason,
        told(alert.opened_at),
        told(alert.resolved_at) if alert.resolved_at else None,
        _acknowledgement(alert),
        alert.acknowledged_note,
        _snooze(alert),
        is_open,
        tone,
        alert.expectation,
        alert.status,
    )


def _acknowledgement(alert: AlertLine) -> str | None:
    if alert.acknowledged_at is None:
        return None
    who = services().reporting.person(signed_in().organisation_id, alert.acknowledged_by or "")
    return f"{who}, {told(alert.acknowledged_at)}"


def _snooze(alert: AlertLine) -> str | None:
    """Until when it is snoozed; None for one that is not, or no longer."""
    until = alert.snoozed_until if alert.state != "resolved" else None
    return told(until) if until and until > services().clock.business_now() else None
