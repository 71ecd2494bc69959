"""The people of the plan: who is there, who is away and who covers, who has left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask import Blueprint, render_template

from services.framework.plan import Away, Person, Plan
from services.framework.texts import day_name
from web.context import services
from web.identity import needs_role, signed_in
from web.pages.forms import EVERYWHERE

blueprint = Blueprint("people", __name__)


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A person in words; ``leaves`` are those that run or are still to come."""

    id: str
    name: str
    roles: str
    left: str | None
    leaves: tuple[str, ...]
    is_away: bool
    may_record: bool


@blueprint.get("/people")
@needs_role()
def people() -> str:
    """Everybody of the plan, those who have left last."""
    who = signed_in()
    plan = services().plan_store.current(who.organisation_id)
    today = services().reporting.today(who.organisation_id)
    rows = [_row(plan, person, today) for person in plan.people.values()]
    return render_template(
        "people/people.html",
        people=sorted(rows, key=lambda row: row.left is not None),
        may_hand_over=bool(who.roles & EVERYWHERE),
    )


def _row(plan: Plan, person: Person, today: date) -> PersonRow:
    left = person.ended if person.ended is not None and person.ended <= today else None
    coming = [] if left else [away for away in person.away if away.until >= today]
    return PersonRow(
        person.id,
        person.name,
        ", ".join(person.roles),
        day_name(left) if left else None,
        tuple(leave_words(plan, away) for away in coming),
        any(away.since <= today for away in coming),
        left is None and may_record_leave(person.id),
    )


def leave_words(plan: Plan, away: Away) -> str:
    """A leave in words: from when to when, and who covers."""
    cover = plan.people.get(away.cover or "")
    covers = f"{cover.name} covers" if cover else "nobody covers"
    return f"Away {day_name(away.since)} to {day_name(away.until)}; {covers}"


def may_record_leave(person: str) -> bool:
    """Whether the visitor may record leave: everybody their own, an admin anybody's."""
    who = signed_in()
    return "admin" in who.roles or (who.person is not None and who.person == person)
