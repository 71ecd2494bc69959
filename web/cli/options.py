"""What the commands share: services from the settings, one line an error, output for machines."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import click

from services.intake.refusals import known as known_are
from services.ports.access import AccessError, Actor, TakenError, UnknownError

if TYPE_CHECKING:
    from services.bootstrap import Services
    from services.persistence.engine import DatabaseFailure

P = ParamSpec("P")
R = TypeVar("R")
ACTOR = Actor("operator", "cli")

organisation_option = click.option(
    "--organisation", "-o", metavar="ID", help="Which organisation, where there are several."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")


class Trouble(click.ClickException):
    """Something is wrong with what was found: one line, exit code 1."""

    exit_code = 1


class WrongInput(Trouble):
    """What was asked for makes no sense: one line, exit code 2."""

    exit_code = 2


class WrongSetting(WrongInput):
    """A setting is wrong: one line, exit code 2."""


@contextmanager
def open_services() -> Iterator[Services]:
    """Services as the environment's settings want them.

    A wrong setting, wrong input, a database that is away and a refused request each end the command
    with one line.
    """
    from config.settings import SettingsError, settings
    from services.bootstrap import Services
    from services.persistence.engine import DatabaseFailure
    from web import configured
    from web.broker import BrokerDoorbell

    try:
        bell = configured.doorbell(settings())
        services = Services(configured.service_options(settings()), bell)
    except SettingsError as error:
        raise WrongSetting(str(error)) from None
    except OSError as error:
        raise Trouble(f"{error.filename}: {error.strerror}") from None
    try:
        yield services
    except (UnknownError, TakenError) as error:
        raise Trouble(str(error)) from None
    except AccessError as error:
        raise WrongInput(str(error)) from None
    except DatabaseFailure as error:
        raise Trouble(_one_line(error)) from None
    finally:
        services.close()
        if isinstance(bell, BrokerDoorbell):
            bell.close()


def _one_line(error: DatabaseFailure) -> str:
    text = str(error.orig).strip().splitlines()[0]
    hint = "; has `bigdot db upgrade` been run?" if "table" in text or "relation" in text else ""
    return f"the database does not answer: {text}{hint}"


def refuse_unknown(kind: str, names: Iterable[str], known: Collection[str]) -> None:
    """Raise Trouble for a name that the plan in force has not; without a plan, any may come."""
    for name in names:
        if known and name not in known:
            raise Trouble(f"the plan has no {kind} {name}; {known_are(known)}")


def answer(value: Any, *, as_json: bool, lines: Iterator[str] | list[str]) -> None:
    """Print ``value`` as JSON, or else the lines."""
    if as_json:
        click.echo(json.dumps(value, ensure_ascii=False, default=str))
        return
    for line in lines:
        click.echo(line)


def read_secret(prompt: str, *, confirm: bool = False) -> str:
    """A secret from the terminal, unseen, or the first line of a pipe; never an argument."""
    if sys.stdin.isatty():
        found: str = click.prompt(prompt, hide_input=True, confirmation_prompt=confirm)
        return found
    return sys.stdin.readline().rstrip("\r\n")


def with_services(command: Callable[..., R]) -> Callable[..., R]:
    """Give the command its services as the first argument."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> R:
        with open_services() as services:
            return command(services, *args, **kwargs)

    return run
