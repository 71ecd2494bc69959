"""Somebody leaves: what they could open is closed, and what waits for them goes to who takes over.

Written in the transaction of the plan's version with which they leave.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from services.framework.facts import Facts
from services.framework.plan import Plan
from services.persistence import facts_reading as read
from services.persistence import tables
from services.persistence.accounts import disable_account
from services.persistence.attention import KEPT
from services.persistence.audit import append
from services.persistence.bearings import Bearing
from services.persistence.engine import reading
from services.persistence.snapshot_rows import SubjectRows
from services.ports.access import AuditEntry
from services.ports.planning import Closing, Departure, NewVersion

_ACCOUNT, _KEY, _MESSAGE = tables.account, tables.api_key, tables.message
_ALERT, _SUBJECT = tables.alert, tables.subject
_SAME = frozenset({"organisation_id", "alert_id", "episode", "step", "channel", "told_of"})
_TABLES = (tables.role_change, tables.state_change, tables.review_action)
_EVENTS = tuple(table.name for table in _TABLES)


def depart(connection: sa.Connection, organisation_id: int, new: NewVersion) -> None:
    """Close a leaver's accounts with their sessions and links, and the API keys they made; lead on
    what waits to be told to them, and tell who takes over of the alerts that are open and were told
    to them. Every closing is a line of the audit log."""
    assert new.departure is not None  # noqa: S101 - asked by the caller
    accounts, keys = _open_of(connection, organisation_id, new.departure.person)
    for account in accounts:
        disable_account(connection, organisation_id, account.id, new.recorded_at)
        append(connection, _audit(organisation_id, new, "account.disable", account.login))
    for key in keys:
        revoked = _KEY.update().where(_KEY.c.id == key.id).values(revoked_at=new.recorded_at)
        connection.execute(revoked)
        append(connection, _audit(organisation_id, new, "key.revoke", f"key:{key.id}"))
    waiting = _waiting(organisation_id, new.departure.person)
    locked = waiting.with_for_update(of=_MESSAGE, skip_locked=True)
    for message in connection.execute(locked).all():
        _lead_on(connection, message, new.departure, new.recorded_at)
    for told in connection.execute(
        _told(organisation_id, new.departure.person, new.known_at)
    ).all():
        _tell_too(connection, told, new.departure, new.recorded_at)


def _open_of(
    connection: sa.Connection, organisation_id: int, person: str
) -> tuple[list[Any], list[Any]]:
    """The accounts of a person that may sign in, and the keys in force that they made."""
    accounts = connection.execute(
        sa.select(_ACCOUNT.c.id, _ACCOUNT.c.login)
        .where(_ACCOUNT.c.organisation_id == organisation_id, _ACCOUNT.c.person == person)
        .where(_ACCOUNT.c.disabled_at.is_(None))
        .order_by(_ACCOUNT.c.id)
    ).all()
    makers = [person, *(account.login for account in accounts)]
    keys = connection.execute(
        sa.select(_KEY.c.id, _KEY.c.label)
        .where(_KEY.c.organisation_id == organisation_id, _KEY.c.created_by.in_(makers))
        .where(_KEY.c.revoked_at.is_(None))
        .order_by(_KEY.c.id)
    ).all()
    return list(accounts), list(keys)


def _waiting(organisation_id: int, person: str) -> sa.Select[Any]:
    """What is owed to a person and surely reached them not yet."""
    m, attempt = _MESSAGE.c, tables.delivery_attempt.c
    unsure = sa.exists().where(attempt.message_id == m.id, attempt.result == "unknown")
    return _with_subject(
        m.organisation_id == organisation_id,
        m.recipient == person,
        m.state == "owed",
        m.closed_at.is_(None),
        ~unsure,
    )


def _told(organisation_id: int, person: str, at: datetime) -> sa.Select[Any]:
    """The last message about each alert that is still open which left, or may have left, for a
    person, on each channel; not of one that is snoozed, which is said again afterwards."""
    m, until = _MESSAGE.c, _ALERT.c.snoozed_until
    left = (
        sa.select(sa.func.max(m.id))
        .join(_ALERT, _ALERT.c.id == m.alert_id)
        .where(m.organisation_id == organisation_id, m.recipient == person)
        .where(m.state.in_(("sent", "sending", KEPT)), _ALERT.c.state != "resolved")
        .where(sa.or_(until.is_(None), until <= at))
        .group_by(m.alert_id, m.channel)
    )
    return _with_subject(m.id.in_(left))


def _with_subject(*conditions: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """Messages, each with the subject that its alert is about, in the order of their owing."""
    m = _MESSAGE.c
    about = (_SUBJECT.c.kind + ":" + _SUBJECT.c.key).label("subject")
    return (
        sa.select(_MESSAGE, about)
        .join(_ALERT, _ALERT.c.id == m.alert_id)
        .join(_SUBJECT, _SUBJECT.c.id == _ALERT.c.subject_id)
        .where(*conditions)
        .order_by(m.id)
    )


def _tell_too(connection: sa.Connection, told: Any, left: Departure, at: datetime) -> None:
    """Owe what the leaver was told of an open alert to who takes over, unless they were told."""
    to = left.others.get(told.subject, left.to)
    if _is_told(connection, told, to):
        return
    kept = {c.name: getattr(told, c.name) for c in _MESSAGE.c if c.name in _SAME}
    said = {"recipient": to, "content": dict(told.content) | {"cover": left.note}}
    new = {"state": "owed", "owed_at": at, "due_at": at}
    name = f"<{uuid4().hex}@{told.message_id.rpartition('@')[2]}"
    connection.execute(_MESSAGE.insert().values(**kept, **said, **new, message_id=name))


def _is_told(connection: sa.Connection, message: Any, to: str) -> bool:
    """Whether somebody was told, or is to be told, of the same step on the same channel."""
    m = _MESSAGE.c
    same = [
        m[name] == getattr(message, name) for name in ("alert_id", "episode", "step", "channel")
    ]
    return connection.execute(sa.select(m.id).where(*same, m.recipient == to)).first() is not None


def _lead_on(connection: sa.Connection, message: Any, left: Departure, at: datetime) -> None:
    """Owe a message to who takes over, who reads why; drop it where they are told of it already."""
    m, to = _MESSAGE.c, left.others.get(message.subject, left.to)
    if not _is_told(connection, message, to):
        content = dict(message.content) | {"cover": left.note}
        values: dict[str, Any] = {"recipient": to, "content": content, "slot": None, "attempts": 0}
    else:
        why = f"{left.person} has left; {to} is told of it already"
        values = {"state": "dropped", "last_error": why, "closed_at": at}
    connection.execute(_MESSAGE.update().where(m.id == message.id).values(**values))
    led = sa.and_(m.slot == message.id, m.closed_at.is_(None))
    connection.execute(_MESSAGE.update().where(led).values(slot=None))


def _audit(organisation_id: int, new: NewVersion, action: str, target: str) -> AuditEntry:
    detail = {"because": "left", "person": new.departure.person if new.departure else ""}
    return AuditEntry(organisation_id, new.recorded_at, new.author, new.via, action, target, detail)


class DatabaseDepartures:
    """Reads what somebody who leaves holds by events, and what is closed behind them."""

    def __init__(self, engine: sa.Engine, current: Callable[[int], Plan]) -> None:
        self._engine = engine
        self._current = current

    def facts(self, organisation_id: int) -> Facts:
        """The changes of roles and states and the actions of reviews of every aim and project."""
        plan = self._current(organisation_id)
        aims = (f"aim:{aim}" for aim in plan.aims)
        projects = (f"project:{project}" for project in plan.projects)
        looked_at = Bearing((), (*aims, *projects), _EVENTS)
        with reading(self._engine) as connection:
            rows = SubjectRows(connection, organisation_id, [looked_at])
        roles, states, actions = (rows.events(table, looked_at, None) for table in _TABLES)
        return Facts(
            roles=tuple(read.role(row) for row in roles),
            states=tuple(read.state(row) for row in states),
            actions=tuple(read.actions(actions)),
        )

    def closing(self, organisation_id: int, person: str, at: datetime) -> Closing:
        """What the departure of a person would close, as of an instant of business time."""
        with reading(self._engine) as connection:
            accounts, keys = _open_of(connection, organisation_id, person)
            waiting = connection.execute(_waiting(organisation_id, person)).all()
            told = connection.execute(_told(organisation_id, person, at)).all()
        logins = tuple(account.login for account in accounts)
        alerts = {message.alert_id for message in told}
        return Closing(logins, tuple(key.label for key in keys), len(waiting), len(alerts))
