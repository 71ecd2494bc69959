"""Alerts in the database, as people act on them."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from services.persistence import tables
from services.persistence.engine import reading, writing

_ALERT = tables.alert


class DatabaseAlertStore:
    """Acts on alerts; every act is a line of the alert's timeline."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def state(self, organisation_id: int, alert_id: int) -> str | None:
        """The alert's state; None for one that the organisation does not have."""
        query = sa.select(_ALERT.c.state).where(_mine(organisation_id, alert_id))
        with reading(self._engine) as connection:
            return connection.execute(query).scalar_one_or_none()

    def acknowledge(
        self, organisation_id: int, alert_id: int, actor: str, note: str | None, at: datetime
    ) -> bool:
        """Note who saw it; False where somebody did already, or it was resolved meanwhile."""
        seen = (
            _ALERT.update()
            .where(
                _mine(organisation_id, alert_id),
                _ALERT.c.state == "open",
                _ALERT.c.acknowledged_at.is_(None),
            )
            .values(acknowledged_at=at, acknowledged_by=actor, acknowledged_note=note)
            .returning(_ALERT.c.episode, _ALERT.c.step, _ALERT.c.status)
        )
        with writing(self._engine) as connection:
            row = connection.execute(seen).first()
            if row is None:
                return False
            connection.execute(
                tables.alert_event.insert().values(
                    organisation_id=organisation_id,
                    alert_id=alert_id,
                    episode=row.episode,
                    step=row.step,
                    kind="acknowledged",
                    at=at,
                    actor=actor,
                    status=row.status,
                    reason=note or "Seen.",
                    detail={},
                )
            )
        return True


def _mine(organisation_id: int, alert_id: int) -> sa.ColumnElement[bool]:
    return sa.and_(_ALERT.c.organisation_id == organisation_id, _ALERT.c.id == alert_id)
