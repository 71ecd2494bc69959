"""What the auditor needs from outside: the books."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

from services.alerting.auditing import Sending, Stepped, Stood


class Ledger(Protocol):
    """The books, of every organisation."""

    def subjects(self, business_now: datetime, since: datetime | None) -> Iterator[Stood]:
        """What was judged last, of each subject that waits for no judgement; ``since``: lately."""
        ...

    def steps(self) -> Iterator[Stepped]:
        """The steps of open alerts that were to be told."""
        ...

    def messages(self, since: datetime | None) -> Iterator[Sending]:
        """Messages and what became of them: all, or those that wait or were owed ``since``."""
        ...
