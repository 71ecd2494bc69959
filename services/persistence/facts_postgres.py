"""Values on PostgreSQL: one statement checks, compares, corrects, journals and marks.

A single value is one round trip that commits by itself; a bulk is a binary COPY into a table of
the connection's own, and the same statement over it. What is rare (an event that was accepted
before, another feed's value, a key that holds one) is left to the plain statements.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from threading import Lock
from typing import Any

import psycopg
import sqlalchemy as sa
from psycopg import errors
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGresult

from services.persistence.postgres_text import as_array, as_text
from services.ports.intake import (
    MeasurementEntry,
    Outcome,
    StaleStandingError,
    Stamp,
    Standing,
)

Connection = psycopg.Connection[tuple[Any, ...]]
Rows = list[tuple[Any, ...]]
_TRIES = 50
_COPY_FROM = 50
# A statement over rows of unknown number: it must use the indexes whatever the statistics say.
_SETTINGS = "-c jit=off -c plan_cache_mode=force_generic_plan -c enable_seqscan=off"
_COLUMNS = {
    "item": "int4",
    "source": "text",
    "event_id": "text",
    "body": "text",
    "body_hash": "bytea",
    "home": "int8",
    "measure": "text",
    "site": "text",
    "stratum": "text",
    "period": "date",
    "definition": "int4",
    "value": "float8",
    "numerator": "float8",
    "denominator": "float8",
    "state": "text",
    "suppressed": "bool",
    "withdrawn": "bool",
    "reason": "text",
    "complete_through": "date",
    "flag": "text",
    "occurred_at": "timestamptz",
    "received_at": "timestamptz",
    "feed": "text",
}
_TOLD = ("value", "numerator", "denominator", "state", "suppressed", "withdrawn")
_COMPARED = (*_TOLD, "complete_through")
_STAGE = "bigdot_wave"
_CREATE_STAGE = (
    f"CREATE TEMP TABLE {_STAGE} ("
    + ", ".join(f"{name} {kind}" for name, kind in _COLUMNS.items())
    + ") ON COMMIT DELETE ROWS"
)
_CLEAR_STAGE = f"DELETE FROM {_STAGE}"  # noqa: S608 - our own name
_COPY = f"COPY {_STAGE} FROM STDIN (FORMAT BINARY)"
_FROM_ARRAYS = (
    "unnest("
    + ", ".join(f"%({name})s::{kind}[]" for name, kind in _COLUMNS.items())
    + f") AS i ({', '.join(_COLUMNS)})"
)
_FROM_ONE = (
    "(SELECT " + ", ".join(f"%({name})s::{kind} AS {name}" for name, kind in _COLUMNS.items())
) + ") i"
_SAME = " AND ".join(f"h.{name} IS NOT DISTINCT FROM i.{name}" for name in _COMPARED)
_ROW = ("measure", "site", "stratum", "period", "definition")
_KEY = " AND ".join(f"m.{name} = i.{name}" for name in _ROW)
_KEPT = (
    *_ROW, *_COMPARED, "reason", "source", "flag", "occurred_at", "received_at", "journal_id"
)  # fmt: skip


_MARKS_OF_ONE = "s.id = ANY (%(mark_subjects)s::int8[]) AND (SELECT n.changes FROM numbered n)"
# The journal is written before the locks are taken, which others wait for.
_MARKS_OF_MANY = """s.id IN (
    SELECT t.subject FROM unnest(%(mark_items)s::int4[], %(mark_subjects)s::int8[])
      AS t (item, subject) JOIN numbered n ON n.item = t.item AND n.changes
      WHERE (SELECT count(*) FROM told) > 0)"""


def _statement(rows: str, marks: str = _MARKS_OF_MANY) -> str:
    return f"""
WITH guard AS MATERIALIZED (
  SELECT o.id FROM organisation o
  WHERE o.id = %(organisation)s AND o.plan_version = %(plan)s
    AND coalesce((SELECT c.version FROM clock c), 0) = %(clock)s
    AND (%(key)s::int8 IS NULL OR EXISTS (
      SELECT 1 FROM api_key k WHERE k.id = %(key)s::int8 AND k.organisation_id = o.id
        AND k.revoked_at IS NULL AND k.expires_at > %(now)s::timestamptz))
), decided AS MATERIALIZED (
  SELECT i.*, h.id AS held_id, coalesce(h.version, 0) + 1 AS version,
    {", ".join(f"h.{name} AS held_{name}" for name in (*_TOLD, "flag"))},
    CASE
      WHEN i.event_id IS NOT NULL AND EXISTS (
        SELECT 1 FROM journal j WHERE j.organisation_id = %(organisation)s
          AND j.source = i.source AND j.event_id = i.event_id) THEN 'left'
      WHEN h.id IS NULL THEN CASE WHEN i.withdrawn THEN 'nothing' ELSE 'created' END
      WHEN NOT h.current THEN 'left'
      WHEN {_SAME} THEN 'unchanged'
      WHEN i.feed IS NOT NULL AND h.source = i.feed THEN 'left'
      WHEN i.withdrawn THEN 'withdrawn'
      ELSE 'corrected'
    END AS result
  FROM guard CROSS JOIN {rows}
  LEFT JOIN LATERAL (
    SELECT m.* FROM measurement m
    WHERE m.organisation_id = %(organisation)s AND {_KEY}
    ORDER BY m.version DESC LIMIT 1
  ) h ON true
), numbered AS MATERIALIZED (
  SELECT d.*, nextval('journal_id_seq') AS journal_id,
    d.result IN ('created', 'corrected', 'withdrawn') AS changes
  FROM decided d
  WHERE d.result IN ('created', 'corrected', 'withdrawn')
    OR (d.result = 'unchanged' AND d.event_id IS NOT NULL)
), told AS (
  INSERT INTO journal (id, organisation_id, kind, source, event_id, actor, body, body_hash,
    result, known_at, recorded_at)
  SELECT n.journal_id, %(organisation)s, %(kind)s, n.source, n.event_id, %(actor)s,
    n.body::jsonb, n.body_hash, n.result, %(known_at)s::timestamptz, %(now)s::timestamptz
  FROM numbered n
  RETURNING id
), locked AS MATERIALIZED (
  SELECT s.id FROM subject s
  WHERE {marks}
  ORDER BY s.id FOR NO KEY UPDATE
), marked AS (
  UPDATE subject s SET sequence = s.sequence + 1,
    marked_at = coalesce(s.marked_at, %(now)s::timestamptz),
    rank_at = least(s.rank_at, %(rank_at)s::timestamptz)
  FROM locked l WHERE s.id = l.id
  RETURNING s.id, s.sequence
), superseded AS (
  UPDATE measurement m SET current = false
  FROM numbered n WHERE n.changes AND m.id = n.held_id
), kept AS (
  INSERT INTO measurement (organisation_id, version, current, known_at, sequence,
    {", ".join(_KEPT)})
  SELECT %(organisation)s, n.version, true, %(known_at)s::timestamptz, s.sequence,
    {", ".join(f"n.{name}" for name in _KEPT)}
  FROM numbered n JOIN marked s ON s.id = n.home
  WHERE n.changes
)
SELECT d.item, d.result, d.flag, d.held_flag, d.held_id IS NOT NULL,
  {", ".join(f"d.held_{name}" for name in _TOLD)}
FROM decided d
"""  # noqa: S608 - names of columns, none of them from outside


def _plain(cell: bytes) -> str:
    return cell.decode()


def _truth(cell: bytes) -> bool:
    return cell == b"t"


_READ: tuple[Callable[[bytes], Any], ...] = (
    int, _plain, _plain, _plain, _truth, float, float, float, _plain, _truth, _truth
)  # fmt: skip


class _Statement:
    """A statement with its parameters numbered once; psycopg would parse it at each call."""

    def __init__(self, text: str) -> None:
        self.names: list[str] = []
        self.text = re.sub(r"%\((\w+)\)s", self._number, text).encode()

    def _number(self, match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in self.names:
            self.names.append(name)
        return f"${self.names.index(name) + 1}"

    def run(self, connection: Connection, parameters: Mapping[str, Any]) -> Rows:
        """Execute it as a prepared statement."""
        cursor = psycopg.RawCursor(connection)
        values = [parameters[name] for name in self.names]
        return cursor.execute(self.text, values, prepare=True).fetchall()


class _Prepared(_Statement):
    """A statement that each connection prepares once under its name, executed without a cursor.

    A cursor's adaption of some thirty parameters costs as much as the statement itself.
    """

    def __init__(self, name: bytes, text: str) -> None:
        super().__init__(text)
        self._name = name

    def prepare(self, connection: Connection) -> None:
        """Prepare it; where this fails, `run` will say why."""
        connection.pgconn.prepare(self._name, self.text)

    def run(self, connection: Connection, parameters: Mapping[str, Any]) -> Rows:
        """Execute it; a failure is executed again by a cursor, which raises the right error."""
        values: list[Any] = [as_text(parameters[name]) for name in self.names]
        result = connection.pgconn.exec_prepared(self._name, values)
        if result.status != ExecStatus.TUPLES_OK:
            return super().run(connection, parameters)
        return [_row(result, number) for number in range(result.ntuples)]


def _row(result: PGresult, number: int) -> tuple[Any, ...]:
    """A row of the statement's answer, from PostgreSQL's text."""
    cells = [result.get_value(number, column) for column in range(len(_READ))]
    return tuple([None if cell is None else _READ[at](cell) for at, cell in enumerate(cells)])


_ONE = _Prepared(b"bigdot_one", _statement(_FROM_ONE, _MARKS_OF_ONE))
_SOME = _Statement(_statement(_FROM_ARRAYS))
_BULK = _Statement(_statement(f"{_STAGE} i"))


class FastWriter:
    """Writes values over connections of its own, one for each thread that writes at a time."""

    def __init__(self, url: sa.URL) -> None:
        self._url = url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._idle: deque[Connection] = deque()
        self._turn = Lock()

    def keep(
        self, standing: Standing, stamp: Stamp, waves: Sequence[Sequence[MeasurementEntry]]
    ) -> list[list[Outcome]]:
        """Keep the waves in one transaction, to the first that leaves an entry to plain statements.

        What became of each wave; no outcome for an entry that was left. Bulks take turns: in the
        database they would wait for each other's subjects, and keep its dead rows meanwhile. Raises
        StaleStandingError.
        """
        told = _common(standing, stamp)
        is_bulk = len(waves[0]) >= _COPY_FROM
        for attempt in range(1, _TRIES + 1):
            try:
                with self._turn if is_bulk else nullcontext(), self._connection() as connection:
                    return _keep(connection, told, waves)
            except (errors.UniqueViolation, errors.DeadlockDetected):
                if attempt == _TRIES:
                    raise
        raise AssertionError("the last try returns or raises")

    def close(self) -> None:
        """Close the idle connections."""
        while self._idle:
            self._idle.pop().close()

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = self._connect()
        try:
            yield connection
        finally:
            if connection.closed:
                self.close()
            else:
                self._idle.append(connection)

    def _connect(self) -> Connection:
        connection = psycopg.connect(self._url, autocommit=True, options=_SETTINGS)
        connection.execute(_CREATE_STAGE)
        _ONE.prepare(connection)
        return connection


def _keep(
    connection: Connection, told: Mapping[str, Any], waves: Sequence[Sequence[MeasurementEntry]]
) -> list[list[Outcome]]:
    first = waves[0]
    if len(waves) == 1 and len(first) == 1:
        return [_outcomes(first, _ONE.run(connection, _with_one(told, first[0])))]
    if len(waves) == 1 and len(first) < _COPY_FROM:
        return [_outcomes(first, _SOME.run(connection, _with_some(told, first)))]
    done: list[list[Outcome]] = []
    with connection.transaction():
        for wave in waves:
            done.append(_outcomes(wave, _run(connection, told, wave)))
            if len(done[-1]) < len(wave):
                break
    return done


def _run(
    connection: Connection, told: Mapping[str, Any], entries: Sequence[MeasurementEntry]
) -> Rows:
    if len(entries) < _COPY_FROM:
        return _SOME.run(connection, _with_some(told, entries))
    connection.execute(_CLEAR_STAGE)
    with connection.cursor().copy(_COPY) as copy:
        copy.set_types(list(_COLUMNS.values()))
        for entry in entries:
            copy.write_row((*entry[:6], *entry[7:24]))
    return _BULK.run(connection, {**told, **_marks(entries)})


def _common(standing: Standing, stamp: Stamp) -> dict[str, Any]:
    return {
        "organisation": standing.organisation_id,
        "plan": standing.plan.version,
        "clock": standing.clock_version,
        "key": stamp.key_id,
        "kind": stamp.kind,
        "actor": stamp.actor,
        "known_at": stamp.known_at,
        "now": stamp.system_now,
        "rank_at": stamp.rank_at,
    }


def _with_one(told: Mapping[str, Any], entry: MeasurementEntry) -> dict[str, Any]:
    return {**told, **entry._asdict(), "mark_subjects": as_array(entry.subjects)}


def _with_some(told: Mapping[str, Any], entries: Sequence[MeasurementEntry]) -> dict[str, Any]:
    columns = {name: [getattr(each, name) for each in entries] for name in _COLUMNS}
    return {**told, **columns, **_marks(entries)}


def _marks(entries: Sequence[MeasurementEntry]) -> dict[str, str]:
    """Which subjects each entry makes stale, as two arrays of one length."""
    marks = [(entry.item, subject) for entry in entries for subject in entry.subjects]
    return {
        "mark_items": as_array(item for item, _ in marks),
        "mark_subjects": as_array(subject for _, subject in marks),
    }


def _outcomes(entries: Sequence[MeasurementEntry], rows: Rows) -> list[Outcome]:
    if not rows:
        raise StaleStandingError
    by_item = {entry.item: entry for entry in entries}
    return [_outcome(by_item[row[0]], row) for row in rows if row[1] != "left"]


def _outcome(entry: MeasurementEntry, row: tuple[Any, ...]) -> Outcome:
    item, result, flag, held_flag, was_held, *held = row
    if result == "unchanged":
        return Outcome(item, result, flag=held_flag)
    if result not in {"corrected", "withdrawn"} or not was_held:
        return Outcome(item, result, flag=flag if result == "created" else None)
    before = dict(zip(_TOLD, held, strict=True))
    after = {name: getattr(entry, name) for name in _TOLD}
    return Outcome(item, result, before, after, flag)
