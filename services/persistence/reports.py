"""What pages read: facts, judgements, alerts with their messages, the local mailbox."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from services.alerting.digest import DIGEST
from services.framework.facts import Facts
from services.persistence import findings, tables
from services.persistence.bearings import Bearing
from services.persistence.bearings import Look as SeriesLook
from services.persistence.engine import reading
from services.persistence.plans import PlanStore
from services.persistence.restatements import restatements
from services.persistence.snapshots import load_facts
from services.ports.reporting import (
    AlertLine,
    AlertRecord,
    AlertStep,
    Found,
    Judgement,
    Look,
    Mail,
    MessageLine,
    Place,
    Restatement,
    Tally,
)

_ALERT, _EVENT, _MESSAGE = tables.alert, tables.alert_event, tables.message
_SUBJECT, _EVALUATION, _MAILBOX = tables.subject, tables.evaluation, tables.mailbox
_STATUS = "STATUS"
_MOST_PLACES = 200
_NAME = _SUBJECT.c.kind + ":" + _SUBJECT.c.key


class DatabaseReports:
    """Reads for pages; each call is one snapshot."""

    def __init__(self, engine: sa.Engine, plans: PlanStore) -> None:
        self._engine = engine
        self._plans = plans

    def mark(self, organisation_id: int) -> str:
        """Plan version, sequences, judgements and alerts, in a few characters."""
        o = tables.organisation.c
        mine = [
            sa.select(o.plan_version).where(o.id == organisation_id),
            *(
                sa.select(sa.func.coalesce(what, 0)).where(
                    table.c.organisation_id == organisation_id
                )
                for table, what in (
                    (_SUBJECT, sa.func.sum(_SUBJECT.c.sequence)),
                    (_EVALUATION, sa.func.max(_EVALUATION.c.id)),
                    (_EVENT, sa.func.max(_EVENT.c.id)),
                )
            ),
        ]
        with reading(self._engine) as connection:
            row = connection.execute(sa.select(*(q.scalar_subquery() for q in mine))).one()
        return "-".join(str(value or 0) for value in row)

    def look(
        self,
        organisation_id: int,
        *,
        places: Sequence[Place] = (),
        events: Sequence[str] = (),
        judged: Sequence[str] = (),
    ) -> Look:
        """Values at ``places``, events of the subjects ``events``, judgements of ``judged``."""
        plan = self._plans.current(organisation_id)
        looked_at = Bearing(_looks(places), tuple(events))
        with reading(self._engine) as connection:
            nothing = not places and not events
            facts = Facts() if nothing else load_facts(connection, organisation_id, plan, looked_at)
            return Look(facts, _judgements(connection, organisation_id, judged))

    def alerts(
        self, organisation_id: int, *, subjects: Sequence[str] | None = None, limit: int = 200
    ) -> tuple[AlertLine, ...]:
        """Alerts, open ones first, statuses of aims before findings, then the latest changed."""
        resolved = sa.case((_ALERT.c.state == "resolved", 1), else_=0)
        found = sa.case((_ALERT.c.expectation == _STATUS, 0), else_=1)
        order = (resolved, found, _ALERT.c.changed_at.desc(), _ALERT.c.id)
        query = _lines(organisation_id).where(_ALERT.c.expectation != DIGEST).order_by(*order)
        if subjects is not None:
            query = query.where(_NAME.in_(list(subjects)))
        with reading(self._engine) as connection:
            rows = connection.execute(query.limit(limit))
            return tuple(AlertLine(**row._mapping) for row in rows)

    def alert(self, organisation_id: int, alert_id: int) -> AlertRecord | None:
        """One alert with its history, the oldest first."""
        with reading(self._engine) as connection:
            row = connection.execute(
                _lines(organisation_id).where(_ALERT.c.id == alert_id)
            ).one_or_none()
            if row is None:
                return None
            steps = connection.execute(
                _of_alert(_EVENT, AlertStep.__slots__, organisation_id, alert_id)
            )
            messages = connection.execute(
                _of_alert(_MESSAGE, MessageLine.__slots__, organisation_id, alert_id)
            )
            return AlertRecord(
                AlertLine(**row._mapping),
                tuple(AlertStep(**step._mapping) for step in steps),
                tuple(MessageLine(**message._mapping) for message in messages),
            )

    def tallies(self, organisation_id: int) -> dict[str, Tally]:
        """How many findings each expectation has now, by its id."""
        with reading(self._engine) as connection:
            return findings.tallies(connection, organisation_id)

    def found_now(self, organisation_id: int, expectation: str, limit: int) -> tuple[Found, ...]:
        """What one expectation finds now, the latest first."""
        with reading(self._engine) as connection:
            return findings.found_now(connection, organisation_id, expectation, limit)

    def found_since(
        self, organisation_id: int, expectation: str, since: datetime, limit: int
    ) -> tuple[Found, ...]:
        """What one expectation said from an instant on, subject by subject, in order of time."""
        with reading(self._engine) as connection:
            return findings.found_since(connection, organisation_id, expectation, since, limit)

    def restated(self, organisation_id: int, subjects: Sequence[str]) -> tuple[Restatement, ...]:
        """What was restated of the subjects, the latest first."""
        with reading(self._engine) as connection:
            return restatements(connection, organisation_id, subjects)

    def mails(self, organisation_id: int | None, limit: int = 200) -> tuple[Mail, ...]:
        """The mails of the local mailbox, of every organisation if None, the newest first."""
        query = _mails(organisation_id).order_by(_MAILBOX.c.id.desc()).limit(limit)
        with reading(self._engine) as connection:
            return tuple(Mail(**row._mapping) for row in connection.execute(query))

    def mail(self, mail_id: int, organisation_id: int | None) -> Mail | None:
        """One mail of the local mailbox, of any organisation if None."""
        query = _mails(organisation_id).where(_MAILBOX.c.id == mail_id)
        with reading(self._engine) as connection:
            row = connection.execute(query).one_or_none()
        return Mail(**row._mapping) if row is not None else None


def _looks(places: Sequence[Place]) -> tuple[SeriesLook, ...]:
    """Each place once; whole measures where a statement would name too many places."""
    if len(set(places)) > _MOST_PLACES:
        return tuple(SeriesLook(m) for m in dict.fromkeys(place.measure for place in places))
    return tuple(SeriesLook(*place) for place in dict.fromkeys(places))


def _lines(organisation_id: int) -> sa.Select[Any]:
    own = [_ALERT.c[name] for name in AlertLine.__slots__ if name != "subject"]
    return (
        sa.select(_NAME.label("subject"), *own)
        .join(_SUBJECT, _SUBJECT.c.id == _ALERT.c.subject_id)
        .where(_ALERT.c.organisation_id == organisation_id)
    )


def _of_alert(
    table: sa.Table, columns: Sequence[str], organisation_id: int, alert_id: int
) -> sa.Select[Any]:
    return (
        sa.select(*(table.c[name] for name in columns))
        .where(table.c.organisation_id == organisation_id, table.c.alert_id == alert_id)
        .order_by(table.c.id)
    )


def _mails(organisation_id: int | None) -> sa.Select[Any]:
    query = sa.select(*(_MAILBOX.c[name] for name in Mail.__slots__))
    if organisation_id is None:
        return query
    return query.where(_MAILBOX.c.organisation_id == organisation_id)


def _judgements(
    connection: sa.Connection, organisation_id: int, subjects: Sequence[str]
) -> dict[str, Judgement]:
    """The last stored evaluation of each subject."""
    newest = (
        sa.select(sa.func.max(_EVALUATION.c.id))
        .where(_EVALUATION.c.subject_id == _SUBJECT.c.id)
        .correlate(_SUBJECT)
        .scalar_subquery()
    )
    columns = [_EVALUATION.c[name] for name in Judgement.__slots__]
    query = (
        sa.select(_NAME.label("name"), *columns)
        .join(_EVALUATION, _EVALUATION.c.id == newest)
        .where(_SUBJECT.c.organisation_id == organisation_id, _NAME.in_(list(subjects)))
    )
    found = {}
    for row in connection.execute(query):
        values = dict(row._mapping)
        name = values.pop("name")
        found[name] = Judgement(**values)
    return found
