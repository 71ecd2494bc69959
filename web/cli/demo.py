"""``bigdot demo``: everything on this machine, with a made-up hospital group and its two years."""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from web.cli.options import ACTOR, Trouble
from web.cli.up import (
    embedded_settings,
    environment,
    migrated,
    running,
    watch_forever,
)
from web.supervisor.broker import broker_url
from web.supervisor.children import Program

if TYPE_CHECKING:
    from config.settings import Settings
    from services.bootstrap import Services
    from web.supervisor.supervisor import Supervisor

MARK = "demo"
HERE = "127.0.0.1"
"""A demo lets everybody in by one click: it is never reached from elsewhere."""
MERGE_SECONDS = 1.0
PEOPLE = {
    "cmo": ("executive",),
    "ceo": ("executive",),
    "ed-sister": ("owner",),
    "advisor": ("admin",),
}
"""Who may be signed in as by one click: a person of the plan, and the roles."""


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), help="Else BIGDOT_PORT, else 8000.")
@click.option("--data", type=click.Path(path_type=Path), help="Begun afresh; else a temporary one.")
@click.option("--fast", is_flag=True, help="Replay as fast as it goes.")
def command(port: int | None, data: Path | None, fast: bool) -> None:
    """Run everything with a made-up plan, and stop one value short of a call.

    The terminal then shows the curl line that posts that value.
    """
    now = datetime.now(UTC)  # noqa: TID251 - the edge asks the machine, once
    started = time.monotonic()
    with fresh_folder(data) as folder:
        settings = embedded_settings(
            host=HERE, port=port, data_dir=folder, demo=True, mail_merge_seconds=MERGE_SECONDS
        )
        with running(settings, partial(prepare, settings, now)) as (supervisor, key):
            took = time.monotonic() - started
            click.echo(f"Ready: {settings.public_url} ({took:.1f} s; a demo, all of it made up)")
            supervisor.start(_replay(settings, now, key or "", fast=fast))
            _until_told(supervisor)
            watch_forever(supervisor)


@contextmanager
def fresh_folder(data: Path | None) -> Iterator[Path]:
    """A temporary folder, gone at the end; or ``data``, emptied of an earlier demo.

    Raises Trouble where ``data`` holds what no demo made.
    """
    if data is None:
        folder = Path(tempfile.mkdtemp(prefix="bigdot-demo-"))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return
    if data.exists() and any(data.iterdir()):
        if not (data / MARK).exists():
            raise Trouble(f"{data} holds something that is not a demo's: choose another folder")
        _refuse_running(data)
        shutil.rmtree(data)
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    (data / MARK).touch()
    yield data


def _refuse_running(data: Path) -> None:
    from web.supervisor.folder import InUseError, held_folder

    try:
        with held_folder(data):
            pass
    except InUseError as error:
        raise Trouble(str(error)) from None


def prepare(settings: Settings, now: datetime) -> str:
    """Make the organisation, its plan, its people and a key; gives the key."""
    from services.bootstrap import Services
    from web.configured import service_options

    migrated(settings.database)
    services = Services(service_options(settings))
    try:
        return _declared(services, now)
    finally:
        services.close()


def _declared(services: Services, now: datetime) -> str:
    from services.access.accounts import AccountRequest
    from services.access.keys import SCOPES
    from web.demo.story import tell

    story = tell(now)
    services.clock.freeze(story.adopted)
    tenant = services.plans.create_organisation(story.plan)
    services.plans.apply(tenant, story.plan, author="Board", reason="Adopted by the board")
    people = services.plan_store.current(tenant).people
    for person, roles in PEOPLE.items():
        known = people[person]
        wanted = AccountRequest(person, roles, name=known.name, person=person, email=known.email)
        services.accounts.create(tenant, wanted, actor=ACTOR)
    return services.keys.create(tenant, "demo", SCOPES, actor=ACTOR, days=7).secret


def _replay(settings: Settings, now: datetime, key: str, *, fast: bool) -> Program:
    command = [sys.executable, "-m", "web.demo", now.isoformat(), *(["--fast"] if fast else [])]
    url = settings.broker or broker_url(settings.data_dir)
    told = {**environment(settings), "BIGDOT_BROKER_URL": url, "DEMO_KEY": key}
    return Program("replay", command, told, once=True)


def _until_told(supervisor: Supervisor) -> None:
    """Watch until the replay has ended. Raises Trouble where it failed."""
    while (code := supervisor.ended("replay")) is None:
        supervisor.watch(60.0)
    if code != 0:
        raise Trouble(f"the replay failed: {supervisor.last_words('replay')}")
