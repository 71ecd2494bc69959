"""The doorbell: tells the workers that the database holds work."""

from __future__ import annotations

from typing import Protocol

TASK = "bigdot.drain"
QUEUE = "bigdot"


class Doorbell(Protocol):
    """Rings without waiting and without failing: a ring that is lost costs time, never work."""

    def ring(self) -> None:
        """Say that there may be work."""
        ...


class SilentDoorbell:
    """A doorbell that nobody hears; the sweeper finds the work."""

    def ring(self) -> None:
        """Do nothing."""
