"""The declared path of an aim, and how surely an aim is behind it.

Sources: glide path and elapsed share, the catalogue's formulas (``expected(t) = b + (T - b) e``);
EWMA with its exact limit, Lucas and Saccucci (1990).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import hypot, isfinite, log, pi, sqrt
from statistics import median
from typing import NamedTuple

from services.framework.ewma import LAMBDA
from services.framework.noise import has_counts
from services.framework.plan import Aim, AimMeasure, Direction, Kind, Measure, PathPoint
from services.framework.series import Point, Series

SURE, SURE_OF_LEVEL = 1.68, 2.7
MATERIAL = 0.075
DOUBT = 2 / 3
LONGER, USUAL, SHORTEST = 0.33, 24, 8
FULL_BASELINE = 12
FARTHEST = 2.0


@dataclass(frozen=True, slots=True)
class BaselineLevel:
    """The level to improve on, in the measure's units, from ``points`` judged values.

    ``points`` is 0 for a stated value.
    """

    value: float
    points: int

    @property
    def error(self) -> float:
        """The error that fewer than 12 values add, relative to the noise of one value.

        The variance of a median of n normal values is pi / 2n; that of 12 is in the limit already,
        which is set so that a year's baseline gives the false alarms that it should.
        """
        if not 0 < self.points < FULL_BASELINE:
            return 0.0
        return sqrt(pi / 2 * (1 / self.points - 1 / FULL_BASELINE))

    @property
    def whole_error(self) -> float:
        """The error of the level in the noise of one value: it stays where the level is held."""
        return sqrt(pi / 2 / self.points) if self.points else 0.0


def baseline_points(declared: AimMeasure, aim: Aim, series: Series) -> list[Point]:
    """The judged points of the baseline stretch; it ends before the aim's start if not said."""
    baseline = declared.baseline
    if baseline.first is None:
        return []
    last = baseline.last or (aim.start.shift(-1) if aim.start else None)
    if last is None:
        return []
    low, high = baseline.first.ordinal, last.ordinal
    return [p for p in series.points if p.judged and low <= p.ordinal <= high]


def baseline_level(
    declared: AimMeasure, measure: Measure, points: Sequence[Point]
) -> BaselineLevel | None:
    """The baseline: the stated value, else Σ numerator / Σ denominator, else the median.

    Counted events have a mean, since the median of rare counts is often 0.

    None where nothing is stated and no value is known.
    """
    stated = declared.baseline.value
    if stated is not None and isfinite(stated):
        return BaselineLevel(stated, 0)
    if not points:
        return None
    if has_counts(measure, points):
        counts = sum(p.numerator or 0.0 for p in points)
        return BaselineLevel(
            counts / sum(p.denominator or 0.0 for p in points) * measure.per, len(points)
        )
    values = [p.value for p in points if p.value is not None]
    counted = measure.kind is Kind.EVENTS
    return BaselineLevel(sum(values) / len(values) if counted else median(values), len(points))


def elapsed_of(gone: int, span: int) -> float:
    """The share of ``span`` periods that has gone, 0 to 1; without a span all or nothing."""
    if span <= 0:
        return 1.0 if gone >= span else 0.0
    return min(1.0, max(0.0, gone / span))


def share_of(shape: str, elapsed: float) -> float:
    """The share of the gap that a path of a named shape has closed, linear unless known."""
    if shape == "s_curve":
        return elapsed * elapsed * (3 - 2 * elapsed)
    return int(elapsed * 4 + 1e-9) / 4 if shape == "stepped" else elapsed


class GlidePath:
    """Where the aim should stand at each period: pure, in the measure's units.

    The path stands at the baseline one period before ``start`` (and through the start-up lag), at
    the target at ``deadline`` and after; it never leaves the measure's valid range. For a rolling
    figure (``window`` > 1) it is the mean of the path over the window, so that both sides of a
    comparison speak of the same periods.
    """

    __slots__ = (
        "_baseline", "_begin", "_free", "_high", "_knots", "_low", "_shape", "_span", "_window",
        "target",
    )  # fmt: skip

    def __init__(
        self, aim: Aim, declared: AimMeasure, measure: Measure, baseline: float, target: float
    ) -> None:
        self.target = target
        self._baseline = baseline
        self._low, self._high = measure.valid
        self._free = self._low is None and self._high is None
        self._window = max(1, measure.window)
        self._begin, self._span = _stretch(aim)
        self._shape = declared.path if isinstance(declared.path, str) else "points"
        self._knots = self._declared(declared.path)

    def _declared(self, path: str | tuple[PathPoint, ...]) -> list[tuple[int, float]]:
        if isinstance(path, str):
            return []
        end = self._begin + self._span
        inner = {p.period.ordinal: p.value for p in path if p.period.ordinal > self._begin}
        knots = {self._begin: self._baseline, end: self.target} | inner
        return sorted(knots.items())

    def elapsed(self, ordinal: int) -> float:
        """The share of the way's time that has gone, 0 to 1, after the start-up lag."""
        return elapsed_of(ordinal - self._begin, self._span)

    def share(self, ordinal: int) -> float:
        """The share of the gap that should be closed by then."""
        return share_of(self._shape, self.elapsed(ordinal))

    def at(self, ordinal: int) -> float:
        """The expected value of the period with this ordinal."""
        if self._window == 1:
            value = self._bare(ordinal)
            return value if self._free else self._clamp(value)
        last = range(ordinal - self._window + 1, ordinal + 1)
        return sum(self._clamp(self._bare(o)) for o in last) / self._window

    def _bare(self, ordinal: int) -> float:
        if self._knots:
            return _interpolated(self._knots, ordinal)
        share = share_of(self._shape, elapsed_of(ordinal - self._begin, self._span))
        return self._baseline + (self.target - self._baseline) * share

    def _clamp(self, value: float) -> float:
        if self._low is not None and value < self._low:
            return self._low
        return self._high if self._high is not None and value > self._high else value


def _stretch(aim: Aim) -> tuple[int, int]:
    """The ordinal at which the path leaves the baseline, and the periods from there to the end."""
    if aim.start is None or aim.deadline is None:
        return 0, 0
    begin = aim.start.ordinal - 1 + aim.lag
    return begin, aim.deadline.ordinal - begin


def _interpolated(knots: Sequence[tuple[int, float]], ordinal: int) -> float:
    if ordinal <= knots[0][0]:
        return knots[0][1]
    for (left, low), (right, high) in pairwise(knots):
        if ordinal <= right:
            return low + (high - low) * (ordinal - left) / (right - left)
    return knots[-1][1]


def better(direction: Direction, baseline: float, target: float) -> int:
    """+1 where higher is better, -1 where lower is; a neutral measure improves to its target."""
    if direction is Direction.NEUTRAL:
        return 1 if target >= baseline else -1
    return 1 if direction is Direction.INCREASE else -1


class Comparison(NamedTuple):
    """One period's value against what it should be: ``lag`` in standard deviations.

    Positive is behind. ``shared`` is the error that all comparisons have in common, the
    baseline's, in the same units.
    """

    lag: float
    shared: float = 0.0


class Evidence(NamedTuple):
    """How surely behind, after one period: the running mean of the lags and what it must pass.

    ``sure``: more than noise. ``doubt``: behind, short of sure. ``cleared`` and ``settled`` are
    their exits, each harder than the entry undone.
    """

    lag: float | None
    ewma: float
    limit: float
    sure: bool
    doubt: bool
    cleared: bool
    settled: bool


NOTHING_YET = Evidence(None, 0.0, 0.0, False, False, True, True)


class Lag:
    """The running evidence of a lag: the EWMA of standardised lags with its exact limit.

    Lucas and Saccucci (1990), with lambda 0.25, one-sided; ``sure`` standard errors beyond what is
    material are *sure* (:func:`limit_over`). A single lag counts for no more than 2, so that one
    outlier decides nothing. The limit is widened by the error that all comparisons share.
    """

    __slots__ = ("_shared", "_variance", "ewma", "memory", "sure")

    def __init__(self, memory: float = LAMBDA, sure: float = SURE) -> None:
        self.memory = memory
        self.sure = sure
        self.ewma = self._variance = self._shared = 0.0

    def add(self, lag: float, shared: float = 0.0, material: float = 0.0) -> Evidence:
        """Take in the next period and say how surely it, and those before it, lie behind.

        ``lag`` is in standard deviations, positive behind; ``shared`` the error, in the same units,
        that all lags have in common; ``material`` the least lag, in the same units, that matters.
        """
        memory, counted = self.memory, lag
        if memory < 1:
            counted = max(-FARTHEST, min(lag, FARTHEST))
        self.ewma += memory * (counted - self.ewma)
        self._variance = (1 - memory) ** 2 * self._variance + memory**2
        self._shared += memory * (shared - self._shared)
        limit = material + self.sure * sqrt(self._variance + self._shared * self._shared)
        ewma, doubt, half = self.ewma, DOUBT * limit, limit / 2
        sure = ewma > limit
        return Evidence(lag, ewma, limit, sure, ewma > doubt, ewma <= half, ewma <= doubt / 2)

    def lag_to_reach(self, share: float, shared: float = 0.0, material: float = 0.0) -> float:
        """The lag by which the next period would bring the EWMA to a share of its limit."""
        variance = (1 - self.memory) ** 2 * self._variance + self.memory**2
        common = self._shared + self.memory * (shared - self._shared)
        level = share * (material + self.sure * hypot(sqrt(variance), common))
        return (level - (1 - self.memory) * self.ewma) / self.memory


def behind(
    comparisons: Iterable[Comparison | None], memory: float = LAMBDA
) -> tuple[Evidence, ...]:
    """How surely each period, and those before it, lie behind; None is a missing period.

    A missing period carries the evidence on unchanged. The evidence of a period rests on that and
    earlier periods only.
    """
    running = Lag(memory)
    evidence = NOTHING_YET
    answer = []
    for comparison in comparisons:
        evidence = running.add(*comparison) if comparison else evidence._replace(lag=None)
        answer.append(evidence)
    return tuple(answer)


def limit_over(periods: int, sure: float = SURE) -> float:
    """The limit, in standard errors, of an aim of so many periods; ``sure`` is that of 24.

    A longer aim is looked at more often, so its limit is wider: by 0.33 for each time that its
    periods are e-fold, from simulating the one-sided EWMA of independent normal lags.
    """
    return sure + LONGER * log(max(periods, SHORTEST) / USUAL)
