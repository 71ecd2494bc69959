"""How good the verdict is, on simulated aims whose truth is known.

12 baseline months, 24 to the deadline; individual values, proportions and rates. On track: linear,
early, and an S-curve with its declared path. Off track: flat, stalled after 3 to 12 months, partial
at 20 to 50 % of the pace, reversing, worsening. Off track *in truth* once the true mean lags the
declared path by more than a quarter of the whole gap.

Run: ``python -m benchmarks.detection [AIMS_A_SHAPE_AND_KIND] [SEED]``.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from datetime import date

import numpy as np

from services.framework.facts import Facts, Observation, SeriesKey
from services.framework.judgement import PathReading, Status
from services.framework.periods import Frequency, Period
from services.framework.plan import (
    Aim,
    AimMeasure,
    Baseline,
    Direction,
    Intent,
    Kind,
    Measure,
    Organisation,
    Plan,
)
from services.framework.series import read_series
from services.framework.verdict import judge

BASELINE, MONTHS, QUICK = 12, 24, 3
FIRST = Period(date(2023, 1, 1), Frequency.MONTH)
START, DEADLINE = FIRST.shift(BASELINE), FIRST.shift(BASELINE + MONTHS - 1)
KEY = SeriesKey("m")
Shape = Callable[[np.random.Generator], Callable[[float], float]]


def _stalled(rng: np.random.Generator) -> Callable[[float], float]:
    stop = rng.integers(3, 13) / MONTHS
    return lambda e: min(e, stop)


def _partial(rng: np.random.Generator) -> Callable[[float], float]:
    pace = rng.uniform(0.2, 0.5)
    return lambda e: pace * e


def _reversing(rng: np.random.Generator) -> Callable[[float], float]:
    turn = rng.integers(3, 13) / MONTHS
    return lambda e: e if e <= turn else max(2 * turn - e, -0.3)


def _worsening(rng: np.random.Generator) -> Callable[[float], float]:
    pace = rng.uniform(0.2, 0.6)
    return lambda e: -pace * e


GOOD: dict[str, Shape] = {
    "linear": lambda _: lambda e: e,
    "early": lambda _: lambda e: min(1.0, 1.5 * e),
    "s_curve": lambda _: lambda e: e * e * (3 - 2 * e),
}
BAD: dict[str, Shape] = {
    "flat": lambda _: lambda _e: 0.0,
    "stalled": _stalled,
    "partial": _partial,
    "reversing": _reversing,
    "worsening": _worsening,
}


def simulated(
    rng: np.random.Generator, kind: Kind, shape: str, course: Callable[[float], float]
) -> tuple[list[PathReading], int | None]:
    """The readings of one simulated aim, and the month (1 to 24) from which it is off in truth."""
    gap_in_noise = math.exp(rng.uniform(math.log(2.5), math.log(8)))
    baseline, target, size = _levels(kind, gap_in_noise)
    declared = "s_curve" if shape == "s_curve" else "linear"
    measure = Measure("m", "m", kind, Direction.DECREASE, Frequency.MONTH)
    stretch = Baseline(FIRST, START.shift(-1))
    aim = Aim(
        "a", "a", Intent.IMPROVE, (AimMeasure("m", stretch, target, declared),), START, DEADLINE
    )
    plan = Plan(Organisation("o", "o", "UTC"), measures={"m": measure}, aims={"a": aim})
    shares = [max(0, i - BASELINE + 1) / MONTHS for i in range(BASELINE + MONTHS)]
    means = [baseline + (target - baseline) * course(e) for e in shares]
    observations = tuple(
        _observation(rng, kind, FIRST.shift(i), mean, size) for i, mean in enumerate(means)
    )
    as_of = DEADLINE.late_at(30, plan.zone)
    facts = Facts({KEY: observations})
    verdict = judge(plan, aim, lambda key: read_series(plan, facts, key), as_of).verdict
    lags = [
        (e * e * (3 - 2 * e) if declared == "s_curve" else e) - course(e) for e in shares[BASELINE:]
    ]
    truth = next((m for m, lag in enumerate(lags, 1) if lag > 0.25), None)
    return list(verdict.readings), truth


def _levels(kind: Kind, gap_in_noise: float) -> tuple[float, float, float]:
    """Baseline, target and denominator such that the gap is so many standard deviations."""
    if kind is Kind.PROPORTION:
        return 0.3, 0.2, round(0.3 * 0.7 * (gap_in_noise / 0.1) ** 2)
    if kind is Kind.RATE:
        return 0.04, 0.025, round(0.04 * (gap_in_noise / 0.015) ** 2)
    return 100.0, 100.0 - gap_in_noise, 1.0


def _observation(
    rng: np.random.Generator, kind: Kind, period: Period, mean: float, size: float
) -> Observation:
    known = period.ends_at(Plan(Organisation("o", "o", "UTC")).zone)
    if kind is Kind.VALUE:
        return Observation(KEY, period, float(rng.normal(mean, 1.0)), known)
    n = max(5.0, float(rng.poisson(size)))
    x = float(rng.binomial(int(n), mean) if kind is Kind.PROPORTION else rng.poisson(n * mean))
    return Observation(KEY, period, x / n, known, numerator=x, denominator=n)


Run = tuple[str, str, list[PathReading], int | None]
"""Shape, kind, readings, and the month from which it is off track in truth."""


def main(aims: int = 300, seed: int = 1) -> None:
    """Print false alarms, delays and how long good aims stand at risk."""
    rng = np.random.default_rng(seed)
    _print_good(list(_runs(rng, GOOD, aims)))
    _print_bad(list(_runs(rng, BAD, aims)))


def _runs(rng: np.random.Generator, shapes: dict[str, Shape], aims: int) -> Iterator[Run]:
    for shape, make in shapes.items():
        for kind in (Kind.VALUE, Kind.PROPORTION, Kind.RATE):
            for _ in range(aims):
                yield shape, kind.value, *simulated(rng, kind, shape, make(rng))


def _print_good(runs: list[Run]) -> None:
    told = [(shape, kind, any(r.status.is_bad for r in rs)) for shape, kind, rs, _ in runs]
    statuses = [r.status for _, _, readings, _ in runs for r in readings]
    print(f"good aims ever told as bad:      {_share([bad for *_, bad in told])} of {len(told)}")
    print(f"months of good aims at risk:     {_share([s is Status.AT_RISK for s in statuses])}")
    for group in sorted({(shape, kind) for shape, kind, _ in told}):
        hits = [bad for shape, kind, bad in told if (shape, kind) == group]
        print(f"  {group[0]:10}{group[1]:12}{_share(hits)}")


def _print_bad(runs: list[Run]) -> None:
    delays = [(shape, _delay(readings, truth)) for shape, _, readings, truth in runs if truth]
    mean = sum(max(delay, 0) for _, delay in delays) / len(delays)
    quick = _share([delay <= QUICK for _, delay in delays])
    print(f"bad aims called within 3 months: {quick} of {len(delays)}; mean delay {mean:.2f}")
    for shape in BAD:
        print(f"  {shape:22}{_share([d <= QUICK for of, d in delays if of == shape])}")


def _share(hits: list[bool]) -> str:
    return f"{sum(hits) / len(hits):6.1%}"


def _delay(readings: list[PathReading], truth: int) -> int:
    """Months from the truth to the first bad status; to the end where it never came."""
    called = next((m for m, r in enumerate(readings, 1) if r.status.is_bad), MONTHS + 1)
    return called - truth


if __name__ == "__main__":
    main(*(int(a) for a in sys.argv[1:]))
