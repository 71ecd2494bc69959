"""Runs the migrations: one transaction, one migrator at a time, on SQLite and PostgreSQL."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any, Literal

import sqlalchemy as sa
from alembic import context
from alembic.autogenerate.api import AutogenContext
from alembic.operations import MigrationScript
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from services.persistence.engine import is_sqlite, make_engine
from services.persistence.tables import metadata
from services.persistence.types import UtcDateTime

ADVISORY_LOCK = 0x626967646F74  # "bigdot"
_BOOLEANS: dict[str, str | Literal[False]] = {"false": "sa.false()", "true": "sa.true()"}


def render_item(kind: str, item: Any, autogen: AutogenContext) -> str | Literal[False]:
    """Write what means the same on both databases, and needs none of our code in years to come."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, sa.JSON):
        autogen.imports.add("from sqlalchemy.dialects import postgresql")
        return 'sa.JSON().with_variant(postgresql.JSONB(), "postgresql")'
    if kind == "server_default" and isinstance(item, sa.DefaultClause):
        return _BOOLEANS.get(str(item.arg), False)
    return False


def number_revision(
    _context: MigrationContext, _revision: Any, directives: Iterable[MigrationScript]
) -> None:
    """Give a new revision the next number: 0001, 0002, …"""
    head = ScriptDirectory.from_config(context.config).get_current_head()
    for script in directives:
        script.rev_id = f"{int(head or 0) + 1:04d}"


def run() -> None:
    """Bring the database to the asked revision."""
    url = context.config.attributes.get("url") or os.environ["BIGDOT_DATABASE_URL"]
    engine = make_engine(url)
    try:
        with engine.connect().execution_options(bigdot_writing=True) as connection:
            _loosen_foreign_keys(connection)
            _migrate(connection)
    finally:
        engine.dispose()


def _migrate(connection: sa.Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=True,
        render_item=render_item,
        process_revision_directives=number_revision,
        transactional_ddl=True,
    )
    with connection.begin():
        _take_the_lock(connection)
        context.run_migrations()
        _check_foreign_keys(connection)


def _take_the_lock(connection: sa.Connection) -> None:
    """Wait up to a minute for another migrator, then up to 5 s for any table."""
    if is_sqlite(connection):
        return
    connection.exec_driver_sql("SET LOCAL lock_timeout = '60s'")
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})")
    connection.exec_driver_sql("SET LOCAL lock_timeout = '5s'")
    connection.exec_driver_sql("SET LOCAL statement_timeout = '5min'")


def _loosen_foreign_keys(connection: sa.Connection) -> None:
    """SQLite alters a table by making it anew, which its foreign keys would forbid."""
    if is_sqlite(connection):
        raw = connection.connection.driver_connection
        assert raw is not None  # noqa: S101 - a connection just taken has its driver's
        raw.execute("PRAGMA foreign_keys=OFF")


def _check_foreign_keys(connection: sa.Connection) -> None:
    if not is_sqlite(connection):
        return
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    if broken:
        raise RuntimeError(f"the migration leaves {len(broken)} rows without their parent")


run()
