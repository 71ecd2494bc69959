"""What acting on alerts needs from outside."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple, Protocol


class AlertState(NamedTuple):
    """How an alert stands: ``open`` or ``resolved``, for what reason, and whether it is snoozed.

    ``zone`` is the organisation's, in which days are counted.
    """

    state: str
    reason: str
    snoozed_until: datetime | None
    zone: str


class Snooze(NamedTuple):
    """Until when an alert sleeps, why, and who says so, when."""

    until: datetime
    reason: str
    actor: str
    at: datetime


class AlertStore(Protocol):
    """Alerts, as people act on them."""

    def state(self, organisation_id: int, alert_id: int) -> AlertState | None:
        """How it stands; None for an alert that the organisation does not have."""
        ...

    def acknowledge(
        self, organisation_id: int, alert_id: int, actor: str, note: str | None, at: datetime
    ) -> bool:
        """Note who saw it, when; False where somebody did already."""
        ...

    def snooze(self, organisation_id: int, alert_id: int, snooze: Snooze, now: datetime) -> bool:
        """Let an open alert sleep, and have it judged again; False where it was resolved meanwhile.

        ``now`` is system time. One that ends at ``at`` is over: what still is so is said again.
        """
        ...
