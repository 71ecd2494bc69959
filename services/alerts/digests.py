"""Use case: owe each person the digest that is due, once, with all that waited for it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from services.alerting.cover import covered
from services.alerting.digest import AtRisk, Told, awake, channels, compose, window
from services.alerting.recipients import Recipient, of_status
from services.framework.leave import is_here
from services.framework.periods import local_date
from services.framework.plan import Plan
from services.ports.clock import Clock
from services.ports.digests import DigestStore, Due


class _Now(NamedTuple):
    system: datetime
    business: datetime


class Digests:
    """Owes digests as of business time; safe to run twice, and by several at once."""

    def __init__(self, store: DigestStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def due(self) -> int:
        """Owe every digest that is due; how many people's were written, the empty ones too."""
        now = _Now(self._clock.system_now(), self._clock.business_now())
        each = self._store.organisations()
        return sum(self._of(organisation_id, plan, now) for organisation_id, plan in each)

    def _of(self, organisation_id: int, plan: Plan, now: _Now) -> int:
        reached = self._store.reached(organisation_id)
        today = local_date(now.business, plan.zone)
        here = [person for person in plan.people if is_here(plan, person, today)]
        new = [person for person in here if person not in reached]
        if new:
            self._store.begin(organisation_id, new, now.business)
        waiting = [
            Due(organisation_id, person, covers, now.business, _leaves(plan, person, now))
            for person in here
            if person in reached
            and (covers := window(plan, plan.people[person], reached[person], now.business))
        ]
        if not waiting:
            return 0
        risks = self._risks(organisation_id, plan, now.business)
        return sum(self._write(plan, due, risks.get(due.person, ())) for due in waiting)

    def _write(self, plan: Plan, due: Due, risks: Sequence[AtRisk]) -> bool:
        person = plan.people[due.person]

        def said(told: Sequence[Told]) -> tuple[Mapping[str, Any] | None, Sequence[str]]:
            return compose(plan, person, due.covers, told, risks), channels(told, risks)

        return self._store.write(due, said)

    def _risks(
        self, organisation_id: int, plan: Plan, at: datetime
    ) -> Mapping[str, Sequence[AtRisk]]:
        """The aims at risk, by who hears of them."""
        found = self._store.at_risk(organisation_id, plan)
        if not found:
            return {}
        roster = self._store.roster(organisation_id, plan, at)
        risks: defaultdict[str, list[AtRisk]] = defaultdict(list)
        for aim, reason in found.items():
            told = covered(plan, roster.on, of_status(plan, roster, aim))
            for person, by in _by_person(told).items():
                risks[person].append(AtRisk(plan.aims[aim].name, f"/aims/{aim}", reason, by))
        return risks


def _by_person(told: Sequence[Recipient]) -> dict[str, tuple[str, ...]]:
    by: dict[str, tuple[str, ...]] = {}
    for one in told:
        by[one.person] = (*by.get(one.person, ()), one.channel)
    return by


def _leaves(plan: Plan, person: str, now: _Now) -> datetime:
    return now.system + (awake(plan, person, now.business) - now.business)
