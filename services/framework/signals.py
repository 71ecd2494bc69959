"""Special causes in the series that an aim rests on: its own, its drivers', and those beside it.

Limits and rules are those of :mod:`services.framework.spc`; here they are only asked, once for all
series of an aim, and put in terms of better and worse. Limits are frozen from the baseline. An
*improvement signal* is a run-chart shift (6 on one side of the median), a point beyond a control
limit, or two of three beyond two sigma, on the good side. What is *bad* is found by the measure's
own rule set (``shewhart`` unless it names another).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple

from services.framework.causes import HIGH, LOW, Rule
from services.framework.facts import SeriesKey
from services.framework.noise import has_counts
from services.framework.periods import Period
from services.framework.plan import Aim, Direction, Driver, Kind, Measure, Plan
from services.framework.series import Point, Series
from services.framework.trajectory import better

if TYPE_CHECKING:
    from services.framework.spc.rule_sets import RuleSet

LEAST = 10
"""Baseline points that a median or a limit needs; 12 and more make them firm."""
RECENT = 6
"""Judged periods back in which a signal must still have stood to be in force."""
USUAL = "shewhart"
RUN_SHIFT = 6
_SHIFTS = frozenset({Rule.SHIFT, Rule.LONG_RUN})
_NONE = float("nan")
_BEYOND = (Rule.OUTSIDE_LIMITS, Rule.TWO_OF_THREE)


class Look(NamedTuple):
    """A series to look at: which way is better, and the periods of its baseline.

    ``level`` is a stated baseline, where there are too few values for one.
    """

    key: SeriesKey
    sign: int
    first: Period | None
    last: Period
    level: float | None = None


class Hit(NamedTuple):
    """A special cause: its points, and the one at which it could first be seen."""

    rule: Rule
    points: tuple[Point, ...]
    seen: Point

    @property
    def last(self) -> Point:
        """Its latest point."""
        return self.points[-1]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a chart of one series says, after its baseline.

    ``points`` are the judged points from the baseline's first on, ``base`` how many of them are
    the baseline's. ``wanting`` says why there is no reading; then nothing else stands.
    ``shifts`` are the run chart's shifts on the good side.
    """

    look: Look
    points: tuple[Point, ...] = ()
    base: int = 0
    wanting: str | None = None
    centre: float | None = None
    lower: float | None = None
    upper: float | None = None
    rule_set: str = USUAL
    good: tuple[Hit, ...] = ()
    shifts: tuple[Hit, ...] = ()
    bad: Mapping[Rule, tuple[Hit, ...]] = field(default_factory=dict)

    @property
    def after(self) -> tuple[Point, ...]:
        """The judged points after the baseline."""
        return self.points[self.base :]

    @property
    def improved(self) -> Hit | None:
        """The first improvement signal since the baseline."""
        return min(self.good, key=lambda hit: hit.seen.ordinal, default=None)

    @property
    def improving(self) -> Hit | None:
        """An improvement signal that is still in force: among the last six judged points."""
        return self.in_force(self.good)

    def in_force(self, hits: Iterable[Hit], recent: int = RECENT) -> Hit | None:
        """The latest of ``hits`` whose last point is among the last ``recent`` judged points."""
        since = self.points[-recent:][0].ordinal if self.points else 0
        standing = [hit for hit in hits if hit.last.ordinal >= since]
        return max(standing, key=lambda hit: hit.last.ordinal, default=None)

    def worse(self, value: float, than: float) -> bool:
        """Whether ``value`` is worse than another."""
        return self.look.sign * (value - than) < 0


def aim_look(plan: Plan, aim: Aim) -> Look | None:
    """The series that the aim is first judged on; None where it cannot be looked at."""
    declared = aim.primary
    if declared is None or aim.start is None or declared.measure not in plan.measures:
        return None
    measure = plan.measures[declared.measure]
    key = SeriesKey(measure.id, aim.site, aim.stratum, declared.definition)
    stated = declared.baseline
    last = stated.last or aim.start.shift(-1)
    target = declared.target
    level = stated.value if stated.value is not None else 0.0
    if isinstance(target, float | int):
        sign = better(measure.direction, level, target)
    else:
        sign = -1 if measure.direction is Direction.DECREASE else 1
    return Look(key, sign, stated.first, last, stated.value)


def beside(plan: Plan, aim: Aim, key: SeriesKey) -> Look | None:
    """Another series over the aim's baseline: of a driver, a balancing measure, a site.

    None for a measure of which nobody says which way is better.
    """
    own, measure = aim_look(plan, aim), plan.measures.get(key.measure)
    if own is None or measure is None or measure.direction is Direction.NEUTRAL:
        return None
    first = Period.containing(own.first.start, measure.frequency) if own.first else None
    last = Period.containing(own.last.last_day, measure.frequency)
    sign = -1 if measure.direction is Direction.DECREASE else 1
    return Look(key, sign, first, last)


def driver_look(plan: Plan, aim: Aim, driver: Driver) -> Look | None:
    """The series of a driver's measure; None where it has none."""
    if driver.measure is None or driver.measure not in plan.measures:
        return None
    definition = plan.measures[driver.measure].definition
    return beside(plan, aim, SeriesKey(driver.measure, driver.site, driver.stratum, definition))


def looks_of(plan: Plan, aim: Aim, today: date) -> dict[str, Look]:
    """The series that the aim rests on, by what they are about.

    ``aim:ID`` its own, ``driver:AIM/ID`` its drivers', ``measure:ID`` its balancing measures'.
    """
    found: dict[str, Look | None] = {f"aim:{aim.id}": aim_look(plan, aim)}
    for driver in aim.drivers:
        if driver.ended is None or driver.ended > today:
            found[f"driver:{driver.key}"] = driver_look(plan, aim, driver)
    for measure in aim.balancing:
        if measure in plan.measures:
            definition = plan.measures[measure].definition
            key = SeriesKey(measure, aim.site, aim.stratum, definition)
            found[f"measure:{measure}"] = beside(plan, aim, key)
    return {about: look for about, look in found.items() if look is not None}


def readings(
    plan: Plan, looks: Sequence[Look], read: Callable[[SeriesKey], Series], today: date
) -> dict[SeriesKey, Reading]:
    """The reading of each series from the judged values of periods that were over by ``today``."""
    found: dict[SeriesKey, Reading] = {}
    together: dict[_Chart, list[_Row]] = {}
    for look in looks:
        measure = plan.measures[look.key.measure]
        row = _row(look, measure, read(look.key), today)
        if isinstance(row, str):
            found[look.key] = Reading(look, wanting=row)
        else:
            together.setdefault(row.chart, []).append(row)
    for chart, rows in together.items():
        answers = _marked(chart, tuple(row.values for row in rows), _sizes(rows))
        for row, answer in zip(rows, answers, strict=True):
            found[row.look.key] = _reading(row, answer)
    return found


class _Chart(NamedTuple):
    """What series must share to be charted together."""

    kind: str
    first: int
    freeze: int
    length: int
    multiply: float
    rule_set: str
    level: float | None


class _Row(NamedTuple):
    look: Look
    chart: _Chart
    points: tuple[Point, ...]
    base: int
    values: tuple[float, ...]
    sizes: tuple[float, ...] | None


class _Answer(NamedTuple):
    """Marks of one series by rule: on the control chart, and on the run chart."""

    centre: float
    lower: float
    upper: float
    median: float
    marks: dict[Rule, list[int]]
    run: dict[Rule, list[int]]


def _row(look: Look, measure: Measure, series: Series, today: date) -> _Row | str:
    if measure.window > 1:
        return "a rolling figure has no run rules"
    end = look.last.ordinal
    begin = look.first.ordinal if look.first else None
    now = Period.containing(today, measure.frequency).ordinal
    points = tuple(
        p
        for p in series.points
        if p.judged and p.ordinal < now and (begin is None or p.ordinal >= begin)
    )
    base = sum(1 for p in points if p.ordinal <= end)
    if base < LEAST and look.level is None:
        return f"{base} baseline values of the {LEAST} that it needs"
    if base == len(points):
        return "no value since the baseline"
    return _charted(look, measure, points, base)


def _charted(look: Look, measure: Measure, points: tuple[Point, ...], base: int) -> _Row:
    first = points[0].ordinal
    length = points[-1].ordinal - first + 1
    counted = has_counts(measure, points)
    kind = _kind_of(measure, counted=counted)
    values, sizes = [_NONE] * length, [_NONE] * length
    for point in points:
        top = point.numerator if counted else point.value
        values[point.ordinal - first] = _NONE if top is None else top
        sizes[point.ordinal - first] = point.denominator or _NONE
    chart = _Chart(
        kind,
        first,
        max(0, look.last.ordinal - first + 1) if base >= LEAST else 0,
        length,
        measure.per if counted else 1.0,
        measure.rule_set or USUAL,
        look.level,
    )
    return _Row(look, chart, points, base, tuple(values), tuple(sizes) if counted else None)


def _kind_of(measure: Measure, *, counted: bool) -> str:
    """Counts out of counts are charted as such (with Laney's correction), single values as XmR."""
    if counted:
        return "pp" if measure.kind is Kind.PROPORTION else "up"
    return "c" if measure.kind is Kind.EVENTS else "xmr"


def _sizes(rows: Sequence[_Row]) -> tuple[tuple[float, ...], ...] | None:
    sizes = tuple(row.sizes for row in rows if row.sizes is not None)
    return sizes or None


@lru_cache(maxsize=2048)
def _marked(
    chart: _Chart,
    values: tuple[tuple[float, ...], ...],
    sizes: tuple[tuple[float, ...], ...] | None,
) -> tuple[_Answer, ...]:
    """Both charts of series of one shape; the same values are charted once."""
    import numpy as np  # noqa: PLC0415 - only what is charted pays for numpy

    from services.framework.spc.findings import marks_of  # noqa: PLC0415
    from services.framework.spc.limits import Numbers, panel  # noqa: PLC0415
    from services.framework.spc.options import ChartKind, Options  # noqa: PLC0415

    numbers = Numbers(np.array(values), None if sizes is None else np.array(sizes))
    rules = _rule_set(chart.rule_set)
    options = Options(freeze=chart.freeze or None, multiply=chart.multiply)
    runs = replace(options, centre=chart.level if not chart.freeze else "median")
    control = panel(ChartKind(chart.kind), numbers, rules.options(options))
    run = panel(ChartKind.RUN, numbers, runs)
    own = marks_of(control, _control_rules(rules.name)) if chart.freeze else {}
    level = marks_of(run, _run_rules(rules.name))
    return tuple(
        _Answer(
            float((control if chart.freeze else run).centre[at, -1]),
            float(control.lower[at, -1]) if own else _NONE,
            float(control.upper[at, -1]) if own else _NONE,
            float(run.centre[at, -1]),
            {rule: marks[at].tolist() for rule, marks in own.items()},
            {rule: marks[at].tolist() for rule, marks in level.items()},
        )
        for at in range(len(values))
    )


@cache
def _rule_set(name: str) -> RuleSet:
    from services.framework.spc.rule_sets import RULE_SETS  # noqa: PLC0415

    return RULE_SETS[name]


@cache
def _control_rules(name: str) -> RuleSet:
    """What is asked of the control chart: always what an improvement signal is made of."""
    rules = _rule_set(name)
    asked = [*_BEYOND]
    if rules.name != "run":
        asked += [rule for rule in rules.rules if rule in (Rule.SHIFT, Rule.TREND, Rule.LONG_RUN)]
    return replace(rules, rules=tuple(asked))


@cache
def _run_rules(name: str) -> RuleSet:
    """What is asked of the run chart: a shift, and the trend where the measure is judged by it."""
    asked = (Rule.SHIFT, Rule.TREND) if name == "run" else (Rule.SHIFT,)
    return replace(_rule_set("run"), rules=asked)


def _reading(row: _Row, answer: _Answer) -> Reading:
    rules = _rule_set(row.chart.rule_set)
    up, down = (HIGH, LOW) if row.look.sign > 0 else (LOW, HIGH)
    flat = not answer.upper > answer.lower
    beyond = {} if flat else {rule: answer.marks[rule] for rule in _BEYOND}
    shifts = _hits(row, Rule.SHIFT, answer.run[Rule.SHIFT], up, _Whole(RUN_SHIFT, answer.median))
    good = [*shifts]
    for rule, marks in beyond.items():
        good += _hits(row, rule, marks, up, _whole(rules, rule, answer))
    judged = answer.run if rules.name == "run" else answer.marks
    bad = {
        rule: tuple(_hits(row, rule, marks, down, _whole(rules, rule, answer)))
        for rule, marks in judged.items()
        if rule in rules.rules and not (flat and rule in _BEYOND)
    }
    return Reading(
        row.look,
        row.points,
        row.base,
        None,
        answer.centre,
        None if flat else answer.lower,
        None if flat else answer.upper,
        rules.name,
        tuple(good),
        tuple(shifts),
        bad,
    )


class _Whole(NamedTuple):
    """How many points make a pattern whole; those on the centre line are not counted."""

    least: int
    centre: float | None = None


def _whole(rules: RuleSet, rule: Rule, answer: _Answer) -> _Whole:
    if rule is Rule.TREND:
        return _Whole(rules.parameters.trend_n)
    if rule in _SHIFTS:
        centre = answer.median if rules.name == "run" else answer.centre
        return _Whole(rules.parameters.shift_n, centre)
    return _Whole(2 if rule is Rule.TWO_OF_THREE else 1)


def _hits(row: _Row, rule: Rule, marks: Sequence[int], bit: int, whole: _Whole) -> list[Hit]:
    """The patterns among the marks of one side that reach beyond the baseline."""
    if not any(mark & bit for mark in marks):
        return []
    end = row.look.last.ordinal
    groups = _groups(row, rule, marks, bit)
    return [_hit(rule, group, whole) for group in groups if group[-1].ordinal > end]


def _groups(row: _Row, rule: Rule, marks: Sequence[int], bit: int) -> Iterator[list[Point]]:
    """Marked neighbours; of two of three also those one apart; points beyond a limit singly."""
    reach = {Rule.OUTSIDE_LIMITS: 0, Rule.TWO_OF_THREE: 2}.get(rule, 1)
    group: list[Point] = []
    before = 0
    for place, point in enumerate(row.points):
        if marks[point.ordinal - row.chart.first] & bit:
            if group and place - before > reach:
                yield group
                group = []
            group.append(point)
            before = place
    yield group


def _hit(rule: Rule, group: Sequence[Point], whole: _Whole) -> Hit:
    """A pattern with the point at which it was whole."""
    counted = [p for p in group if p.value != whole.centre]
    return Hit(rule, tuple(group), counted[min(whole.least, len(counted)) - 1])
