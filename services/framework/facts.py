"""What happened: observations and events, each with what it speaks of and when we knew it.

All instants are aware and in UTC. Facts never change: a correction is a further fact.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from services.framework.periods import Period
from services.framework.plan import ProjectState


class Maturity(StrEnum):
    """How final a value is. Partial is drawn and never judged."""

    PARTIAL = "partial"
    PROVISIONAL = "provisional"
    FINAL = "final"


class MilestoneChange(StrEnum):
    """What an event says of a milestone."""

    COMPLETED = "completed"
    REDATED = "redated"
    REOPENED = "reopened"


class Role(StrEnum):
    """A part that a person plays in a project (or, for a sponsor, in an aim)."""

    SPONSOR = "sponsor"
    LEADER = "leader"
    CLINICAL_LEAD = "clinical_lead"
    ADVISOR = "advisor"


@dataclass(frozen=True, slots=True)
class SeriesKey:
    """What one line of a chart shows: a measure at a site, for a stratum, by one definition."""

    measure: str
    site: str = "system"
    stratum: str = "all"
    definition: int = 1


@dataclass(frozen=True, slots=True)
class Observation:
    """A value of one period, as known from ``known_at`` until a later ``version`` corrects it.

    ``value`` is in the measure's units (already scaled by ``per``); it is None where the value is
    suppressed or withdrawn. For an ``events`` measure the period is the day of the event, the value
    the number of events on it, and ``complete_through`` the date up to which silence means none.
    One that is ``hidden`` was suppressed here, not by its sender: its counts are for sums only.
    """

    key: SeriesKey
    period: Period
    value: float | None
    known_at: datetime
    version: int = 1
    numerator: float | None = None
    denominator: float | None = None
    maturity: Maturity = Maturity.FINAL
    suppressed: bool = False
    withdrawn: bool = False
    reason: str | None = None
    complete_through: date | None = None
    occurred_at: datetime | None = None
    received_at: datetime | None = None
    source: str | None = None
    hidden: bool = False

    @property
    def usable(self) -> bool:
        """Whether the observation carries a value that may be judged or drawn."""
        return self.value is not None and not self.withdrawn and not self.suppressed


@dataclass(frozen=True, slots=True)
class MilestoneEvent:
    """A milestone (``project/milestone``) completed on, re-dated to, or reopened on ``on``."""

    milestone: str
    change: MilestoneChange
    on: date
    known_at: datetime
    reason: str | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True)
class ProgressScore:
    """A project's progress on the 0.5 to 5.0 scale, held exactly as ``half_steps`` 1 to 10."""

    project: str
    half_steps: int
    on: date
    known_at: datetime
    scored_by: str | None = None
    method: str = "self"
    scale_version: str = "ihi"
    evidence: str | None = None

    @property
    def score(self) -> float:
        """The score as people write it, 0.5 to 5.0."""
        return self.half_steps / 2


@dataclass(frozen=True, slots=True)
class Review:
    """A review held of a project or an aim, with the answers to the two questions."""

    subject: str
    on: date
    known_at: datetime
    reviewer: str | None = None
    executing: str | None = None
    working: str | None = None
    decision: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class StateChange:
    """A project entering a state, with the reason and who decided.

    A pause may say ``until`` when: from that day on it is to be decided anew.
    """

    project: str
    state: ProjectState
    on: date
    known_at: datetime
    reason: str | None = None
    decided_by: str | None = None
    sustainer: str | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class RoleChange:
    """A role of a project or an aim taken by ``person``, or vacant from ``on`` where None."""

    subject: str
    role: Role
    person: str | None
    on: date
    known_at: datetime
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Adopted:
    """The governing body adopted an aim; a target or deadline of None: as declared then."""

    aim: str
    by: str
    on: date
    known_at: datetime
    minute: str | None = None
    target: float | tuple[float, float] | None = None
    deadline: Period | None = None


@dataclass(frozen=True, slots=True)
class AimRevision:
    """A field of a declared aim that a later version of the plan changed; derived, never posted."""

    aim: str
    field: str
    old: object
    new: object
    on: date
    known_at: datetime
    reason: str | None = None
    by: str | None = None


class Decision(StrEnum):
    """What a test of change led to."""

    ADOPT = "adopt"
    ADAPT = "adapt"
    ABANDON = "abandon"


@dataclass(frozen=True, slots=True)
class TestOfChange:
    """A test of change (PDSA) of a project: what was predicted, what came of it."""

    project: str
    on: date
    known_at: datetime
    prediction: str | None = None
    result: str | None = None
    decision: Decision | None = None


@dataclass(frozen=True, slots=True)
class ReviewAction:
    """An action that a review assigned; the same ``id`` with ``done_on`` says that it is done."""

    subject: str
    id: str
    text: str
    owner: str | None
    due: date | None
    known_at: datetime
    on: date
    done_on: date | None = None


@dataclass(frozen=True, slots=True)
class BoardMeeting:
    """A meeting of the board: minutes in all, minutes on quality, whether a patient's story."""

    on: date
    known_at: datetime
    minutes: float | None = None
    quality_minutes: float | None = None
    patient_story: bool | None = None
    minute: str | None = None


@dataclass(frozen=True, slots=True)
class Publication:
    """An aim's data for a period were published."""

    aim: str
    period: Period
    on: date
    known_at: datetime


@dataclass(frozen=True, slots=True)
class SavingsValidated:
    """Finance confirmed what a project saves."""

    project: str
    on: date
    known_at: datetime
    amount: float | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Somebody explained what an ``expectation`` found about a ``subject``."""

    subject: str
    expectation: str
    text: str
    on: date
    known_at: datetime
    by: str | None = None


@dataclass(frozen=True, slots=True)
class Spread:
    """A project's change has reached a unit."""

    project: str
    unit: str
    on: date
    known_at: datetime


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything known that bears on a judgement.

    ``observations`` hold every version known, per series, ordered by period and then version; the
    event tuples are ordered by ``on`` and then ``known_at``. Subjects of reviews, actions,
    explanations and role changes are written ``project:ID`` and ``aim:ID``.
    """

    observations: Mapping[SeriesKey, tuple[Observation, ...]] = field(default_factory=dict)
    milestones: tuple[MilestoneEvent, ...] = ()
    scores: tuple[ProgressScore, ...] = ()
    reviews: tuple[Review, ...] = ()
    states: tuple[StateChange, ...] = ()
    roles: tuple[RoleChange, ...] = ()
    adoptions: tuple[Adopted, ...] = ()
    revisions: tuple[AimRevision, ...] = ()
    tests: tuple[TestOfChange, ...] = ()
    actions: tuple[ReviewAction, ...] = ()
    meetings: tuple[BoardMeeting, ...] = ()
    publications: tuple[Publication, ...] = ()
    validations: tuple[SavingsValidated, ...] = ()
    explanations: tuple[Explanation, ...] = ()
    spreads: tuple[Spread, ...] = ()
