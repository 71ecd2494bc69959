"""Leave: who is away on a day, and who is there in their place.

Who covers and is away too is covered in turn; a chain that leads back, or to somebody who has left,
or to nobody, covers nothing.
"""

from __future__ import annotations

from datetime import date

from services.framework.plan import Away, Plan


def away_on(plan: Plan, person: str, on: date) -> Away | None:
    """The leave that a person is on, from its first day to its last; None for one who is there."""
    known = plan.people.get(person)
    if known is None:
        return None
    return next((away for away in known.away if away.since <= on <= away.until), None)


def standing_in(plan: Plan, person: str, on: date) -> str | None:
    """Who is there for a person on a day: the person, else who covers; None where nobody is."""
    asked = [person]
    while (away := away_on(plan, asked[-1], on)) is not None:
        if away.cover is None or away.cover in asked or not is_here(plan, away.cover, on):
            return None
        asked.append(away.cover)
    return asked[-1]


def is_here(plan: Plan, person: str, on: date) -> bool:
    """Whether somebody is of the plan and has not left by a day."""
    known = plan.people.get(person)
    return known is not None and (known.ended is None or known.ended > on)
