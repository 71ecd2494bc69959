"""The budget on messages: how much a week one person is sent at once, whoever it is.

What leaves together counts once, so that a burst is one message. An aim's status that turned bad
always passes. What is kept back waits for the person's digest, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from services.alerting.lifecycle import STATUS, Change, Decision
from services.framework.plan import Plan

WEEK = timedelta(days=7)
TOGETHER = timedelta(minutes=10)
"""Steps so close to each other reach a person in one mail."""
SINGLY = "never told singly: it is in the digest"
ASKED = "only digests are wanted: it is in the digest"


def passes(expectation: str, decision: Decision) -> bool:
    """Whether a step is sent whatever the budget: an aim's status turned bad, or another bad."""
    turned = decision.change in (Change.OPEN, Change.STEP)
    bad = decision.status is not None and decision.status.is_bad
    return expectation == STATUS and turned and bad


def messages_a_week(plan: Plan, person: str) -> int:
    """The person's own budget, else everybody's."""
    known = plan.people.get(person)
    own = known.messages_a_week if known else None
    return plan.organisation.messages_a_week if own is None else own


def kept_back(plan: Plan, person: str, told: Iterable[datetime], now: datetime) -> str | None:
    """Why a step at ``now`` that does not pass waits for the person's digest; None: it is sent.

    ``told`` are the instants of the steps that the person was sent, in any order; those of the week
    before ``now`` count.
    """
    known = plan.people.get(person)
    if known is not None and known.only_digest:
        return ASKED
    most = messages_a_week(plan, person)
    within = sorted(at for at in told if now - WEEK < at <= now)
    counted = messages([*within, now])
    if counted <= most or counted == messages(within):
        return None
    return f"over the budget of {most} messages a week: it is in the digest"


def messages(instants: Iterable[datetime]) -> int:
    """How many messages steps at ``instants``, in order, came in.

    A message begins with its first step and takes up what follows within `TOGETHER`.
    """
    many, began = 0, None
    for at in instants:
        if began is None or at - began > TOGETHER:
            many, began = many + 1, at
    return many
