"""What intake checks against, held in the process until a write finds that it has moved."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

from services.framework.judgement import Subject, SubjectKind
from services.framework.plan import Plan
from services.persistence import tables
from services.persistence.clock import read_clock
from services.persistence.engine import reading
from services.ports.intake import Standing


class DatabaseStandings:
    """Standings by organisation. ``plan_of`` gives the plan in force (by organisation's id)."""

    def __init__(self, engine: sa.Engine, plan_of: Callable[[int], Plan]) -> None:
        self._engine = engine
        self._plan_of = plan_of
        self._held: dict[int, Standing] = {}

    def held(self, organisation_id: int) -> Standing:
        """The standing as last loaded, which may be stale."""
        found = self._held.get(organisation_id)
        return found if found is not None else self.reload(organisation_id)

    def reload(self, organisation_id: int) -> Standing:
        """The standing of now."""
        plan = self._plan_of(organisation_id)
        table = tables.subject
        query = sa.select(table.c.id, table.c.kind, table.c.key)
        with reading(self._engine) as connection:
            clock = read_clock(connection)
            rows = connection.execute(query.where(table.c.organisation_id == organisation_id))
            ids = {Subject(SubjectKind(row.kind), row.key): row.id for row in rows}
        standing = Standing(
            organisation_id, plan, clock.version, clock.frozen_at, clock.offset, ids
        )
        self._held[organisation_id] = standing
        return standing

    def is_in_force(self, standing: Standing) -> bool:
        """Whether plan and clock have not moved since it was loaded."""
        with reading(self._engine) as connection:
            return in_force(connection, standing)


def in_force(connection: sa.Connection, standing: Standing) -> bool:
    """Whether the organisation's plan and the clock are those of the standing."""
    table = tables.organisation
    version = sa.select(table.c.plan_version).where(table.c.id == standing.organisation_id)
    if connection.scalar(version) != standing.plan.version:
        return False
    return read_clock(connection).version == standing.clock_version
