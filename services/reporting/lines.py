"""One measure of an aim as a line: values, path, target, and the control chart they stand on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from services.framework.facts import Facts, Maturity, Observation, SeriesKey
from services.framework.fold import Course, prepared
from services.framework.periods import Period, between
from services.framework.plan import SYSTEM, Aim, AimMeasure, Driver, Kind, Measure, Plan
from services.framework.series import Point, Series, read_series, sites_of
from services.framework.texts import digits_for, number
from services.ports.reporting import ChartPoint, Place
from services.reporting.control import Control, control_of
from services.reporting.control import Place as Charted
from services.reporting.words import digits_of, period_name

_LONGEST = 400
_NOWHERE = Charted(None, None, None)


@dataclass(frozen=True)
class Line:
    """A series with what it should be; ``course`` is None while the aim cannot be judged.

    ``corrected`` has, by period, the first final value of what was corrected since; None where
    a site's was. ``observed`` is what its values were read from.
    """

    aim: Aim
    declared: AimMeasure
    measure: Measure
    series: Series
    course: Course | None
    corrected: Mapping[Period, float | None] = field(default_factory=dict)
    observed: tuple[tuple[Observation, ...], ...] = ()

    @cached_property
    def digits(self) -> int:
        """Decimals for the line's numbers: those of the sentences of its verdict."""
        if self.course is not None:
            return digits_for(self.course.scale)
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
    def control(self) -> Control:
        """The control chart of the line."""
        level = self.course.level.value if self.course else 0.0
        return control_of(
            self.aim, self.declared, self.measure, self.series, level=level, digits=self.digits
        )

    @cached_property
    def points(self) -> tuple[ChartPoint, ...]:
        """Every period from the first value to the deadline."""
        places = self.control.places
        return tuple(
            self._drawn(period, places.get(period.ordinal, _NOWHERE)) for period in self._periods()
        )

    def _periods(self) -> tuple[Period, ...]:
        known = [p.period for p in self.series.points]
        ends = [p for p in (self.aim.start, self.aim.deadline) if p is not None]
        if not known and len(ends) < 2:  # noqa: PLR2004 - a start and a deadline
            return ()
        first, last = min(known + ends), max(known + ends)
        return between(first, last)[:_LONGEST]

    def _drawn(self, period: Period, place: Charted) -> ChartPoint:
        point = self.series.by_ordinal.get(period.ordinal)
        known = point is not None and point.value is not None
        return ChartPoint(
            period.start,
            period_name(period, short=True),
            point.value if point else None,
            self._expected(period),
            place.centre,
            place.lower,
            place.upper,
            point.judged if point else False,
            "; ".join(self._notes(period, point, place)) or None,
            place.tone,
            known and period in self.corrected,
        )

    def _notes(self, period: Period, point: Point | None, place: Charted) -> Iterator[str]:
        if point is None:
            return
        if point.note:
            yield point.note
        if period in self.corrected and point.value is not None:
            was = self.corrected[period]
            yield "corrected" if was is None else f"corrected from {number(was, self.digits)}"
        yield from place.rules

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
    own = tuple(facts.observations.get(key, ()))
    of_sites = _of_sites(plan, measure, facts, key)
    judged = None if isinstance(course, str) else course
    corrected = {p: None for site in of_sites for p, _ in _changed(measure, site)}
    return Line(
        aim, declared, measure, series, judged, corrected | dict(_changed(measure, own)),
        (own, *of_sites),
    )  # fmt: skip


def _of_sites(
    plan: Plan, measure: Measure, facts: Facts, key: SeriesKey
) -> tuple[tuple[Observation, ...], ...]:
    """What sites gave, where they are summed to the line."""
    if measure.rollup != "sum" or key.site != SYSTEM:
        return ()
    keys = (replace(key, site=site) for site in sites_of(plan, measure))
    return tuple(tuple(facts.observations.get(each, ())) for each in keys)


def _changed(
    measure: Measure, observations: Iterable[Observation]
) -> Iterator[tuple[Period, float | None]]:
    """Each period with its first final value, where a later final one is another.

    Of counted events that is one day's, so the period has no value.
    """
    first: dict[Period, Observation] = {}
    last: dict[Period, Observation] = {}
    for one in sorted(observations, key=lambda one: one.version):
        if one.maturity is Maturity.FINAL and one.value is not None:
            first.setdefault(one.period, one)
            last[one.period] = one
    for period, one in first.items():
        if last[period].value != one.value:
            if measure.kind is Kind.EVENTS:
                yield Period.containing(period.start, measure.frequency), None
            else:
                yield period, one.value


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
