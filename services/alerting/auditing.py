"""Auditing: is what stands in the books what was judged, and was all that is owed sent?

It reads what was judged, what is open and what became of each message, and finds what does not fit:
each alert that should be open and is not, or is open and should not be; each step that nobody was
to hear of; each message that waits too long, or is closed without a proof or a reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from services.alerting.lifecycle import ENDS, SAID_BY_STATUS, STATUS
from services.framework.judgement import Status

LONGEST_WAIT = timedelta(hours=1)
"""How long after it was due a message may wait to be sent."""
Key = tuple[str, str]


class Kind(StrEnum):
    """What does not fit."""

    UNOPENED = "unopened"
    UNENDED = "unended"
    UNTOLD = "untold"
    UNSENT = "unsent"
    UNPROVED = "unproved"


class Flaw(NamedTuple):
    """Something that does not fit: in which organisation, what, why, and since when."""

    kind: Kind
    organisation: str
    what: str
    why: str
    since: datetime


class Stood(NamedTuple):
    """A subject that waits for no judgement, as last judged, and which of its alerts are open.

    ``fails`` are the outcomes of which somebody is to be told, ``restated`` says that facts of a
    month long past turned its status, which is not sent. ``ended`` that nothing is asked of it.
    """

    organisation: str
    subject: str
    as_of: datetime
    status: Status | None
    fails: frozenset[Key]
    opened: Mapping[Key, datetime]
    restated: bool = False
    ended: bool = False


class Stepped(NamedTuple):
    """A step of an alert that was to be told, and how many messages were owed of it."""

    organisation: str
    alert: int
    expectation: str
    about: str
    kind: str
    at: datetime
    owed: int


class Sending(NamedTuple):
    """A message, and what became of it; ``proved`` where an attempt says that it was sent."""

    organisation: str
    id: int
    recipient: str
    channel: str
    state: str
    owed_at: datetime
    due_at: datetime
    error: str | None
    proved: bool


def of_subject(stood: Stood) -> Iterator[Flaw]:
    """Alerts that should be open and are not, and those that are and should not be."""
    due = {key for key in stood.fails if key[0] not in SAID_BY_STATUS}
    for expectation, about in sorted(due - stood.opened.keys()):
        why = "it fails, and no alert of it is open"
        what = f"{expectation} of {about}"
        yield Flaw(Kind.UNOPENED, stood.organisation, what, why, stood.as_of)
    for key in sorted(stood.opened.keys() - due):
        if key[0] != STATUS:
            why = "its alert is open, and it does not fail"
            what = f"{key[0]} of {key[1]}"
            yield Flaw(Kind.UNENDED, stood.organisation, what, why, stood.opened[key])
    yield from _of_status(stood)


def _of_status(stood: Stood) -> Iterator[Flaw]:
    """The status alert of an aim; at risk alone neither opens nor ends it."""
    status, since = stood.status, stood.opened.get((STATUS, stood.subject))
    if status is None:
        return
    words, what = status.words.lower(), f"status of {stood.subject}"
    if since is None and status.is_bad and not stood.restated and not stood.ended:
        why = f"it is {words}, and no alert of it is open"
        yield Flaw(Kind.UNOPENED, stood.organisation, what, why, stood.as_of)
    if since is not None and (status in ENDS or stood.ended):
        why = f"its alert is open, and it is {words}"
        yield Flaw(Kind.UNENDED, stood.organisation, what, why, since)


def of_step(step: Stepped) -> Iterator[Flaw]:
    """A step that was to be told and of which nothing was owed to anybody."""
    if step.owed == 0:
        what = f"alert {step.alert} ({step.expectation} of {step.about})"
        why = f"nobody is named who hears of it ({step.kind})"
        yield Flaw(Kind.UNTOLD, step.organisation, what, why, step.at)


def of_message(message: Sending, now: datetime) -> Iterator[Flaw]:
    """A message that waits too long, or is closed and neither proved nor explained."""
    what = f"message {message.id} to {message.recipient} by {message.channel}"
    waits = message.state in ("owed", "sending")
    if waits and now - max(message.owed_at, message.due_at) > LONGEST_WAIT:
        why = message.error or "no attempt was made"
        yield Flaw(Kind.UNSENT, message.organisation, what, f"not sent: {why}", message.owed_at)
    if message.state == "sent" and not message.proved:
        why = "called sent, and no attempt says so"
        yield Flaw(Kind.UNPROVED, message.organisation, what, why, message.owed_at)
    if message.state in ("dead", "dropped", "kept") and not message.error:
        why = f"{message.state}, and nobody knows why"
        yield Flaw(Kind.UNPROVED, message.organisation, what, why, message.owed_at)


class Count(NamedTuple):
    """What was looked at."""

    subjects: int
    steps: int
    messages: int


def audited(
    subjects: Iterable[Stood], steps: Iterable[Stepped], messages: Iterable[Sending], now: datetime
) -> tuple[Count, list[Flaw]]:
    """Everything looked at, and what does not fit. ``now`` is system time."""
    flaws: list[Flaw] = []
    looked = [0, 0, 0]
    for stood in subjects:
        looked[0] += 1
        flaws += of_subject(stood)
    for step in steps:
        looked[1] += 1
        flaws += of_step(step)
    for message in messages:
        looked[2] += 1
        flaws += of_message(message, now)
    return Count(*looked), flaws
