"""``bigdot organisations``: the tenants of this deployment."""

from __future__ import annotations

from dataclasses import asdict

import click

from services.bootstrap import Services
from web.cli.options import answer, json_option, with_services


@click.group()
def command() -> None:
    """Make and list organisations."""


@command.command()
@click.argument("slug", metavar="ID")
@click.option("--name", help="How people call it.")
@click.option("--zone", default="UTC", show_default=True, help="Where its days begin.")
@click.option("--year-starts", type=click.IntRange(1, 12), default=1, show_default=True)
@json_option
@with_services
def create(
    services: Services,
    slug: str,
    name: str | None,
    zone: str,
    year_starts: int,
    *,
    as_json: bool,
) -> None:
    """Make the organisation ID."""
    record = services.organisations.create(slug, name or slug, zone, year_starts)
    answer(asdict(record), as_json=as_json, lines=[f"The organisation {slug} is made."])


@command.command(name="list")
@json_option
@with_services
def list_organisations(services: Services, *, as_json: bool) -> None:
    """List organisations."""
    records = services.organisations.all()
    lines = [f"{record.slug}\t{record.zone}\t{record.name}" for record in records]
    answer([asdict(record) for record in records], as_json=as_json, lines=lines)
