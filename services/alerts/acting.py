"""Use cases: somebody says that an alert was seen, lets it sleep, or asks for its end."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from services.alerting.snoozing import check
from services.framework.periods import local_date, midnight
from services.ports.alerts import AlertState, AlertStore, Snooze
from services.ports.clock import Clock
from services.ports.doorbell import Doorbell


class AlertRefusedError(ValueError):
    """What is asked of an alert does not go; the text may be shown."""


class Alerts:
    """What people do with alerts."""

    def __init__(self, store: AlertStore, clock: Clock, doorbell: Doorbell) -> None:
        self._store = store
        self._clock = clock
        self._doorbell = doorbell

    def acknowledge(
        self, organisation_id: int, alert_id: int, *, actor: str, note: str | None = None
    ) -> bool:
        """Say that the alert was seen; saying it again changes nothing and gives False.

        Raises LookupError for an alert of nobody's, AlertRefusedError for one that is resolved.
        """
        self._open(organisation_id, alert_id, "acknowledge")
        return self._store.acknowledge(
            organisation_id, alert_id, actor, note, self._clock.business_now()
        )

    def snooze(
        self, organisation_id: int, alert_id: int, until: date, *, actor: str, reason: str
    ) -> datetime:
        """Send nothing more of the alert before a day begins; gives the instant.

        At that instant it is judged anew, and said once if it still is so. Raises LookupError,
        AlertRefusedError, SnoozeRefusedError.
        """
        known = self._open(organisation_id, alert_id, "snooze")
        now, zone = self._clock.business_now(), ZoneInfo(known.zone)
        check(until, reason, local_date(now, zone))
        end = midnight(until, zone)
        self._let_sleep(organisation_id, alert_id, Snooze(end, reason.strip(), actor, now))
        return end

    def wake(self, organisation_id: int, alert_id: int, *, actor: str) -> None:
        """End a snooze now: what still is so is said again.

        Raises LookupError, AlertRefusedError.
        """
        known, now = self._open(organisation_id, alert_id, "wake"), self._clock.business_now()
        if known.snoozed_until is None or known.snoozed_until <= now:
            raise AlertRefusedError("the alert is not snoozed: there is nothing to end")
        self._let_sleep(organisation_id, alert_id, Snooze(now, "The snooze was ended.", actor, now))

    def resolve(self, organisation_id: int, alert_id: int) -> None:
        """Nothing, for an alert that is resolved: an alert ends by evidence, or by a decision.

        Raises LookupError, AlertRefusedError for one that still fails, which says how it ends.
        """
        known = self._known(organisation_id, alert_id)
        if known.state != "resolved":
            raise AlertRefusedError(
                f"it still is so: {known.reason} An alert is resolved by what comes in, by the "
                "board's decision on its aim, or accepted for a while by a waiver"
            )

    def _let_sleep(self, organisation_id: int, alert_id: int, snooze: Snooze) -> None:
        now = self._clock.system_now()
        if not self._store.snooze(organisation_id, alert_id, snooze, now):
            raise AlertRefusedError("the alert was resolved meanwhile")
        self._doorbell.ring()

    def _open(self, organisation_id: int, alert_id: int, act: str) -> AlertState:
        known = self._known(organisation_id, alert_id)
        if known.state == "resolved":
            raise AlertRefusedError(f"the alert is resolved already: there is nothing to {act}")
        return known

    def _known(self, organisation_id: int, alert_id: int) -> AlertState:
        known = self._store.state(organisation_id, alert_id)
        if known is None:
            raise LookupError(f"there is no alert {alert_id}")
        return known
