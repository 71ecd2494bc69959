"""Why an aim stands as it does, read as of an instant: evaluations, alerts, who was told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from services.persistence import tables
from services.persistence.engine import reading
from services.persistence.restatements import restatements
from services.ports.reporting import (
    AlertLine,
    AlertRecord,
    AlertStep,
    Evaluated,
    MessageLine,
    Restatement,
)

_ALERT, _EVENT, _MESSAGE = tables.alert, tables.alert_event, tables.message
_SUBJECT, _EVALUATION = tables.subject, tables.evaluation
_NAME = _SUBJECT.c.kind + ":" + _SUBJECT.c.key


class DatabaseWhys:
    """Reads what says why; each call is one snapshot."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def evaluated(
        self, organisation_id: int, subjects: Sequence[str], as_of: datetime
    ) -> Mapping[str, Evaluated]:
        """The last evaluation of each subject that began no later than ``as_of``."""
        newest = (
            sa.select(_EVALUATION.c.id)
            .where(_EVALUATION.c.subject_id == _SUBJECT.c.id, _EVALUATION.c.as_of <= as_of)
            .order_by(_EVALUATION.c.as_of.desc(), _EVALUATION.c.id.desc())
            .limit(1)
            .correlate(_SUBJECT)
        )
        columns = [_EVALUATION.c[name] for name in Evaluated.__slots__ if name != "subject"]
        query = (
            sa.select(_NAME.label("subject"), *columns)
            .join(_EVALUATION, _EVALUATION.c.id == newest.scalar_subquery())
            .where(_SUBJECT.c.organisation_id == organisation_id, _NAME.in_(list(subjects)))
        )
        with reading(self._engine) as connection:
            rows = connection.execute(query).all()
        return {row.subject: Evaluated(**row._mapping) for row in rows}

    def first_judged(self, organisation_id: int, subject: str) -> datetime | None:
        """When the subject was first judged."""
        query = (
            sa.select(sa.func.min(_EVALUATION.c.as_of))
            .join(_SUBJECT, _SUBJECT.c.id == _EVALUATION.c.subject_id)
            .where(_SUBJECT.c.organisation_id == organisation_id, _NAME.in_([subject]))
        )
        with reading(self._engine) as connection:
            found: datetime | None = connection.scalar(query)
        return found

    def people_of(self, organisation_id: int, subjects: Sequence[str]) -> tuple[str, ...]:
        """Whoever was given a role of the subjects by an event."""
        role = tables.role_change.c
        query = (
            sa.select(role.person)
            .where(
                role.organisation_id == organisation_id,
                role.subject_key.in_(list(subjects)),
                role.person.is_not(None),
            )
            .distinct()
            .order_by(role.person)
        )
        with reading(self._engine) as connection:
            return tuple(connection.scalars(query))

    def told(
        self, organisation_id: int, subjects: Sequence[str], as_of: datetime
    ) -> tuple[AlertRecord, ...]:
        """The alerts of the subjects that had opened by then, with their steps up to then."""
        own = [_ALERT.c[name] for name in AlertLine.__slots__ if name != "subject"]
        alerts = (
            sa.select(_NAME.label("subject"), *own)
            .join(_SUBJECT, _SUBJECT.c.id == _ALERT.c.subject_id)
            .where(_ALERT.c.organisation_id == organisation_id, _NAME.in_(list(subjects)))
            .order_by(_ALERT.c.id)
        )
        with reading(self._engine) as connection:
            lines = [AlertLine(**row._mapping) for row in connection.execute(alerts)]
            asked = (connection, organisation_id, [line.id for line in lines])
            steps = _by_alert(*asked, _EVENT, AlertStep, _EVENT.c.at <= as_of)
            messages = _by_alert(*asked, _MESSAGE, MessageLine)
        return tuple(
            _as_told(line, steps[line.id], messages[line.id]) for line in lines if steps[line.id]
        )

    def restated(
        self, organisation_id: int, subjects: Sequence[str], as_of: datetime
    ) -> tuple[Restatement, ...]:
        """What was restated of the subjects by then, the latest first."""
        with reading(self._engine) as connection:
            return restatements(connection, organisation_id, subjects, as_of)


def _by_alert(
    connection: sa.Connection,
    organisation_id: int,
    alerts: Sequence[int],
    table: sa.Table,
    made: type[Any],
    *where: sa.ColumnElement[bool],
) -> dict[int, list[Any]]:
    """The rows of ``table`` by alert, each as a ``made``, in order."""
    columns = [table.c[name] for name in made.__slots__]
    query = sa.select(table.c.alert_id.label("alert"), *columns).where(
        table.c.organisation_id == organisation_id, table.c.alert_id.in_(list(alerts)), *where
    )
    found: dict[int, list[Any]] = defaultdict(list)
    for row in connection.execute(query.order_by(table.c.id)):
        values = dict(row._mapping)
        found[values.pop("alert")].append(made(**values))
    return found


def _as_told(
    line: AlertLine, steps: Sequence[AlertStep], messages: Sequence[MessageLine]
) -> AlertRecord:
    """The alert with the messages of the steps that had been taken."""
    taken = {(step.episode, step.step) for step in steps}
    left = tuple(message for message in messages if (message.episode, message.step) in taken)
    return AlertRecord(line, tuple(steps), left)
