"""Cover for leave: while a person is away, who covers for them is told in their place.

Who covers and is away too is covered in turn; where nobody is left, the person away is told after
all: a message is never for nobody.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from services.alerting.recipients import Recipient, once
from services.framework.plan import Away, Plan
from services.framework.texts import day_name


def covered(plan: Plan, on: date, told: Iterable[Recipient]) -> tuple[Recipient, ...]:
    """Who is told on a day, each once; who is told in their own right is not told as a cover."""
    everybody = [_in_place(plan, on, recipient) for recipient in told]
    return once(sorted(everybody, key=lambda recipient: recipient.note is not None))


def away_on(plan: Plan, person: str, on: date) -> Away | None:
    """The leave that a person is on, from its first day to its last; None for one who is there."""
    known = plan.people.get(person)
    if known is None:
        return None
    return next((away for away in known.away if away.since <= on <= away.until), None)


def _in_place(plan: Plan, on: date, recipient: Recipient) -> Recipient:
    asked, person = [recipient.person], recipient.person
    while (away := away_on(plan, person, on)) is not None:
        person = away.cover
        if person in asked or not _is_here(plan, person, on):
            return recipient
        asked.append(person)
    if person == recipient.person:
        return recipient
    first = away_on(plan, recipient.person, on)
    until = f" until {day_name(first.until)}" if first else ""
    name = plan.people[recipient.person].name
    note = f"You are told in place of {name}, who is away{until}."
    return recipient._replace(person=person, note=note)


def _is_here(plan: Plan, person: str, on: date) -> bool:
    known = plan.people.get(person)
    return known is not None and (known.ended is None or known.ended > on)
