"""What an organisation declares: aims, the theory of drivers, the portfolio of projects.

Plain frozen values. A plan is one version of a declaration; what happens afterwards (a milestone
done, a project stopped, a leader gone) are events, in :mod:`services.framework.facts`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cached_property
from zoneinfo import ZoneInfo

from services.framework.periods import Frequency, Period

SYSTEM = "system"
ALL = "all"


class Kind(StrEnum):
    """What a measure counts."""

    VALUE = "value"
    PROPORTION = "proportion"
    RATE = "rate"
    EVENTS = "events"


class Direction(StrEnum):
    """Which way is better."""

    INCREASE = "increase"
    DECREASE = "decrease"
    NEUTRAL = "neutral"


class Intent(StrEnum):
    """What an aim wants of its measure."""

    IMPROVE = "improve"
    HOLD = "hold"
    WITHIN = "within"


class Profile(StrEnum):
    """Which expectations are told of: those of a quiet start, or all."""

    STARTER = "starter"
    FULL = "full"


class Switch(StrEnum):
    """What a plan makes of one expectation: judged and told, judged only, or not judged."""

    ON = "on"
    SHADOW = "shadow"
    OFF = "off"


class ProjectState(StrEnum):
    """Where a project stands."""

    PROPOSED = "proposed"
    ACTIVE = "active"
    PAUSED = "paused"
    COMPLETED = "completed"
    STOPPED = "stopped"


class Rhythm(StrEnum):
    """How often a digest comes."""

    DAILY = "daily"
    WEEKLY = "weekly"


class Weekday(StrEnum):
    """A day of the week, Monday first."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"

    @property
    def number(self) -> int:
        """As :meth:`datetime.date.weekday` counts: Monday is 0."""
        return tuple(Weekday).index(self)


@dataclass(frozen=True, slots=True)
class Organisation:
    """One tenant: its periods follow ``zone``; ``year_starts`` is the fiscal year's first month.

    ``board_meets_days`` is how many days lie between two meetings of the board, if it is known,
    ``board_meetings`` the dates of its meetings, in order. ``messages_a_week`` is the most that one
    person is sent at once; what is over it is read in their digest.
    """

    id: str
    name: str
    zone: str
    year_starts: int = 1
    board_meets_days: int | None = None
    board_meetings: tuple[date, ...] = ()
    messages_a_week: int = 3


@dataclass(frozen=True, slots=True)
class Site:
    """A place that reports values of its own."""

    id: str
    name: str
    ended: date | None = None


@dataclass(frozen=True, slots=True)
class Stratum:
    """A group of people by which a measure is split (equity)."""

    id: str
    name: str
    ended: date | None = None


@dataclass(frozen=True, slots=True)
class Away:
    """A person's leave, from ``since`` to ``until``, both included, and who covers, if anybody."""

    since: date
    until: date
    cover: str | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a part in the plan; ``away`` is when they are on leave.

    ``roles``: executive, owner, advisor, admin, viewer, board, finance, and partner for those who
    speak for patients and families. ``messages_a_week`` is their own budget; ``digest`` says how
    often theirs comes, on which weekday and at which hour of their zone; ``only_digest`` that all
    waits for it save that an aim's status turned bad; ``quiet`` are the hours (from, to) of their
    zone in which nothing is sent.
    """

    id: str
    name: str
    email: str | None = None
    roles: tuple[str, ...] = ()
    zone: str | None = None
    ended: date | None = None
    away: tuple[Away, ...] = ()
    messages_a_week: int | None = None
    digest: Rhythm = Rhythm.WEEKLY
    digest_day: Weekday = Weekday.MONDAY
    digest_hour: int = 7
    only_digest: bool = False
    quiet: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure over time. ``per`` scales values, targets and effects (1, 100 or 1000).

    ``rule_set`` names the rules by which special causes are found (run, anhoej, shewhart, mdc);
    ``monthly_proxy`` a measure to watch between the values of a slow one; ``parameters`` hold for
    this measure, by ``ID.name``. ``rebase`` has the first period of each new part of its control
    chart; no path and no status rests on it.
    """

    id: str
    name: str
    kind: Kind
    direction: Direction
    frequency: Frequency
    unit: str = ""
    per: float = 1
    valid: tuple[float | None, float | None] = (None, None)
    lag_days: int = 20
    owner: str | None = None
    feed: str | None = None
    sites: tuple[str, ...] = ()
    strata: tuple[str, ...] = ()
    rollup: str | None = None
    window: int = 1
    judge_provisional: bool = False
    definition: int = 1
    suppress_below: int | None = None
    ended: date | None = None
    rule_set: str | None = None
    monthly_proxy: str | None = None
    rebase: tuple[Period, ...] = ()
    parameters: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Baseline:
    """The level to improve on: a stretch of periods, or a stated value."""

    first: Period | None = None
    last: Period | None = None
    value: float | None = None


@dataclass(frozen=True, slots=True)
class PathPoint:
    """A declared point of the glide path, in the measure's units."""

    period: Period
    value: float


@dataclass(frozen=True, slots=True)
class AimMeasure:
    """A measure of an aim: how good, from where, along which path.

    ``target`` is a number, or (low, high) for a within aim. ``path`` is linear, s_curve, stepped,
    or declared points.
    """

    measure: str
    baseline: Baseline
    target: float | tuple[float, float] | None
    path: str | tuple[PathPoint, ...] = "linear"
    primary: bool = True
    definition: int = 1


@dataclass(frozen=True, slots=True)
class Adoption:
    """The governing body's adoption of an aim; a target or deadline of None: as declared then."""

    by: str
    on: date
    minute: str | None = None
    target: float | tuple[float, float] | None = None
    deadline: Period | None = None


@dataclass(frozen=True, slots=True)
class Driver:
    """A theorised cause of the aim; ``key`` is ``aim/driver``."""

    id: str
    aim: str
    name: str
    primary: bool = True
    parent: str | None = None
    share: float | None = None
    measure: str | None = None
    target: float | None = None
    site: str = SYSTEM
    stratum: str = ALL
    linked_on: date | None = None
    ended: date | None = None

    @property
    def key(self) -> str:
        """The name by which projects and alerts refer to the driver."""
        return f"{self.aim}/{self.id}"


@dataclass(frozen=True, slots=True)
class Aim:
    """A system-level aim: how good, by when. ``lag`` is the start-up allowance in periods.

    ``partners`` are the people on the aim's team who speak for patients and families, ``balancing``
    the measures that must not suffer; ``parameters`` hold for this aim, by ``ID.name``.
    """

    id: str
    name: str
    intent: Intent
    measures: tuple[AimMeasure, ...]
    start: Period | None
    deadline: Period | None
    sponsor: str | None = None
    site: str = SYSTEM
    stratum: str = ALL
    succeed: str = "all"
    lag: int = 0
    adopted: Adoption | None = None
    drivers: tuple[Driver, ...] = ()
    ended: date | None = None
    outcome: str | None = None
    outcome_minute: str | None = None
    successor: str | None = None
    partners: tuple[str, ...] = ()
    balancing: tuple[str, ...] = ()
    not_breakthrough_because: str | None = None
    parameters: Mapping[str, float] = field(default_factory=dict)

    @property
    def primary(self) -> AimMeasure | None:
        """The measure the aim is first judged on; none where none is declared."""
        return next((m for m in self.measures if m.primary), next(iter(self.measures), None))


@dataclass(frozen=True, slots=True)
class Serve:
    """How a project serves a driver: ``effect`` in the aim's units at full reach."""

    driver: str
    effect: float | None = None
    reach: float | None = None
    belief: float | None = None


@dataclass(frozen=True, slots=True)
class Milestone:
    """A dated commitment of a project; ``key`` is ``project/milestone``."""

    id: str
    project: str
    name: str
    due: date
    ended: date | None = None

    @property
    def key(self) -> str:
        """The name by which feeds and alerts refer to the milestone."""
        return f"{self.project}/{self.id}"


@dataclass(frozen=True, slots=True)
class Allocation:
    """A person's time on a project, in full-time equivalents: as it is, and as ``planned``."""

    person: str
    fte: float
    planned: float | None = None


@dataclass(frozen=True, slots=True)
class Savings:
    """Savings that a project claims."""

    amount: float
    currency: str
    claimed_on: date


@dataclass(frozen=True, slots=True)
class Project:
    """A time-limited effort on one driver or several. Roles name people; None is a vacancy.

    ``chartered_on`` is ``start`` where it is None; ``review_every_days`` the project's own cadence;
    ``review`` is ``board`` where it is to be reviewed before each meeting of the board.
    """

    id: str
    name: str
    start: date | None
    end: date | None
    sponsor: str | None = None
    leader: str | None = None
    clinical_lead: str | None = None
    advisor: str | None = None
    state: ProjectState = ProjectState.ACTIVE
    strategic: bool = True
    aim_text: str | None = None
    measure: str | None = None
    serves: tuple[Serve, ...] = ()
    milestones: tuple[Milestone, ...] = ()
    sites: tuple[str, ...] = ()
    sustainer: str | None = None
    ended: date | None = None
    allocations: tuple[Allocation, ...] = ()
    savings: Savings | None = None
    chartered_on: date | None = None
    review_every_days: int | None = None
    review: str | None = None

    def serves_driver(self, key: str) -> bool:
        """Whether the project serves the driver ``aim/driver``."""
        return any(serve.driver == key for serve in self.serves)


@dataclass(frozen=True, slots=True)
class Route:
    """Who hears of what, by which channels (``mail``, or a channel's id).

    A route without aim, project or measure holds for the whole organisation.
    """

    to: tuple[str, ...]
    by: tuple[str, ...] = ("mail",)
    aim: str | None = None
    project: str | None = None
    measure: str | None = None


@dataclass(frozen=True, slots=True)
class Waiver:
    """A finding that is accepted from ``since`` to ``until``, both included, and why.

    ``about`` is a subject or a part of one (``aim:ID``, ``milestone:PROJECT/ID``); ``by`` is who
    decided. One that is lifted before its end has ``ended``, the first day on which it is not held.
    """

    id: str
    expectation: str
    about: str
    since: date
    until: date
    by: str
    reason: str
    ended: date | None = None


@dataclass(frozen=True)
class Plan:
    """One version of an organisation's plan, with look-ups by id.

    Every mapping keeps the plan file's order. ``version`` is 0 for a plan not yet applied.
    ``rules`` say by id what differs from the ``profile``.
    """

    organisation: Organisation
    sites: Mapping[str, Site] = field(default_factory=dict)
    strata: Mapping[str, Stratum] = field(default_factory=dict)
    people: Mapping[str, Person] = field(default_factory=dict)
    measures: Mapping[str, Measure] = field(default_factory=dict)
    aims: Mapping[str, Aim] = field(default_factory=dict)
    projects: Mapping[str, Project] = field(default_factory=dict)
    routes: tuple[Route, ...] = ()
    parameters: Mapping[str, float] = field(default_factory=dict)
    version: int = 0
    profile: Profile = Profile.STARTER
    rules: Mapping[str, Switch] = field(default_factory=dict)
    waivers: Mapping[str, Waiver] = field(default_factory=dict)

    @cached_property
    def zone(self) -> ZoneInfo:
        """The zone in which the organisation's periods begin and end."""
        return ZoneInfo(self.organisation.zone)

    @cached_property
    def drivers(self) -> dict[str, Driver]:
        """Every driver by ``aim/driver``."""
        return {driver.key: driver for aim in self.aims.values() for driver in aim.drivers}

    @cached_property
    def milestones(self) -> dict[str, Milestone]:
        """Every milestone by ``project/milestone``."""
        return {m.key: m for project in self.projects.values() for m in project.milestones}

    @cached_property
    def serving(self) -> dict[str, tuple[Project, ...]]:
        """The projects that serve each driver, by ``aim/driver``."""
        found: dict[str, list[Project]] = {key: [] for key in self.drivers}
        for project in self.projects.values():
            for key in dict.fromkeys(serve.driver for serve in project.serves):
                if key in found:
                    found[key].append(project)
        return {key: tuple(projects) for key, projects in found.items()}

    @cached_property
    def carried_by(self) -> dict[str, tuple[Project, ...]]:
        """The projects that each person leads, sponsors or has time for, in the plan's order."""
        found: dict[str, list[Project]] = {}
        for project in self.projects.values():
            allocated = (allocation.person for allocation in project.allocations)
            for person in dict.fromkeys((project.leader, project.sponsor, *allocated)):
                if person is not None:
                    found.setdefault(person, []).append(project)
        return {person: tuple(projects) for person, projects in found.items()}

    @cached_property
    def judging(self) -> dict[str, tuple[Aim, ...]]:
        """The aims that are judged on each measure, by its id."""
        found: dict[str, list[Aim]] = {measure: [] for measure in self.measures}
        for aim in self.aims.values():
            for measure in dict.fromkeys(judged.measure for judged in aim.measures):
                found.setdefault(measure, []).append(aim)
        return {measure: tuple(aims) for measure, aims in found.items()}

    @cached_property
    def moved_by(self) -> dict[str, tuple[Aim, ...]]:
        """The aims that are judged or driven by each measure, by its id."""
        found: dict[str, list[Aim]] = {}
        for aim in self.aims.values():
            judged = (each.measure for each in aim.measures)
            driven = (driver.measure for driver in aim.drivers if driver.measure is not None)
            for measure in dict.fromkeys((*judged, *driven)):
                found.setdefault(measure, []).append(aim)
        return {measure: tuple(aims) for measure, aims in found.items()}

    @cached_property
    def aims_end(self) -> frozenset[date]:
        """The dates on which aims end."""
        return frozenset(aim.ended for aim in self.aims.values() if aim.ended is not None)
