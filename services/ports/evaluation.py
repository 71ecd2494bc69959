"""What judging needs from outside: the next subject to judge, and one transaction to do it in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from services.alerting.lifecycle import Decision, Standing
from services.framework.facts import Facts
from services.framework.judgement import Evaluation, Subject
from services.framework.late import LateFact, Restated
from services.framework.plan import Plan
from services.ports.delivery import Slot


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A subject that nobody else judges, with what bears on it and what was seen of it.

    ``system`` and ``as_of`` are system and business time, from which on no fact is seen.
    ``late`` are the facts that came late since it was last judged, at ``checked_at``.
    """

    subject_id: int
    organisation_id: int
    subject: Subject
    sequence: int
    plan: Plan
    facts: Facts
    seen: Mapping[str, int]
    standings: Mapping[tuple[str, str], Standing]
    system: datetime
    as_of: datetime
    late: Sequence[LateFact] = ()
    checked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Owed:
    """A message owed to one person on one channel, with its content frozen."""

    recipient: str
    channel: str
    content: Mapping[str, Any]
    due_at: datetime


@dataclass(frozen=True, slots=True)
class AlertChange:
    """A decided change of one alert and the messages that it owes.

    ``to_told`` is what those hear who were told in this episode (mail at ``mail_due``).
    ``restated`` says what late facts make of what was told before.
    """

    expectation: str
    about: str
    decision: Decision
    reason: str
    owed: Sequence[Owed] = ()
    to_told: Mapping[str, Any] | None = None
    mail_due: datetime | None = None
    restated: str | None = None


class UnreadableSubjectError(Exception):
    """What bears on a subject could not be read; nothing was written.

    Where it was not read ``alone``, it may be another's.
    """

    def __init__(
        self, organisation_id: int, subject: Subject, why: str, *, alone: bool = True
    ) -> None:
        super().__init__(why)
        self.alone = alone
        self.organisation_id = organisation_id
        self.subject = subject


class Work(Protocol):
    """One subject being judged, in one transaction."""

    @property
    def snapshot(self) -> Snapshot:
        """What is known."""
        ...

    def restated_to(self, period: str) -> bool:
        """Whether what was last restated of the subject reached to ``period``."""
        ...

    def store(
        self,
        evaluation: Evaluation,
        changes: Sequence[AlertChange],
        lease: datetime | None,
        restated: Restated | None = None,
    ) -> Sequence[Slot]:
        """Keep the evaluation if its outcome changed, alerts and messages; clear the mark.

        With a ``lease`` what leaves at once is written leased until then, and given back.
        """
        ...


class JudgementStore(Protocol):
    """Finds what is to be judged."""

    def next(self, most: int = 1) -> AbstractContextManager[Sequence[Work]]:
        """The next stale or due subject that nobody else judges, or none. Commits when left well.

        Up to ``most`` at once where work has piled up; what of them is not stored waits on. Raises
        UnreadableSubjectError.
        """
        ...

    def failed(self, organisation_id: int, subject: Subject, error: str, now: datetime) -> None:
        """Put a subject whose judging failed off, longer each time."""
        ...


@dataclass(frozen=True, slots=True)
class Said:
    """What came out of an evaluation: as it is stored, its hash, and the engine that judged."""

    outcome_hash: bytes
    body: Mapping[str, Any]
    engine: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What a stored evaluation was made from, and what came out."""

    subject: Subject
    plan: Plan
    facts: Facts
    as_of: datetime
    said: Said


class EvaluationStore(Protocol):
    """Finds what evaluations were made from."""

    def seen(self, organisation_id: int, evaluation_id: int) -> Seen:
        """What the evaluation saw. Raises LookupError."""
        ...

    def said(self, evaluation: Evaluation) -> Said:
        """What a judgement says, as it would be stored."""
        ...


@dataclass(frozen=True, slots=True)
class History:
    """Everything known of a subject, and when the organisation's first plan was adopted."""

    facts: Facts
    adopted_at: datetime


class HistoryStore(Protocol):
    """Finds all that is known of a subject."""

    def history(self, organisation_id: int, plan: Plan, subject: Subject) -> History:
        """The facts that bear on a subject by a plan."""
        ...
