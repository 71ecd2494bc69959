"""Waivers: a finding that somebody accepts for a while, with a reason, is told to nobody.

The finding stays what it is, and is shown; its alert ends with the waiver's words. When the waiver
is over and the finding still stands, it is told anew. Ninety days at most: domain notes, section 3.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from services.framework.expectations.catalogue import Finding, Situation
from services.framework.judgement import Outcome
from services.framework.plan import Plan, Waiver
from services.framework.texts import day_name

LONGEST_DAYS = 90
_DAY = timedelta(days=1)


def accepted(situation: Situation, finding: Finding) -> Finding:
    """The finding, waived where a waiver holds on the day; it changes when a waiver comes or ends.

    A waiver about a subject or a part of it speaks of whatever lies within that, too.
    """
    about = tuple(_about(situation, finding.outcome))
    if not about:
        return finding
    today, outcome = situation.today, finding.outcome
    edges = [day for waiver in about for day in _edges(waiver) if day > today]
    due = [situation.begins(min(edges))] if edges else []
    due += [finding.next_at] if finding.next_at is not None else []
    holding = next((waiver for waiver in about if holds(waiver, today)), None)
    if holding is not None and outcome.tripped:
        words = f"{said(situation.plan, holding)} {outcome.reason}"
        outcome = replace(outcome, reason=words, waived=True)
    return Finding(outcome, min(due, default=None))


def holds(waiver: Waiver, today: date) -> bool:
    """Whether the waiver holds on the day: from its first day to its last, unless lifted before."""
    lifted = waiver.ended is not None and waiver.ended <= today
    return waiver.since <= today <= waiver.until and not lifted


def said(plan: Plan, waiver: Waiver) -> str:
    """The waiver in words: until when, by whom, and why."""
    by = plan.people[waiver.by].name if waiver.by in plan.people else waiver.by
    reason = waiver.reason.rstrip(".")
    return f"Waived until {day_name(waiver.until)} by {by}: {reason}."


def _about(situation: Situation, outcome: Outcome) -> Iterator[Waiver]:
    names = {outcome.about, outcome.about.split("/")[0], str(situation.subject)}
    for waiver in situation.plan.waivers.values():
        if waiver.expectation == outcome.expectation and waiver.about in names:
            yield waiver


def _edges(waiver: Waiver) -> tuple[date, ...]:
    """The days on which the waiver begins to hold, and no longer does."""
    after = waiver.until + _DAY
    return waiver.since, after if waiver.ended is None else min(waiver.ended, after)
