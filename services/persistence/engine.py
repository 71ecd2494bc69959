"""Engines and transactions: one way to read and one way to write, on SQLite and PostgreSQL."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy import Engine
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError as DatabaseFailure
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry

from services.persistence.json_text import to_text

__all__ = [
    "DatabaseFailure",
    "Engine",
    "inserting",
    "is_sqlite",
    "make_engine",
    "reading",
    "writing",
]

_BUSY_MS = 30_000
_REST_SECONDS = 1.0
_SAME: dict[str, Any] = {"hide_parameters": True, "json_serializer": to_text}
_writers: WeakKeyDictionary[sa.Engine, threading.Lock] = WeakKeyDictionary()
_writers_guard = threading.Lock()


def make_engine(url: str, *, pool_size: int = 8) -> sa.Engine:
    """An engine for ``sqlite:///…`` or ``postgresql+psycopg://…``; nothing is connected yet.

    Bound values never reach an error's text.
    """
    if sa.make_url(url).get_backend_name() == "sqlite":
        engine = sa.create_engine(url, connect_args={"timeout": _BUSY_MS / 1000}, **_SAME)
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
        return engine
    engine = sa.create_engine(url, pool_size=pool_size, max_overflow=8, **_SAME)
    sa.event.listen(engine, "checkin", _note_use)
    sa.event.listen(engine, "checkout", _ping_after_rest)
    return engine


def is_sqlite(engine: sa.Engine | sa.Connection) -> bool:
    """Whether the engine or connection speaks to SQLite."""
    return engine.dialect.name == "sqlite"


def inserting(connection: sa.Connection, table: sa.Table) -> postgresql.Insert | sqlite.Insert:
    """An insert into ``table`` that can be told what to do where the row is there already."""
    return sqlite.insert(table) if is_sqlite(connection) else postgresql.insert(table)


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A connection on one snapshot, for reads; whatever was written is rolled back."""
    options: dict[str, Any] = {} if is_sqlite(engine) else {"isolation_level": "REPEATABLE READ"}
    with engine.connect().execution_options(**options) as connection:
        yield connection


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """One write transaction: commits when left well, rolls back when left by an exception.

    On SQLite the lock is taken at the start, and writers of one process queue in order: its own
    busy handler sleeps, and starves.
    """
    if not is_sqlite(engine):
        with engine.begin() as connection:
            yield connection
        return
    with (
        _writer(engine),
        engine.connect().execution_options(bigdot_writing=True) as connection,
        connection.begin(),
    ):
        yield connection


def _writer(engine: sa.Engine) -> threading.Lock:
    with _writers_guard:
        return _writers.setdefault(engine, threading.Lock())


def _note_use(_connection: Any, record: ConnectionPoolEntry) -> None:
    record.info["used"] = time.monotonic()


def _ping_after_rest(connection: Any, record: ConnectionPoolEntry, _proxy: Any) -> None:
    """Ask a connection that has rested whether it lives; one in steady use was just heard of."""
    used = record.info.get("used")
    if used is None or time.monotonic() - used < _REST_SECONDS:
        return
    try:
        connection.execute("SELECT 1")
        connection.rollback()
    except Exception as error:
        raise InvalidatePoolError from error


def _prepare_sqlite(dbapi_connection: Any, _record: ConnectionPoolEntry) -> None:
    dbapi_connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={_BUSY_MS}",
    ):
        dbapi_connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: sa.Connection) -> None:
    writing_now = connection.get_execution_options().get("bigdot_writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing_now else "BEGIN")
