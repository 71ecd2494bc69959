"""What was restated, as it is read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from services.framework.late import Finding, Month, Restated
from services.persistence import tables
from services.ports.reporting import Restatement

_SUBJECT, _RESTATEMENT = tables.subject, tables.restatement
_NAME = _SUBJECT.c.kind + ":" + _SUBJECT.c.key
_MOST = 50


def restatements(
    connection: sa.Connection,
    organisation_id: int,
    subjects: Sequence[str],
    as_of: datetime | None = None,
) -> tuple[Restatement, ...]:
    """What was restated of the subjects up to ``as_of``, the latest first."""
    query = (
        sa.select(_NAME.label("subject"), _RESTATEMENT)
        .join(_SUBJECT, _SUBJECT.c.id == _RESTATEMENT.c.subject_id)
        .where(_RESTATEMENT.c.organisation_id == organisation_id, _NAME.in_(list(subjects)))
        .order_by(_RESTATEMENT.c.id.desc())
        .limit(_MOST)
    )
    if as_of is not None:
        query = query.where(_RESTATEMENT.c.at <= as_of)
    return tuple(
        Restatement(
            row.subject,
            row.at,
            Restated(
                tuple(row.causes),
                tuple(Month(**month) for month in row.months),
                tuple(Finding(**finding) for finding in row.findings),
                row.period,
            ),
        )
        for row in connection.execute(query)
    )
