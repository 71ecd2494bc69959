"""Databases and brokers for every test that asks: migrated once, cloned for each test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import redis
import sqlalchemy as sa
from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache

from services.persistence import migrate
from services.persistence.engine import make_engine
from tests import servers
from tests.copies import Copies, PostgresCopies, SqliteCopies

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_TEMPLATE = "bigdot_template"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A PostgreSQL with a migrated template database; the test is skipped where it is missing."""
    try:
        with servers.postgres_server() as url:
            migrate.upgrade(servers.create_database(url, _TEMPLATE))
            yield url
    except servers.ServerMissingError as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    """A Redis or Valkey; the test is skipped where there is none."""
    try:
        with servers.redis_server() as url:
            yield url
    except servers.ServerMissingError as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, to be copied."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    migrate.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def database_names() -> Iterator[str]:
    """Names for databases, each new."""
    return (f"bigdot_test_{number}" for number in count(1))


class _Compiled(BytecodeCache):
    """Pages that were compiled once, for every app of the session."""

    def __init__(self) -> None:
        self._pages: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._pages:
            bucket.bytecode_from_string(self._pages[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._pages[bucket.key] = bucket.bytecode_to_string()


@pytest.fixture(scope="session", autouse=True)
def compiled_once() -> Iterator[None]:
    """Spare every test the compiling of its pages, which takes longer than most tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Flask, "jinja_options", {"bytecode_cache": _Compiled()})
        yield


@pytest.fixture(scope="session")
def filled() -> dict[object, tuple[str, Any]]:
    """What was made and filled to be copied."""
    return {}


@pytest.fixture
def sqlite_copies(
    filled: dict[object, tuple[str, Any]], migrated_sqlite: Path, tmp_path: Path
) -> Copies:
    """SQLite databases."""
    return SqliteCopies(filled, migrated_sqlite, tmp_path)


@pytest.fixture
def postgres_copies(
    filled: dict[object, tuple[str, Any]], postgres_server: str, database_names: Iterator[str]
) -> Iterator[Copies]:
    """PostgreSQL databases."""
    copies = PostgresCopies(filled, postgres_server, _TEMPLATE, database_names)
    yield copies
    copies.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def copies(request: pytest.FixtureRequest) -> Copies:
    """Either kind of database, one after the other."""
    fixture = "sqlite_copies" if request.param == "sqlite" else "postgres_copies"
    found = request.getfixturevalue(fixture)
    assert isinstance(found, Copies)
    return found


def _nothing(url: str) -> None:
    """An empty database is filled with nothing."""


@pytest.fixture
def postgres_url(postgres_copies: Copies) -> str:
    """The URL of a migrated, empty PostgreSQL database of this test's own."""
    return postgres_copies.of(_nothing)[0]


@pytest.fixture
def sqlite_url(sqlite_copies: Copies) -> str:
    """The URL of a migrated, empty SQLite database of this test's own."""
    return sqlite_copies.of(_nothing)[0]


@pytest.fixture
def database_url(copies: Copies) -> str:
    """Either database, one after the other: a migrated, empty one of this test's own."""
    return copies.of(_nothing)[0]


@pytest.fixture
def engine(database_url: str) -> Iterator[sa.Engine]:
    """An engine on `database_url`."""
    engine = make_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def redis_url(redis_server: str) -> str:
    """The URL of an emptied Redis."""
    with redis.Redis.from_url(redis_server) as client:
        client.flushall()
    return redis_server


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A headless Chromium; the test is skipped where there is none. Mark it ``browser``."""
    names = ("chromium", "chromium-browser", "google-chrome")
    program = next(filter(None, map(shutil.which, names)), None)
    if program is None:
        pytest.skip("no Chromium is installed (apt-get install chromium)")
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - costs a process, so late

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()
