"""What ``bigdot backtest`` says of alerts: how far the data reach, and who would have heard."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from services.evaluation.backtest import History
    from services.evaluation.replay import Load, Sent
    from services.framework.plan import Plan

_STATUS = "STATUS"


def lines(plan: Plan, history: History, sent: Iterable[list[Sent]]) -> Iterator[dict[str, object]]:
    """One plain object a line: coverage, then what is left out, alerts by time, people, a sum."""
    from services.evaluation.past_alerts import LEFT_OUT, coverage, span_of
    from services.evaluation.replay import loads, tally

    for one in coverage(plan, history):
        yield {
            "kind": "coverage",
            "measure": one.measure,
            "first": one.first.label if one.first else None,
            "last": one.last.label if one.last else None,
            "periods": one.expected,
            "missing": [period.label for period in one.missing],
        }
    yield {"kind": "left_out", "reason": LEFT_OUT}
    told = sorted(chain.from_iterable(sent), key=lambda each: each.at)
    yield from ({"kind": "alert", **each.as_json()} for each in told)
    span = span_of(plan, history)
    for load in loads(told, span, plan.zone):
        yield {
            "kind": "person",
            "person": load.person,
            "messages": load.messages,
            "a_week": round(load.a_week, 3),
            "fullest": load.fullest,
            "fullest_week": load.fullest_week.isoformat(),
        }
    came = tally(told)
    yield {
        "kind": "sum",
        "opened": came.opened,
        "came_true": came.true,
        "did_not": came.untrue,
        "too_early": came.unknown,
        "weeks": span.weeks,
    }


def print_json(plan: Plan, history: History, sent: Iterable[list[Sent]]) -> None:
    """The same, one JSON object a line."""
    for line in lines(plan, history, sent):
        click.echo(json.dumps(line))


def print_coverage(plan: Plan, history: History) -> None:
    """How far the data reach, before anything is judged by them."""
    from services.evaluation.past_alerts import coverage

    click.echo("How far the data reach")
    for one in coverage(plan, history):
        click.echo(f"  {one.name} ({one.measure}): {one.words}")


def print_alerts(plan: Plan, history: History, sent: Iterable[list[Sent]]) -> None:
    """Every message by time, who gets how many, and what came true."""
    from services.evaluation.past_alerts import LEFT_OUT, span_of
    from services.evaluation.replay import loads, tally

    told = sorted(chain.from_iterable(sent), key=lambda each: each.at)
    click.echo("\nWhat would have been sent")
    for one in told:
        click.echo(f"  {_line(plan, one)}")
    if not told:
        click.echo("  Nothing.")
    span = span_of(plan, history)
    click.echo(f"\nWho would have got how much, in {span.weeks} weeks")
    for load in loads(told, span, plan.zone):
        click.echo(f"  {_load(plan, load)}")
    click.echo(f"\nWhat came of it: {tally(told).words}")
    click.echo(LEFT_OUT)


def _line(plan: Plan, one: Sent) -> str:
    to = ", ".join(dict.fromkeys(_name(plan, each.person) for each in one.to)) or "nobody"
    what = "status" if one.expectation == _STATUS else one.expectation
    state = f" {one.status.words.lower()}" if one.status else ""
    came = f" [came true: {one.truth.value}]" if one.truth else ""
    day = one.at.astimezone(plan.zone).date()
    return f"{day}  {what}{state}  {one.change.value} {one.about} → {to}: {one.reason}{came}"


def _load(plan: Plan, load: Load) -> str:
    return (
        f"{_name(plan, load.person)}: {load.messages}, {load.a_week:.2f} a week, at most "
        f"{load.fullest} (week of {load.fullest_week})"
    )


def _name(plan: Plan, person: str) -> str:
    known = plan.people.get(person)
    return known.name if known else person
