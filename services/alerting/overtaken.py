"""Messages that a further step of their alert overtook before they left.

What is no longer so is not told: an end, and a reopening, take back every message of the alert that
still waits; any other step replaces what waits for the same person on the same channel. An end is
told only to those who last heard that something was wrong; being achieved, or close, to all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from services.alerting.lifecycle import NEWS, Change, Decision

WRONG = frozenset({Change.OPEN.value, Change.STEP.value, Change.REMIND.value})
_TAKES_ALL_BACK = {
    Change.RESOLVE: "resolved before it was sent",
    Change.OPEN: "opened again before it was sent",
}
_REPLACED = "replaced by a later message before it was sent"


class To(NamedTuple):
    """A person and a channel."""

    person: str
    channel: str


class Heard(NamedTuple):
    """A message that left, or may have left: to whom, and the kind of its step."""

    to: To
    kind: str


def overtaken(
    decision: Decision, waiting: Mapping[int, To], owed: Collection[To]
) -> dict[int, str]:
    """Which of the ``waiting`` messages of an alert (id: to whom) are not to be sent, and why.

    ``owed`` is who is told of the step that was decided.
    """
    everybody = _TAKES_ALL_BACK.get(decision.change)
    if everybody is not None:
        return dict.fromkeys(waiting, everybody)
    return {number: _REPLACED for number, to in waiting.items() if to in owed}


def told_of_wrong(heard: Iterable[Heard]) -> tuple[To, ...]:
    """Who last heard that something was wrong, of messages in the order in which they were owed."""
    last = {one.to: one.kind for one in heard}
    return tuple(to for to, kind in last.items() if kind in WRONG)


def hears(decision: Decision, owed: Collection[To], told: Collection[To]) -> frozenset[To]:
    """Who of ``owed`` hears of the step; of an end only who was ``told`` that something was wrong.

    Who was told on a channel on which nothing is owed any more hears of it on the others.
    """
    if decision.change is not Change.RESOLVE or decision.status in NEWS:
        return frozenset(owed)
    reached = {to.person for to in owed if to in told}
    elsewhere = {to.person for to in told} - reached
    return frozenset(to for to in owed if to in told or to.person in elsewhere)
