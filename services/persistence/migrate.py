"""Brings a database to this release's schema, and says whether it is there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from services.persistence.engine import make_engine
from services.persistence.tables import metadata

FOLDER = Path(__file__).resolve().parents[2] / "migrations"


class SchemaError(Exception):
    """The database does not stand at the revision that this release needs; says what to do."""


def upgrade(database_url: str, revision: str = "head") -> None:
    """Bring the database up to ``revision``, in one transaction; nothing to do is no error."""
    command.upgrade(_config(database_url), revision)


def downgrade(database_url: str, revision: str) -> None:
    """Take the database back to ``revision`` (``base``: to nothing)."""
    command.downgrade(_config(database_url), revision)


def head() -> str:
    """The revision that this release needs."""
    return str(ScriptDirectory(str(FOLDER)).get_current_head())


def current(database_url: str) -> str | None:
    """The revision that the database stands at; None before the first migration."""
    with _connected(database_url) as connection:
        return MigrationContext.configure(connection).get_current_revision()


def check(database_url: str) -> None:
    """Raise `SchemaError`, in one line, unless the database stands at `head`."""
    found, wanted = current(database_url), head()
    if found is None:
        raise SchemaError("The database has no schema yet: run `bigdot db upgrade`.")
    if found != wanted:
        raise SchemaError(
            f"The database stands at revision {found}, this release needs {wanted}: "
            + ("run `bigdot db upgrade`." if found < wanted else "install the newer release.")
        )


def drift(database_url: str) -> list[Any]:
    """What differs between the migrated database and the tables in the code; empty when in step."""
    with _connected(database_url) as connection:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))


def _config(database_url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["url"] = database_url
    return config


@contextmanager
def _connected(database_url: str) -> Iterator[sa.Connection]:
    engine = make_engine(database_url)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()
