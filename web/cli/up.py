"""``bigdot up``: everything on this machine, by one command."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from web.cli.options import ACTOR, Trouble, WrongSetting
from web.supervisor.supervisor import Stopped, Supervisor

if TYPE_CHECKING:
    from config.settings import Settings

FIRST_LOGIN = "admin"
FOREVER_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class FirstOrganisation:
    """The organisation that an empty data folder begins with."""

    slug: str
    name: str
    zone: str


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), help="Else BIGDOT_PORT, else 8000.")
@click.option(
    "--data", type=click.Path(path_type=Path), help="The data folder; else ./bigdot-data."
)
@click.option("--organisation", metavar="ID", default="hospital", show_default=True)
@click.option("--name", metavar="NAME", default="Our hospital", show_default=True)
@click.option("--zone", metavar="ZONE", help="As in Europe/London; else this machine's.")
def command(
    port: int | None, data: Path | None, organisation: str, name: str, zone: str | None
) -> None:
    """Run everything on this machine, until Ctrl-C.

    ID, NAME and ZONE are those of the organisation that an empty data folder begins with.
    """
    started = time.monotonic()
    settings = embedded_settings(port=port, data_dir=data)
    first = FirstOrganisation(organisation, name, zone or machine_zone())
    with running(settings, partial(prepare, settings, first)) as (supervisor, link):
        took = time.monotonic() - started
        click.echo(f"Ready: {settings.public_url} ({took:.1f} s; data in {settings.data_dir})")
        if link is not None:
            click.echo(f"Set the password of '{FIRST_LOGIN}' within a day, once, at {link}")
        watch_forever(supervisor)


def embedded_settings(**overrides: object) -> Settings:
    """Settings of one machine, ``overrides`` that are not None first; one line for a wrong one."""
    from config.settings import SettingsError, load

    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        settings = load(**given)
        if not settings.embedded:
            raise SettingsError("BIGDOT_MODE is production: that is `bigdot web|worker|beat`")
        return load(**{**given, "data_dir": settings.data_dir.absolute(), "web_processes": 1})
    except SettingsError as error:
        raise WrongSetting(str(error)) from None


@contextmanager
def running(
    settings: Settings, preparation: Callable[[], str | None]
) -> Iterator[tuple[Supervisor, str | None]]:
    """All processes, ready, and what the preparation gave; each trouble ends in one line.

    The preparation runs in a process of its own. Ctrl-C and SIGTERM leave with exit code 0.
    """
    from services.ports.access import AccessError
    from web.supervisor.broker import BrokerMissingError
    from web.supervisor.embedded import NotReadyError, embedded, wait_until_ready
    from web.supervisor.folder import InUseError, check_port, held_folder, published
    from web.supervisor.supervisor import ChildFailedError

    troubles = (AccessError, BrokerMissingError, NotReadyError, InUseError, ChildFailedError)
    try:
        check_port(settings.host, settings.port)
        told = environment(settings)
        with (
            held_folder(settings.data_dir),
            published(settings.data_dir, settings.host, settings.port, settings.public_url),
            embedded(settings, settings.broker, told, preparation, _say) as (supervisor, found),
        ):
            wait_until_ready(supervisor, loopback(settings))
            yield supervisor, found
    except Stopped:
        click.echo("Stopped.")
        raise click.exceptions.Exit(0) from None
    except troubles as error:
        raise Trouble(str(error)) from None


def watch_forever(supervisor: Supervisor) -> None:
    """Watch the processes until somebody asks for the end."""
    while True:
        supervisor.watch(FOREVER_SECONDS)


def prepare(settings: Settings, first: FirstOrganisation) -> str | None:
    """Bring the schema up to date; on the first run make the organisation and its admin.

    Gives the admin's one-time link then, else None.
    """
    from services.access.accounts import AccountRequest
    from services.bootstrap import Services
    from web.configured import service_options

    migrated(settings.database)
    services = Services(service_options(settings))
    try:
        if services.organisations.all():
            return None
        made = services.organisations.create(first.slug, first.name, first.zone)
        services.accounts.create(made.id, AccountRequest(FIRST_LOGIN, ("admin",)), actor=ACTOR)
        token = services.accounts.link(made.id, FIRST_LOGIN, actor=ACTOR)
        return f"{settings.public_url}/set-password/{token}"
    finally:
        services.close()


def migrated(database_url: str) -> None:
    """Bring the schema up to date. Raises Trouble, in one line, for that of a newer release."""
    from services.persistence import migrate
    from services.persistence.engine import DatabaseFailure

    try:
        found = migrate.current(database_url)
        if found is None or found < migrate.head():
            migrate.upgrade(database_url)
        migrate.check(database_url)
    except migrate.SchemaError as error:
        raise Trouble(str(error)) from None
    except DatabaseFailure as error:
        text = str(error.orig).strip().splitlines()[0]
        raise Trouble(f"the database does not answer: {text}") from None


def environment(settings: Settings) -> dict[str, str]:
    """What the processes must be told beyond their own environment."""
    told = {
        "BIGDOT_MODE": "embedded",
        "BIGDOT_DEMO": str(settings.demo).lower(),
        "BIGDOT_DATA_DIR": str(settings.data_dir),
        "BIGDOT_HOST": settings.host,
        "BIGDOT_PORT": str(settings.port),
        "BIGDOT_MAIL_MERGE_SECONDS": str(settings.mail_merge_seconds),
    }
    return {name: value for name, value in told.items() if f"{name}_FILE" not in os.environ}


def loopback(settings: Settings) -> str:
    """Where this machine itself reaches the pages."""
    return f"http://{settings.host}:{settings.port}"


def machine_zone() -> str:
    """The IANA name of this machine's time zone; UTC where it has none."""
    from zoneinfo import available_timezones

    for text in (os.environ.get("TZ", ""), str(Path("/etc/localtime").resolve())):
        name = text.partition("zoneinfo/")[2] or text
        if name in available_timezones():
            return name
    return "UTC"


def _say(line: str) -> None:
    click.echo(line, err=True)
