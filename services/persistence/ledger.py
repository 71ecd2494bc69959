"""The books as the auditor reads them: what was judged, what is open, what became of messages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from services.alerting.auditing import Key, Sending, Stepped, Stood
from services.alerting.lifecycle import Change
from services.framework.judgement import Status
from services.persistence import tables
from services.persistence.engine import reading

_SUBJECT, _EVALUATION, _ALERT = tables.subject, tables.evaluation, tables.alert
_EVENT, _MESSAGE, _ORGANISATION = tables.alert_event, tables.message, tables.organisation
_TOLD = (Change.OPEN, Change.STEP, Change.REMIND, Change.ANNOUNCE)
_TOGETHER = 200


class DatabaseLedger:
    """Reads, and changes nothing; rows come as they are needed."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def subjects(self, business_now: datetime, since: datetime | None) -> Iterator[Stood]:
        """What was judged last, of each subject that waits for no judgement; ``since``: lately."""
        query = _judged(business_now)
        if since is not None:
            query = query.where(_EVALUATION.c.valid_to >= since)
        with reading(self._engine) as connection:
            opened = _opened(connection)
            restated = set(connection.scalars(sa.select(tables.restatement.c.subject_id)))
            rows = connection.execution_options(yield_per=_TOGETHER).execute(query)
            for row in rows:
                yield _stood(row, opened.get(row.id, {}), restated=row.id in restated)

    def steps(self) -> Iterator[Stepped]:
        """The steps of open alerts that were to be told, with how many messages each owed."""
        same = sa.and_(
            _MESSAGE.c.alert_id == _EVENT.c.alert_id,
            _MESSAGE.c.episode == _EVENT.c.episode,
            _MESSAGE.c.step == _EVENT.c.step,
        )
        owed = sa.select(sa.func.count()).where(same).scalar_subquery()
        query = (
            sa.select(
                _ORGANISATION.c.slug,
                _ALERT.c.id,
                _ALERT.c.expectation,
                _ALERT.c.about,
                _EVENT.c.kind,
                _EVENT.c.at,
                owed,
            )
            .join_from(_EVENT, _ALERT, _ALERT.c.id == _EVENT.c.alert_id)
            .join(_ORGANISATION, _ORGANISATION.c.id == _EVENT.c.organisation_id)
            .where(
                _ALERT.c.state == "open",
                _EVENT.c.episode == _ALERT.c.episode,
                _EVENT.c.kind.in_([change.value for change in _TOLD]),
            )
            .order_by(_EVENT.c.id)
        )
        with reading(self._engine) as connection:
            for row in connection.execution_options(yield_per=_TOGETHER).execute(query):
                yield Stepped(*row)

    def messages(self, since: datetime | None) -> Iterator[Sending]:
        """Messages: all, or those that wait or were owed ``since``; each with its proof."""
        m, attempt = _MESSAGE.c, tables.delivery_attempt.c
        proved = sa.exists().where(attempt.message_id == m.id, attempt.result == "sent")
        columns = (
            m.id,
            m.recipient,
            m.channel,
            m.state,
            m.owed_at,
            m.due_at,
            m.last_error,
            proved,
        )
        query = (
            sa.select(_ORGANISATION.c.slug, *columns)
            .join(_ORGANISATION, _ORGANISATION.c.id == m.organisation_id)
            .order_by(m.id)
        )
        if since is not None:
            query = query.where(sa.or_(m.closed_at.is_(None), m.owed_at >= since))
        with reading(self._engine) as connection:
            for row in connection.execution_options(yield_per=_TOGETHER).execute(query):
                yield Sending(*row)


def _judged(business_now: datetime) -> sa.Select[Any]:
    newest = sa.select(sa.func.max(_EVALUATION.c.id)).group_by(_EVALUATION.c.subject_id)
    coming = sa.or_(_SUBJECT.c.wake_at.is_(None), _SUBJECT.c.wake_at > business_now)
    return (
        sa.select(
            _SUBJECT.c.id,
            _ORGANISATION.c.slug,
            _SUBJECT.c.kind,
            _SUBJECT.c.key,
            _EVALUATION.c.valid_to,
            _EVALUATION.c.status,
            _EVALUATION.c.body,
        )
        .join_from(_EVALUATION, _SUBJECT, _SUBJECT.c.id == _EVALUATION.c.subject_id)
        .join(_ORGANISATION, _ORGANISATION.c.id == _SUBJECT.c.organisation_id)
        .where(_EVALUATION.c.id.in_(newest), _SUBJECT.c.rank_at.is_(None), coming)
        .order_by(_SUBJECT.c.id)
    )


def _opened(connection: sa.Connection) -> Mapping[int, Mapping[Key, datetime]]:
    """The open alerts of each subject, and since when."""
    found: defaultdict[int, dict[Key, datetime]] = defaultdict(dict)
    for row in connection.execute(sa.select(_ALERT).where(_ALERT.c.state == "open")):
        found[row.subject_id][row.expectation, row.about] = row.opened_at
    return found


def _stood(row: Any, opened: Mapping[Key, datetime], *, restated: bool) -> Stood:
    outcomes = row.body.get("outcomes") or ()
    fails = frozenset(
        (o["expectation"], o["about"])
        for o in outcomes
        if o["tripped"] and not o.get("shadow") and not o.get("waived")
    )
    status = Status(row.status) if row.status else None
    subject = f"{row.kind}:{row.key}"
    ended = status is not None and not outcomes
    return Stood(row.slug, subject, row.valid_to, status, fails, opened, restated, ended)
