"""The processes of a deployment, its database, and its clock."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from web.cli.options import Trouble, json_option, open_services

if TYPE_CHECKING:
    from config.settings import Settings

BACKLOG = 1024
_MOVES = "Moving business time in production changes what is late for everybody."


def _settings() -> Settings:
    """The settings; a wrong one ends the command with one line and exit code 2."""
    from config.settings import SettingsError, settings

    try:
        return settings()
    except SettingsError as error:
        raise click.UsageError(str(error)) from None


def _ready(found: Settings) -> None:
    """End with one line where the database's schema is not this program's."""
    from services.persistence import migrate
    from services.persistence.engine import DatabaseFailure

    try:
        migrate.check(found.database)
    except migrate.SchemaError as error:
        raise Trouble(str(error)) from None
    except DatabaseFailure as error:
        reason = str(error.orig).strip().splitlines()[0]
        raise Trouble(f"the database does not answer: {reason}") from None


@click.command("web")
def web() -> None:
    """Serve pages and API."""
    found = _settings()
    _ready(found)
    _become(
        "granian",
        *("--interface", "wsgi", "--factory", "--host", found.host, "--port", str(found.port)),
        *("--workers", str(found.web_processes), "--blocking-threads", str(found.web_threads)),
        *("--backlog", str(BACKLOG), "--no-ws", "--respawn-failed-workers"),
        *("--process-name", "bigdot-web", "--log-level", "warning", "web.wsgi:app"),
    )


@click.command("worker")
def worker() -> None:
    """Judge what is stale, send what is owed."""
    found = _settings()
    _need_broker(found)
    _ready(found)
    pool = "threads" if found.embedded else "prefork"
    _celery(
        *("worker", "--pool", pool, "--concurrency", str(found.worker_concurrency)),
        *("--without-gossip", "--without-mingle", "--loglevel", found.log_level),
    )


@click.command("beat")
def beat() -> None:
    """Wake the workers each second for what time alone changes; one is enough, two do no harm."""
    found = _settings()
    _need_broker(found)
    found.data_dir.mkdir(parents=True, exist_ok=True)
    schedule = found.data_dir / f"beat-{os.getpid()}"
    _celery("beat", "--schedule", str(schedule), "--loglevel", "warning", "--pidfile", "")


def _need_broker(found: Settings) -> None:
    if found.broker is None:
        raise click.UsageError("BIGDOT_BROKER_URL is not set (`bigdot up` starts a broker itself)")


def _celery(*words: str) -> None:
    _become("celery", "--app", "workers.app", "--quiet", *words)


def _become(program: str, *words: str) -> None:
    """Turn this process into the program, which then gets its signals itself."""
    path = Path(sys.executable).with_name(program)
    sys.stdout.flush()
    os.execv(path, [str(path), *words])  # noqa: S606 - a fixed program of our own environment


@click.group("db")
def db() -> None:
    """Bring the database up to date, or check it."""


@db.command("upgrade")
def upgrade() -> None:
    """Bring the schema up to date; safe to run again, and beside running processes."""
    from services.persistence import migrate

    found = _settings()
    if found.embedded:
        found.data_dir.mkdir(parents=True, exist_ok=True)
    before = migrate.current(found.database)
    migrate.upgrade(found.database)
    after = migrate.current(found.database)
    click.echo(f"The schema is at {after}." if before != after else f"Nothing to do: {after}.")


@db.command("check")
def check() -> None:
    """Say whether the schema is this program's; exit code 1 where it is not."""
    _ready(_settings())
    click.echo("The schema is up to date.")


@click.group("clock")
def clock() -> None:
    """Read or move business time, by which things fall due and late."""


@clock.command("show")
@json_option
def show(as_json: bool) -> None:
    """Business time now."""
    with open_services() as services:
        now = services.clock.business_now().isoformat(timespec="seconds")
    click.echo(f'{{"business_now": "{now}"}}' if as_json else now)


_sure = click.option("--yes-move-time", is_flag=True, help=_MOVES)


@clock.command("set")
@click.argument("instant")
@_sure
def freeze(instant: str, yes_move_time: bool) -> None:
    """Stop business time at INSTANT, as in 2026-10-07T09:30Z."""
    with open_services() as services:
        _may_move(yes_move_time)
        services.clock.freeze(_instant(instant))


@clock.command("run")
@click.argument("instant")
@_sure
def run(instant: str, yes_move_time: bool) -> None:
    """Let business time run on from INSTANT."""
    with open_services() as services:
        _may_move(yes_move_time)
        services.clock.run_from(_instant(instant))


@clock.command("reset")
@_sure
def reset(yes_move_time: bool) -> None:
    """Let business time be the machine's time again."""
    with open_services() as services:
        _may_move(yes_move_time)
        services.clock.run_with_system()


def _may_move(sure: bool) -> None:
    if not _settings().embedded and not sure:
        raise click.UsageError(f"{_MOVES} Say --yes-move-time if that is meant.")


def _instant(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise click.UsageError(f"{text} is no instant, as in 2026-10-07T09:30Z") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


commands: dict[str, click.Command] = {
    "web": web,
    "worker": worker,
    "beat": beat,
    "db": db,
    "clock": clock,
}
