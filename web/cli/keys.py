"""``bigdot keys``: API keys for data feeds."""

from __future__ import annotations

from typing import Any

import click

from services.access.keys import DEFAULT_DAYS, LONGEST_DAYS, SCOPES
from services.bootstrap import Services
from services.ports.access import KeyRecord
from web.cli.options import (
    ACTOR,
    answer,
    json_option,
    organisation_option,
    refuse_unknown,
    with_services,
)


@click.group()
def command() -> None:
    """Make, list and revoke API keys."""


@command.command()
@click.argument("label")
@organisation_option
@click.option(
    "--scope", "scopes", multiple=True, type=click.Choice(SCOPES), help="May be repeated."
)
@click.option("--all-scopes", is_flag=True, help="Every scope there is.")
@click.option("--measure", "measures", multiple=True, metavar="ID", help="Only these measures.")
@click.option(
    "--days", type=click.IntRange(1, LONGEST_DAYS), default=DEFAULT_DAYS, show_default=True
)
@json_option
@with_services
def create(
    services: Services, organisation: str | None, *, all_scopes: bool, as_json: bool, **wanted: Any
) -> None:
    """Make a key for LABEL (who uses it). The key is shown once and kept nowhere."""
    scopes = SCOPES if all_scopes else wanted.pop("scopes")
    if not scopes:
        raise click.UsageError("say what the key may do: --scope …, or --all-scopes")
    owner = services.organisations.pick(organisation).id
    refuse_unknown("measure", wanted["measures"], services.plan_store.current(owner).measures)
    issued = services.keys.create(
        owner,
        wanted["label"],
        scopes,
        actor=ACTOR,
        measures=wanted["measures"] or None,
        days=wanted["days"],
    )
    shown = _plain(issued.record) | {"key": issued.secret}
    answer(shown, as_json=as_json, lines=[issued.secret])
    if not as_json:
        click.echo(f"Key {issued.record.id}; keep it now, it is not shown again.", err=True)


@command.command(name="list")
@organisation_option
@json_option
@with_services
def list_keys(services: Services, organisation: str | None, *, as_json: bool) -> None:
    """List keys, without their secrets."""
    records = services.keys.all(services.organisations.pick(organisation).id)
    now = services.clock.system_now()
    lines = [
        f"{record.id}\t{record.prefix}…{record.last_four}\t{record.standing(now)}"
        f"\t{record.label}\t{','.join(sorted(record.scopes))}"
        for record in records
    ]
    shown = [_plain(record) | {"state": record.standing(now)} for record in records]
    answer(shown, as_json=as_json, lines=lines)


@command.command()
@click.argument("key_id", type=int)
@organisation_option
@with_services
def revoke(services: Services, key_id: int, organisation: str | None) -> None:
    """Revoke the key of that number, at once."""
    services.keys.revoke(services.organisations.pick(organisation).id, key_id, actor=ACTOR)
    click.echo(f"Key {key_id} is revoked.")


def _plain(record: KeyRecord) -> dict[str, Any]:
    return {
        "id": record.id,
        "prefix": record.prefix,
        "last_four": record.last_four,
        "label": record.label,
        "scopes": sorted(record.scopes),
        "measures": sorted(record.measures) if record.measures is not None else None,
        "created_at": record.created_at.isoformat(),
        "expires_at": record.expires_at.isoformat(),
        "revoked_at": record.revoked_at and record.revoked_at.isoformat(),
        "last_used_at": record.last_used_at and record.last_used_at.isoformat(),
    }
