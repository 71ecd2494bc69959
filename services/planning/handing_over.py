"""Use case: one step hands over everything that a leaver holds, as a new version of the plan."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

from services.framework.holdings import Holding, Kept, Part, holdings, kept
from services.framework.periods import local_date, midnight
from services.framework.plan import Plan
from services.framework.texts import count
from services.planning.export import to_text
from services.planning.findings import Finding, PlanError
from services.planning.handover import Handover, HandoverRefusedError, Held, check, check_held
from services.planning.plans import Brought, Plans
from services.ports.clock import Clock
from services.ports.planning import Closing, DepartureStore, PlanStore


@dataclass(frozen=True, slots=True)
class Passed:
    """One thing that is handed over, in words, and to whom (a cover may be nobody's)."""

    about: str
    words: str
    to: str | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a handover does, or did.

    ``version`` is the version of the plan that it made, or of a preview the one in force.
    ``warnings`` are what the plan's checks find because of it.
    """

    asked: Handover
    version: int
    passed: tuple[Passed, ...]
    kept: tuple[Kept, ...]
    closing: Closing
    warnings: tuple[Finding, ...]

    def plain(self) -> dict[str, Any]:
        """The outcome as plain JSON data."""
        asked = self.asked
        return {
            "person": asked.person,
            "to": asked.to,
            "on": asked.on.isoformat(),
            "plan_version": self.version,
            "handed_over": [asdict(each) for each in self.passed],
            "kept": [asdict(each) for each in self.kept],
            "closed": asdict(self.closing),
            "warnings": [each.message for each in self.warnings],
        }

    def lines(self) -> Iterator[str]:
        """The outcome as people read it on a terminal."""
        yield from (f"{each.about}: {each.words} → {each.to or 'nobody'}" for each in self.passed)
        if not self.passed:
            yield f"{self.asked.person} holds nothing."
        yield from (f"{each.about}: {each.words}: stays ({each.why})" for each in self.kept)
        yield from (f"account {login}: closed" for login in self.closing.accounts)
        yield from (f"API key {label}: revoked" for label in self.closing.keys)
        if self.closing.messages:
            yield f"{count(self.closing.messages, 'message')} that waited: led on"
        if self.closing.alerts:
            yield f"{count(self.closing.alerts, 'open alert')}: told to who takes over"
        yield from (f"warning: {each.message}" for each in self.warnings)


class HandingOver:
    """Says what somebody holds, and hands it over."""

    def __init__(
        self, plans: Plans, store: PlanStore, departures: DepartureStore, clock: Clock
    ) -> None:
        self._plans = plans
        self._store = store
        self._departures = departures
        self._clock = clock

    def preview(self, organisation_id: int, asked: Handover) -> Outcome:
        """What the handover would do; nothing is changed. Raises as `hand_over` does, but for an
        author, a reason and a stale version."""
        plan, held = self._held(organisation_id, asked)
        return self._outcome(organisation_id, plan, held)

    def hand_over(
        self,
        organisation_id: int,
        asked: Handover,
        *,
        author: str,
        reason: str,
        base_version: int | None = None,
        via: str,
    ) -> Outcome:
        """Hand everything over in one transaction, as a version of the plan.

        Raises LookupError for a leaver whom the plan does not have; HandoverRefusedError for one
        who left already, for somebody who cannot take over, for a day to come, for something that
        the leaver does not hold, and for what the plan's checks refuse; StaleBaseError where the
        plan is no longer ``base_version``; PlanningError for an author or a reason.
        """
        plan, held = self._held(organisation_id, asked)
        outcome = self._outcome(organisation_id, plan, held)
        applied = self._plans.apply(
            organisation_id,
            self._patch(organisation_id, held),
            author=author,
            reason=reason,
            base_version=plan.version if base_version is None else base_version,
            effective_from=midnight(asked.on, plan.zone),
            via=via,
            brought=Brought(partial(held.events, plan), held.departure(plan)),
        )
        return replace(outcome, version=applied.version)

    def _held(self, organisation_id: int, asked: Handover) -> tuple[Plan, Held]:
        plan = self._store.current(organisation_id)
        check(plan, asked, local_date(self._clock.business_now(), plan.zone))
        facts = self._departures.facts(organisation_id)
        about = (plan, facts, asked.person, asked.on)
        held = Held(asked, holdings(*about), kept(*about))
        check_held(plan, held)
        return plan, held

    def _patch(self, organisation_id: int, held: Held) -> str:
        record = self._store.record(organisation_id)
        assert record is not None  # noqa: S101 - somebody of the plan leaves
        return to_text(held.patch(record.document))

    def _outcome(self, organisation_id: int, plan: Plan, held: Held) -> Outcome:
        asked = held.asked
        return Outcome(
            asked,
            plan.version,
            tuple(_passed(held, each) for each in held.holdings),
            held.kept,
            self._departures.closing(organisation_id, asked.person, self._clock.business_now()),
            self._warnings(organisation_id, held),
        )

    def _warnings(self, organisation_id: int, held: Held) -> tuple[Finding, ...]:
        """What the plan's checks find after it and did not before. Raises HandoverRefusedError."""
        before = self._plans.propose(organisation_id, to_text({"bigdot": 1})).warnings
        known = {finding.message for finding in before}
        try:
            after = self._plans.propose(organisation_id, self._patch(organisation_id, held))
        except PlanError as refused:
            raise HandoverRefusedError(*refused.to_blame) from refused
        return tuple(finding for finding in after.warnings if finding.message not in known)


def _passed(held: Held, holding: Holding) -> Passed:
    is_cover = holding.part is Part.COVER
    to = held.covers(holding.about) if is_cover else held.to(holding.about)
    return Passed(holding.about, holding.words, to)
