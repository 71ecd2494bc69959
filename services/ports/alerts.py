"""What acting on alerts needs from outside."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class AlertStore(Protocol):
    """Alerts, as people act on them."""

    def state(self, organisation_id: int, alert_id: int) -> str | None:
        """``open`` or ``resolved``; None for an alert that the organisation does not have."""
        ...

    def acknowledge(
        self, organisation_id: int, alert_id: int, actor: str, note: str | None, at: datetime
    ) -> bool:
        """Note who saw it, when; False where somebody did already."""
        ...
