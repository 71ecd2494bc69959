"""Writing facts by plain statements in one transaction: every rule of intake, on any database."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from services.framework.judgement import Subject, SubjectKind
from services.persistence import tables
from services.persistence.engine import is_sqlite
from services.persistence.facts_standing import in_force
from services.persistence.marking import marked
from services.ports.intake import (
    OTHER_FEED,
    Entry,
    EventEntry,
    MeasurementEntry,
    Outcome,
    StaleStandingError,
    Stamp,
    Standing,
)

MEASUREMENT_TOLD = ("value", "numerator", "denominator", "state", "suppressed", "withdrawn")
_COMPARED = (*MEASUREMENT_TOLD, "complete_through")
REDATED = "redated"
DECLARED = "plan"
_MAY_BE_LEFT_OUT = frozenset({"reason", "decided_by", "sustainer", "until"})
_MEASUREMENT = tables.measurement
_EVENTS: dict[str, sa.Table] = {table.name: table for table in tables.FILED}
_HELD = frozenset({tables.role_change.name, tables.state_change.name})


class Decision:
    """What to do about an entry: the outcome, the new row if there is one, the row it replaces."""

    __slots__ = ("entry", "outcome", "replaces", "row", "told")

    def __init__(
        self,
        entry: Entry,
        outcome: Outcome,
        row: dict[str, Any] | None = None,
        replaces: int | None = None,
        *,
        told: bool = False,
    ) -> None:
        self.entry = entry
        self.outcome = outcome
        self.row = row
        self.replaces = replaces
        self.told = told

    @property
    def journaled(self) -> bool:
        """Whether it goes into the journal: what changes a fact, or carries a new id."""
        if self.told or self.outcome.result in {"conflict", "nothing"}:
            return False
        return self.row is not None or self.entry.event_id is not None


def keep_by_statements(
    connection: sa.Connection, standing: Standing, stamp: Stamp, entries: Sequence[Entry]
) -> list[Outcome]:
    """Keep entries whose keys and ids all differ. Raises StaleStandingError."""
    _guard(connection, standing, stamp)
    _lock(connection, {subject for entry in entries for subject in entry.subjects})
    entries = _with_holders(connection, standing, entries)
    decisions = _decide(connection, standing.organisation_id, entries)
    changed = [decision for decision in decisions if decision.row is not None]
    subjects = sorted({subject for each in changed for subject in each.entry.subjects})
    sequences = _mark(connection, stamp, subjects)
    journal = _journal(connection, standing.organisation_id, stamp, decisions)
    _insert(connection, standing.organisation_id, stamp, changed, sequences, journal)
    return [decision.outcome for decision in decisions]


def _guard(connection: sa.Connection, standing: Standing, stamp: Stamp) -> None:
    key = tables.api_key
    if not in_force(connection, standing):
        raise StaleStandingError
    if stamp.key_id is not None:
        live = sa.select(key.c.id).where(
            key.c.id == stamp.key_id,
            key.c.organisation_id == standing.organisation_id,
            key.c.revoked_at.is_(None),
            key.c.expires_at > stamp.system_now,
        )
        if connection.scalar(live) is None:
            raise StaleStandingError


def _lock(connection: sa.Connection, subjects: Iterable[int]) -> None:
    if is_sqlite(connection):
        return
    table = tables.subject
    query = sa.select(table.c.id).where(table.c.id.in_(sorted(subjects)))
    connection.execute(query.order_by(table.c.id).with_for_update(key_share=True))


def _with_holders(
    connection: sa.Connection, standing: Standing, entries: Sequence[Entry]
) -> Sequence[Entry]:
    """The entries; those that move roles or states touch whoever had a role there by an event."""
    asked = {e.subject_key for e in entries if isinstance(e, EventEntry) and e.table in _HELD}
    if not asked:
        return entries
    role = tables.role_change.c
    query = sa.select(role.subject_key, role.person).where(
        role.organisation_id == standing.organisation_id,
        role.subject_key.in_(sorted(asked)),
        role.person.is_not(None),
    )
    held: dict[str, set[int]] = {}
    for key, person in connection.execute(query.distinct()):
        found = standing.subject_ids.get(Subject(SubjectKind.PERSON, person))
        held.setdefault(key, set()).update(() if found is None else (found,))
    _lock(connection, set().union(*held.values()))
    return [_touching(e, held) if isinstance(e, EventEntry) else e for e in entries]


def _touching(entry: EventEntry, held: Mapping[str, set[int]]) -> EventEntry:
    if entry.table not in _HELD:
        return entry
    subjects = held.get(entry.subject_key, set()).union(entry.subjects)
    return entry._replace(subjects=tuple(sorted(subjects)))


def _decide(
    connection: sa.Connection, organisation_id: int, entries: Sequence[Entry]
) -> list[Decision]:
    told = _told(connection, organisation_id, entries)
    values = [entry for entry in entries if isinstance(entry, MeasurementEntry)]
    held = _held_values(connection, organisation_id, values)
    decisions = []
    for entry in entries:
        before = told.get((entry.source, entry.event_id)) if entry.event_id else None
        if before is not None and before.body_hash != entry.body_hash:
            decisions.append(Decision(entry, Outcome(entry.item, "conflict"), told=True))
        elif isinstance(entry, MeasurementEntry):
            decisions.append(_value_decision(entry, held.get(entry.key, []), before))
        else:
            rows = _held_events(connection, organisation_id, entry)
            decisions.append(_event_decision(entry, rows, before))
    return decisions


def _told(
    connection: sa.Connection, organisation_id: int, entries: Sequence[Entry]
) -> dict[tuple[str, str | None], Any]:
    """The journal lines of ids that were used before, by source and id."""
    ids: dict[str, list[str]] = {}
    for entry in entries:
        if entry.event_id is not None:
            ids.setdefault(entry.source, []).append(entry.event_id)
    found: dict[tuple[str, str | None], Any] = {}
    table = tables.journal
    columns = (table.c.id, table.c.source, table.c.event_id, table.c.body_hash, table.c.result)
    for source, event_ids in ids.items():
        query = sa.select(*columns).where(
            table.c.organisation_id == organisation_id,
            table.c.source == source,
            table.c.event_id.in_(event_ids),
            table.c.event_id.is_not(None),
        )
        for row in connection.execute(query):
            found[row.source, row.event_id] = row
    return found


def _held_values(
    connection: sa.Connection, organisation_id: int, entries: Iterable[MeasurementEntry]
) -> dict[tuple[object, ...], list[sa.Row[Any]]]:
    """Every version of each entry's key, the oldest first."""
    table = _MEASUREMENT
    series: dict[tuple[Any, ...], list[Any]] = {}
    for entry in entries:
        key = (entry.measure, entry.site, entry.stratum, entry.definition)
        series.setdefault(key, []).append(entry.period)
    found: dict[tuple[object, ...], list[sa.Row[Any]]] = {}
    for (measure, site, stratum, definition), periods in series.items():
        query = sa.select(table).where(
            table.c.organisation_id == organisation_id,
            table.c.measure == measure,
            table.c.site == site,
            table.c.stratum == stratum,
            table.c.period.in_(periods),
            table.c.definition == definition,
        )
        for row in connection.execute(query.order_by(table.c.version)):
            found.setdefault((measure, site, stratum, row.period, definition), []).append(row)
    return found


def _value_decision(
    entry: MeasurementEntry, rows: Sequence[sa.Row[Any]], told: sa.Row[Any] | None
) -> Decision:
    if told is not None:
        return Decision(entry, _value_again(entry, rows, told), told=True)
    current = next((row for row in rows if row.current), None)
    said = _merged(entry, current)
    if current is None:
        if entry.withdrawn:
            return Decision(entry, Outcome(entry.item, "nothing"))
        return _new_value(entry, said, rows, "created", None)
    if all(said[name] == getattr(current, name) for name in _COMPARED):
        return Decision(entry, Outcome(entry.item, "unchanged", flag=current.flag))
    if entry.feed is not None and current.source == entry.feed:
        return _other_feed(entry, said, rows)
    result = "withdrawn" if entry.withdrawn else "corrected"
    return _new_value(entry, said, rows, result, current)


def _merged(entry: MeasurementEntry, current: sa.Row[Any] | None) -> dict[str, Any]:
    """What the entry says; of dated events, what it leaves out stays as it was."""
    said: dict[str, Any] = {name: getattr(entry, name) for name in _COMPARED}
    if not entry.merge or entry.withdrawn:
        return said
    silent = entry.value is None and not entry.suppressed
    if current is not None and not current.withdrawn:
        if silent:
            said["value"], said["suppressed"] = current.value, current.suppressed
        if current.complete_through is not None:
            through = entry.complete_through or current.complete_through
            said["complete_through"] = max(through, current.complete_through)
    elif silent:
        said["value"] = 0.0
    return said


def _new_value(
    entry: MeasurementEntry,
    said: Mapping[str, Any],
    rows: Sequence[sa.Row[Any]],
    result: str,
    current: sa.Row[Any] | None,
) -> Decision:
    row = _value_row(entry, said, rows, entry.flag, current=True)
    if current is None:
        return Decision(entry, Outcome(entry.item, result, flag=entry.flag), row)
    before = {name: getattr(current, name) for name in MEASUREMENT_TOLD}
    after = {name: said[name] for name in MEASUREMENT_TOLD}
    outcome = Outcome(entry.item, result, before, after, entry.flag)
    return Decision(entry, outcome, row, current.id)


def _other_feed(
    entry: MeasurementEntry, said: Mapping[str, Any], rows: Sequence[sa.Row[Any]]
) -> Decision:
    """Another feed's differing value is kept beside the current one and flagged."""
    own = [row for row in rows if row.flag == OTHER_FEED and row.source == entry.source]
    if own and all(said[name] == getattr(own[-1], name) for name in _COMPARED):
        return Decision(entry, Outcome(entry.item, "unchanged", flag=OTHER_FEED))
    row = _value_row(entry, said, rows, OTHER_FEED, current=False)
    return Decision(entry, Outcome(entry.item, "created", flag=OTHER_FEED), row)


def _value_row(
    entry: MeasurementEntry,
    said: Mapping[str, Any],
    rows: Sequence[sa.Row[Any]],
    flag: str | None,
    *,
    current: bool,
) -> dict[str, Any]:
    return {
        "measure": entry.measure,
        "site": entry.site,
        "stratum": entry.stratum,
        "period": entry.period,
        "definition": entry.definition,
        "version": rows[-1].version + 1 if rows else 1,
        **said,
        "reason": entry.reason,
        "source": entry.source,
        "flag": flag,
        "current": current,
        "occurred_at": entry.occurred_at,
        "received_at": entry.received_at,
    }


def _value_again(
    entry: MeasurementEntry, rows: Sequence[sa.Row[Any]], told: sa.Row[Any]
) -> Outcome:
    """The outcome of then, from the version that was written then and the one before it."""
    then = next((row for row in rows if row.journal_id == told.id), None)
    if then is None:
        return Outcome(entry.item, told.result)
    if told.result == "created":
        return Outcome(entry.item, told.result, flag=then.flag)
    earlier = [r for r in rows if r.version < then.version and r.flag != OTHER_FEED]
    before, after = (
        {name: getattr(row, name) for name in MEASUREMENT_TOLD} for row in (earlier[-1], then)
    )
    return Outcome(entry.item, told.result, before, after, then.flag)


def _held_events(
    connection: sa.Connection, organisation_id: int, entry: EventEntry
) -> list[sa.Row[Any]]:
    """Every event about the same thing, the oldest first."""
    table = _EVENTS[entry.table]
    said = {"on": entry.on, **entry.columns}
    query = sa.select(table).where(
        table.c.organisation_id == organisation_id,
        table.c.subject_key == entry.subject_key,
        *(table.c[name].is_not_distinct_from(said[name]) for name in entry.natural),
    )
    if table is tables.milestone_event and entry.columns["change"] != REDATED:
        query = query.where(table.c.change != REDATED)
    return list(connection.execute(query.order_by(table.c.id)))


def _event_decision(
    entry: EventEntry, rows: Sequence[sa.Row[Any]], told: sa.Row[Any] | None
) -> Decision:
    if told is not None:
        return Decision(entry, _event_again(entry, rows, told), told=True)
    if rows and (rows[-1].digest == entry.digest or _declared_already(entry, rows[-1])):
        return Decision(entry, Outcome(entry.item, "unchanged"))
    row = {
        "subject_key": entry.subject_key,
        **entry.columns,
        "on": entry.on,
        "reason": entry.reason,
        "source": entry.source,
        "digest": entry.digest,
    }
    if not rows:
        return Decision(entry, Outcome(entry.item, "created"), row)
    before = _event_told(entry, rows[-1]._asdict())
    return Decision(entry, Outcome(entry.item, "corrected", before, _event_told(entry, row)), row)


def _declared_already(entry: EventEntry, row: sa.Row[Any]) -> bool:
    """Whether the plan declared just this; leaving out why or by whom contradicts nothing."""
    if row.source != DECLARED:
        return False
    held, said = row._asdict(), {"on": entry.on, "reason": entry.reason, **entry.columns}
    return all(
        held[name] == value or (value is None and name in _MAY_BE_LEFT_OUT)
        for name, value in said.items()
    )


def _event_again(entry: EventEntry, rows: Sequence[sa.Row[Any]], told: sa.Row[Any]) -> Outcome:
    then = next((row for row in rows if row.journal_id == told.id), None)
    if then is None or told.result != "corrected":
        return Outcome(entry.item, told.result)
    earlier = [row for row in rows if row.id < then.id]
    before, after = (_event_told(entry, row._asdict()) for row in (earlier[-1], then))
    return Outcome(entry.item, told.result, before, after)


def _event_told(entry: EventEntry, row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("on", "reason", *entry.columns)}


def _mark(connection: sa.Connection, stamp: Stamp, subjects: Sequence[int]) -> dict[int, int]:
    """Make the subjects stale; their new sequences by id. The rows are locked by now."""
    if not subjects:
        return {}
    subject = tables.subject.c
    update = marked(subject.id.in_(subjects), stamp.rank_at, stamp.system_now)
    update = update.returning(subject.id, subject.sequence)
    return {row.id: row.sequence for row in connection.execute(update)}


def _journal(
    connection: sa.Connection,
    organisation_id: int,
    stamp: Stamp,
    decisions: Sequence[Decision],
) -> dict[int, int]:
    """Write the journal; its lines' ids by item."""
    journaled = [decision for decision in decisions if decision.journaled]
    if not journaled:
        return {}
    table = tables.journal
    inserted = connection.execute(
        table.insert().returning(table.c.id, sort_by_parameter_order=True),
        [_journal_row(organisation_id, stamp, decision) for decision in journaled],
    )
    ids = inserted.scalars().all()
    return {each.entry.item: number for each, number in zip(journaled, ids, strict=True)}


def _journal_row(organisation_id: int, stamp: Stamp, decision: Decision) -> dict[str, Any]:
    entry = decision.entry
    return {
        "organisation_id": organisation_id,
        "kind": stamp.kind,
        "source": entry.source,
        "event_id": entry.event_id,
        "actor": stamp.actor,
        "body": json.loads(entry.body),
        "body_hash": entry.body_hash,
        "result": decision.outcome.result,
        "known_at": stamp.known_at,
        "recorded_at": stamp.system_now,
    }


def _insert(
    connection: sa.Connection,
    organisation_id: int,
    stamp: Stamp,
    changed: Sequence[Decision],
    sequences: Mapping[int, int],
    journal: Mapping[int, int],
) -> None:
    replaced = [each.replaces for each in changed if each.replaces is not None]
    if replaced:
        superseded = _MEASUREMENT.update().where(_MEASUREMENT.c.id.in_(replaced))
        connection.execute(superseded.values(current=False))
    by_table: dict[sa.Table, list[dict[str, Any]]] = {}
    for each in changed:
        entry = each.entry
        common = {
            "organisation_id": organisation_id,
            "known_at": stamp.known_at,
            "sequence": sequences[entry.home],
            "journal_id": journal[entry.item],
        }
        table = _MEASUREMENT
        if isinstance(entry, EventEntry):
            table = _EVENTS[entry.table]
            common["actor"] = stamp.actor
        by_table.setdefault(table, []).append({**(each.row or {}), **common})
    for table, rows in by_table.items():
        connection.execute(table.insert(), rows)
