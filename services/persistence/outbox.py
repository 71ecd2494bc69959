"""The outbox in the database: claim by lease, settle on condition of the attempt."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from services.persistence import tables
from services.persistence.engine import is_sqlite, reading, writing
from services.ports.delivery import Part, SendFailedError, Slot

_MESSAGE = tables.message
_MAIL = "mail"


class DatabaseOutbox:
    """The messages owed; a slot is one message, or a mail with all that waits for one person."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def claim(self, now: datetime, lease: datetime, limit: int) -> Sequence[Slot]:
        """Due slots, leased until ``lease``; each is claimed by one caller only.

        A slot whose lease ran out is claimed as it was, under the same message id.
        """
        if is_sqlite(self._engine) and not self._any(now):
            return ()
        with writing(self._engine) as connection:
            leaders = connection.execute(_due(now).limit(limit)).all()
            slots: list[Slot] = []
            taken: set[int] = set()
            for leader in leaders:
                if leader.id not in taken:
                    slots.append(_claim(connection, leader, lease))
                    taken |= {part.id for part in slots[-1].parts}
            return slots

    def _any(self, now: datetime) -> bool:
        with reading(self._engine) as connection:
            return connection.execute(_due(now).limit(1)).first() is not None

    def sent(self, slot: Slot, now: datetime, elapsed_ms: int) -> None:
        """Close every message of the slot as sent."""
        with writing(self._engine) as connection:
            if _settle(connection, slot, state="sent", sent_at=now, closed_at=now, last_error=None):
                _attempt(connection, slot, now, ("sent", None, elapsed_ms))

    def postpone(self, slot: Slot, error: SendFailedError, now: datetime, until: datetime) -> None:
        """Keep the error in the rows, and try again at ``until``."""
        with writing(self._engine) as connection:
            if _settle(connection, slot, state="owed", due_at=until, last_error=str(error)[:1000]):
                result = "unknown" if error.unknown else "failed"
                _attempt(connection, slot, now, (result, str(error)[:1000], None))

    def bury(self, slot: Slot, error: SendFailedError, now: datetime) -> None:
        """Close every message of the slot as dead, with the error."""
        with writing(self._engine) as connection:
            if _settle(connection, slot, state="dead", closed_at=now, last_error=str(error)[:1000]):
                _attempt(connection, slot, now, ("dead", str(error)[:1000], None))


def _due(now: datetime) -> sa.Select[Any]:
    """Messages that lead a slot and are due: those without a slot, and leaders of one."""
    m = _MESSAGE.c
    leads = sa.or_(m.slot.is_(None), m.slot == m.id)
    return (
        sa.select(_MESSAGE)
        .where(m.closed_at.is_(None), m.due_at <= now, leads)
        .order_by(m.due_at, m.id)
        .with_for_update(skip_locked=True)
    )


def _claim(connection: sa.Connection, leader: Any, lease: datetime) -> Slot:
    m = _MESSAGE.c
    ids = _together(connection, leader)
    claimed = connection.execute(
        _MESSAGE.update()
        .where(m.id.in_(ids))
        .values(slot=leader.id, due_at=lease, state="sending", attempts=m.attempts + 1)
        .returning(m.id, m.alert_id, m.episode, m.step, m.content, m.attempts)
    ).all()
    rows = sorted(claimed, key=lambda row: (row.id != leader.id, row.id))
    return Slot(
        leader.organisation_id,
        leader.recipient,
        leader.channel,
        leader.message_id,
        rows[0].attempts,
        tuple(Part(r.id, r.alert_id, r.episode, r.step, r.content) for r in rows),
    )


def _together(connection: sa.Connection, leader: Any) -> list[int]:
    """The messages that leave with their leader, all of them locked by now."""
    m = _MESSAGE.c
    if leader.slot is not None:
        mine = m.slot == leader.id
    elif leader.channel == _MAIL:
        mine = sa.and_(
            m.organisation_id == leader.organisation_id,
            m.recipient == leader.recipient,
            m.channel == _MAIL,
            m.slot.is_(None),
        )
    else:
        return [leader.id]
    locked = sa.select(m.id).where(mine, m.closed_at.is_(None)).order_by(m.id)
    return list(connection.execute(locked.with_for_update(skip_locked=True)).scalars())


def _settle(connection: sa.Connection, slot: Slot, **values: Any) -> bool:
    """Write the slot's end, unless another worker took it over when the lease ran out."""
    m = _MESSAGE.c
    leads = connection.execute(
        sa.select(m.attempts).where(m.id == slot.leader, m.closed_at.is_(None)).with_for_update()
    ).scalar_one_or_none()
    if leads != slot.attempts:
        return False
    ids = [part.id for part in slot.parts]
    connection.execute(_MESSAGE.update().where(m.id.in_(ids)).values(**values))
    return True


def _attempt(
    connection: sa.Connection, slot: Slot, now: datetime, told: tuple[str, str | None, int | None]
) -> None:
    connection.execute(
        tables.delivery_attempt.insert(),
        [
            {
                "organisation_id": slot.organisation_id,
                "message_id": part.id,
                "attempt": slot.attempts,
                "at": now,
                "result": told[0],
                "error": told[1],
                "elapsed_ms": told[2],
            }
            for part in slot.parts
        ],
    )
