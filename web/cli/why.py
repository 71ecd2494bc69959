"""``bigdot why AIM``: why an aim stands as it does, what was sent and by what, and why not more."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

import click

from web.cli.options import (
    Trouble,
    WrongInput,
    answer,
    json_option,
    organisation_option,
    with_services,
)

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from services.bootstrap import Services
    from services.reporting.why import AlertSaid, Said, Told, Why


@click.command("why")
@click.argument("aim")
@click.option(
    "--as-of", metavar="DATE", help="As of the end of a date, or of an instant with its zone."
)
@organisation_option
@json_option
@with_services
def command(
    services: Services, aim: str, as_of: str | None, organisation: str | None, *, as_json: bool
) -> None:
    """Say why AIM stands as it does: who was told of what, and of all else why nobody was.

    The answer rests on what was judged then, and is judged again from the journal.
    """
    from services.reporting import why as asked

    tenant = services.organisations.pick(organisation).id
    plan = services.plan_store.current(tenant)
    if aim not in plan.aims:
        known = ", ".join(plan.aims) or "none yet"
        raise Trouble(f"there is no aim {aim!r}; the plan has: {known}")
    try:
        found = services.whys.why(tenant, aim, as_of)
    except asked.AsOfError as wrong:
        raise WrongInput(f"--as-of: {wrong}") from None
    if found is None:
        raise Trouble(f"{aim} has not been judged yet")
    answer(asked.as_json(found), as_json=as_json, lines=_lines(found, plan.zone))


def _lines(why: Why, zone: ZoneInfo) -> Iterator[str]:
    own = why.judged[0]
    yield f"{why.name} ({why.aim})"
    yield f"  {(why.status or 'waiting').replace('_', ' ')}: {why.reason}"
    yield f"  judged {_when(own.as_of, zone)}, the same to {_when(own.valid_to, zone)}"
    if why.would_change:
        yield f"  {why.would_change}"
    if why.next_due:
        due = _when(datetime.fromisoformat(why.next_due), zone)
        yield f"  time alone could change this answer from {due}"
    yield from _again(why)
    yield from _questions(why)
    yield from _chain(why)
    yield from _sites(why)
    yield from _restated(why, zone)
    yield from _alerts(why, zone)
    yield from _silent(why)


def _again(why: Why) -> Iterator[str]:
    if why.same:
        yield f"  recomputed from the journal: the same ({len(why.judged)} judgements)"
    for judged in why.judged:
        for difference in judged.again.differs:
            yield f"  recomputed, {judged.name} differs: {difference}"


def _questions(why: Why) -> Iterator[str]:
    asked = why.questions
    if asked is None:
        return
    yield f"\nThe two questions: {asked.words}. {asked.response}"
    yield f"  Are we executing the strategy? {asked.executing}."
    yield f"  Is the strategy working? {asked.working}."
    yield f"  {asked.reason} {asked.lag}"
    for part in (*asked.drivers, *asked.projects):
        yield f"  {part.share:>5}  {part.name}: {part.says} ({part.reason})"


def _chain(why: Why) -> Iterator[str]:
    if not why.chain:
        return
    yield "\nThe weakest links below it"
    for number, link in enumerate(why.chain, 1):
        above = [why.name, *(link.get("above") or ()), link["name"]]
        yield f"  {number}. {' ◀ '.join(above)}: {link['problem']}"
        if link.get("stake"):
            yield f"     {link['stake']}"
        if link.get("closes"):
            yield f"     closed by {link['closes']} ({link.get('role') or 'nobody'})"


def _sites(why: Why) -> Iterator[str]:
    if why.sites is None:
        return
    yield f"\nWhich sites carry it: {why.sites.words}"
    if why.sites.move:
        yield f"  {why.sites.move}"
    for line in why.sites.lines:
        brings = f"; brings {line.brings}" if line.brings else ""
        yield f"  {line.name}: {line.latest} (before {line.before}), {line.says}{brings}"


def _restated(why: Why, zone: ZoneInfo) -> Iterator[str]:
    if why.restated:
        yield "\nRestated"
    for each in why.restated:
        yield f"  {_when(each.at, zone)}  {each.name}: {'; '.join(each.causes)}"
        for text in (*each.months, *each.findings):
            yield f"    {text}"


def _alerts(why: Why, zone: ZoneInfo) -> Iterator[str]:
    yield "\nWhat was told"
    if not why.alerts:
        yield "  nothing: no alert was ever opened"
    for alert in why.alerts:
        yield f"  {alert.expectation} {alert.name}: {_stands(alert, zone)}"
        for step in alert.steps:
            by = f", {step.by}" if step.by else ""
            yield f"    {_when(step.at, zone)}  {step.kind}{by}: {step.reason}"
            for told in step.told:
                yield f"      {_message(told)}"


def _stands(alert: AlertSaid, zone: ZoneInfo) -> str:
    if alert.is_open:
        return f"open since {_when(alert.since, zone)}"
    over = f" to {_when(alert.resolved, zone)}" if alert.resolved else ""
    return f"over, {_when(alert.since, zone)}{over}"


def _message(told: Told) -> str:
    because = f" ({told.because})" if told.because else ""
    return f"{told.to} by {told.channel}: {told.state}{because}"


def _silent(why: Why) -> Iterator[str]:
    """Every expectation, by how it stands."""
    for state, many in why.counts.items():
        if many:
            yield f"\n{state.value.capitalize()} ({many})"
        for said in why.said:
            if said.state is state:
                yield from _said(said)


def _said(said: Said) -> Iterator[str]:
    yield f"  {said.expectation:7} {said.name}: {said.reason}"
    inputs = ", ".join(f"{k} {v}" for k, v in said.inputs.items() if v is not None)
    if inputs:
        yield f"          looked at {inputs}"
    if said.state.value == "fails" and said.silence:
        yield f"          {said.silence}"


def _when(instant: datetime, zone: ZoneInfo) -> str:
    return f"{instant.astimezone(zone):%Y-%m-%d %H:%M}"
