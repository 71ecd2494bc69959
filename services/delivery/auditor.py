"""Use case: prove that what was judged is open, and that what is owed was sent, or say why not."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from services.alerting.auditing import Count, Flaw, audited
from services.ports.auditing import Ledger
from services.ports.clock import Clock


class Audit(NamedTuple):
    """What was looked at, and what does not fit."""

    looked_at: Count
    flaws: tuple[Flaw, ...]

    @property
    def clean(self) -> bool:
        """Whether all of it fits."""
        return not self.flaws


class Auditor:
    """Looks through the books; changes nothing."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock

    def audit(self, lately: timedelta | None = None) -> Audit:
        """Look through all of it, or through what came ``lately`` and what still waits.

        What moves meanwhile may look as if it did not fit, so that each flaw is looked for again.
        """
        first = self._once(lately)
        if first.clean:
            return first
        again = self._once(lately)
        before = {(flaw.kind, flaw.organisation, flaw.what) for flaw in first.flaws}
        held = (f for f in again.flaws if (f.kind, f.organisation, f.what) in before)
        return Audit(again.looked_at, tuple(held))

    def _once(self, lately: timedelta | None) -> Audit:
        ledger, system = self._ledger, self._clock.system_now()
        business = self._clock.business_now()
        judged = ledger.subjects(business, business - lately if lately else None)
        owed = ledger.messages(system - lately if lately else None)
        looked, flaws = audited(judged, ledger.steps(), owed, system)
        return Audit(looked, tuple(flaws))
