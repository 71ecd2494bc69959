"""Marking subjects as stale, so that they are judged."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from services.persistence import tables


def marked(which: sa.ColumnElement[bool], rank_at: datetime, now: datetime) -> sa.Update:
    """Makes subjects stale as of the system's ``now``, to be judged in the turn of ``rank_at``.

    Their sequence rises: a judgement of what was known before does not clear the mark.
    """
    subject = tables.subject.c
    rank = sa.literal(rank_at, subject.rank_at.type)
    earlier = sa.case((subject.rank_at < rank, subject.rank_at), else_=rank)
    return (
        tables.subject.update()
        .where(which)
        .values(
            sequence=subject.sequence + 1,
            marked_at=sa.func.coalesce(subject.marked_at, sa.literal(now, subject.marked_at.type)),
            rank_at=earlier,
        )
    )
