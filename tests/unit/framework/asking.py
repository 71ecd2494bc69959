"""Asks one expectation of a subject, and when time alone could change its answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from services.framework.expectations.register import CATALOGUE
from services.framework.facts import Facts
from services.framework.judgement import Outcome
from services.framework.plan import Plan, Switch
from tests.unit.framework.builders import at, judged, outcome


def alone(plan: Plan, expectation: str) -> Plan:
    """The plan with this expectation told of, and every other off."""
    rules = dict.fromkeys(CATALOGUE, Switch.OFF) | {expectation: Switch.ON}
    return replace(plan, rules=rules)


def asked(
    expectation: str, plan: Plan, on: str, facts: Facts | None = None, about: str = "aim:a"
) -> Outcome:
    """What the expectation says of ``about``, whose subject is the aim unless it names another."""
    return outcome(
        judged(alone(plan, expectation), facts or Facts(), _subject(about), at(on)),
        expectation,
        about,
    )


def _subject(about: str) -> str:
    kind, _, rest = about.partition(":")
    if kind in ("driver", "aim"):
        return f"aim:{rest.partition('/')[0]}"
    return about


def changes_on(
    expectation: str, plan: Plan, on: str, facts: Facts | None = None, about: str = "aim:a"
) -> str:
    """The local date of the next look, at which the answer does change, and not before."""
    known, own = facts or Facts(), alone(plan, expectation)
    subject = _subject(about)
    coming = judged(own, known, subject, at(on)).next_due
    assert coming is not None
    before, after = (
        outcome(judged(own, known, subject, instant), expectation, about)
        for instant in (coming - timedelta(microseconds=1), coming)
    )
    assert before != after
    assert before == asked(expectation, plan, on, facts, about)
    return coming.astimezone(plan.zone).date().isoformat()
