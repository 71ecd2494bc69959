"""``bigdot channels``: chat rooms and webhooks that messages go to."""

from __future__ import annotations

from email.utils import make_msgid
from pathlib import Path
from typing import Any

import click

from services.access.channels import KINDS
from services.bootstrap import Services
from services.ports.access import ChannelRecord
from services.ports.delivery import Letter, SendFailedError, Slot
from web.cli.options import (
    ACTOR,
    Trouble,
    WrongInput,
    answer,
    json_option,
    organisation_option,
    read_secret,
    with_services,
)


@click.group()
def command() -> None:
    """Add, list and remove channels. An address is a secret: it is asked for, never an argument."""


@command.command()
@click.argument("channel_id", metavar="ID")
@click.argument("kind", type=click.Choice(tuple(KINDS)))
@organisation_option
@click.option(
    "--url-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Read the address from a file.",
)
@json_option
@with_services
def add(
    services: Services,
    channel_id: str,
    kind: str,
    organisation: str | None,
    *,
    url_file: Path | None,
    as_json: bool,
) -> None:
    """Add the channel ID; its address comes from the terminal, a pipe or --url-file."""
    owner = services.organisations.pick(organisation)
    url = _address_in(url_file) if url_file else read_secret("Address")
    record = services.channels.add(owner.id, channel_id, kind, url, actor=ACTOR)
    answer(_plain(record), as_json=as_json, lines=[f"Added {record.slug}: {record.masked}"])


@command.command(name="list")
@organisation_option
@json_option
@with_services
def list_channels(services: Services, organisation: str | None, *, as_json: bool) -> None:
    """List channels, their addresses masked."""
    records = services.channels.all(services.organisations.pick(organisation).id)
    lines = [f"{r.slug}\t{r.kind}\t{_state(r)}\t{r.masked}" for r in records]
    answer([_plain(record) for record in records], as_json=as_json, lines=lines)


@command.command()
@click.argument("channel_id", metavar="ID")
@organisation_option
@with_services
def remove(services: Services, channel_id: str, organisation: str | None) -> None:
    """Remove a channel."""
    owner = services.organisations.pick(organisation)
    services.channels.remove(owner.id, channel_id, actor=ACTOR)
    click.echo(f"The channel {channel_id} is removed.")


@click.group("notify")
def notify() -> None:
    """Try a channel: `bigdot notify test ID` is `bigdot channels test ID`."""


@command.command()
@click.argument("channel_id", metavar="ID")
@organisation_option
@with_services
def test(services: Services, channel_id: str, organisation: str | None) -> None:
    """Send a message marked as a test to the channel ID, and say what became of it."""
    owner = services.organisations.pick(organisation)
    if channel_id not in {record.slug for record in services.channels.all(owner.id)}:
        raise Trouble(f"there is no channel {channel_id}")
    slot, letter = _trial(owner.id, channel_id, services.options.domain)
    try:
        services.notifier.send(slot, letter)
    except SendFailedError as error:
        raise Trouble(f"{channel_id}: {error}") from None
    click.echo(f"{channel_id}: the test message was taken.")


def _address_in(file: Path) -> str:
    """The address that a file holds. Raises Trouble, WrongInput."""
    try:
        return file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise Trouble(f"{file}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise WrongInput(f"{file}: not UTF-8 text") from None


def _trial(organisation_id: int, channel: str, domain: str) -> tuple[Slot, Letter]:
    """A message about nothing, which says so, under an id of its own."""
    message_id = make_msgid("test", domain=domain)
    subject = "[Test] Bigdot can reach this channel"
    text = f"This is a test message from {ACTOR.name}. No aim has changed; nothing is asked of you."
    data = {"state": "test", "about": "test", "trouble": False}
    letter = Letter(message_id, message_id, subject, text, "", (), data)
    return Slot(organisation_id, "", channel, message_id, 1, ()), letter


def _state(record: ChannelRecord) -> str:
    return f"off ({record.disabled_reason})" if record.disabled_at else "on"


def _plain(record: ChannelRecord) -> dict[str, Any]:
    return {
        "id": record.slug,
        "kind": record.kind,
        "masked": record.masked,
        "state": _state(record),
    }


notify.add_command(test)
commands = {"channels": command, "notify": notify}
