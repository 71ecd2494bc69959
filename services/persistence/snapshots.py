"""What is known of a subject, read under its lock: the facts that bear on it, and what was seen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, NamedTuple

import sqlalchemy as sa

from services.framework.facts import (
    Facts,
    Maturity,
    MilestoneChange,
    MilestoneEvent,
    Observation,
    ProgressScore,
    Review,
    Role,
    RoleChange,
    SeriesKey,
    StateChange,
)
from services.framework.judgement import Subject, SubjectKind
from services.framework.periods import Period
from services.framework.plan import SYSTEM, Plan, ProjectState
from services.persistence import tables
from services.ports.intake import OTHER_FEED

_EVENTS = (
    tables.milestone_event,
    tables.progress_score,
    tables.review,
    tables.state_change,
    tables.role_change,
)


class Look(NamedTuple):
    """Where a judgement looks at a measure; site and stratum are None where it looks at all."""

    measure: str
    site: str | None = None
    stratum: str | None = None


class Bearing(NamedTuple):
    """What bears on a subject: where it looks at measures, and the subjects whose events count."""

    looks: tuple[Look, ...]
    subjects: tuple[str, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """Every subject whose sequence says what was seen."""
        return (*dict.fromkeys(f"measure:{look.measure}" for look in self.looks), *self.subjects)


def bearing(plan: Plan, subject: Subject) -> Bearing:
    """What the judgement of ``subject`` looks at."""
    match subject.kind:
        case SubjectKind.MEASURE:
            return Bearing((Look(subject.id),), ())
        case SubjectKind.PROJECT:
            return Bearing((), (str(subject),))
        case SubjectKind.AIM if subject.id in plan.aims:
            aim = plan.aims[subject.id]
            looks = [_look(plan, m.measure, aim.site, aim.stratum) for m in aim.measures]
            drivers = (d for d in aim.drivers if d.measure is not None)
            looks += [_look(plan, str(d.measure), d.site, d.stratum) for d in drivers]
            projects = (p.id for d in aim.drivers for p in plan.serving[d.key])
            served = (f"project:{p}" for p in dict.fromkeys(projects))
            return Bearing(tuple(dict.fromkeys(looks)), (str(subject), *served))
        case _:
            return Bearing((), (str(subject),))


def _look(plan: Plan, measure: str, site: str, stratum: str) -> Look:
    """One place, or every site where the system's value is rolled up from them."""
    known = plan.measures.get(measure)
    rolled = site == SYSTEM and known is not None and known.rollup is not None
    return Look(measure, None if rolled else site, stratum)


def load_facts(
    connection: sa.Connection,
    organisation_id: int,
    plan: Plan,
    looked_at: Bearing,
    seen: Mapping[str, int] | None = None,
) -> Facts:
    """The facts that bear on a subject; with ``seen`` only those up to the given sequences."""
    reader = _Reader(connection, organisation_id, looked_at.subjects, seen)
    return Facts(
        observations=_observations(connection, organisation_id, plan, looked_at.looks, seen),
        milestones=tuple(_milestone(r) for r in reader.rows(tables.milestone_event)),
        scores=tuple(_score(r) for r in reader.rows(tables.progress_score)),
        reviews=tuple(_review(r) for r in reader.rows(tables.review)),
        states=tuple(_state(r) for r in reader.rows(tables.state_change)),
        roles=tuple(_role(r) for r in reader.rows(tables.role_change)),
    )


def _observations(
    connection: sa.Connection,
    organisation_id: int,
    plan: Plan,
    looks: tuple[Look, ...],
    seen: Mapping[str, int] | None,
) -> dict[SeriesKey, tuple[Observation, ...]]:
    m = tables.measurement.c
    query = sa.select(tables.measurement).where(
        m.organisation_id == organisation_id,
        sa.or_(sa.false(), *map(_seen_there, looks)),
        m.flag.is_distinct_from(OTHER_FEED),
    )
    found: dict[SeriesKey, list[Observation]] = defaultdict(list)
    if not looks:
        return {}
    for row in connection.execute(query.order_by(m.period, m.version)):
        measure = plan.measures.get(row.measure)
        if measure is None or (
            seen is not None and row.sequence > seen.get(f"measure:{row.measure}", 0)
        ):
            continue
        key = SeriesKey(row.measure, row.site, row.stratum, row.definition)
        found[key].append(_observation(key, Period(row.period, measure.frequency), row))
    return {key: tuple(rows) for key, rows in found.items()}


def _seen_there(look: Look) -> sa.ColumnElement[bool]:
    m = tables.measurement.c
    places = ((m.site, look.site), (m.stratum, look.stratum))
    asked = (column == place for column, place in places if place is not None)
    return sa.and_(m.measure == look.measure, *asked)


def _observation(key: SeriesKey, period: Period, row: Any) -> Observation:
    return Observation(
        key,
        period,
        row.value,
        row.known_at,
        row.version,
        row.numerator,
        row.denominator,
        Maturity(row.state),
        row.suppressed,
        row.withdrawn,
        row.reason,
        row.complete_through,
        row.occurred_at,
        row.received_at,
        row.source,
    )


class _Reader:
    """Reads the event tables for some subjects; asks first which of them hold any."""

    def __init__(
        self,
        connection: sa.Connection,
        organisation_id: int,
        subjects: tuple[str, ...],
        seen: Mapping[str, int] | None,
    ) -> None:
        self._connection = connection
        self._organisation_id = organisation_id
        self._subjects = subjects
        self._seen = seen
        self._holding = self._hold() if subjects else {}

    def rows(self, table: sa.Table) -> list[Any]:
        """The table's events of the subjects, in the order in which they happened."""
        if not self._holding.get(table.name):
            return []
        order = (table.c.on, table.c.known_at, table.c.id)
        query = sa.select(table).where(*self._mine(table)).order_by(*order)
        return [row for row in self._connection.execute(query) if self._was_seen(row)]

    def _hold(self) -> dict[str, bool]:
        asked = (sa.exists().where(*self._mine(table)).label(table.name) for table in _EVENTS)
        return dict(self._connection.execute(sa.select(*asked)).one()._mapping)

    def _mine(self, table: sa.Table) -> tuple[sa.ColumnElement[bool], ...]:
        mine = table.c.subject_key.in_(self._subjects)
        return (table.c.organisation_id == self._organisation_id, mine)

    def _was_seen(self, row: Any) -> bool:
        return self._seen is None or row.sequence <= self._seen.get(row.subject_key, 0)


def _milestone(row: Any) -> MilestoneEvent:
    key = f"{row.subject_key.partition(':')[2]}/{row.milestone.rpartition('/')[2]}"
    change = MilestoneChange(row.change)
    return MilestoneEvent(key, change, row.on, row.known_at, row.reason, row.actor)


def _score(row: Any) -> ProgressScore:
    return ProgressScore(
        row.subject_key.partition(":")[2],
        row.half_steps,
        row.on,
        row.known_at,
        row.scored_by,
        row.method,
        row.scale_version,
        row.evidence,
    )


def _review(row: Any) -> Review:
    return Review(
        row.subject_key,
        row.on,
        row.known_at,
        row.reviewer,
        row.executing,
        row.working,
        row.decision,
        row.note,
    )


def _state(row: Any) -> StateChange:
    return StateChange(
        row.subject_key.partition(":")[2],
        ProjectState(row.state),
        row.on,
        row.known_at,
        row.reason,
        row.decided_by,
        row.sustainer,
    )


def _role(row: Any) -> RoleChange:
    return RoleChange(row.subject_key, Role(row.role), row.person, row.on, row.known_at, row.reason)
