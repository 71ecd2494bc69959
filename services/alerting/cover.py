"""Cover for leave: while a person is away, who covers for them is told in their place.

Who covers and is away too is covered in turn; where nobody is left, the person away is told after
all: a message is never for nobody.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from services.alerting.recipients import Recipient, once
from services.framework.leave import away_on, standing_in
from services.framework.plan import Plan
from services.framework.texts import day_name


def covered(plan: Plan, on: date, told: Iterable[Recipient]) -> tuple[Recipient, ...]:
    """Who is told on a day, each once; who is told in their own right is not told as a cover."""
    everybody = [_in_place(plan, on, recipient) for recipient in told]
    return once(sorted(everybody, key=lambda recipient: recipient.note is not None))


def _in_place(plan: Plan, on: date, recipient: Recipient) -> Recipient:
    person = standing_in(plan, recipient.person, on)
    if person is None or person == recipient.person:
        return recipient
    leave = away_on(plan, recipient.person, on)
    until = f" until {day_name(leave.until)}" if leave else ""
    name = plan.people[recipient.person].name
    note = f"You are told in place of {name}, who is away{until}."
    return recipient._replace(person=person, note=note)
