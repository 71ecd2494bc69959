"""Reads what was filed about a subject, and what happened to its alerts since."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from services.persistence import tables
from services.persistence.engine import reading
from services.ports.filing import FiledEvent, FiledRow, StepSince

_TABLES = {
    "milestones": tables.milestone_event,
    "progress": tables.progress_score,
    "reviews": tables.review,
    "adoptions": tables.adoption,
    "tests": tables.test_of_change,
    "actions": tables.review_action,
    "meetings": tables.board_meeting,
    "publications": tables.publication,
    "validations": tables.validation,
    "explanations": tables.explanation,
    "spreads": tables.spread,
    "self-assessments": tables.self_assessment,
}
_TOLD = ("on", "actor", "source", "known_at")
_OWN = ("id", "organisation_id", "subject_key", "sequence", "digest", "journal_id", *_TOLD)
_ALERT, _EVENT, _SUBJECT = tables.alert, tables.alert_event, tables.subject
_NAME = _SUBJECT.c.kind + ":" + _SUBJECT.c.key


class DatabaseFilings:
    """Reads for forms and for what they say afterwards; each call is one snapshot."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def latest(
        self, organisation_id: int, kind: str, subject: str, limit: int
    ) -> tuple[FiledRow, ...]:
        """What was filed last of one kind about a subject, the latest first."""
        table = _TABLES[kind]
        query = (
            sa.select(table)
            .where(table.c.organisation_id == organisation_id, table.c.subject_key == subject)
            .order_by(table.c.known_at.desc(), table.c.id.desc())
            .limit(limit)
        )
        names = [column.name for column in table.c if column.name not in _OWN]
        with reading(self._engine) as connection:
            return tuple(
                FiledRow(
                    row.on,
                    row.actor,
                    row.source,
                    row.known_at,
                    {name: getattr(row, name) for name in names},
                )
                for row in connection.execute(query)
            )

    def event(self, organisation_id: int, source: str, event_id: str) -> FiledEvent | None:
        """An event by its source and id."""
        journal = tables.journal.c
        query = sa.select(*(journal[name] for name in FiledEvent.__slots__)).where(
            journal.organisation_id == organisation_id,
            journal.source == source,
            journal.event_id == event_id,
        )
        with reading(self._engine) as connection:
            row = connection.execute(query).one_or_none()
        return FiledEvent(**row._mapping) if row is not None else None

    def waiting(self, organisation_id: int, subjects: Sequence[str]) -> bool:
        """Whether one of the subjects is still to be judged by what is known."""
        query = sa.select(sa.func.count()).where(
            _SUBJECT.c.organisation_id == organisation_id,
            _NAME.in_(list(subjects)),
            _SUBJECT.c.judged_sequence < _SUBJECT.c.sequence,
        )
        with reading(self._engine) as connection:
            return bool(connection.scalar(query))

    def steps_since(
        self, organisation_id: int, subjects: Sequence[str], since: datetime
    ) -> tuple[StepSince, ...]:
        """What happened to the subjects' alerts from an instant on, in order."""
        query = (
            sa.select(
                _ALERT.c.id.label("alert_id"),
                _ALERT.c.expectation,
                _ALERT.c.about,
                _EVENT.c.kind,
                _EVENT.c.at,
                _EVENT.c.reason,
            )
            .join(_ALERT, _ALERT.c.id == _EVENT.c.alert_id)
            .join(_SUBJECT, _SUBJECT.c.id == _ALERT.c.subject_id)
            .where(
                _ALERT.c.organisation_id == organisation_id,
                _NAME.in_(list(subjects)),
                _EVENT.c.at >= since,
            )
            .order_by(_EVENT.c.id)
        )
        with reading(self._engine) as connection:
            return tuple(StepSince(**row._mapping) for row in connection.execute(query))
