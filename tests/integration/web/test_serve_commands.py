"""`bigdot db` and `bigdot clock` on both databases, as an operator meets them."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis
import sqlalchemy as sa
from click.testing import CliRunner, Result

from config.settings import settings
from services.persistence import migrate
from services.persistence.clock import DatabaseClock
from services.persistence.engine import make_engine
from services.ports.doorbell import QUEUE
from tests import servers
from web.cli import main
from web.supervisor import programs

Run = Callable[..., Result]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Run]:
    """Run `bigdot` with the arguments; ``url`` names the database, ``broker`` the broker."""
    monkeypatch.setenv("BIGDOT_SECRET_KEY", "s" * 40)
    monkeypatch.setenv("BIGDOT_DATA_DIR", str(tmp_path))

    def invoke(*arguments: str, url: str, broker: str = "") -> Result:
        monkeypatch.setenv("BIGDOT_DATABASE_URL", url)
        monkeypatch.setenv("BIGDOT_BROKER_URL", broker)
        settings.cache_clear()
        return CliRunner().invoke(main, arguments)

    yield invoke
    settings.cache_clear()


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database that no migration has seen."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'new.db'}"
        return
    server = request.getfixturevalue("postgres_server")
    name = next(request.getfixturevalue("database_names"))
    yield servers.create_database(server, name)
    servers.administer(server, f"DROP DATABASE {name} WITH (FORCE)")


def _line(result: Result, code: int) -> str:
    assert result.exit_code == code, result.output
    (line,) = result.output.splitlines()
    return line


def test_a_new_database_is_brought_up_to_date_and_then_stands(run: Run, empty_url: str) -> None:
    lacks = _line(run("db", "check", url=empty_url), 1)
    assert lacks == "Error: The database has no schema yet: run `bigdot db upgrade`."
    head = migrate.head()
    made = _line(run("db", "upgrade", url=empty_url), 0)
    assert made == f"The database now stands at revision {head}."
    assert _line(run("db", "upgrade", url=empty_url), 0) == (
        f"The database stands at revision {head}."
    )
    good = _line(run("db", "check", url=empty_url), 0)
    assert good == "The database stands at this release's schema."
    assert migrate.drift(empty_url) == []


@pytest.mark.parametrize(
    ("revision", "advice"),
    [("0000", "run `bigdot db upgrade`."), ("9999", "install the newer release.")],
)
def test_another_releases_schema_is_one_line(
    run: Run, database_url: str, revision: str, advice: str
) -> None:
    engine = make_engine(database_url)
    with engine.begin() as connection:
        connection.execute(
            sa.text("UPDATE alembic_version SET version_num = :it"), {"it": revision}
        )
    engine.dispose()
    line = _line(run("db", "check", url=database_url), 1)
    assert line == (
        f"Error: The database stands at revision {revision}, "
        f"this release needs {migrate.head()}: {advice}"
    )


def test_a_database_that_is_away_is_one_line_without_its_password(run: Run) -> None:
    url = f"postgresql://bigdot:pa55word@127.0.0.1:{servers.free_port()}/bigdot"
    for command in ("upgrade", "check"):
        line = _line(run("db", command, url=url), 1)
        assert line.startswith("Error: the database does not answer: ")
        assert "pa55word" not in line


def _clock(result: Result) -> tuple[datetime, datetime]:
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    return datetime.fromisoformat(told["business"]), datetime.fromisoformat(told["system"])


def _now(url: str) -> datetime:
    engine = make_engine(url)
    try:
        return DatabaseClock(engine).business_now()
    finally:
        engine.dispose()


def test_business_time_stands_runs_on_and_is_the_machines_again(
    run: Run, database_url: str
) -> None:
    at = datetime(2026, 3, 1, 9, tzinfo=UTC)
    business, system = _clock(run("clock", "set", "2026-03-01T09:00Z", "--json", url=database_url))
    assert business == at != system
    assert _now(database_url) == _now(database_url) == at
    assert _line(run("clock", "show", url=database_url), 0) == (
        "business time 2026-03-01 09:00:00 UTC"
    )
    going, _ = _clock(run("clock", "run", "--json", url=database_url))
    assert at <= going < at + timedelta(minutes=1)
    assert at < _now(database_url) < at + timedelta(minutes=1), "it runs on from where it stood"
    later = "2026-07-01T09:00:00+02:00"
    moved, _ = _clock(run("clock", "run", later, "--json", url=database_url))
    assert timedelta(0) <= moved - datetime(2026, 7, 1, 7, tzinfo=UTC) < timedelta(minutes=1)
    business, system = _clock(run("clock", "reset", "--json", url=database_url))
    assert abs(business - system) < timedelta(seconds=5)
    assert abs(_now(database_url) - datetime.now(UTC)) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("instant", "says"),
    [
        ("tomorrow", "tomorrow is not an instant such as 2026-03-01T09:00Z"),
        ("2026-02-30T09:00Z", "2026-02-30T09:00Z is not an instant"),
        ("2026-03-01T09:00", "2026-03-01T09:00 needs a zone, such as 2026-03-01T09:00Z"),
    ],
)
@pytest.mark.parametrize("command", ["set", "run"])
def test_an_instant_that_is_none_moves_nothing(
    run: Run, sqlite_url: str, command: str, instant: str, says: str
) -> None:
    result = run("clock", command, instant, url=sqlite_url)
    assert result.exit_code == 2
    assert f"Error: {says}" in result.output
    assert abs(_now(sqlite_url) - datetime.now(UTC)) < timedelta(minutes=1)


@pytest.mark.parametrize("command", [("set", "2026-03-01T09:00Z"), ("run",), ("reset",)])
def test_whoever_moves_time_rings_for_what_it_makes_due(
    run: Run, database_url: str, redis_url: str, command: tuple[str, ...]
) -> None:
    assert run("clock", *command, url=database_url, broker=redis_url).exit_code == 0
    with redis.Redis.from_url(redis_url) as broker:
        assert broker.llen(QUEUE) >= 1


def test_a_clock_without_a_schema_is_one_line(run: Run, empty_url: str) -> None:
    line = _line(run("clock", "show", url=empty_url), 1)
    assert line.endswith("has `bigdot db upgrade` been run?")


def test_beat_ticks_from_where_nothing_can_be_written(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BIGDOT_DATA_DIR", raising=False)
    environment = os.environ | {
        "BIGDOT_SECRET_KEY": "s" * 40,
        "BIGDOT_DATABASE_URL": "sqlite:////nowhere/bigdot.db",
        "BIGDOT_BROKER_URL": redis_url,
    }
    command = programs.beat(settings())
    with subprocess.Popen(command, cwd="/proc", env=environment) as process:
        try:
            assert _ticks(redis_url, 2), process.poll()
        finally:
            process.terminate()


def _ticks(redis_url: str, enough: int) -> bool:
    """Whether that many ticks come within 30 seconds."""
    end = time.monotonic() + 30
    with redis.Redis.from_url(redis_url) as broker:
        while time.monotonic() < end:
            if int(broker.llen(QUEUE)) >= enough:
                return True
            time.sleep(0.1)
    return False
