"""Alerts in the database, as people act on them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from services.persistence import tables
from services.persistence.engine import reading, writing
from services.persistence.marking import marked
from services.ports.alerts import AlertState, Snooze

_ALERT = tables.alert


class DatabaseAlertStore:
    """Acts on alerts; every act is a line of the alert's timeline."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def state(self, organisation_id: int, alert_id: int) -> AlertState | None:
        """How the alert stands; None for one that the organisation does not have."""
        organisation = tables.organisation.c
        query = (
            sa.select(_ALERT.c.state, _ALERT.c.reason, _ALERT.c.snoozed_until, organisation.zone)
            .join(tables.organisation, organisation.id == _ALERT.c.organisation_id)
            .where(_mine(organisation_id, alert_id))
        )
        with reading(self._engine) as connection:
            row = connection.execute(query).first()
        return None if row is None else AlertState(*row)

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
            act = {"kind": "acknowledged", "at": at, "actor": actor, "reason": note or "Seen."}
            _note(connection, organisation_id, alert_id, row, {**act, "detail": {}})
        return True

    def snooze(self, organisation_id: int, alert_id: int, snooze: Snooze, now: datetime) -> bool:
        """Let it sleep and have its subject judged; False where it was resolved meanwhile.

        The subject is locked first, as by whoever judges it.
        """
        mine = sa.and_(_mine(organisation_id, alert_id), _ALERT.c.state == "open")
        subject = sa.select(_ALERT.c.subject_id).where(mine).scalar_subquery()
        asleep = (
            _ALERT.update()
            .where(mine)
            .values(snoozed_until=snooze.until)
            .returning(_ALERT.c.episode, _ALERT.c.step, _ALERT.c.status)
        )
        until = snooze.until.isoformat()
        with writing(self._engine) as connection:
            connection.execute(marked(tables.subject.c.id == subject, now, now))
            row = connection.execute(asleep).first()
            if row is None:
                return False
            kind = "snoozed" if snooze.until > snooze.at else "woken"
            act = {"kind": kind, "at": snooze.at, "actor": snooze.actor, "reason": snooze.reason}
            _note(connection, organisation_id, alert_id, row, {**act, "detail": {"until": until}})
        return True


def _mine(organisation_id: int, alert_id: int) -> sa.ColumnElement[bool]:
    return sa.and_(_ALERT.c.organisation_id == organisation_id, _ALERT.c.id == alert_id)


def _note(
    connection: sa.Connection,
    organisation_id: int,
    alert_id: int,
    row: Any,
    act: Mapping[str, Any],
) -> None:
    """A line of the alert's timeline; ``row`` has its episode, step and status."""
    where = {"organisation_id": organisation_id, "alert_id": alert_id}
    stands = {"episode": row.episode, "step": row.step, "status": row.status}
    connection.execute(tables.alert_event.insert().values({**where, **stands, **act}))
