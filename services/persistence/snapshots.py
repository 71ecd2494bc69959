"""What is known of a subject, read under its lock: the facts that bear on it, and what was seen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import cache, lru_cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from services.framework.facts import AimRevision, Facts, Maturity, Observation, SeriesKey
from services.framework.judgement import Subject, SubjectKind
from services.framework.periods import Frequency, Period
from services.framework.plan import ALL, SYSTEM, Aim, Driver, Plan, Project
from services.persistence import facts_reading as read
from services.persistence import tables
from services.persistence.revisions import load_revisions
from services.ports.intake import OTHER_FEED

_OF_PERSON = (tables.role_change.name, tables.state_change.name)
_OF_ORGANISATION = (
    tables.state_change.name, tables.board_meeting.name, tables.explanation.name
)  # fmt: skip
_MOST_NAMED = 500


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
    """What bears on a subject: where it looks at measures, and the subjects whose events count.

    ``kinds`` are the tables of the events that count, none: every one. Of ``sponsored``, the aims
    whose sponsors may be told, only the changes of roles count.
    """

    looks: tuple[Look, ...]
    subjects: tuple[str, ...]
    kinds: tuple[str, ...] = ()
    sponsored: tuple[str, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        """Every subject whose sequence says what was seen."""
        measures = dict.fromkeys(f"measure:{look.measure}" for look in self.looks)
        return (*measures, *self.subjects, *self.sponsored)


def bearing(
    connection: sa.Connection, organisation_id: int, plan: Plan, subject: Subject
) -> Bearing:
    """What the judgement of ``subject`` looks at; what a person holds is told by events, too."""
    declared = declared_bearing(plan, subject)
    if subject.kind is not SubjectKind.PERSON:
        return declared
    role = tables.role_change.c
    held = sa.select(role.subject_key).where(
        role.organisation_id == organisation_id, role.person == subject.id
    )
    by_events = sorted(connection.scalars(held.distinct()))
    return declared._replace(subjects=tuple(dict.fromkeys((*declared.subjects, *by_events))))


def declared_bearing(plan: Plan, subject: Subject) -> Bearing:
    """What the judgement of ``subject`` looks at, as the plan alone has it."""
    match subject.kind:
        case SubjectKind.MEASURE:
            sponsored = tuple(_aims_on(plan, subject.id))
            return Bearing((Look(subject.id),), (str(subject),), sponsored=sponsored)
        case SubjectKind.PROJECT if subject.id in plan.projects:
            project = plan.projects[subject.id]
            looks = tuple(dict.fromkeys(_of_project(plan, project)))
            served = dict.fromkeys(f"aim:{s.driver.partition('/')[0]}" for s in project.serves)
            return Bearing(looks, (str(subject),), sponsored=tuple(served))
        case SubjectKind.AIM if subject.id in plan.aims:
            return _bearing_on_aim(plan, plan.aims[subject.id])
        case SubjectKind.PERSON:
            held = (f"project:{p.id}" for p in plan.projects.values() if _holds(p, subject.id))
            return Bearing((), (str(subject), *held), _OF_PERSON)
        case SubjectKind.ORGANISATION:
            projects = (f"project:{project}" for project in plan.projects)
            return Bearing((), (str(subject), *projects), _OF_ORGANISATION)
        case _:
            return Bearing((), (str(subject),))


def _aims_on(plan: Plan, measure: str) -> Iterator[str]:
    """The aims that are judged or driven by a measure: their sponsors may be told of it."""
    for aim in plan.aims.values():
        named = {judged.measure for judged in aim.measures} | {d.measure for d in aim.drivers}
        if measure in named:
            yield f"aim:{aim.id}"


def _bearing_on_aim(plan: Plan, aim: Aim) -> Bearing:
    looks = [_judged_look(plan, aim, judged.measure) for judged in aim.measures]
    looks += [_look(plan, measure, aim.site, aim.stratum) for measure in aim.balancing]
    looks += [look for driver in aim.drivers for look in _of_driver(plan, driver)]
    projects = (p.id for driver in aim.drivers for p in plan.serving[driver.key])
    measures = dict.fromkeys(f"measure:{look.measure}" for look in looks)
    served = dict.fromkeys(f"project:{project}" for project in projects)
    return Bearing(tuple(dict.fromkeys(looks)), (f"aim:{aim.id}", *served, *measures))


def _of_project(plan: Plan, project: Project) -> Iterator[Look]:
    """The project's own measure, and those of the drivers that it serves."""
    if project.measure is not None:
        yield _look(plan, project.measure, SYSTEM, ALL)
    for serve in project.serves:
        if serve.driver in plan.drivers:
            yield from _of_driver(plan, plan.drivers[serve.driver])


def _of_driver(plan: Plan, driver: Driver) -> Iterator[Look]:
    if driver.measure is not None:
        yield _look(plan, driver.measure, driver.site, driver.stratum)


def _holds(project: Project, person: str) -> bool:
    """Whether the plan gives a person a part in the project that counts for their load."""
    allocated = (allocation.person for allocation in project.allocations)
    return person in (project.leader, project.sponsor, *allocated)


def _judged_look(plan: Plan, aim: Aim, measure: str) -> Look:
    """What an aim is judged on: of the whole system also by each site and each stratum."""
    look, known = _look(plan, measure, aim.site, aim.stratum), plan.measures.get(measure)
    if known is not None and known.sites and look.site == SYSTEM:
        look = look._replace(site=None)
    if known is not None and known.strata and look.stratum == ALL:
        look = look._replace(stratum=None)
    return look


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
    reader = _Reader(connection, organisation_id, looked_at, seen)
    aims = [key.partition(":")[2] for key in looked_at.subjects if key.startswith("aim:")]
    revised = load_revisions(connection, organisation_id, plan, aims)
    return Facts(
        observations=_observations(connection, organisation_id, plan, looked_at.looks, seen),
        milestones=tuple(read.milestone(r) for r in reader.rows(tables.milestone_event)),
        scores=tuple(read.score(r) for r in reader.rows(tables.progress_score)),
        reviews=tuple(read.review(r) for r in reader.rows(tables.review)),
        states=tuple(read.state(r) for r in reader.rows(tables.state_change)),
        roles=tuple(read.role(r) for r in reader.rows(tables.role_change)),
        adoptions=tuple(read.adopted(plan, revised, r) for r in reader.rows(tables.adoption)),
        revisions=tuple(sorted((r.revision for r in revised), key=_when)),
        tests=tuple(read.tests(reader.rows(tables.test_of_change))),
        actions=tuple(read.actions(reader.rows(tables.review_action))),
        meetings=tuple(read.meeting(r) for r in reader.rows(tables.board_meeting)),
        publications=tuple(read.publications(plan, reader.rows(tables.publication))),
        validations=tuple(read.validated(r) for r in reader.rows(tables.validation)),
        explanations=tuple(read.explained(r) for r in reader.rows(tables.explanation)),
        spreads=tuple(read.spread(r) for r in reader.rows(tables.spread)),
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
        looked_at: Bearing,
        seen: Mapping[str, int] | None,
    ) -> None:
        self._connection = connection
        self._organisation_id = organisation_id
        self._subjects = frozenset(looked_at.subjects)
        self._with_roles = self._subjects | frozenset(looked_at.sponsored)
        self._seen = seen
        kinds = looked_at.kinds
        self._tables = tuple(table for table in tables.EVENTS if not kinds or table.name in kinds)
        self._named = len(self._with_roles) <= _MOST_NAMED
        self._holding = self._hold() if self._with_roles else {}

    def rows(self, table: sa.Table) -> list[Any]:
        """The table's events of the subjects, in the order in which they happened."""
        if not self._holding.get(table.name):
            return []
        counts = self._with_roles if table is tables.role_change else self._subjects
        found = self._connection.execute(_events(table, self._named), self._asked())
        return [row for row in found if row.subject_key in counts and self._was_seen(row)]

    def _hold(self) -> dict[str, bool]:
        query = _holding(self._tables, self._named)
        return dict(self._connection.execute(query, self._asked()).one()._mapping)

    def _asked(self) -> dict[str, Any]:
        whole = {"organisation": self._organisation_id}
        return {**whole, "subjects": sorted(self._with_roles)} if self._named else whole

    def _was_seen(self, row: Any) -> bool:
        return self._seen is None or row.sequence <= self._seen.get(row.subject_key, 0)


@cache
def _events(table: sa.Table, named: bool) -> sa.Select[Any]:
    order = (table.c.on, table.c.known_at, table.c.id)
    return sa.select(table).where(*_of_subjects(table, named)).order_by(*order)


@lru_cache(maxsize=64)
def _holding(asked: tuple[sa.Table, ...], named: bool) -> sa.Select[Any]:
    held: list[Any] = [
        sa.exists().where(*_of_subjects(table, named)).label(table.name) for table in asked
    ]
    return sa.select(*held)


def _of_subjects(table: sa.Table, named: bool) -> tuple[sa.ColumnElement[bool], ...]:
    """The rows of the subjects; of the whole organisation where they are too many to name."""
    own = table.c.organisation_id == sa.bindparam("organisation")
    those = table.c.subject_key.in_(sa.bindparam("subjects", expanding=True))
    return (own, those) if named else (own,)


def _when(revision: AimRevision) -> tuple[date, datetime]:
    return revision.on, revision.known_at
