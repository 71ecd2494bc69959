"""What production starts: ``bigdot web|worker|beat``, and what its operators need beside them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NoReturn

import click

from web.cli.options import Trouble, WrongSetting, answer, json_option, open_services
from web.supervisor import programs

if TYPE_CHECKING:
    from config.settings import Settings
    from services.bootstrap import Services
    from services.persistence.clock import DatabaseClock


@click.command("web")
@click.option("--host", metavar="ADDRESS", help="Where to listen; else BIGDOT_HOST.")
@click.option("--port", type=click.IntRange(1, 65535), help="Else BIGDOT_PORT.")
def web(host: str | None, port: int | None) -> None:
    """Serve pages and API, until stopped."""
    settings = ready_settings()
    _become(programs.web(settings, host, port))


@click.command("worker")
@click.option("--concurrency", type=click.IntRange(1, 256), help="Else BIGDOT_WORKER_CONCURRENCY.")
def worker(concurrency: int | None) -> None:
    """Judge what is stale and send what is owed, until stopped."""
    settings = ready_settings(broker=True)
    _become(programs.worker(settings, concurrency))


@click.command("beat")
def beat() -> None:
    """Wake what time alone changes, each second, until stopped; one a deployment is enough."""
    settings = ready_settings(broker=True)
    _become(programs.beat(settings))


@click.group("db")
def database() -> None:
    """Bring the database up to date, or check it."""


@database.command("upgrade")
def upgrade() -> None:
    """Bring the database to this release's schema; nothing to do is no error."""
    from services.persistence import migrate

    url = _settings().database
    with _database_lines():
        before = migrate.current(url)
        migrate.upgrade(url)
        after = migrate.current(url)
    stands = "stands" if before == after else "now stands"
    click.echo(f"The database {stands} at revision {after}.")


@database.command("check")
def check() -> None:
    """Exit 0 if the database stands at this release's schema; else 1 and a line that says why."""
    ready_settings()
    click.echo("The database stands at this release's schema.")


@click.group("clock")
def clock() -> None:
    """Read or move business time, which all processes share."""


@clock.command("show")
@json_option
def show(as_json: bool) -> None:
    """Show business time."""
    with open_services() as services:
        _tell_time(services.clock, as_json)


@clock.command("set")
@click.argument("instant")
@json_option
def set_clock(instant: str, as_json: bool) -> None:
    """Stop business time at INSTANT, such as 2026-03-01T09:00Z."""
    at = _instant(instant)
    with open_services() as services:
        services.clock.freeze(at)
        _rung(services)
        _tell_time(services.clock, as_json)


@clock.command("run")
@click.argument("instant", required=False)
@json_option
def run(instant: str | None, as_json: bool) -> None:
    """Let business time run on, from INSTANT or from where it stands."""
    at = _instant(instant) if instant else None
    with open_services() as services:
        services.clock.run_from(at or services.clock.business_now())
        _rung(services)
        _tell_time(services.clock, as_json)


@clock.command("reset")
@json_option
def reset(as_json: bool) -> None:
    """Let business time be the machine's again."""
    with open_services() as services:
        services.clock.run_with_system()
        _rung(services)
        _tell_time(services.clock, as_json)


commands = {"web": web, "worker": worker, "beat": beat, "db": database, "clock": clock}


def ready_settings(*, broker: bool = False) -> Settings:
    """The settings, once the database stands at this release's schema.

    Ends the command with one line: a wrong setting with exit code 2, a schema that is behind or
    ahead and a database that is away with 1.
    """
    from services.persistence import migrate

    settings = _settings()
    if broker and settings.broker is None:
        raise WrongSetting("BIGDOT_BROKER_URL is not set, and a worker cannot do without a broker")
    with _database_lines():
        migrate.check(settings.database)
    return settings


def _settings() -> Settings:
    from config.settings import SettingsError, settings

    try:
        return settings()
    except SettingsError as error:
        raise WrongSetting(str(error)) from None


@contextmanager
def _database_lines() -> Iterator[None]:
    """A schema that does not fit and a database that is away each end the command in one line."""
    from services.persistence.engine import DatabaseFailure
    from services.persistence.migrate import SchemaError

    try:
        yield
    except SchemaError as error:
        raise Trouble(str(error)) from None
    except DatabaseFailure as error:
        text = str(error.orig).strip().splitlines()[0]
        raise Trouble(f"the database does not answer: {text}") from None


def _become(command: list[str]) -> NoReturn:
    """Be that program from here on, so that signals reach it without a go-between."""
    os.execv(command[0], command)  # noqa: S606 - our own command line, no shell


def _instant(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise click.UsageError(f"{text} is not an instant such as 2026-03-01T09:00Z") from None
    if found.tzinfo is None:
        raise click.UsageError(f"{text} needs a zone, such as {text}Z")
    return found.astimezone(UTC)


def _rung(services: Services) -> None:
    """What time alone changes may be due now."""
    services.doorbell.ring()


def _tell_time(held: DatabaseClock, as_json: bool) -> None:
    now, system = held.business_now(), held.system_now()
    value = {"business": now.isoformat(), "system": system.isoformat()}
    answer(value, as_json=as_json, lines=[f"business time {now:%Y-%m-%d %H:%M:%S} UTC"])
