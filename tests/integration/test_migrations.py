"""The migrations lead to the tables in the code, and back."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory

from services.persistence import migrate


def test_there_is_one_head() -> None:
    assert len(ScriptDirectory(str(migrate.FOLDER)).get_heads()) == 1


def test_migrated_schema_is_that_of_the_code(database_url: str) -> None:
    assert migrate.drift(database_url) == []


def test_a_column_that_no_migration_made_is_seen(database_url: str) -> None:
    _execute(database_url, "ALTER TABLE heartbeat DROP COLUMN detail")
    assert [change[0] for change in migrate.drift(database_url)] == ["add_column"]


def test_down_to_nothing_and_up_again(database_url: str) -> None:
    migrate.check(database_url)
    migrate.downgrade(database_url, "base")
    assert _tables(database_url) == {"alembic_version"}
    migrate.upgrade(database_url)
    migrate.check(database_url)
    assert migrate.drift(database_url) == []


def test_upgrading_twice_changes_nothing(database_url: str) -> None:
    before = migrate.current(database_url)
    migrate.upgrade(database_url)
    assert migrate.current(database_url) == before == migrate.head()


def test_an_empty_database_is_told_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(migrate.SchemaError, match="no schema yet: run `bigdot db upgrade`"):
        migrate.check(f"sqlite:///{tmp_path / 'empty.db'}")


@pytest.mark.parametrize(
    ("revision", "advice"), [("0000", "run `bigdot db upgrade`"), ("9999", "install the newer")]
)
def test_another_release_is_told_what_to_do(database_url: str, revision: str, advice: str) -> None:
    _stamp(database_url, revision)
    with pytest.raises(migrate.SchemaError, match=advice):
        migrate.check(database_url)


def test_a_failed_migration_leaves_nothing_behind(database_url: str) -> None:
    migrate.downgrade(database_url, "base")
    _execute(database_url, "CREATE TABLE message (id INTEGER)")
    with pytest.raises(sa.exc.DBAPIError):
        migrate.upgrade(database_url)
    assert _tables(database_url) <= {"alembic_version", "message"}


def _stamp(url: str, revision: str) -> None:
    _execute(url, f"UPDATE alembic_version SET version_num = '{revision}'")


def _execute(url: str, statement: str) -> None:
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()


def _tables(url: str) -> set[str]:
    engine = sa.create_engine(url)
    names = set(sa.inspect(engine).get_table_names())
    engine.dispose()
    return names
