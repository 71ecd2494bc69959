"""The shapes of what may be posted, one model a kind. Strict: nothing is converted, nothing extra.

They also describe the API in its OpenAPI document.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

MAX_TEXT = 2_000
FIRST_YEAR = 1900
"""No date or period before this one is taken: its year is mistyped."""
_LATEST_YEAR = 9000


def _date(value: object) -> date:
    if not isinstance(value, str):
        raise PydanticCustomError("wrong_type", "a date is text, as in 2026-10-07")
    try:
        found = date.fromisoformat(value) if len(value) == len("2026-10-07") else None
    except ValueError:
        found = None
    if found is None or not value[4:5] == value[7:8] == "-" or found.year > _LATEST_YEAR:
        raise PydanticCustomError(
            "bad_date", "{value} is no date; a date is written like 2026-10-07", {"value": value}
        )
    if found.year < FIRST_YEAR:
        raise PydanticCustomError("too_early", too_early("{value}"), {"value": value})
    return found


def too_early(said: str) -> str:
    """What is told of a date or a period before `FIRST_YEAR`."""
    return f"{said} lies before {FIRST_YEAR}; is the year mistyped?"


def _instant(value: object) -> datetime:
    if not isinstance(value, str):
        raise PydanticCustomError("wrong_type", "an instant is text, as in 2026-10-07T09:30:00Z")
    try:
        found = datetime.fromisoformat(value)
        if found.tzinfo is None:
            raise PydanticCustomError(
                "no_zone",
                "{value} has no zone; write 2026-10-07T09:30:00Z or 2026-10-07T09:30:00+01:00",
                {"value": value},
            )
        return found.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        if isinstance(error, PydanticCustomError):
            raise
        raise PydanticCustomError(
            "bad_instant", "{value} is no instant, as in 2026-10-07T09:30:00Z", {"value": value}
        ) from None


Id = Annotated[str, Field(min_length=1, max_length=100)]
Label = Annotated[str, Field(min_length=1, max_length=200)]
EventId = Annotated[str, Field(min_length=1, max_length=200)]
Text = Annotated[str, Field(min_length=1, max_length=MAX_TEXT)]
Day = Annotated[date, BeforeValidator(_date), WithJsonSchema({"type": "string", "format": "date"})]
Instant = Annotated[
    datetime, BeforeValidator(_instant), WithJsonSchema({"type": "string", "format": "date-time"})
]


class Item(BaseModel):
    """What every item may carry: ``source`` and ``id`` name the event, so that it counts once."""

    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)

    source: Id | None = None
    id: EventId | None = None


class MeasurementItem(Item):
    """A value of a measure for a period, or an event of a measure that counts dated events.

    ``value`` may also be ``*``, ``c`` or ``<5`` (any number): suppressed.
    """

    measure: Id
    period: Id | None = None
    site: Id = "system"
    stratum: Id = "all"
    definition: int | None = Field(default=None, ge=1)
    value: float | Annotated[str, Field(max_length=20)] | None = None
    numerator: float | None = Field(
        default=None, validation_alias=AliasChoices("numerator", "observed")
    )
    denominator: float | None = Field(
        default=None, validation_alias=AliasChoices("denominator", "expected")
    )
    event_date: Day | None = None
    count: int | None = Field(default=None, ge=0, le=1_000_000)
    complete_through: Day | None = None
    state: Literal["partial", "provisional", "final"] = "final"
    suppressed: bool = False
    withdrawn: bool = False
    reason: Text | None = None
    occurred_at: Instant | None = None
    received_at: Instant | None = None


class MilestoneItem(Item):
    """A milestone completed, re-dated to ``on``, or reopened."""

    project: Id
    milestone: Id
    change: Literal["completed", "redated", "reopened"]
    on: Day
    reason: Text | None = None


def _half_steps(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise PydanticCustomError("wrong_type", "a score is a number from 0.5 to 5.0")
    if not 0.5 <= value <= 5 or value * 2 != int(value * 2):  # noqa: PLR2004 - the scale
        raise PydanticCustomError(
            "bad_score",
            "a score goes from 0.5 to 5.0 in steps of a half, not {value}",
            {"value": str(value)[:40]},
        )
    return int(value * 2)


class ProgressItem(Item):
    """A project's score on the 0.5 to 5.0 scale (kept as half steps, 1 to 10)."""

    project: Id
    score: Annotated[
        int,
        BeforeValidator(_half_steps),
        WithJsonSchema({"type": "number", "minimum": 0.5, "maximum": 5, "multipleOf": 0.5}),
    ]
    on: Day
    scored_by: Id | None = None
    method: Id = "self"
    evidence: Text | None = None


class ReviewItem(Item):
    """A review held of a project or of an aim, with the answers to the two questions."""

    project: Id | None = None
    aim: Id | None = None
    on: Day
    reviewer: Id | None = None
    executing: Text | None = None
    working: Text | None = None
    decision: Text | None = None
    note: Text | None = None

    @model_validator(mode="before")
    @classmethod
    def _one_subject(cls, data: Any) -> Any:
        return one_subject(data)


class ProjectItem(Item):
    """A project that enters a state, or a role of a project or an aim that changes hands.

    A pause may say ``until`` when it is to be decided anew.
    """

    project: Id | None = None
    aim: Id | None = None
    on: Day
    state: Literal["proposed", "active", "paused", "completed", "stopped"] | None = None
    role: Literal["sponsor", "leader", "clinical_lead", "advisor"] | None = None
    person: Id | None = None
    reason: Text | None = None
    decided_by: Id | None = None
    sustainer: Id | None = None
    until: Day | None = None

    @model_validator(mode="before")
    @classmethod
    def _state_or_role(cls, data: Any) -> Any:
        if isinstance(data, dict):
            one_subject(data)
            _exactly_one(data, "state", "role")
            if data.get("state") in ("paused", "stopped") and not data.get("reason"):
                said = f"say why the project is {data['state']}"
                raise PydanticCustomError("missing", said, {"at": "reason"})
            if data.get("role") is not None and "person" not in data:
                raise PydanticCustomError(
                    "missing", "say who takes the role, or null for a vacancy", {"at": "person"}
                )
        return data


class AdoptionItem(Item):
    """The governing body adopted an aim, on the date and by the minute that say so.

    ``target`` (a number, or [low, high]), ``deadline`` and the plan's ``version`` say what was
    adopted; what is left out was adopted as it was declared then.
    """

    aim: Id
    by: Label
    on: Day
    minute: Label | None = None
    target: float | Annotated[list[float], Field(min_length=2, max_length=2)] | None = None
    deadline: Id | None = None
    version: int | None = Field(default=None, ge=1)


class TestItem(Item):
    """A test of change (PDSA): predicted, then what came of it. ``test`` names it for later."""

    __test__ = False

    project: Id
    on: Day
    test: Id | None = None
    prediction: Text | None = None
    result: Text | None = None
    decision: Literal["adopt", "adapt", "abandon"] | None = None

    @model_validator(mode="before")
    @classmethod
    def _says_something(cls, data: Any) -> Any:
        return at_least_one(data, "prediction", "result", "decision")


class ActionItem(Item):
    """An action that a review of a project or an aim assigned; again with ``done_on`` once done.

    ``action`` names it. What a later word leaves out stays as it was.
    """

    project: Id | None = None
    aim: Id | None = None
    action: Id
    on: Day
    text: Text | None = None
    owner: Id | None = None
    due: Day | None = None
    done_on: Day | None = None

    @model_validator(mode="before")
    @classmethod
    def _one_subject(cls, data: Any) -> Any:
        return at_least_one(one_subject(data), "text", "due", "done_on")


class MeetingItem(Item):
    """A meeting of the board: its length, the time on quality, whether a patient's story was heard.

    A story is told of by yes or no only, never retold.
    """

    on: Day
    minutes: float | None = Field(default=None, ge=1, le=10_000)
    quality_minutes: float | None = Field(default=None, ge=0, le=10_000)
    patient_story: bool | None = None
    minute: Label | None = None

    @model_validator(mode="after")
    def _within(self) -> Self:
        if self.quality_minutes is not None:
            if self.minutes is None:
                said = "say how long the meeting was, too"
                raise PydanticCustomError("missing", said, {"at": "minutes"})
            if self.quality_minutes > self.minutes:
                said = "more time on quality than the meeting was long"
                raise PydanticCustomError("contradiction", said, {"at": "quality_minutes"})
        return self


class PublicationItem(Item):
    """An aim's data for a period were published on a date."""

    aim: Id
    period: Id
    on: Day


class ValidationItem(Item):
    """Finance confirmed what a project saves, in the currency in which the plan claims it."""

    project: Id
    on: Day
    amount: float | None = Field(default=None, ge=0, le=1e12)
    by: Id | None = None


class ExplanationItem(Item):
    """Somebody explains what an expectation found about a project, an aim or a measure."""

    project: Id | None = None
    aim: Id | None = None
    measure: Id | None = None
    expectation: Id
    text: Text
    on: Day
    by: Id | None = None

    @model_validator(mode="before")
    @classmethod
    def _one_subject(cls, data: Any) -> Any:
        return one_subject(data, "measure")


class SpreadItem(Item):
    """A project's change has reached a unit."""

    project: Id
    unit: Label
    on: Day


class AssessedItem(BaseModel):
    """How far one item of the self-assessment is, from 0 (absent) to 4 (system-wide, with
    evidence), by which evidence, and what is planned."""

    model_config = ConfigDict(strict=True, extra="forbid")

    score: int = Field(ge=0, le=4)
    evidence: Text | None = None
    action: Text | None = None


class SelfAssessmentItem(Item):
    """Leaders assess themselves against the seven leverage points; some items may be left out.

    ``answers`` are by item, as in ``1.1``. What is left out is not scored, which is not nought.
    """

    on: Day
    by: Id
    answers: dict[Id, AssessedItem]

    @model_validator(mode="after")
    def _scored(self) -> Self:
        if not self.answers:
            raise PydanticCustomError("missing", "score one item at least", {"at": "answers"})
        return self


def one_subject(data: Any, *others: str) -> Any:
    """Let pass what names one of a project, an aim and ``others``, not several."""
    if isinstance(data, dict):
        _exactly_one(data, "project", "aim", *others)
    return data


def at_least_one(data: Any, *names: str) -> Any:
    """Let pass what says one of ``names`` at least."""
    if isinstance(data, dict) and all(data.get(name) is None for name in names):
        listed = " or ".join(names)
        raise PydanticCustomError("missing", "give {names}", {"names": listed, "at": names[0]})
    return data


def _exactly_one(data: dict[str, Any], *names: str) -> None:
    if sum(data.get(name) is not None for name in names) != 1:
        listed = " or ".join(names)
        raise PydanticCustomError(
            "one_of", "give either {names}", {"names": listed, "at": names[0]}
        )


MODELS: dict[str, type[Item]] = {
    "measurements": MeasurementItem,
    "milestones": MilestoneItem,
    "progress": ProgressItem,
    "reviews": ReviewItem,
    "projects": ProjectItem,
    "adoptions": AdoptionItem,
    "tests": TestItem,
    "actions": ActionItem,
    "meetings": MeetingItem,
    "publications": PublicationItem,
    "validations": ValidationItem,
    "explanations": ExplanationItem,
    "spreads": SpreadItem,
    "self-assessments": SelfAssessmentItem,
}
