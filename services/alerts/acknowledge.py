"""Use case: somebody says that an alert was seen."""

from __future__ import annotations

from services.ports.alerts import AlertStore
from services.ports.clock import Clock


class AlertRefusedError(ValueError):
    """What is asked of an alert does not go; the text may be shown."""


class Alerts:
    """What people do with alerts."""

    def __init__(self, store: AlertStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def acknowledge(
        self, organisation_id: int, alert_id: int, *, actor: str, note: str | None = None
    ) -> bool:
        """Say that the alert was seen; saying it again changes nothing and gives False.

        Raises LookupError for an alert of nobody's, AlertRefusedError for one that is resolved.
        """
        state = self._store.state(organisation_id, alert_id)
        if state is None:
            raise LookupError(f"there is no alert {alert_id}")
        if state == "resolved":
            raise AlertRefusedError(
                "the alert is resolved already: there is nothing to acknowledge"
            )
        return self._store.acknowledge(
            organisation_id, alert_id, actor, note, self._clock.business_now()
        )
