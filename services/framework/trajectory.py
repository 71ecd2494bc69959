"""The declared path of an aim, the noise around it, and how surely an aim is behind it.

Sources: glide path and elapsed share, the catalogue's formulas (``expected(t) = b + (T - b) e``);
moving range / 1.128, Shewhart's individuals chart; sigma_z, Laney (2002) "Improved control charts
for attributes"; EWMA with its exact limit, Lucas and Saccucci (1990).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import hypot, isfinite, pi, sqrt
from statistics import median
from typing import NamedTuple

from services.framework.plan import Aim, AimMeasure, Direction, Kind, Measure, PathPoint
from services.framework.series import Point, Series

LAMBDA = 0.2
SURE = 2.85
DOUBT = 1.9
MR_TO_SIGMA = 1.128
MIN_RANGES = 2
FULL_BASELINE = 12
SMALL_SAMPLE = 1.5


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
    if _has_counts(measure, points):
        counts = sum(p.numerator or 0.0 for p in points)
        return BaselineLevel(
            counts / sum(p.denominator or 0.0 for p in points) * measure.per, len(points)
        )
    values = [p.value for p in points if p.value is not None]
    counted = measure.kind is Kind.EVENTS
    return BaselineLevel(sum(values) / len(values) if counted else median(values), len(points))


def _has_counts(measure: Measure, points: Iterable[Point]) -> bool:
    if measure.kind not in (Kind.PROPORTION, Kind.RATE):
        return False
    return all(p.numerator is not None and p.denominator for p in points)


class GlidePath:
    """Where the aim should stand at each period: pure, in the measure's units.

    The path stands at the baseline one period before ``start`` (and through the start-up lag), at
    the target at ``deadline`` and after; it never leaves the measure's valid range. For a rolling
    figure (``window`` > 1) it is the mean of the path over the window, so that both sides of a
    comparison speak of the same periods.
    """

    __slots__ = ("_baseline", "_begin", "_high", "_knots", "_low", "_shape", "_span", "_window",
                 "target")  # fmt: skip

    def __init__(
        self, aim: Aim, declared: AimMeasure, measure: Measure, baseline: float, target: float
    ) -> None:
        self.target = target
        self._baseline = baseline
        self._low, self._high = measure.valid
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
        if self._span <= 0:
            return 1.0 if ordinal >= self._begin + self._span else 0.0
        return min(1.0, max(0.0, (ordinal - self._begin) / self._span))

    def share(self, ordinal: int) -> float:
        """The share of the gap that should be closed by then."""
        elapsed = self.elapsed(ordinal)
        if self._shape == "s_curve":
            return elapsed * elapsed * (3 - 2 * elapsed)
        return int(elapsed * 4 + 1e-9) / 4 if self._shape == "stepped" else elapsed

    def at(self, ordinal: int) -> float:
        """The expected value of the period with this ordinal."""
        if self._window == 1:
            return self._clamp(self._bare(ordinal))
        last = range(ordinal - self._window + 1, ordinal + 1)
        return sum(self._clamp(self._bare(o)) for o in last) / self._window

    def _bare(self, ordinal: int) -> float:
        if self._knots:
            return _interpolated(self._knots, ordinal)
        return self._baseline + (self.target - self._baseline) * self.share(ordinal)

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


class Noise:
    """The standard deviation of one value around its expected level; never zero, never NaN.

    Individuals: mean moving range / 1.128 over the baseline and, measured from the path, over what
    came since (so a stated baseline, or one without variation, does as well): causally, so that a
    later value never changes an earlier judgement. Few ranges know their mean badly, so it is
    widened by 1 + 1.5 / ranges. Proportions and rates with counts: binomial or Poisson at the
    expected level, widened by Laney's sigma_z of the baseline (never below 1). A rolling figure
    moves in steps of 1/window, so its ranges understate its noise by the root of the window.
    """

    def __init__(self, measure: Measure, baseline: Sequence[Point], gap: float) -> None:
        self._per = measure.per
        self._kind = measure.kind
        self._widening = sqrt(max(1, measure.window))
        self._floor = max(0.05 * abs(gap), 1e-9)
        self.counts = measure.kind is Kind.EVENTS or (
            bool(baseline) and _has_counts(measure, baseline)
        )
        self._sigma_z = self._laney(baseline) if self.counts else 1.0
        self._ranges = [] if self.counts else _moving_ranges(baseline)
        self._last: tuple[int, float] | None = None
        self._sigma = self._individual()

    def _laney(self, baseline: Sequence[Point]) -> float:
        level = _pooled(baseline, self._kind) * self._per
        scaled = [
            Point(p.period, p.ordinal, (p.value - level) / self._counted(level, p.denominator))
            for p in baseline
            if p.value is not None
        ]
        ranges = _moving_ranges(scaled)
        return max(1.0, sum(ranges) / len(ranges) / MR_TO_SIGMA) if ranges else 1.0

    def _counted(self, level: float, denominator: float | None) -> float:
        """Binomial or Poisson standard deviation of a value at ``level``, in units."""
        share, size = level / self._per, denominator or 1.0
        least = 0.5 / size
        if self._kind is Kind.PROPORTION:
            share = min(max(share, least), 1 - least) if least < 0.5 else 0.5  # noqa: PLR2004
            return sqrt(share * (1 - share) / size) * self._per
        return sqrt(max(share, least) / size) * self._per

    def learn(self, point: Point, expected: float) -> None:
        """Take in a judged value since the start."""
        if self.counts or point.value is None:
            return
        residual = point.value - expected
        if self._last is not None and self._last[0] == point.ordinal - 1:
            self._ranges.append(abs(residual - self._last[1]))
            self._sigma = self._individual()
        self._last = (point.ordinal, residual)

    @property
    def wanting(self) -> int:
        """How many further values are needed before the noise is known at all."""
        return 0 if self.counts else max(0, MIN_RANGES - len(self._ranges))

    def _individual(self) -> float:
        many = len(self._ranges)
        if not many:
            return 0.0
        return sum(self._ranges) / many / MR_TO_SIGMA * (1 + SMALL_SAMPLE / many)

    def at(self, expected: float, denominator: float | None) -> float:
        """The standard deviation of a value that should be ``expected``, in the measure's units."""
        if self.counts and (denominator or self._kind is Kind.EVENTS):
            sigma = self._sigma_z * self._counted(expected, denominator)
        else:
            sigma = self._sigma
        return max(sigma * self._widening, self._floor)


def _pooled(points: Sequence[Point], kind: Kind) -> float:
    counts = sum(p.numerator or 0.0 for p in points)
    if kind is Kind.EVENTS:
        return counts / len(points) if points else 0.0
    return counts / sum(p.denominator or 0.0 for p in points)


def _moving_ranges(points: Sequence[Point]) -> list[float]:
    """Ranges between neighbouring periods: a missing period is a gap that no range bridges."""
    return [
        abs(b.value - a.value)
        for a, b in pairwise(points)
        if b.ordinal == a.ordinal + 1 and a.value is not None and b.value is not None
    ]


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

    Lucas and Saccucci (1990), with lambda 0.2, one-sided. L is 2.85, which on simulated aims
    (``benchmarks/detection.py``) calls at most 5 % of the good ones bad in 24 months. The limit is
    widened by the error that all comparisons share.
    """

    __slots__ = ("_shared", "_variance", "ewma", "memory")

    def __init__(self, memory: float = LAMBDA) -> None:
        self.memory = memory
        self.ewma = self._variance = self._shared = 0.0

    def add(self, comparison: Comparison) -> Evidence:
        """Take in the next period and say how surely it, and those before it, lie behind."""
        self.ewma += self.memory * (comparison.lag - self.ewma)
        self._variance = (1 - self.memory) ** 2 * self._variance + self.memory**2
        self._shared += self.memory * (comparison.shared - self._shared)
        return _weigh(comparison.lag, self.ewma, hypot(sqrt(self._variance), self._shared))

    def lag_to_reach(self, widths: float, shared: float = 0.0) -> float:
        """The lag by which the next period would bring the EWMA to ``widths`` standard errors."""
        variance = (1 - self.memory) ** 2 * self._variance + self.memory**2
        common = self._shared + self.memory * (shared - self._shared)
        level = widths * hypot(sqrt(variance), common)
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
        evidence = running.add(comparison) if comparison else evidence._replace(lag=None)
        answer.append(evidence)
    return tuple(answer)


def _weigh(lag: float, ewma: float, error: float) -> Evidence:
    return Evidence(
        lag,
        ewma,
        SURE * error,
        sure=ewma > SURE * error,
        doubt=ewma > DOUBT * error,
        cleared=ewma <= SURE / 2 * error,
        settled=ewma <= DOUBT / 2 * error,
    )
