"""Observations as of an instant: what is current, what may be judged, what is awaited.

A period has one current observation, the highest version. It is *judged* where it is final (or
provisional, if the measure says so), *drawn* where it has a value at all, and *settled* where
nothing more is awaited of it: judged, suppressed or withdrawn. So a suppressed value is neither
missing nor zero, and a partial one still is awaited. A value outside of the measure's valid range
is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime, timedelta
from typing import NamedTuple

from services.framework.facts import Facts, Maturity, Observation, SeriesKey
from services.framework.periods import Period, local_date, midnight
from services.framework.plan import SYSTEM, Kind, Measure, Plan

LARGEST = 1e100
"""A number beyond it, or a size below its inverse, is a fault of the feed and no measurement."""
_RANK = {Maturity.PARTIAL: 0, Maturity.PROVISIONAL: 1, Maturity.FINAL: 2}


class Point(NamedTuple):
    """The current value of one period. ``note`` says what it lacks, as in "4 of 5 sites"."""

    period: Period
    ordinal: int
    value: float | None
    numerator: float | None = None
    denominator: float | None = None
    maturity: Maturity = Maturity.FINAL
    suppressed: bool = False
    withdrawn: bool = False
    judged: bool = False
    settled: bool = False
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """One line of a chart: a point a period at most, in order of time."""

    measure: Measure
    key: SeriesKey
    points: tuple[Point, ...] = ()
    by_ordinal: Mapping[int, Point] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, measure: Measure, key: SeriesKey, points: Iterable[Point]) -> Series:
        """A series of ``points`` in order of time."""
        ordered = tuple(sorted(points, key=lambda point: point.ordinal))
        return cls(measure, key, ordered, {point.ordinal: point for point in ordered})

    @property
    def last_settled(self) -> Point | None:
        """The latest point of which nothing more is awaited."""
        return next((point for point in reversed(self.points) if point.settled), None)


def known_to(facts: Facts, instant: datetime) -> Facts:
    """The facts that were known at ``instant``: K of an evaluation as of then."""
    observations = {
        key: tuple(o for o in versions if o.known_at <= instant)
        for key, versions in facts.observations.items()
    }
    events = {
        each.name: tuple(e for e in getattr(facts, each.name) if e.known_at <= instant)
        for each in fields(Facts)
        if each.name != "observations"
    }
    return Facts(observations, **events)


def current(observations: Iterable[Observation]) -> list[Observation]:
    """The highest version of each period, in the order in which the periods first stand."""
    latest: dict[date, Observation] = {}
    for observation in observations:
        held = latest.get(observation.period.start)
        if held is None or observation.version >= held.version:
            latest[observation.period.start] = observation
    return list(latest.values())


def read_series(plan: Plan, facts: Facts, key: SeriesKey) -> Series:
    """The series of ``key``; where the measure rolls up, sums of sites fill what no system gives.

    Raises KeyError for a measure that the plan does not have.
    """
    measure = plan.measures[key.measure]
    points = {point.ordinal: point for point in _direct(measure, facts, key)}
    if measure.rollup == "sum" and key.site == SYSTEM:
        for point in _rolled_up(plan, measure, facts, key):
            points.setdefault(point.ordinal, point)
    return Series.of(measure, key, points.values())


def sites_of(plan: Plan, measure: Measure) -> tuple[str, ...]:
    """The sites that report a measure: its own, or every site of the plan if it names none."""
    return measure.sites or tuple(plan.sites)


def _direct(
    measure: Measure, facts: Facts, key: SeriesKey, *, counted_in: bool = False
) -> list[Point]:
    """The points that were told; with ``counted_in`` hidden ones have their counts, for a sum."""
    observations = facts.observations.get(key, ())
    if measure.kind is Kind.EVENTS:
        return _counted(measure, current(observations))
    known = current(observations)
    return [_point(measure, _unhidden(measure, o) if counted_in else o) for o in known]


def _unhidden(measure: Measure, one: Observation) -> Observation:
    """A hidden value whose counts are known, as a sum needs it; any other as it is."""
    if not one.hidden or one.numerator is None or not one.denominator:
        return one
    value = one.numerator / one.denominator * measure.per
    return replace(one, value=value, suppressed=False)


def _point(measure: Measure, observation: Observation) -> Point:
    fault = impossible(measure, observation)
    value = observation.value if observation.usable and fault is None else None
    fit = is_judged(measure, observation.maturity)
    judged = fit and value is not None
    return Point(
        observation.period,
        observation.period.ordinal,
        value,
        observation.numerator if value is not None else None,
        observation.denominator if value is not None else None,
        observation.maturity,
        observation.suppressed,
        observation.withdrawn,
        judged,
        judged or observation.suppressed or observation.withdrawn,
        _lack(observation, fit) or fault,
    )


def impossible(measure: Measure, observation: Observation) -> str | None:
    """Why a value cannot be one of the measure, as in "-5, outside the valid range"; else None.

    Such a value is held, and neither drawn nor judged: its period still awaits one that can be.
    """
    value = observation.value
    if value is None:
        return None
    if not is_sound(observation):
        return f"{value:g}, out of all proportion"
    low, high = measure.valid
    if (low is not None and value < low) or (high is not None and value > high):
        return f"{value:g}, outside the valid range"
    return None


def is_sound(observation: Observation) -> bool:
    """Whether the numbers of an observation are finite, and of a size that can be reckoned with."""
    over = observation.denominator
    if not -LARGEST <= (observation.value or 0.0) <= LARGEST:
        return False
    if over is None:
        return True
    count = abs(observation.numerator or 0.0)
    return 1 / LARGEST <= over <= LARGEST and count <= LARGEST * min(over, 1.0)


def is_judged(measure: Measure, maturity: Maturity) -> bool:
    """Whether a value of ``maturity`` may be judged: partial never, provisional if so declared."""
    if maturity is Maturity.PROVISIONAL:
        return measure.judge_provisional
    return maturity is Maturity.FINAL


def _lack(observation: Observation, fit: bool) -> str | None:
    """What keeps an observation from being judged; ``fit`` is whether one so mature may be."""
    if observation.withdrawn:
        return f"withdrawn: {observation.reason}" if observation.reason else "withdrawn"
    if observation.suppressed:
        return "suppressed"
    return None if fit else observation.maturity.value


def _counted(measure: Measure, days: Sequence[Observation]) -> list[Point]:
    """Dated events as counts of a period; silence means none up to ``complete_through``."""
    if not days:
        return []
    through = max((day.complete_through for day in days if day.complete_through), default=None)
    counts: dict[Period, float] = {}
    for day in days:
        period = Period.containing(day.period.start, measure.frequency)
        known = day.usable and is_sound(day)
        counts[period] = counts.get(period, 0.0) + (day.value or 0.0 if known else 0.0)
    first = min(counts)
    last = max(counts)
    if through is not None:
        last = max(last, Period.containing(through, measure.frequency))
    return [
        _count(first.shift(step), counts, through)
        for step in range(last.ordinal - first.ordinal + 1)
    ]


def _count(period: Period, counts: Mapping[Period, float], through: date | None) -> Point:
    whole = through is not None and through >= period.last_day
    return Point(
        period,
        period.ordinal,
        counts.get(period, 0.0),
        numerator=counts.get(period, 0.0),
        maturity=Maturity.FINAL if whole else Maturity.PARTIAL,
        judged=whole,
        settled=whole,
        note=None if whole else "partial",
    )


def _rolled_up(plan: Plan, measure: Measure, facts: Facts, key: SeriesKey) -> list[Point]:
    sites = sites_of(plan, measure)
    by_period: dict[Period, dict[str, Point]] = {}
    for site in sites:
        for point in _direct(measure, facts, replace(key, site=site), counted_in=True):
            by_period.setdefault(point.period, {})[site] = point
    return [
        _sum(measure, period, [s for s in sites if _open(plan, s, period)], points)
        for period, points in by_period.items()
    ]


def _open(plan: Plan, site: str, period: Period) -> bool:
    declared = plan.sites.get(site)
    return declared is None or declared.ended is None or declared.ended > period.start


def _sum(measure: Measure, period: Period, sites: list[str], points: Mapping[str, Point]) -> Point:
    """Σ numerator / Σ denominator of the sites that gave one; partial while a site is wanting."""
    given = [points[s] for s in sites if s in points and _summable(measure, points[s])]
    settled = all(s in points and (points[s].settled or points[s].judged) for s in sites)
    numerator = sum(point.numerator or 0.0 for point in given)
    denominator = sum(point.denominator or 0.0 for point in given)
    maturity = min((point.maturity for point in given), key=_RANK.__getitem__, default=None)
    if maturity is None or len(given) < len(sites):
        maturity = Maturity.PARTIAL
    counted = measure.kind is Kind.EVENTS
    value = numerator if counted else numerator / denominator * measure.per if denominator else None
    judged = value is not None and is_judged(measure, maturity)
    return Point(
        period,
        period.ordinal,
        value if given else None,
        numerator,
        None if counted else denominator,
        maturity,
        judged=judged,
        settled=judged or (settled and maturity is Maturity.PARTIAL),
        note=None if len(given) == len(sites) else f"{len(given)} of {len(sites)} sites",
    )


def _summable(measure: Measure, point: Point) -> bool:
    if point.value is None or point.numerator is None:
        return False
    return measure.kind is Kind.EVENTS or bool(point.denominator)


@dataclass(frozen=True, slots=True)
class Arrears:
    """What is awaited of a series and has not come.

    ``late`` are the late periods of the last ``look_back``, in order; ``tail`` those of them that
    stand at the end, with no settled value after them. ``next_late`` is the next period that will
    be late if its value does not come.
    """

    late: tuple[Period, ...]
    tail: tuple[Period, ...]
    next_late: Period | None


def arrears(
    series: Series, first: Period, as_of: datetime, plan: Plan, look_back: int | None = 12
) -> Arrears:
    """What has not come of ``series``, awaited from the period ``first``, as of an instant.

    Looks at the last ``look_back`` periods; None: at all since ``first``.
    """
    measure = series.measure
    coming = first_not_late(measure, as_of, plan)
    start = first.ordinal
    if look_back is not None:
        start = max(start, coming.ordinal - look_back)
    late = tuple(
        coming.shift(ordinal - coming.ordinal)
        for ordinal in range(start, coming.ordinal)
        if not _settled(series, ordinal) and not _over(measure, coming, ordinal)
    )
    last = series.last_settled
    tail = tuple(p for p in late if last is None or p.ordinal > last.ordinal)
    return Arrears(late, tail, _next_late(series, max(coming, first)))


def first_not_late(measure: Measure, as_of: datetime, plan: Plan) -> Period:
    """The first period whose value, not having come, would not be late yet at ``as_of``."""
    day = local_date(as_of, plan.zone) - timedelta(days=measure.lag_days)
    return Period.containing(day, measure.frequency)


def _settled(series: Series, ordinal: int) -> bool:
    point = series.by_ordinal.get(ordinal)
    return point is not None and point.settled


def _over(measure: Measure, near: Period, ordinal: int) -> bool:
    return measure.ended is not None and near.shift(ordinal - near.ordinal).end > measure.ended


def _next_late(series: Series, period: Period) -> Period | None:
    first = ordinal = period.ordinal
    while _settled(series, ordinal):
        ordinal += 1
    period = period.shift(ordinal - first)
    return None if _over(series.measure, period, period.ordinal) else period


def blind_at(first: Period, measure: Measure, plan: Plan) -> datetime:
    """When a series is blind whose values are wanting from ``first`` on.

    That is, 30 days after it was due (DAT-02), or when the period after it is late as well.
    """
    due_and_thirty = midnight(first.end + timedelta(days=measure.lag_days + 29), plan.zone)
    return min(due_and_thirty, first.shift(1).late_at(measure.lag_days, plan.zone))
