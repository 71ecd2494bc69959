"""The plan file: its keys, their meaning, and the plan that a document declares.

A document in its normal form (:func:`normal`) leaves out what is at its default, so that two files
which mean the same are the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    PlainSerializer,
    Tag,
    WithJsonSchema,
)

from services.framework.periods import Frequency
from services.framework.plan import (
    ALL,
    SYSTEM,
    Direction,
    Intent,
    Kind,
    Profile,
    ProjectState,
    Rhythm,
    Switch,
    Weekday,
)
from services.planning.fields import (
    Amount,
    Channel,
    Currency,
    Day,
    DriverKey,
    Email,
    Flag,
    Fte,
    Name,
    Note,
    Number,
    Parameters,
    PeriodName,
    Share,
    Slug,
    Whole,
    Zone,
    plain_number,
)

MAX_LAG_DAYS = 400
MAX_CADENCE_DAYS = 400


MOST_A_WEEK = 100
Budget = Annotated[Whole, Field(ge=1, le=MOST_A_WEEK)]
Hour = Annotated[Whole, Field(ge=0, le=23)]
About = Annotated[
    str,
    Field(
        pattern=r"^(aim|project|measure|person|organisation|driver|milestone)"
        r":[A-Za-z0-9][A-Za-z0-9_-]*(/[A-Za-z0-9][A-Za-z0-9_-]*)?$"
    ),
]
ExpectationId = Annotated[str, Field(pattern=r"^[A-Z]{2,5}-[0-9]{2}$")]


class Part(BaseModel):
    """Any part of a plan file: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class OrganisationPart(Part):
    """The tenant. Its periods follow ``zone``; ``year_starts`` is the fiscal year's first month."""

    id: Slug
    name: Name
    zone: Zone
    year_starts: Annotated[Whole, Field(ge=1, le=12)] = 1
    board_meets_days: Annotated[Whole, Field(ge=1, le=MAX_CADENCE_DAYS)] | None = None
    board_meetings: tuple[Day, ...] = ()
    messages_a_week: Budget = 3


class PlacePart(Part):
    """A site that reports values of its own, or a stratum by which a measure is split."""

    id: Slug
    name: Name
    ended: Day | None = None


class AwayPart(Part):
    """A person's leave, from its first day to its last, and who covers, if anybody does."""

    from_: Day = Field(alias="from")
    to: Day
    cover: Slug | None = None


class PersonPart(Part):
    """Somebody with a part in the plan."""

    id: Slug
    name: Name
    email: Email | None = None
    roles: tuple[
        Literal["executive", "owner", "advisor", "admin", "viewer", "board", "finance", "partner"],
        ...,
    ] = ()
    zone: Zone | None = None
    ended: Day | None = None
    away: tuple[AwayPart, ...] = ()
    messages_a_week: Budget | None = None
    digest: Rhythm = Rhythm.WEEKLY
    digest_day: Weekday = Weekday.MONDAY
    digest_hour: Hour = 7
    only_digest: Flag = False
    quiet: tuple[Hour, Hour] | None = None


class MeasurePart(Part):
    """A measure over time. ``per`` scales values, targets and effects."""

    id: Slug
    name: Name
    kind: Kind
    direction: Direction
    frequency: Frequency
    unit: Name | None = None
    per: Literal[1, 100, 1000] = 1
    valid: tuple[Number | None, Number | None] = (None, None)
    lag_days: Annotated[Whole, Field(ge=0, le=MAX_LAG_DAYS)] = 20
    owner: Slug | None = None
    feed: Name | None = None
    sites: tuple[Slug, ...] = ()
    strata: tuple[Slug, ...] = ()
    rollup: Literal["sum"] | None = None
    window: Annotated[Whole, Field(ge=1, le=400)] = 1
    judge_provisional: Flag = False
    definition: Annotated[Whole, Field(ge=1)] = 1
    suppress_below: Annotated[Whole, Field(ge=1, le=1000)] | None = None
    ended: Day | None = None
    rule_set: Literal["run", "anhoej", "shewhart", "mdc"] | None = None
    monthly_proxy: Slug | None = None
    rebase: tuple[PeriodName, ...] = ()
    parameters: Parameters = Field(default_factory=dict)


class BaselinePart(Part):
    """The level to improve on: the periods ``from`` to ``to``, or a stated ``value``."""

    from_: PeriodName | None = Field(default=None, alias="from")
    to: PeriodName | None = None
    value: Number | None = None


class PathPointPart(Part):
    """A declared point of the glide path."""

    period: PeriodName
    value: Number


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _target(value: Any) -> Any:
    pair = isinstance(value, list | tuple) and [_is_number(end) for end in value] == [True, True]
    if not (_is_number(value) or pair):
        raise ValueError("a target is a number, or [low, high] for an aim to stay within")
    return tuple(value) if pair else value


def _path(value: Any) -> Any:
    if not isinstance(value, list | tuple) and value not in ("linear", "s_curve", "stepped"):
        raise ValueError("a path is linear, s_curve, stepped or a list of {period, value}")
    return value


def _branch(value: Any) -> str:
    return "points" if isinstance(value, list | tuple) else "shape"


def _plain_target(value: float | tuple[float, float]) -> Any:
    return [plain_number(v) for v in value] if isinstance(value, tuple) else plain_number(value)


Target = Annotated[
    Number | tuple[Number, Number],
    BeforeValidator(_target),
    PlainSerializer(_plain_target),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number"},
                {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2},
            ]
        }
    ),
]
Path = Annotated[
    Annotated[Literal["linear", "s_curve", "stepped"], Tag("shape")]
    | Annotated[tuple[PathPointPart, ...], Tag("points")],
    Discriminator(_branch),
    BeforeValidator(_path),
]


class AimMeasurePart(Part):
    """A measure of an aim: from where, how good, along which path."""

    measure: Slug
    baseline: BaselinePart | None = None
    target: Target | None = None
    path: Path = "linear"
    primary: Flag = False
    definition: Annotated[Whole, Field(ge=1)] = 1


class AdoptionPart(Part):
    """The governing body's adoption of an aim."""

    by: Name
    on: Day
    minute: Name | None = None
    target: Target | None = None
    deadline: PeriodName | None = None


class DriverPart(Part):
    """A theorised cause of the aim; ``share`` is its part of the gap, 0 to 1."""

    id: Slug
    name: Name
    primary: Flag = True
    parent: Slug | None = None
    share: Share | None = None
    measure: Slug | None = None
    target: Number | None = None
    site: Slug = SYSTEM
    stratum: Slug = ALL
    linked_on: Day | None = None
    ended: Day | None = None


class AimPart(Part):
    """A system-level aim. One measure stands in the aim itself, several in ``measures``."""

    id: Slug
    name: Name
    intent: Intent = Intent.IMPROVE
    measure: Slug | None = None
    baseline: BaselinePart | None = None
    target: Target | None = None
    path: Path = "linear"
    definition: Annotated[Whole, Field(ge=1)] = 1
    measures: tuple[AimMeasurePart, ...] = ()
    start: PeriodName | None = None
    deadline: PeriodName | None = None
    sponsor: Slug | None = None
    site: Slug = SYSTEM
    stratum: Slug = ALL
    succeed: Literal["all", "primary"] = "all"
    lag: Annotated[Whole, Field(ge=0, le=400)] = 0
    adopted: AdoptionPart | None = None
    drivers: tuple[DriverPart, ...] = ()
    ended: Day | None = None
    outcome: Literal["reached", "missed", "extended", "replaced", "withdrawn"] | None = None
    minute: Name | None = None
    successor: Slug | None = None
    partners: tuple[Slug, ...] = ()
    balancing: tuple[Slug, ...] = ()
    not_breakthrough_because: Note | None = None
    parameters: Parameters = Field(default_factory=dict)

    @property
    def judged(self) -> tuple[AimMeasurePart, ...]:
        """The aim's measures, however they were written."""
        if self.measure is None:
            return self.measures
        return (
            AimMeasurePart(
                measure=self.measure,
                baseline=self.baseline,
                target=self.target,
                path=self.path,
                primary=True,
                definition=self.definition,
            ),
        )


class ServePart(Part):
    """How a project serves a driver: ``effect`` in the aim's units at full reach."""

    driver: DriverKey
    effect: Number | None = None
    reach: Share | None = None
    belief: Share | None = None


class MilestonePart(Part):
    """A dated commitment."""

    id: Slug
    name: Name
    due: Day
    ended: Day | None = None


class AllocationPart(Part):
    """A person's time on a project: as it is, and as ``planned``."""

    person: Slug
    fte: Fte
    planned: Fte | None = None


class SavingsPart(Part):
    """Savings that a project claims."""

    amount: Amount
    currency: Currency
    claimed_on: Day


class ProjectPart(Part):
    """A time-limited effort on one driver or several. A role left out is vacant."""

    id: Slug
    name: Name
    start: Day | None = None
    end: Day | None = None
    sponsor: Slug | None = None
    leader: Slug | None = None
    clinical_lead: Slug | None = None
    advisor: Slug | None = None
    state: ProjectState = ProjectState.ACTIVE
    strategic: Flag = True
    aim_text: Note | None = None
    measure: Slug | None = None
    serves: tuple[ServePart, ...] = ()
    milestones: tuple[MilestonePart, ...] = ()
    sites: tuple[Slug, ...] = ()
    sustainer: Slug | None = None
    ended: Day | None = None
    allocations: tuple[AllocationPart, ...] = ()
    savings: SavingsPart | None = None
    chartered_on: Day | None = None
    review_every_days: Annotated[Whole, Field(ge=1, le=MAX_CADENCE_DAYS)] | None = None
    review: Literal["board"] | None = None


class RoutePart(Part):
    """Who hears of an aim, a project, a measure or, without one, of the whole organisation."""

    aim: Slug | None = None
    project: Slug | None = None
    measure: Slug | None = None
    to: tuple[Slug, ...] = ()
    by: tuple[Channel, ...] = ("mail",)


class WaiverPart(Part):
    """A finding that is accepted from ``from`` to ``until``, by whom and why; 90 days at most."""

    id: Slug
    expectation: ExpectationId
    about: About
    from_: Day = Field(alias="from")
    until: Day
    by: Slug
    reason: Note
    ended: Day | None = None


class PlanDocument(Part):
    """A whole plan file. ``version`` is the version that an export was made of."""

    bigdot: Literal[1]
    version: Annotated[Whole, Field(ge=0)] | None = None
    organisation: OrganisationPart
    sites: tuple[PlacePart, ...] = ()
    strata: tuple[PlacePart, ...] = ()
    people: tuple[PersonPart, ...] = ()
    measures: tuple[MeasurePart, ...] = ()
    aims: tuple[AimPart, ...] = ()
    projects: tuple[ProjectPart, ...] = ()
    routes: tuple[RoutePart, ...] = ()
    parameters: Parameters = Field(default_factory=dict)
    profile: Profile = Profile.STARTER
    rules: Mapping[ExpectationId, Switch] = Field(default_factory=dict)
    waivers: tuple[WaiverPart, ...] = ()


def normal(document: PlanDocument) -> dict[str, Any]:
    """The document as plain JSON data in its normal form, without ``version``."""
    found = document.model_dump(
        mode="json", by_alias=True, exclude_defaults=True, exclude_none=True, exclude={"version"}
    )
    for part in (found, *found.get("measures", ()), *found.get("aims", ())):
        for key in ("parameters", "rules"):
            if key in part:
                part[key] = dict(sorted(part[key].items()))
    return found
