"""Revisions of aims, told by what each version of a plan changed: who, when and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from services.framework.facts import AimRevision
from services.framework.periods import Frequency, Period, PeriodError, local_date
from services.framework.plan import Aim, Plan
from services.persistence import tables

_VERSION, _CHANGE = tables.plan_version.c, tables.plan_change.c
_PERIODS = ("start", "deadline")
_JUDGED = ("measure", "baseline", "target", "path", "definition")
_CHANGED = ("changed", "ended")
_ABSENT: Mapping[str, Any] = {}


class Revised(NamedTuple):
    """A revision and the version of the plan that made it."""

    version: int
    revision: AimRevision


def load_revisions(
    connection: sa.Connection, organisation_id: int, plan: Plan, aims: Iterable[str]
) -> tuple[Revised, ...]:
    """Every revision of ``aims`` up to the plan's version, in the order of the versions.

    Fields are named as in the plan file; those of an aim's primary measure as if it stood in the
    aim itself. A changed driver is a revision of ``drivers``, a changed prediction of a project
    that serves the aim one of ``predictions``. What a version declares first is no revision.
    """
    known = [plan.aims[aim] for aim in aims if aim in plan.aims]
    if plan.version < 2 or not known:  # noqa: PLR2004 - the first version revises nothing
        return ()
    rows = list(connection.execute(_query(organisation_id, plan, known)))
    return tuple(each for aim in known for each in _of_aim(plan, aim, rows))


def _query(organisation_id: int, plan: Plan, aims: Sequence[Aim]) -> sa.Select[Any]:
    keys = {
        "aim": [aim.id for aim in aims],
        "driver": [driver.key for aim in aims for driver in aim.drivers],
        "project": [p.id for aim in aims for p in _serving(plan, aim)],
    }
    asked = [sa.and_(_CHANGE.kind == kind, _CHANGE.key.in_(found)) for kind, found in keys.items()]
    joined = sa.and_(
        _VERSION.organisation_id == _CHANGE.organisation_id, _VERSION.version == _CHANGE.version
    )
    columns = (_VERSION.known_at, _VERSION.effective_from, _VERSION.author, _VERSION.reason)
    query = sa.select(tables.plan_change, *columns).join(tables.plan_version, joined)
    return query.where(
        _CHANGE.organisation_id == organisation_id, _CHANGE.version <= plan.version, sa.or_(*asked)
    ).order_by(_CHANGE.version, _CHANGE.id)


def _serving(plan: Plan, aim: Aim) -> list[Any]:
    found = {p.id: p for driver in aim.drivers for p in plan.serving[driver.key]}
    return list(found.values())


def _of_aim(plan: Plan, aim: Aim, rows: Sequence[Any]) -> Iterator[Revised]:
    mine = {("aim", aim.id)} | {("driver", driver.key) for driver in aim.drivers}
    mine |= {("project", project.id) for project in _serving(plan, aim)}
    by_version: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        if (row.kind, row.key) in mine:
            by_version[row.version].append(row)
    for changes in by_version.values():
        if not any(row.kind == "aim" and row.change == "added" for row in changes):
            yield from _in_version(plan, aim, changes)


def _in_version(plan: Plan, aim: Aim, rows: Sequence[Any]) -> Iterator[Revised]:
    head = rows[0]
    for field, old, new in _differences(aim, rows):
        measure = plan.measures.get(aim.primary.measure) if aim.primary else None
        frequency = measure.frequency if measure else None
        yield Revised(
            head.version,
            AimRevision(
                aim.id,
                field,
                _plain(field, old, frequency),
                _plain(field, new, frequency),
                local_date(head.effective_from, plan.zone),
                head.known_at,
                head.reason,
                head.author,
            ),
        )


def _differences(aim: Aim, rows: Sequence[Any]) -> Iterator[tuple[str, Any, Any]]:
    fields = [r for r in rows if r.kind == "aim" and r.change in _CHANGED]
    before = {r.pointer.removeprefix("/"): r.before for r in fields}
    after = {r.pointer.removeprefix("/"): r.after for r in fields}
    old, new = _flat(before), _flat(after)
    found = [(f, old.get(f), new.get(f)) for f in dict.fromkeys([*old, *new])]
    changed = [each for each in found if each[1] != each[2]]
    if not changed and "measures" in before:
        changed = [("measures", before["measures"], after["measures"])]
    yield from changed
    for row in rows:
        yield from _around(aim, row)


def _around(aim: Aim, row: Any) -> Iterator[tuple[str, Any, Any]]:
    """What a change of a driver, or of what a project serves, is to the aim."""
    if row.kind == "driver":
        yield "drivers", _driver(row, row.before), _driver(row, row.after)
    elif row.kind == "project" and row.pointer in ("", "/serves"):
        before, after = _serves(aim, row.before), _serves(aim, row.after)
        if before != after:
            yield "predictions", before, after


def _flat(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of an aim with those of its primary measure, where it has several, as its own."""
    found = {name: value for name, value in fields.items() if name != "measures"}
    several = fields.get("measures") or ()
    first = next((m for m in several if m.get("primary")), next(iter(several), _ABSENT))
    return found | {name: first[name] for name in _JUDGED if name in first}


def _driver(row: Any, value: Any) -> Any:
    """What a driver was or is, whole or the one field, with its id."""
    if row.pointer == "":
        return value
    return {"id": row.key.partition("/")[2], row.pointer.removeprefix("/"): value}


def _serves(aim: Aim, value: Any) -> list[Any]:
    """What a project, told whole or by its ``serves``, predicts for the aim."""
    served = value.get("serves", ()) if isinstance(value, dict) else value or ()
    return [each for each in served if each["driver"].partition("/")[0] == aim.id]


def _plain(field: str, value: Any, frequency: Frequency | None) -> object:
    """A value as the plan has it: periods as periods, [low, high] as a pair."""
    if field in _PERIODS and frequency is not None and value is not None:
        try:
            return Period.parse(str(value), frequency)
        except PeriodError:
            return value
    return tuple(value) if field == "target" and isinstance(value, list) else value


def standing_at(revised: Iterable[Revised], aim: Aim, field: str, version: int) -> object:
    """The aim's target or deadline as the plan's ``version`` declared it."""
    for each in revised:
        found = each.revision
        if each.version > version and (found.aim, found.field) == (aim.id, field):
            return found.old
    if field == "deadline":
        return aim.deadline
    return aim.primary.target if aim.primary else None
