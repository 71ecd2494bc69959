"""Many rows written at once: by COPY on PostgreSQL, where it costs a third of so many inserts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from psycopg import sql

from services.persistence.engine import is_sqlite
from services.persistence.json_text import to_text
from services.persistence.types import Json

_FROM = 4
"""Rows from which a COPY is quicker than inserts."""


def insert_rows(
    connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Insert the rows, in order; all have the same columns, others take their defaults."""
    if not rows:
        return
    if is_sqlite(connection) or len(rows) < _FROM:
        connection.execute(table.insert(), list(rows) if len(rows) > 1 else rows[0])
        return
    names = tuple(rows[0])
    writers = [_writer(table, name) for name in names]
    with _cursor(connection).copy(_copy(table, names)) as copy:
        for row in rows:
            copy.write_row([write(row[name]) for name, write in zip(names, writers, strict=True)])


def insert_numbered(
    connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]
) -> list[int]:
    """Insert the rows, as `insert_rows`; their ids, in the order of the rows."""
    if is_sqlite(connection) or len(rows) < _FROM:
        inserted = table.insert().returning(table.c.id, sort_by_parameter_order=True)
        return list(connection.scalars(inserted, list(rows)))
    numbers = list(connection.scalars(_next_ids(table), {"many": len(rows)}))
    numbered = [{"id": number, **row} for number, row in zip(numbers, rows, strict=True)]
    insert_rows(connection, table, numbered)
    return numbers


@cache
def _next_ids(table: sa.Table) -> sa.Select[Any]:
    sequence = sa.func.pg_get_serial_sequence(table.name, "id")
    each = sa.func.generate_series(1, sa.bindparam("many", type_=sa.Integer)).table_valued("n")
    return sa.select(
        sa.func.nextval(sa.cast(sequence, sa.dialects.postgresql.REGCLASS))
    ).select_from(each)


def _cursor(connection: sa.Connection) -> Any:
    return connection.connection.cursor()


@cache
def _copy(table: sa.Table, names: tuple[str, ...]) -> sql.Composed:
    columns = sql.SQL(", ").join(map(sql.Identifier, names))
    return sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table.name), columns)


@cache
def _writer(table: sa.Table, name: str) -> Callable[[Any], Any]:
    """What makes a column's value one that COPY takes."""
    if isinstance(table.c[name].type, type(Json)):
        return lambda value: None if value is None else to_text(value)
    return lambda value: value
