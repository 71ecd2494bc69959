"""``bigdot users``: who may sign in."""

from __future__ import annotations

from typing import Any

import click

from services.access.accounts import ROLES, AccountRequest
from services.bootstrap import Services
from services.ports.access import Account
from web.cli.options import (
    ACTOR,
    answer,
    json_option,
    organisation_option,
    read_secret,
    refuse_unknown,
    with_services,
)


@click.group()
def command() -> None:
    """Make, list and disable accounts."""


@command.command()
@click.argument("login")
@organisation_option
@click.option("--role", "roles", multiple=True, required=True, type=click.Choice(ROLES))
@click.option("--name", help="How the pages call them.")
@click.option("--person", metavar="ID", help="Who they are in the plan.")
@click.option("--email")
@click.option("--zone", metavar="ZONE", help="Their time zone, as in Europe/London.")
@click.option("--password", "asks", is_flag=True, help="Ask for a password now.")
@json_option
@with_services
def create(
    services: Services,
    organisation: str | None,
    *,
    asks: bool,
    as_json: bool,
    **fields: Any,
) -> None:
    """Make an account. Without --password it prints a link to set one by."""
    owner = services.organisations.pick(organisation)
    person = fields["person"]
    people = services.plan_store.current(owner.id).people
    refuse_unknown("person", [person] if person else [], people)
    password = read_secret("Password", confirm=True) if asks else None
    wanted = AccountRequest(password=password, **fields)
    account = services.accounts.create(owner.id, wanted, actor=ACTOR)
    link = None if asks else _link(services, owner.id, account.login)
    shown = _plain(account) | ({"link": link} if link else {})
    answer(shown, as_json=as_json, lines=[link or f"The account {account.login} is made."])


@command.command(name="list")
@organisation_option
@json_option
@with_services
def list_users(services: Services, organisation: str | None, *, as_json: bool) -> None:
    """List accounts."""
    accounts = services.accounts.all(services.organisations.pick(organisation).id)
    lines = [
        f"{account.login}\t{','.join(sorted(account.roles))}"
        f"\t{'disabled' if account.disabled_at else 'active'}\t{account.name}"
        f"\t{account.person or '-'}"
        for account in accounts
    ]
    answer([_plain(account) for account in accounts], as_json=as_json, lines=lines)


@command.command()
@click.argument("login")
@organisation_option
@with_services
def disable(services: Services, login: str, organisation: str | None) -> None:
    """Disable an account and end its sessions."""
    owner = services.organisations.pick(organisation)
    services.accounts.disable(owner.id, login, actor=ACTOR)
    click.echo(f"The account {login} is disabled.")


@command.command()
@click.argument("login")
@organisation_option
@with_services
def password(services: Services, login: str, organisation: str | None) -> None:
    """Set a password, read from the terminal or the first line of a pipe."""
    owner = services.organisations.pick(organisation)
    services.accounts.of_login(owner.id, login)
    secret = read_secret("New password", confirm=True)
    services.accounts.set_password(owner.id, login, secret, actor=ACTOR)
    click.echo(f"The password of {login} is set; its sessions are ended.")


@command.command()
@click.argument("login")
@organisation_option
@with_services
def link(services: Services, login: str, organisation: str | None) -> None:
    """Print a link, good once and for a day, to set a password by."""
    owner = services.organisations.pick(organisation)
    click.echo(_link(services, owner.id, login))


def _link(services: Services, organisation_id: int, login: str) -> str:
    token = services.accounts.link(organisation_id, login, actor=ACTOR)
    return f"{_found_at(services.options.base_url)}/set-password/{token}"


def _found_at(configured: str) -> str:
    """Where the pages are: as `bigdot up` says that runs over the data folder, else as is set."""
    from config.settings import settings
    from web.supervisor.folder import address_of

    if settings().base_url is not None or not settings().embedded:
        return configured
    return address_of(settings().data_dir) or configured


def _plain(account: Account) -> dict[str, Any]:
    return {
        "id": account.id,
        "login": account.login,
        "name": account.name,
        "roles": sorted(account.roles),
        "person": account.person,
        "email": account.email,
        "zone": account.zone,
        "disabled_at": account.disabled_at and account.disabled_at.isoformat(),
    }
