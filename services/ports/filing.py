"""What was filed about a subject: the rows of one kind, and one event with what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple, Protocol


@dataclass(frozen=True, slots=True)
class FiledRow:
    """Something filed about a subject: on which day it was so, by whom and when it was told.

    ``said`` has the columns of its kind.
    """

    on: date
    actor: str
    source: str
    known_at: datetime
    said: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FiledEvent:
    """One event as it was sent: ``kind`` as in the API, ``body`` the item, ``result`` what became
    of it."""

    kind: str
    actor: str
    body: Mapping[str, Any]
    result: str
    known_at: datetime


class StepSince(NamedTuple):
    """Something that happened to an alert since an instant."""

    alert_id: int
    expectation: str
    about: str
    kind: str
    at: datetime
    reason: str


class FilingStore(Protocol):
    """Reads what was filed; every answer is of one organisation."""

    def latest(
        self, organisation_id: int, kind: str, subject: str, limit: int
    ) -> tuple[FiledRow, ...]:
        """What was filed last of one kind (as in the API) about a subject, the latest first."""
        ...

    def event(self, organisation_id: int, source: str, event_id: str) -> FiledEvent | None:
        """An event by its source and id."""
        ...

    def waiting(self, organisation_id: int, subjects: Sequence[str]) -> bool:
        """Whether one of the subjects is still to be judged by what is known."""
        ...

    def steps_since(
        self, organisation_id: int, subjects: Sequence[str], since: datetime
    ) -> tuple[StepSince, ...]:
        """What happened to the subjects' alerts from an instant on, in order."""
        ...
