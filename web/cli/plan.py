"""``bigdot plan``: check, compare, apply and export plan files."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from services.bootstrap import Services
from services.planning import templates
from services.planning.document import Finding, PlanError
from services.planning.draft import draft
from services.planning.findings import errors_of
from services.planning.lint import lint as lint_draft
from services.planning.plans import Applied, Proposal
from services.ports.planning import PlanningError
from web.cli.options import (
    Trouble,
    WrongInput,
    answer,
    json_option,
    open_services,
    organisation_option,
)

_MAX_SHOWN = 200
file_argument = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))


@click.group()
def command() -> None:
    """Check, compare, apply and export plans."""


@command.command("lint")
@file_argument
@json_option
def lint(file: Path, as_json: bool) -> None:
    """Check a plan file: exit 0 without errors (warnings are told), 1 with.

    The file is judged as a whole plan, without what is applied already.
    """
    try:
        findings: Sequence[Finding] = lint_draft(draft(file.read_bytes()))
    except PlanError as trouble:
        findings = trouble.findings
    _tell(file, findings, as_json)
    if errors_of(tuple(findings)):
        sys.exit(1)


@command.command("templates")
@json_option
def templates_(as_json: bool) -> None:
    """List the whole-system measures from which an aim can be started."""
    every = templates.TEMPLATES.values()
    lines = [
        f"{each.id:30}  {each.frequency.value:7}  {each.direction.value:8}  {each.name}"
        for each in every
    ]
    answer([templates.as_json(each) for each in every], as_json=as_json, lines=lines)


@command.command("new")
@click.option("--template", "name", metavar="ID", required=True, help="As `plan templates` lists.")
@click.option("--organisation", "-o", metavar="ID", help="The organisation of the plan.")
@click.option("--aim", metavar="ID", help="The id of the new aim.")
@click.option("--name", "title", metavar="NAME", help="The name of the new aim.")
@click.option("--baseline", type=float, help="The level to improve on.")
@click.option("--target", type=float, help="How good.")
@click.option("--start", metavar="PERIOD", help="The first period, as in 2026-11.")
@click.option("--deadline", metavar="PERIOD", help="By when, as in 2027-12.")
@click.option("--sponsor", metavar="PERSON", help="Who answers for it: one of the plan's people.")
def new(name: str, title: str | None, **given: Any) -> None:
    """Print a measure and an aim from a template, to be put into a plan; fill in its blanks."""
    found = templates.TEMPLATES.get(name)
    if found is None:
        known = ", ".join(templates.TEMPLATES)
        raise WrongInput(f"there is no template {name!r}; there are: {known}")
    filled = {
        key: f"{value:g}" if isinstance(value, float) else value
        for key, value in given.items()
        if value is not None
    }
    click.echo(templates.to_fill_in(found, filled | {"name": title or ""}), nl=False)


@command.command("diff")
@file_argument
@organisation_option
@json_option
def diff(file: Path, organisation: str | None, as_json: bool) -> None:
    """Show what applying a plan file would change: exit 0 if it could be applied, 1 if not."""
    with open_services() as services:
        tenant = services.organisations.pick(organisation)
        proposal = _propose(services, tenant.id, file, as_json=as_json)
    answer(_proposed(proposal), as_json=as_json, lines=_lines(proposal))
    if proposal.stale is not None and proposal.changes:
        raise Trouble(str(proposal.stale))


@command.command("apply")
@file_argument
@organisation_option
@click.option("--author", metavar="WHO", help="Who changes the plan; else the system's user.")
@click.option("--reason", metavar="WHY", help="Why it changes; asked for on a terminal.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--create", is_flag=True, help="Make the organisation if there is none of that id.")
@json_option
def apply(  # noqa: PLR0913, PLR0917 - one option each
    file: Path,
    organisation: str | None,
    author: str | None,
    reason: str | None,
    yes: bool,
    create: bool,
    as_json: bool,
) -> None:
    """Lay a plan file over the plan in force: shows the changes, asks, makes a version."""
    with open_services() as services:
        tenant_id = _tenant(services, file, organisation, create=create, as_json=as_json)
        proposal = _propose(services, tenant_id, file, as_json=as_json)
        if not as_json:
            answer(None, as_json=False, lines=_lines(proposal))
        if not proposal.changes:
            answer(_done(proposal.version, proposal), as_json=as_json, lines=[])
            return
        if proposal.stale is not None:
            raise Trouble(str(proposal.stale))
        reason = _agreed(reason, yes=yes or as_json)
        if tenant_id is None:
            tenant_id = services.plans.create_organisation(file.read_bytes())
        applied = _apply(services, tenant_id, file, author or getpass.getuser(), reason)
        line = f"Version {applied.version} is in force."
        answer(_done(applied.version, applied), as_json=as_json, lines=[line])


@command.command("export")
@click.argument("version", type=click.IntRange(min=1), required=False)
@organisation_option
@json_option
def export(version: int | None, organisation: str | None, as_json: bool) -> None:
    """Print the plan in force, or an earlier VERSION, as a plan file (or as JSON)."""
    with open_services() as services:
        tenant = services.organisations.pick(organisation)
        try:
            text = services.plans.export(tenant.id, version)
            record = services.plan_store.record(tenant.id, version)
        except PlanningError as trouble:
            raise Trouble(str(trouble)) from None
    if as_json and record is not None:
        answer({"version": record.version, **record.document}, as_json=True, lines=[])
    else:
        click.echo(text, nl=False)


def _tenant(
    services: Services, file: Path, organisation: str | None, *, create: bool, as_json: bool
) -> int | None:
    """The organisation asked for; with ``create`` the one that the file names, None where it is
    still to be made."""
    if not create:
        return services.organisations.pick(organisation).id
    try:
        slug = draft(file.read_bytes()).document.organisation.id
        return services.plan_store.organisation_id(slug)
    except PlanError as trouble:
        raise _refused(file, trouble, as_json) from None


def _propose(services: Services, tenant_id: int | None, file: Path, *, as_json: bool) -> Proposal:
    try:
        return services.plans.propose(tenant_id, file.read_bytes())
    except PlanError as trouble:
        raise _refused(file, trouble, as_json) from None
    except PlanningError as trouble:
        raise Trouble(str(trouble)) from None


def _apply(services: Services, tenant_id: int, file: Path, author: str, reason: str) -> Applied:
    try:
        return services.plans.apply(tenant_id, file.read_bytes(), author=author, reason=reason)
    except (PlanError, PlanningError) as trouble:
        raise Trouble(str(trouble)) from None


def _agreed(reason: str | None, *, yes: bool) -> str:
    """The reason, once the changes are agreed to; a pipe is not asked."""
    asks = sys.stdin.isatty() and not yes
    if asks:
        click.confirm("Apply these changes?", abort=True)
    if reason is None and asks:
        asked: str = click.prompt("Why")
        return asked
    if reason is None:
        raise click.UsageError("say why with --reason")
    return reason


def _refused(file: Path, trouble: PlanError, as_json: bool) -> Trouble:
    _tell(file, trouble.findings, as_json)
    return Trouble(f"{file.name}: nothing was changed")


def _tell(file: Path, findings: Sequence[Finding], as_json: bool) -> None:
    errors = len(errors_of(tuple(findings)))
    lines = [f"{file.name}: {finding}" for finding in findings[:_MAX_SHOWN]]
    more = len(findings) - len(lines)
    lines.extend([f"and {more} more"] if more else [])
    counts = f"{_many(errors, 'error')}, {_many(len(findings) - errors, 'warning')}"
    lines.append(f"{file.name}: {counts}")
    value = {"errors": errors, "findings": [asdict(finding) for finding in findings]}
    answer(value, as_json=as_json, lines=lines)


def _many(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _lines(proposal: Proposal) -> list[str]:
    warnings = [str(finding) for finding in proposal.warnings]
    if not proposal.changes:
        return [*warnings, f"Nothing changes: the plan stands at version {proposal.version}."]
    return [*warnings, *proposal.lines]


def _proposed(proposal: Proposal) -> dict[str, Any]:
    stale = str(proposal.stale) if proposal.stale and proposal.changes else None
    return {**_done(proposal.version, proposal), "stale": stale}


def _done(version: int, what: Proposal | Applied) -> dict[str, Any]:
    return {
        "version": version,
        "changes": [asdict(change) for change in what.changes],
        "kept": [{"kind": kind, "key": key} for kind, key in what.kept],
        "warnings": [asdict(finding) for finding in what.warnings],
    }
