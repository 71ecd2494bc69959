"""The two clocks."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Business time, which a demo or a replay may move, and system time, which nothing moves."""

    def business_now(self) -> datetime:
        """The instant as of which things are judged (aware, UTC)."""
        ...

    def system_now(self) -> datetime:
        """The instant by which leases, backoff and sessions run (aware, UTC)."""
        ...
