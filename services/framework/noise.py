"""The noise of a measure: how far one value scatters around what it should be.

Sources: moving range / 1.128, Shewhart's individuals chart; screening of ranges, Nelson (1982);
the variance of a running mean of autocorrelated values, Schmid (1997); of counts see
:mod:`services.framework.dispersion`.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence
from math import sqrt
from statistics import median

from services.framework.dispersion import Dispersion
from services.framework.ewma import Scale, recalled
from services.framework.periods import Frequency
from services.framework.plan import Kind, Measure
from services.framework.season import Season, spans_years
from services.framework.series import Point

MR_TO_SIGMA = 1.128
MIN_RANGES = 2
MIN_EVENTS = 5
SMALL_SAMPLE = 2.0
SCREEN = 3.267
RECALL_LEAST = 6
RECALL_FEWEST, RECALL_MOST = -0.5, 0.8
RECALL_PRIOR = 0.3
RECALL_DOUBT = 15.0
SAME = 1e-12


def has_counts(measure: Measure, points: Iterable[Point]) -> bool:
    """Whether values are judged as counts out of counts: proportions and rates that carry them."""
    if measure.kind not in (Kind.PROPORTION, Kind.RATE):
        return False
    return _counted_all(points)


def _counted_all(points: Iterable[Point]) -> bool:
    return all(p.numerator is not None and p.denominator for p in points)


def pooled(points: Sequence[Point], kind: Kind) -> float:
    """Sum of numerators over sum of denominators; of events, the mean count of a period."""
    counts = sum(p.numerator or 0.0 for p in points)
    if kind is Kind.EVENTS:
        return counts / len(points) if points else 0.0
    return counts / sum(p.denominator or 0.0 for p in points)


class Noise:
    """The noise of one value around its expected level, learnt period by period; never zero.

    It is causal: a later value never changes an earlier judgement. Values are taken apart into
    their expected level, a season (:mod:`services.framework.season`), and residuals, in units of 1
    (individuals) or of the binomial or Poisson standard deviation at the expected level (counts).
    :class:`Spread` (individuals) or :class:`~services.framework.dispersion.Dispersion` (counts)
    says how far residuals scatter. A rolling figure moves in steps of 1/window, so its ranges
    understate its noise by the root of the window. ``history``: the judged values before the aim's
    start, from which the season is learnt.
    """

    def __init__(
        self,
        measure: Measure,
        baseline: Sequence[Point],
        gap: float,
        history: Sequence[Point] = (),
    ) -> None:
        self._per = measure.per
        self._kind = measure.kind
        self._widening = sqrt(max(1, measure.window))
        self._floor = max(0.05 * abs(gap), 1e-9)
        self.counts = measure.kind is Kind.EVENTS or (
            bool(baseline) and has_counts(measure, baseline)
        )
        self._seen = self._awaited = sum(p.numerator or 0.0 for p in baseline)
        self._season = Season(measure.frequency, (), 0.0)
        if measure.window == 1:
            self._season = self._shown(measure.frequency, history)
        known = self._without_season(self._residuals(baseline))
        self._spread = Dispersion(known) if self.counts else self._by_ranges(known)

    def _shown(self, frequency: Frequency, history: Sequence[Point]) -> Season:
        """The season of what was known before: first with it in the noise, then without it."""
        if not spans_years(frequency, [point.ordinal for point in history]):
            return self._season
        found = self._residuals(history)
        for _ in range(2):
            spread = self._by_ranges(self._without_season(found))
            self._season = Season(frequency, found, spread.scale.sigma)
        return self._season

    def _residuals(self, points: Sequence[Point]) -> list[tuple[int, float]]:
        known = [p for p in points if p.value is not None]
        if not known or (self._kind is not Kind.EVENTS and self.counts and not _counted_all(known)):
            return []
        level = self._level(known)
        return [
            (p.ordinal, ((p.value or 0.0) - level) / self._unit(level, p.denominator))
            for p in known
        ]

    def _without_season(self, found: Sequence[tuple[int, float]]) -> list[tuple[int, float]]:
        return [(ordinal, residual - self._season.effect(ordinal)) for ordinal, residual in found]

    def _by_ranges(self, found: Sequence[tuple[int, float]]) -> Spread | Dispersion:
        """How far residuals scatter from one period to the next, whatever their level does."""
        spread = Dispersion() if self.counts else Spread()
        for ordinal, residual in found:
            spread.add(ordinal, residual)
        return spread

    def _level(self, known: Sequence[Point]) -> float:
        if not self.counts:
            return median(p.value for p in known if p.value is not None)
        scale = 1.0 if self._kind is Kind.EVENTS else self._per
        return pooled(known, self._kind) * scale

    def _unit(self, level: float, denominator: float | None) -> float:
        counted = self.counts and (denominator or self._kind is Kind.EVENTS)
        return self._counted(level, denominator) if counted else 1.0

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
        if point.value is None:
            return
        self._seen += point.numerator or 0.0
        self._awaited += self._events(expected, point.denominator)
        residual = (point.value - expected) / self._unit(expected, point.denominator)
        self._spread.add(point.ordinal, residual - self._season.effect(point.ordinal))

    def seasonal(self, ordinal: int, expected: float, denominator: float | None) -> float:
        """What the time of year adds to a period's value, in the measure's units."""
        effect = self._season.effect(ordinal)
        return effect * self._unit(expected, denominator) if effect else 0.0

    @property
    def has_season(self) -> bool:
        """Whether the time of year moves what is expected."""
        return self._season.seen

    def _events(self, expected: float, denominator: float | None) -> float:
        """How many events a value as expected stands for."""
        size = 1.0 if self._kind is Kind.EVENTS else denominator or 0.0
        return expected / self._per * size

    @property
    def events(self) -> float | None:
        """How many events are known, or were to be expected, so far; None of what is no count."""
        return max(self._seen, self._awaited) if self.counts else None

    @property
    def wanting(self) -> int:
        """How many further values are needed before the noise is known at all."""
        return max(0, MIN_RANGES - self._spread.many) if isinstance(self._spread, Spread) else 0

    def at(self, expected: float, denominator: float | None) -> float:
        """The standard deviation of a value that should be ``expected``, in the measure's units."""
        return self._scaled(self._spread.scale.sigma, expected, denominator)

    def _scaled(self, sigma: float, expected: float, denominator: float | None) -> float:
        sigma *= self._widening
        if self.counts:
            sigma *= self._unit(expected, denominator)
        return max(self._floor, sigma)

    @property
    def recall(self) -> float:
        """By how much a running mean of lags is noisier than one of independent values."""
        return self._spread.scale.recall

    def running(self, expected: float, denominator: float | None) -> float:
        """The noise of a value as a part of a running mean, in the measure's units."""
        scale = self._spread.scale
        return self._scaled(scale.sigma, expected, denominator) * scale.recall


class Spread:
    """The spread of individual values around what they should be, from their moving ranges.

    Their mean / 1.128, without those that an outlier made (screened once, Nelson 1982), widened by
    1 + 2 / ranges, since few ranges know their mean badly. Differences are kept in order, so that
    each sum over them is quick.
    """

    __slots__ = ("_firsts", "_last", "_ranges", "_scale", "_second", "_seconds")

    def __init__(self) -> None:
        self._firsts: list[float] = []
        self._seconds: list[float] = []
        self._ranges: list[float] = []
        self._last: tuple[int, float] | None = None
        self._second: tuple[int, float] | None = None
        self._scale: Scale | None = Scale(0.0, 1.0)

    @property
    def many(self) -> int:
        """How many ranges it rests on."""
        return len(self._firsts)

    @property
    def scale(self) -> Scale:
        """The standard deviation, 0 before there is a range, and what memory adds to it."""
        if self._scale is None:
            self._scale = Scale(self._by_ranges(), self._recalling())
        return self._scale

    def add(self, ordinal: int, residual: float) -> None:
        """Take in one residual. A missing period is a gap that no range bridges."""
        if self._last is not None and self._last[0] == ordinal - 1:
            step = residual - self._last[1]
            insort(self._firsts, step)
            insort(self._ranges, abs(step))
            if self._second is not None and self._second[0] == ordinal - 2:
                insort(self._seconds, residual - self._second[1])
            self._scale = None
        self._second = self._last
        self._last = (ordinal, residual)

    def _by_ranges(self) -> float:
        many = len(self._ranges)
        kept = self._ranges
        most = SCREEN * sum(kept) / many
        if kept[-1] >= most:
            kept = kept[: bisect_left(kept, most)] or kept
        spread = sum(kept) / len(kept) / MR_TO_SIGMA
        return spread * (1 + SMALL_SAMPLE / many)

    def _recalling(self) -> float:
        """By how much running means of residuals are noisier than their ranges tell.

        With autocorrelation rho the mean square of second differences over that of first ones is
        1 + rho, whatever the level; their mean drift is taken out. Few values know it badly, so it
        is taken with 15 more that show 0.3, about what monthly figures of hospitals have.
        """
        many = len(self._seconds)
        rho = RECALL_PRIOR
        if many >= RECALL_LEAST:
            drift = sum(self._firsts) / len(self._firsts)
            first = _distance(self._firsts, drift) / len(self._firsts)
            second = _distance(self._seconds, 2 * drift) / many
            if first < SAME:
                return 1.0
            seen = max(RECALL_FEWEST, min((second / first) ** 2 - 1, RECALL_MOST))
            rho = (seen * many + RECALL_PRIOR * RECALL_DOUBT) / (many + RECALL_DOUBT)
        rho = max(0.0, rho)
        return sqrt(recalled(rho) / (1 - rho))


def _distance(ordered: Sequence[float], level: float) -> float:
    """The sum of the distances of ordered numbers from a level."""
    below = bisect_left(ordered, level)
    nearer = level * below - sum(ordered[:below])
    return nearer + sum(ordered[below:]) - level * (len(ordered) - below)
