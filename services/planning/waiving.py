"""Use case: accept a finding for a while, as a new version of the plan that says who and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from services.framework.plan import Plan, Waiver
from services.framework.waivers import LONGEST_DAYS, holds
from services.planning.plans import Applied, Plans
from services.ports.planning import FieldRefusedError, PlanStore

_LONGEST_NAME = 58


class WaiverRefusedError(FieldRefusedError):
    """A waiver that cannot be; ``field`` is the field of a form that is to blame."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A waiver as it is asked for: of which finding, by whom, on which day, until when, and why."""

    expectation: str
    about: str
    by: str
    on: date
    until: date
    reason: str


class Waiving:
    """Waives findings, and lifts waivers."""

    def __init__(self, plans: Plans, store: PlanStore) -> None:
        self._plans = plans
        self._store = store

    def waive(self, organisation_id: int, asked: Asked, *, author: str, via: str) -> Applied:
        """Make a version of the plan with the waiver.

        Raises WaiverRefusedError for an end in the past or more than ninety days away, for a
        finding that is waived already, and for whatever the plan's checks refuse; PlanningError
        for an author or a reason.
        """
        plan = self._store.current(organisation_id)
        _check(plan, asked)
        said = {
            "id": _name(plan, asked),
            "expectation": asked.expectation,
            "about": asked.about,
            "from": asked.on.isoformat(),
            "until": asked.until.isoformat(),
            "by": asked.by,
            "reason": asked.reason,
        }
        return self._apply(organisation_id, plan, said, author, asked.reason, via)

    def lift(
        self, organisation_id: int, waiver_id: str, on: date, *, author: str, reason: str, via: str
    ) -> Applied:
        """End a waiver before its time.

        Raises LookupError for one that the plan does not have, WaiverRefusedError for one that
        holds no longer, PlanningError for an author or a reason.
        """
        plan = self._store.current(organisation_id)
        known = plan.waivers[waiver_id]
        if not holds(known, on):
            raise WaiverRefusedError("waiver", f"the waiver {waiver_id} holds no longer")
        said = {"id": waiver_id, "ended": on.isoformat()}
        return self._apply(organisation_id, plan, said, author, reason, via)

    def held(self, organisation_id: int, expectation: str, about: str, on: date) -> Waiver | None:
        """The waiver of a finding that holds on a day; None where there is none."""
        return _held(self._store.current(organisation_id), expectation, about, on)

    def _apply(
        self,
        organisation_id: int,
        plan: Plan,
        said: dict[str, str],
        author: str,
        reason: str,
        via: str,
    ) -> Applied:
        return self._plans.change(
            organisation_id,
            {"waivers": [said]},
            author=author,
            reason=reason,
            base_version=plan.version,
            via=via,
            refused=WaiverRefusedError,
        )


def _check(plan: Plan, asked: Asked) -> None:
    days = (asked.until - asked.on).days
    if days < 0:
        raise WaiverRefusedError("until", f"{asked.until} is past")
    if days > LONGEST_DAYS:
        why = f"{asked.until} is {days} days away; a waiver lasts {LONGEST_DAYS} days at most"
        raise WaiverRefusedError("until", why)
    held = _held(plan, asked.expectation, asked.about, asked.on)
    if held is not None:
        raise WaiverRefusedError("until", f"it is waived already, until {held.until}")


def _held(plan: Plan, expectation: str, about: str, on: date) -> Waiver | None:
    mine = (w for w in plan.waivers.values() if (w.expectation, w.about) == (expectation, about))
    return next((waiver for waiver in mine if holds(waiver, on)), None)


def _name(plan: Plan, asked: Asked) -> str:
    """A new id, which says what is waived and since when."""
    about = asked.about.replace(":", "-").replace("/", "-")
    name = f"{asked.expectation.lower()}-{asked.on}-{about}"[:_LONGEST_NAME]
    number = sum(known.startswith(name) for known in plan.waivers)
    return f"{name}-{number + 1}" if number else name
