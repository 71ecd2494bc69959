"""Digests in the database.

A person's digests are one correspondence: an alert that is never open, each digest a new episode of
it. ``changed_at`` is up to when the last one covered, and is moved by whoever writes the next.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from services.alerting.digest import DIGEST, Told
from services.framework.judgement import Status
from services.framework.periods import local_date
from services.framework.plan import Plan
from services.framework.roster import Roster
from services.persistence import tables
from services.persistence.attention import KEPT
from services.persistence.bearings import Bearing
from services.persistence.engine import inserting, reading, writing
from services.persistence.plans import PlanStore
from services.persistence.snapshots import load_facts
from services.ports.digests import Compose, Due

_ALERT, _EVENT, _MESSAGE = tables.alert, tables.alert_event, tables.message
_SUBJECT, _EVALUATION = tables.subject, tables.evaluation
_PERSON = "person"


class DatabaseDigests:
    """Knows how far each person's digests reached, and owes the next."""

    def __init__(self, engine: sa.Engine, plans: PlanStore, domain: str) -> None:
        self._engine = engine
        self._plans = plans
        self._domain = domain

    def organisations(self) -> list[tuple[int, Plan]]:
        """Every organisation that has a plan."""
        organisation = tables.organisation.c
        query = sa.select(organisation.id).where(organisation.plan_version > 0)
        with reading(self._engine) as connection:
            numbers = list(connection.scalars(query.order_by(organisation.id)))
        return [(number, self._plans.current(number)) for number in numbers]

    def reached(self, organisation_id: int) -> dict[str, datetime]:
        """Up to when each person's last digest covered."""
        mine = _ALERT.c.organisation_id == organisation_id
        query = sa.select(_ALERT.c.about, _ALERT.c.changed_at)
        with reading(self._engine) as connection:
            rows = connection.execute(query.where(mine, _ALERT.c.expectation == DIGEST))
            return {row.about.partition(":")[2]: row.changed_at for row in rows}

    def begin(self, organisation_id: int, people: Sequence[str], at: datetime) -> None:
        """Let people's first digests cover what comes after ``at``."""
        named = _SUBJECT.c.key.in_(list(people))
        mine = sa.and_(_SUBJECT.c.organisation_id == organisation_id, _SUBJECT.c.kind == _PERSON)
        with writing(self._engine) as connection:
            subjects = connection.execute(
                sa.select(_SUBJECT.c.id, _SUBJECT.c.key).where(mine, named)
            )
            rows = [_correspondence(organisation_id, row, at) for row in subjects]
            if rows:
                connection.execute(inserting(connection, _ALERT).on_conflict_do_nothing(), rows)

    def at_risk(self, organisation_id: int, plan: Plan) -> dict[str, str]:
        """The aims that are at risk by their last judgement, each with the reason."""
        last = sa.select(sa.func.max(_EVALUATION.c.id)).where(
            _EVALUATION.c.subject_id == _SUBJECT.c.id
        )
        query = (
            sa.select(_SUBJECT.c.key, _EVALUATION.c.reason)
            .join(_EVALUATION, _EVALUATION.c.id == last.correlate(_SUBJECT).scalar_subquery())
            .where(_SUBJECT.c.organisation_id == organisation_id, _SUBJECT.c.kind == "aim")
            .where(_EVALUATION.c.status == Status.AT_RISK.value)
            .order_by(_SUBJECT.c.id)
        )
        with reading(self._engine) as connection:
            found = {row.key: row.reason for row in connection.execute(query)}
        return {aim: reason for aim, reason in found.items() if aim in plan.aims}

    def roster(self, organisation_id: int, plan: Plan, at: datetime) -> Roster:
        """Who sponsors the aims."""
        looked_at = Bearing((), tuple(f"aim:{aim}" for aim in plan.aims), ("role_change",))
        with reading(self._engine) as connection:
            facts = load_facts(connection, organisation_id, plan, looked_at)
        return Roster.of(plan, facts, local_date(at, plan.zone))

    def write(self, due: Due, compose: Compose) -> bool:
        """Owe the digest, note what it carries and how far it reaches, in one transaction."""
        with writing(self._engine) as connection:
            moved = connection.execute(_moved(due)).one_or_none()
            if moved is None:
                return False
            told = _told(connection, due)
            content, channels = compose(told)
            if content is not None:
                number = self._owe(connection, due, (moved.id, moved.episode), content, channels)
                carried = [one.id for one in told if one.why is not None and not one.carried]
                _carry(connection, carried, number)
            return True

    def _owe(
        self,
        connection: sa.Connection,
        due: Due,
        where: tuple[int, int],
        content: Mapping[str, Any],
        channels: Collection[str],
    ) -> int:
        own = {"organisation_id": due.organisation_id, "alert_id": where[0], "episode": where[1]}
        event = {**own, "step": 1, "kind": "digest", "at": due.at, "actor": "bigdot"}
        said = {"status": None, "reason": content["reason"], "detail": {}}
        connection.execute(_EVENT.insert(), {**event, **said})
        owed = [
            {
                **own,
                "step": 1,
                "recipient": due.person,
                "channel": channel,
                "state": "owed",
                "content": dict(content),
                "message_id": f"<{uuid4().hex}@{self._domain}>",
                "owed_at": due.leaves,
                "due_at": due.leaves,
            }
            for channel in channels
        ]
        inserted = _MESSAGE.insert().returning(_MESSAGE.c.id, sort_by_parameter_order=True)
        return int(connection.scalars(inserted, owed).all()[0])


def _correspondence(organisation_id: int, subject: Any, at: datetime) -> dict[str, Any]:
    return {
        "organisation_id": organisation_id,
        "subject_id": subject.id,
        "expectation": DIGEST,
        "about": f"{_PERSON}:{subject.key}",
        "state": "resolved",
        "severity": "info",
        "reason": "What changed, what waited, and what is still so.",
        "episode": 0,
        "step": 1,
        "opened_at": at,
        "changed_at": at,
        "resolved_at": at,
    }


def _moved(due: Due) -> sa.Executable:
    """Move on how far a person's digests reach, unless somebody else did."""
    mine = sa.and_(
        _ALERT.c.organisation_id == due.organisation_id,
        _ALERT.c.expectation == DIGEST,
        _ALERT.c.about == f"{_PERSON}:{due.person}",
        _ALERT.c.changed_at == due.covers.since,
    )
    moved = _ALERT.update().where(mine)
    return moved.values(changed_at=due.covers.until, episode=_ALERT.c.episode + 1).returning(
        _ALERT.c.id, _ALERT.c.episode
    )


def _told(connection: sa.Connection, due: Due) -> list[Told]:
    """What the digest may speak of: what waits for it, what was told since, what is still so."""
    m, alert = _MESSAGE.c, _ALERT.c
    waits = sa.and_(m.state == KEPT, m.slot.is_(None))
    query = (
        sa.select(
            m.id,
            m.alert_id,
            m.episode,
            m.channel,
            m.content,
            m.state,
            m.slot,
            m.last_error,
            m.told_of,
            alert.expectation,
            alert.state.label("alert_state"),
            alert.episode.label("alert_episode"),
            alert.status,
            alert.opened_at,
            alert.reason,
        )
        .join(_ALERT, alert.id == m.alert_id)
        .where(
            m.organisation_id == due.organisation_id,
            m.recipient == due.person,
            m.state != "dropped",
            alert.expectation != DIGEST,
            sa.or_(waits, alert.state != "resolved", alert.changed_at > due.covers.since),
        )
        .order_by(m.id)
    )
    return [_as_told(row) for row in connection.execute(query)]


def _as_told(row: Any) -> Told:
    return Told(
        row.id,
        row.alert_id,
        row.expectation,
        row.channel,
        row.content,
        row.told_of,
        row.last_error if row.state == KEPT else None,
        row.alert_state != "resolved" and row.episode == row.alert_episode,
        row.status,
        row.opened_at,
        row.reason,
        row.slot is not None and row.state == KEPT,
    )


def _carry(connection: sa.Connection, kept: Sequence[int], by: int) -> None:
    """Note which message carries what was kept."""
    if kept:
        connection.execute(_MESSAGE.update().where(_MESSAGE.c.id.in_(kept)).values(slot=by))
