"""Use case: somebody is on leave and somebody covers, or is back early; a version of the plan.

Why somebody is away is not asked and not kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from services.framework.plan import Away, Person, Plan
from services.framework.texts import day_name
from services.planning.plans import Applied, Plans
from services.ports.planning import FieldRefusedError, PlanStore

_DAY = timedelta(days=1)


class LeaveRefusedError(FieldRefusedError):
    """A leave that cannot be; ``field`` is since, until or cover, or else the plan's."""


@dataclass(frozen=True, slots=True)
class Leave:
    """Leave as it is asked for: whose, from its first day to its last, and who covers, if any."""

    person: str
    since: date
    until: date
    cover: str | None = None


class Absences:
    """Records leave, and ends it early."""

    def __init__(self, plans: Plans, store: PlanStore) -> None:
        self._plans = plans
        self._store = store

    def record(
        self, organisation_id: int, leave: Leave, on: date, *, author: str, via: str
    ) -> Applied:
        """Make a version of the plan with the leave; ``on`` is today.

        Raises LookupError for a person whom the plan does not have; LeaveRefusedError for somebody
        who has left, for a leave that is over, overlaps another or has its days in the wrong order,
        for a cover who will not be there, and for what the plan's checks refuse; PlanningError for
        an author.
        """
        plan = self._store.current(organisation_id)
        _check(plan, leave, on)
        said = {"from": leave.since.isoformat(), "to": leave.until.isoformat()}
        said |= {"cover": leave.cover} if leave.cover is not None else {}
        known = [*self._known(organisation_id, leave.person), said]
        name = plan.people[leave.person].name
        reason = f"{name} is on leave {_days(leave.since, leave.until)}"
        away = sorted(known, key=lambda each: str(each["from"]))
        return self._apply(
            organisation_id, plan, leave.person, away, author=author, reason=reason, via=via
        )

    def end(
        self, organisation_id: int, person: str, since: date, on: date, *, author: str, via: str
    ) -> Applied:
        """End the leave that began, or is to begin, on ``since``: who was away is back ``on``.

        One that did not begin before that day is taken out. Raises LookupError for a person whom
        the plan does not have, LeaveRefusedError for a leave that is none of theirs or is over,
        PlanningError for an author.
        """
        plan = self._store.current(organisation_id)
        theirs = plan.people[person].away
        leave = next((away for away in theirs if away.since == since), None)
        if leave is None:
            raise LeaveRefusedError("since", f"no leave begins on {day_name(since)}")
        if leave.until < on:
            raise LeaveRefusedError("since", f"the leave was over on {day_name(leave.until)}")
        first, back = since.isoformat(), (on - _DAY).isoformat()
        away = [
            {**each, "to": back} if each["from"] == first else each
            for each in self._known(organisation_id, person)
            if each["from"] != first or since < on
        ]
        name = plan.people[person].name
        reason = f"{name} is back on {day_name(on)}"
        if since >= on:
            reason = f"{name} is not on leave {_days(leave.since, leave.until)}"
        return self._apply(
            organisation_id, plan, person, away, author=author, reason=reason, via=via
        )

    def _known(self, organisation_id: int, person: str) -> list[Mapping[str, Any]]:
        """The person's leave, as the plan file has it."""
        record = self._store.record(organisation_id)
        people: Sequence[Mapping[str, Any]] = record.document["people"] if record else ()
        return list(next(each for each in people if each["id"] == person).get("away", ()))

    def _apply(  # noqa: PLR0913 - who, when and why are said at each call
        self,
        organisation_id: int,
        plan: Plan,
        person: str,
        away: Sequence[Mapping[str, Any]],
        *,
        author: str,
        reason: str,
        via: str,
    ) -> Applied:
        return self._plans.change(
            organisation_id,
            {"people": [{"id": person, "away": list(away)}]},
            author=author,
            reason=reason,
            base_version=plan.version,
            via=via,
            refused=LeaveRefusedError,
        )


def _check(plan: Plan, leave: Leave, on: date) -> None:
    person = plan.people[leave.person]
    if person.ended is not None and person.ended <= leave.since:
        raise LeaveRefusedError("since", f"{person.name} leaves on {day_name(person.ended)}")
    if leave.until < leave.since:
        raise LeaveRefusedError("until", f"it is before the first day, {day_name(leave.since)}")
    if leave.until < on:
        raise LeaveRefusedError("until", f"{day_name(leave.until)} is past")
    other = _overlapping(person, leave)
    if other is not None:
        days = _days(other.since, other.until)
        raise LeaveRefusedError(
            "since", f"{person.name} is on leave {days} already: end that first"
        )
    if leave.cover is not None:
        _check_cover(plan, leave, leave.cover)


def _check_cover(plan: Plan, leave: Leave, name: str) -> None:
    """Whoever covers is somebody else, of the plan, and there on some day of the leave."""
    cover = plan.people.get(name)
    if cover is None:
        raise LeaveRefusedError("cover", f"{name} is not among the people of the plan")
    if name == leave.person:
        raise LeaveRefusedError("cover", "nobody covers for themselves")
    if cover.ended is not None and cover.ended <= leave.until:
        raise LeaveRefusedError("cover", f"{cover.name} leaves on {day_name(cover.ended)}")
    if any(a.since <= leave.since and leave.until <= a.until for a in cover.away):
        raise LeaveRefusedError("cover", f"{cover.name} is away all that time, too")


def _overlapping(person: Person, leave: Leave) -> Away | None:
    both = (a for a in person.away if a.since <= leave.until and leave.since <= a.until)
    return next(both, None)


def _days(since: date, until: date) -> str:
    return f"from {day_name(since)} to {day_name(until)}"
