"""``bigdot people``: everything that a leaver holds, handed over in one step."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from datetime import datetime

import click

from services.bootstrap import Services
from services.planning.handing_over import Outcome
from services.planning.handover import Handover
from services.ports.planning import PlanningError
from web.cli.options import (
    Trouble,
    answer,
    json_option,
    organisation_option,
    refuse_unknown,
    with_services,
)


@click.group()
def command() -> None:
    """Hand over what people hold."""


@command.command("handover")
@click.argument("leaver")
@click.argument("successor")
@organisation_option
@click.option(
    "--on", type=click.DateTime(["%Y-%m-%d"]), required=True, help="The day of the handover."
)
@click.option("--because", metavar="WHY", required=True, help="Why: it stays with the plan.")
@click.option(
    "--except",
    "others",
    multiple=True,
    metavar="aim:ID=PERSON",
    help="Who takes over one aim:ID, project:ID, measure:ID, organisation:ID, or the cover for "
    "person:ID, in place of SUCCESSOR. May be repeated.",
)
@click.option("--author", metavar="WHO", help="Who hands over; else the system's user.")
@click.option("--dry-run", is_flag=True, help="Only say what would be handed over.")
@json_option
@with_services
def handover(  # noqa: PLR0913 - one option each
    services: Services,
    leaver: str,
    successor: str,
    organisation: str | None,
    *,
    on: datetime,
    because: str,
    others: Sequence[str],
    author: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Hand over everything that LEAVER holds to SUCCESSOR (ids of the plan's people).

    One version of the plan: roles, measures, time, routes, cover, open actions. LEAVER has then
    left; their account is closed, and what waited to be told to them goes to who takes over.
    """
    tenant = services.organisations.pick(organisation).id
    refuse_unknown("person", [leaver], services.plan_store.current(tenant).people or {"nobody"})
    asked = Handover(leaver, successor, on.date(), dict(map(_pair, others)))
    try:
        outcome = _handed(services, tenant, asked, author, because, dry_run=dry_run)
    except PlanningError as refused:
        raise Trouble(str(refused)) from None
    done = f"Version {outcome.version} of the plan is in force."
    last = "Nothing was changed: this was a dry run." if dry_run else done
    shown = outcome.plain() | {"dry_run": dry_run}
    answer(shown, as_json=as_json, lines=[*outcome.lines(), last])


def _handed(
    services: Services,
    tenant: int,
    asked: Handover,
    author: str | None,
    because: str,
    *,
    dry_run: bool,
) -> Outcome:
    if dry_run:
        return services.handing_over.preview(tenant, asked)
    return services.handing_over.hand_over(
        tenant, asked, author=author or getpass.getuser(), reason=because, via="cli"
    )


def _pair(text: str) -> tuple[str, str]:
    about, equals, person = text.partition("=")
    if not (equals and about and person):
        raise click.UsageError(f"--except {text}: say of what and who, as in aim:hsmr-88=cmo")
    return about, person
