"""The rows that bear on several subjects of one organisation, read together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from services.persistence import tables
from services.persistence.among import MOST_NAMED, Among
from services.persistence.bearings import Bearing, Look
from services.persistence.engine import is_sqlite
from services.ports.intake import OTHER_FEED

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
Place = tuple[str, str, str, int]
_Tables = tuple[sa.Table, ...]
_BY = {
    (True, True): (_M.measure, _M.site, _M.stratum),
    (True, False): (_M.measure, _M.site),
    (False, True): (_M.measure, _M.stratum),
    (False, False): (_M.measure,),
}
"""By which columns a look asks, from whether it names a site and a stratum."""


class SubjectRows:
    """Values by place, and events by subject, each in the order in which they happened."""

    def __init__(
        self, connection: sa.Connection, organisation_id: int, bearings: Sequence[Bearing]
    ) -> None:
        self._connection = connection
        self._organisation_id = organisation_id
        self._lite = is_sqlite(connection)
        self._values = self._read_values({look for each in bearings for look in each.looks})
        self._events: dict[tuple[_Tables, str], dict[str, list[Any]]] = {}
        for asked, names in _asked(bearings).items():
            self._read_events(asked, names)

    def values(self, looks: Iterable[Look]) -> Iterator[tuple[Place, Sequence[Any]]]:
        """The rows of each place that is looked at."""
        by_measure: dict[str, list[Look]] = defaultdict(list)
        for look in looks:
            by_measure[look.measure].append(look)
        for measure, mine in by_measure.items():
            for place, rows in self._values.get(measure, {}).items():
                if any(look.sees(place[1], place[2]) for look in mine):
                    yield place, rows

    def events(self, table: sa.Table, of: Bearing, seen: Mapping[str, int] | None) -> list[Any]:
        """The table's events of the subjects that bear, up to the sequences ``seen``."""
        held = self._events.get((_tables(of), table.name))
        if not held:
            return []
        counts = (*of.subjects, *of.sponsored) if table is tables.role_change else of.subjects
        found = [rows for name in dict.fromkeys(counts) if (rows := held.get(name))]
        every = found[0] if len(found) == 1 else sorted((r for f in found for r in f), key=_order)
        if seen is None:
            return every
        return [row for row in every if row.sequence <= seen.get(row.subject_key, 0)]

    def _read_values(self, looks: Collection[Look]) -> dict[str, dict[Place, list[Any]]]:
        found: dict[str, dict[Place, list[Any]]] = defaultdict(dict)
        for kind, columns in _BY.items():
            asked = {
                tuple(part for part in look if part is not None)
                for look in looks
                if (look.site is not None, look.stratum is not None) == kind
            }
            if asked:
                statement, among = _valued(columns, self._lite)
                for names in among.batches(asked):
                    given = {"organisation": self._organisation_id, **names}
                    for row in self._connection.execute(statement, given).all():
                        found[row[0]].setdefault(row[: len(_PLACE)], []).append(row)
        return {measure: _once(places) for measure, places in found.items()}

    def _read_events(self, asked: _Tables, names: Collection[str] | None) -> None:
        """The events of the subjects; of the whole organisation where ``names`` is None."""
        own: dict[str, Any] = {"organisation": self._organisation_id}
        named = names is not None
        held, among = _holding(asked, named, self._lite)
        batches = among.batches((name,) for name in names) if names is not None else [{}]
        for batch in batches:
            given = {**own, **batch}
            holds = self._connection.execute(held, given).one()
            for table in (t for t, has in zip(asked, holds, strict=True) if has):
                rows = self._events.setdefault((asked, table.name), defaultdict(list))
                for row in self._connection.execute(_events(table, named, self._lite), given).all():
                    rows[row.subject_key].append(row)


def _once(places: dict[Place, list[Any]]) -> dict[Place, list[Any]]:
    """The places in order; two looks, a wide and a narrow one, may have read the same rows."""
    return {
        place: list({(row.period, row.version): row for row in rows}.values())
        for place, rows in sorted(places.items())
    }


def _asked(bearings: Iterable[Bearing]) -> dict[_Tables, set[str] | None]:
    """Of which subjects which tables are asked; None: of the whole organisation."""
    found: dict[_Tables, set[str] | None] = {}
    for each in bearings:
        asked = _tables(each)
        known = found.setdefault(asked, set())
        if known is not None:
            names = (*each.subjects, *each.sponsored)
            found[asked] = None if len(names) > MOST_NAMED else known.union(names)
    return found


def _tables(of: Bearing) -> _Tables:
    """The tables of the events that count."""
    if not of.kinds:
        return tables.EVENTS
    return tuple(table for table in tables.EVENTS if table.name in of.kinds)


def _order(row: Any) -> tuple[Any, Any, int]:
    return row.on, row.known_at, row.id


@lru_cache(maxsize=16)
def _valued(columns: tuple[sa.Column[Any], ...], lite: bool) -> tuple[sa.Select[Any], Among]:
    among = Among.of(columns, lite=lite)
    query = (
        sa.select(*_PLACE, *_SAID)
        .where(
            _M.organisation_id == sa.bindparam("organisation"),
            among.condition,
            _M.flag.is_distinct_from(OTHER_FEED),
        )
        .order_by(_M.period, _M.version)
    )
    return query, among


@lru_cache(maxsize=64)
def _events(table: sa.Table, named: bool, lite: bool) -> sa.Select[Any]:
    order = (table.c.on, table.c.known_at, table.c.id)
    return sa.select(table).where(*_of_subjects(table, named, lite)).order_by(*order)


@lru_cache(maxsize=64)
def _holding(asked: _Tables, named: bool, lite: bool) -> tuple[sa.Select[Any], Among]:
    held: list[Any] = [
        sa.exists().where(*_of_subjects(table, named, lite)).label(table.name) for table in asked
    ]
    return sa.select(*held), Among.of((asked[0].c.subject_key,), lite=lite)


def _of_subjects(table: sa.Table, named: bool, lite: bool) -> tuple[sa.ColumnElement[bool], ...]:
    own = table.c.organisation_id == sa.bindparam("organisation")
    those = Among.of((table.c.subject_key,), lite=lite).condition
    return (own, those) if named else (own,)
