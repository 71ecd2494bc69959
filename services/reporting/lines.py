"""One measure of an aim as a line: values, path, baseline with its limits, target.

Limits are the baseline's centre plus and minus three standard deviations of one value, by the
noise that the verdict uses (Shewhart's individuals chart, Laney's for counts).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from services.framework.facts import Facts, SeriesKey
from services.framework.fold import Course, prepared
from services.framework.noise import Noise
from services.framework.periods import Period, between
from services.framework.plan import SYSTEM, Aim, AimMeasure, Driver, Measure, Plan
from services.framework.series import Point, Series, read_series
from services.ports.reporting import ChartPoint, Place
from services.reporting.words import digits_of, period_name

SIGMAS = 3.0
_LONGEST = 400


@dataclass(frozen=True)
class Line:
    """A series with what it should be; ``course`` is None while the aim cannot be judged."""

    aim: Aim
    declared: AimMeasure
    measure: Measure
    series: Series
    course: Course | None

    @cached_property
    def digits(self) -> int:
        """Decimals for the line's numbers."""
        goal = self.declared.target
        ends = goal if isinstance(goal, tuple) else (goal,)
        return digits_of(*(p.value for p in self.series.points), *ends)

    @property
    def target(self) -> tuple[float, float] | None:
        """The target as a range, both ends equal where it is one level."""
        goal = self.declared.target
        if isinstance(goal, tuple):
            return goal
        if goal is None:
            return (self.course.target,) * 2 if self.course else None
        return (goal, goal)

    @property
    def last(self) -> Point | None:
        """The latest point with a value."""
        return next((p for p in reversed(self.series.points) if p.value is not None), None)

    @cached_property
    def points(self) -> tuple[ChartPoint, ...]:
        """Every period from the first value to the deadline."""
        limits = self._noise()
        return tuple(self._drawn(period, limits) for period in self._periods())

    def _periods(self) -> tuple[Period, ...]:
        known = [p.period for p in self.series.points]
        ends = [p for p in (self.aim.start, self.aim.deadline) if p is not None]
        if not known and len(ends) < 2:  # noqa: PLR2004 - a start and a deadline
            return ()
        first, last = min(known + ends), max(known + ends)
        return between(first, last)[:_LONGEST]

    def _drawn(self, period: Period, noise: Noise | None) -> ChartPoint:
        point = self.series.by_ordinal.get(period.ordinal)
        centre = low = high = None
        if noise is not None and self.course is not None and self._is_baseline(period):
            centre = self.course.level.value
            reach = SIGMAS * noise.at(centre, point.denominator if point else None)
            low, high = self._within(centre - reach), self._within(centre + reach)
        return ChartPoint(
            period.start,
            period_name(period, short=True),
            point.value if point else None,
            self._expected(period),
            centre,
            low,
            high,
            point.judged if point else False,
            point.note if point else None,
        )

    def _noise(self) -> Noise | None:
        course = self.course
        return Noise(self.measure, course.baseline, course.gap) if course else None

    def _is_baseline(self, period: Period) -> bool:
        """Periods before the start: the stretch of the baseline, or all if it is a stated value."""
        first = self.declared.baseline.first
        begun = self.aim.start is not None and period >= self.aim.start
        return not begun and (first is None or period >= first)

    def _within(self, value: float) -> float:
        low, high = self.measure.valid
        value = value if low is None else max(low, value)
        return value if high is None else min(high, value)

    def _expected(self, period: Period) -> float | None:
        aim = self.aim
        if self.course is None or aim.start is None or period.ordinal < aim.start.ordinal - 1:
            return None
        if aim.deadline is not None and period.ordinal > aim.deadline.ordinal:
            return None
        return self.course.expected(period.ordinal)


def line_of(plan: Plan, facts: Facts, aim: Aim, declared: AimMeasure) -> Line:
    """The line of one measure of an aim."""
    measure = plan.measures[declared.measure]
    key = SeriesKey(measure.id, aim.site, aim.stratum, declared.definition)
    series = read_series(plan, facts, key)
    course = prepared(aim, declared, measure, series)
    return Line(aim, declared, measure, series, None if isinstance(course, str) else course)


def driver_series(plan: Plan, facts: Facts, driver: Driver) -> Series | None:
    """The series of a driver's measure; None where it has none."""
    measure = plan.measures.get(driver.measure or "")
    if measure is None:
        return None
    key = SeriesKey(measure.id, driver.site, driver.stratum, measure.definition)
    return read_series(plan, facts, key)


def place_of(plan: Plan, measure: str, site: str, stratum: str) -> Place:
    """Where the values of a line are read: everywhere, where the system's is rolled up."""
    known = plan.measures.get(measure)
    rolled = site == SYSTEM and known is not None and known.rollup is not None
    return Place(measure, None if rolled else site, stratum)
