"""The fan from the last values to the forecast of the deadline, for drawing.

Its end is the forecast. On the way there the middle is a straight line from the level of the last
three values, and the variance grows evenly from that of one value: drawn, not forecast.
"""

from __future__ import annotations

from datetime import date
from math import copysign, hypot, sqrt
from statistics import mean

from services.framework.fold import RECENT, Course, Fold
from services.framework.judgement import Forecast
from services.framework.outlook import outlook
from services.framework.periods import Period
from services.ports.reporting import FanPoint

NORMAL_80, NORMAL_95 = 1.2816, 1.96
_MOST = 24


def fan_of(course: Course | None, today: date) -> tuple[FanPoint, ...]:
    """The fan of one measure of an aim as of ``today``; empty where there is no forecast."""
    if course is None or (course.aim.ended is not None and course.aim.ended <= today):
        return ()
    here = Period.containing(today, course.measure.frequency)
    fold = Fold(course).run(here.ordinal - 1)
    forecast = outlook(course, fold).forecast
    if forecast is None:
        return ()
    return _drawn(course, fold, forecast)


def _drawn(course: Course, fold: Fold, forecast: Forecast) -> tuple[FanPoint, ...]:
    last = fold.judged[-1]
    ahead = forecast.deadline.ordinal - last.ordinal
    recent = [s.point.value for s in fold.judged[-RECENT:] if s.point and s.point.value is not None]
    level, noise = mean(recent), last.sigma or 0.0
    many = min(ahead, _MOST)
    steps = [round(ahead * place / many) for place in range(many + 1)]
    return tuple(
        _place(course, forecast, forecast.deadline.shift(step - ahead).start, step / ahead,
               level, noise)
        for step in steps
    )  # fmt: skip


def _place(
    course: Course, forecast: Forecast, on: date, share: float, level: float, noise: float
) -> FanPoint:
    middle = level + (forecast.value - level) * share

    def edge(end: float, normal: float) -> float:
        reach = end - forecast.value
        first = min(abs(reach), normal * noise)
        width = hypot(first * sqrt(1 - share), reach * sqrt(share))
        return _within(course, middle + copysign(width, reach))

    low80, high80 = (edge(end, NORMAL_80) for end in forecast.interval_80)
    low95, high95 = (edge(end, NORMAL_95) for end in forecast.interval_95)
    return FanPoint(on, _within(course, middle), low80, high80, low95, high95)


def _within(course: Course, value: float) -> float:
    low, high = course.measure.valid
    value = value if low is None else max(low, value)
    return value if high is None else min(high, value)
