"""Databases and brokers for every test that asks: migrated once, cloned for each test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import redis
import sqlalchemy as sa

from services.persistence import migrate
from services.persistence.engine import make_engine
from tests import servers

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


@pytest.fixture
def postgres_url(postgres_server: str, database_names: Iterator[str]) -> Iterator[str]:
    """The URL of a migrated, empty PostgreSQL database of this test's own."""
    name = next(database_names)
    yield servers.create_database(postgres_server, name, template=_TEMPLATE)
    servers.administer(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def sqlite_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """The URL of a migrated, empty SQLite database of this test's own."""
    return f"sqlite:///{shutil.copy(migrated_sqlite, tmp_path / 'bigdot.db')}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Either database, one after the other: a migrated, empty one of this test's own."""
    fixture = "sqlite_url" if request.param == "sqlite" else "postgres_url"
    return str(request.getfixturevalue(fixture))


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
