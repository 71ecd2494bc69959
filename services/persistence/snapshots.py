"""What is known of a subject, read under its lock: the facts that bear on it, and what was seen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
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
from services.framework.periods import Frequency, Period
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


_M = tables.measurement.c
_PLACE = (_M.measure, _M.site, _M.stratum, _M.definition)
_SAID = (
    _M.sequence,
    _M.period,
    _M.value,
    _M.known_at,
    _M.version,
    _M.numerator,
    _M.denominator,
    _M.state,
    _M.suppressed,
    _M.withdrawn,
    _M.reason,
    _M.complete_through,
    _M.occurred_at,
    _M.received_at,
    _M.source,
)
_MATURITY = {each.value: each for each in Maturity}


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
    if not looks:
        return {}
    query = sa.select(*_PLACE, *_SAID).where(
        _M.organisation_id == organisation_id,
        sa.or_(*map(_seen_there, looks)),
        _M.flag.is_distinct_from(OTHER_FEED),
    )
    by_place: dict[tuple[Any, ...], list[Any]] = defaultdict(list)
    for row in connection.execute(query.order_by(_M.period, _M.version)):
        by_place[row[: len(_PLACE)]].append(row)
    found = {}
    for place, rows in by_place.items():
        key = SeriesKey(*place)
        measure = plan.measures.get(key.measure)
        if measure is not None:
            last = None if seen is None else seen.get(f"measure:{key.measure}", 0)
            if known := tuple(_known(key, measure.frequency, rows, last)):
                found[key] = known
    return found


def _known(
    key: SeriesKey, frequency: Frequency, rows: Sequence[Any], last: int | None
) -> Iterator[Observation]:
    """The observations up to the sequence ``last`` (None: all). Long histories pass here often."""
    for row in rows:
        _, _, _, _, sequence, start, value, known_at, version, top, bottom, state, *said = row
        if last is None or sequence <= last:
            maturity = _MATURITY[state]
            yield Observation(
                key,
                Period(start, frequency),
                value,
                known_at,
                version,
                top,
                bottom,
                maturity,
                *said,
            )


def _seen_there(look: Look) -> sa.ColumnElement[bool]:
    places = ((_M.site, look.site), (_M.stratum, look.stratum))
    asked = (column == place for column, place in places if place is not None)
    return sa.and_(_M.measure == look.measure, *asked)


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
