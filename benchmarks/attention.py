"""What an executive would have been sent: two years of real emergency departments, week by week.

Every provider with a major department and all 36 months is an aim (12 months of baseline, 24
judged), told to executives of one aim, of ten (a large hospital group) and of all 130. A month's
values come on eleven days, ten to twenty after its end, as from feeds that do not wait for each
other. What would be sent is that of ``bigdot backtest``; the budget on it is the one that judges
live. For each the distribution of messages a week is printed, without a budget and with the default
one of three. A status that turned bad passes any budget, so that one person over 130 departments,
who hears of some on every day, can be over it: their figure stands here without a bound.

Run: ``python -m benchmarks.attention [--data FOLDER]``. 1 if the 95th percentile of anybody with
one or ten aims is over three.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import chain
from pathlib import Path

import numpy as np

from benchmarks.real_feed import DATA, FILE, Provider, plan_of, providers
from services.alerting.budget import WEEK, kept_back, messages, passes
from services.alerting.lifecycle import Decision
from services.evaluation.backtest import read_history
from services.evaluation.past_alerts import past_alerts, span_of
from services.evaluation.replay import Sent, Span
from services.framework.plan import Plan
from services.planning.document import load

MOST = 3
SPREAD = 11
GROUP = 10
EXECUTIVE = "coo"


def main(folder: Path) -> int:
    """Replay, print, and give 1 if a 95th percentile that is bound is over the bound."""
    chosen = providers(folder / FILE)
    plan = load(plan_of(chosen))
    history = read_history(plan, _rows(chosen))
    span = span_of(plan, history)
    sent = sorted(chain.from_iterable(past_alerts(plan, history)), key=lambda one: one.at)
    print(f"{len(chosen)} aims, {span.weeks} weeks, {len(sent)} steps told")
    aims = [f"aim:{aim}" for aim in plan.aims]
    worst = 0.0
    for size in (1, GROUP, len(aims)):
        theirs = [set(aims[n : n + size]) for n in range(0, len(aims), size)]
        heard = [[one for one in sent if _hears(one) and one.subject in own] for own in theirs]
        _print(f"{size} aims each, no budget", [_weeks([s.at for s in h], span) for h in heard])
        held = [_budgeted(plan, steps) for steps in heard]
        most = _print(f"{size} aims each, {MOST} a week", [_weeks(at, span) for at, _ in held])
        fullest, kept = max(_fullest(at) for at, _ in held), sum(many for _, many in held)
        print(f"  any seven days: {fullest} at most; {kept} steps waited for the digest")
        worst = max(worst, most if size <= GROUP else 0.0)
    return int(worst > MOST)


def _hears(one: Sent) -> bool:
    return any(to.person == EXECUTIVE for to in one.to)


def _budgeted(plan: Plan, sent: Iterable[Sent]) -> tuple[list[datetime], int]:
    """When an executive is sent something at once, and how many steps waited."""
    told: list[datetime] = []
    kept = 0
    for one in sent:
        decision = Decision(one.change, one.reason, status=one.status)
        if passes(one.expectation, decision) or not kept_back(plan, EXECUTIVE, told, one.at):
            told.append(one.at)
        else:
            kept += 1
    return told, kept


def _weeks(told: Sequence[datetime], span: Span) -> list[int]:
    """Messages in each week of the span, the empty ones too."""
    by: defaultdict[int, list[datetime]] = defaultdict(list)
    for at in told:
        by[(at - span.first) // WEEK].append(at)
    return [messages(by.get(n, ())) for n in range(span.weeks)]


def _fullest(told: Sequence[datetime]) -> int:
    """The most messages within any seven days."""
    return max((messages(a for a in told if at - WEEK < a <= at) for at in told), default=0)


def _print(title: str, weeks: Sequence[Sequence[int]]) -> float:
    """Print how many weeks of people had how many messages; gives the worst 95th percentile."""
    every = Counter(chain.from_iterable(weeks))
    many = sum(every.values())
    shares = ", ".join(f"{n}: {100 * every[n] / many:.1f} %" for n in sorted(every))
    worst = max(float(np.percentile(one, 95)) for one in weeks)
    print(f"{title}\n  messages a week {shares}; 95th percentile {worst:.1f}")
    return worst


def _rows(chosen: Iterable[Provider]) -> Iterator[dict[str, str | None]]:
    for number, provider in enumerate(chosen):
        for month, (seen, of) in provider.months.items():
            first = date.fromisoformat(f"{month}-01")
            after = (first + timedelta(days=32)).replace(day=1)
            yield {
                "measure": "four-hours",
                "site": provider.code.lower(),
                "period": month,
                "numerator": str(seen),
                "denominator": str(of),
                "received": (after + timedelta(days=9 + number % SPREAD)).isoformat(),
            }


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--data", type=Path, default=DATA)
    sys.exit(main(asked.parse_args().data))
