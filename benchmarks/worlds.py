"""Simulated aims whose truth is known: the plain world, and the hard ones that hospitals live in.

The plain world: 12 baseline months, 24 to the deadline; individual values, proportions and rates; a
gap of 2.5 to 8 standard deviations of one value. On track: linear, early, and an S-curve with its
declared path. Off track: flat, stalled after 3 to 12 months, partial at 20 to 50 % of the pace,
reversing, worsening. Off track *in truth* once the true mean lags the declared path by more than a
quarter of the whole gap; seasons, and all else that a hard world adds, are no part of that truth.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np

from services.framework.facts import Facts, Observation, SeriesKey
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

MONTHS = 24
OFF_IN_TRUTH = 0.25
FIRST_DAY = date(2021, 1, 4)
KEY = SeriesKey("m")
KINDS = (Kind.VALUE, Kind.PROPORTION, Kind.RATE)
LEVEL = {Kind.VALUE: (100.0, 1.0), Kind.PROPORTION: (0.3, 0.1), Kind.RATE: (0.04, 0.015)}
"""Level at the baseline, and the gap to the target (for values: in standard deviations)."""
Course = Callable[[float], float]
"""The share of the gap that is truly closed, by the share of the time that has gone."""
Shape = Callable[[np.random.Generator], Course]
ORGANISATION = Organisation("o", "o", "UTC")


@dataclass(frozen=True, slots=True)
class World:
    """What makes a world hard. Amplitudes are shares of the gap, drawn from 0 up for each aim.

    ``ar``: the greatest autocorrelation of lag one. ``dispersion``: the variance of counts over
    that of their distribution, from and to. ``missing`` and ``outliers``: the share of periods.
    ``baseline`` is in months; ``frequency`` how often a value comes.
    """

    name: str
    baseline: int = 12
    season: float = 0.0
    ar: float = 0.0
    dispersion: tuple[float, float] = (1.0, 1.0)
    missing: float = 0.0
    outliers: float = 0.0
    frequency: Frequency = Frequency.MONTH
    kinds: tuple[Kind, ...] = KINDS

    @property
    def a_year(self) -> float:
        """Periods in a year."""
        return 12.0 if self.frequency is Frequency.MONTH else 365.25 / 7

    def periods(self, months: int) -> int:
        """How many periods so many months have."""
        return round(months * self.a_year / 12)


PLAIN = World("plain")
HARD = (
    World("seasonal, 24 months of baseline", baseline=24, season=0.5),
    World("seasonal, 12 months of baseline", season=0.5),
    World("autocorrelated up to 0.5", ar=0.5),
    World("counts with 2 to 4 times the variance", dispersion=(2, 4), kinds=KINDS[1:]),
    World("10 % of months missing", missing=0.1),
    World("5 % outliers", outliers=0.05),
    World("weekly", frequency=Frequency.WEEK),
    World("24 months of baseline", baseline=24),
    World("8 months of baseline", baseline=8),
)


def _stalled(rng: np.random.Generator) -> Course:
    stop = rng.integers(3, 13) / MONTHS
    return lambda e: min(e, stop)


def _partial(rng: np.random.Generator) -> Course:
    pace = rng.uniform(0.2, 0.5)
    return lambda e: pace * e


def _reversing(rng: np.random.Generator) -> Course:
    turn = rng.integers(3, 13) / MONTHS
    return lambda e: e if e <= turn else max(2 * turn - e, -0.3)


def _worsening(rng: np.random.Generator) -> Course:
    pace = rng.uniform(0.2, 0.6)
    return lambda e: -pace * e


GOOD: dict[str, Shape] = {
    "linear": lambda _: lambda e: e,
    "early": lambda _: lambda e: min(1.0, 1.5 * e),
    "s_curve": lambda _: lambda e: e * e * (3 - 2 * e),
}
HOLD = "hold"
BAD: dict[str, Shape] = {
    "flat": lambda _: lambda _e: 0.0,
    "stalled": _stalled,
    "partial": _partial,
    "reversing": _reversing,
    "worsening": _worsening,
}


@dataclass(frozen=True, slots=True)
class Simulated:
    """One aim with its facts. ``truth``: the period (from 1) since which it is off, else None.

    ``gap`` is signed, in the measure's units; ``noise`` the standard deviation of one value.
    """

    shape: str
    kind: Kind
    plan: Plan
    aim: Aim
    facts: Facts
    truth: int | None
    gap: float
    noise: float


def simulate(
    world: World, shapes: dict[str, Shape], aims: int, rng: np.random.Generator
) -> Iterator[Simulated]:
    """``aims`` of each shape and kind."""
    for shape, make in shapes.items():
        for kind in world.kinds:
            for _ in range(aims):
                yield _simulated(world, shape, kind, make(rng), rng)


def hold(world: World, aims: int, rng: np.random.Generator) -> Iterator[Simulated]:
    """Aims to hold a level, that hold it."""
    return simulate(world, {HOLD: lambda _: lambda _e: 0.0}, aims, rng)


def _simulated(
    world: World, shape: str, kind: Kind, course: Course, rng: np.random.Generator
) -> Simulated:
    before, since = world.periods(world.baseline), world.periods(MONTHS)
    in_noise = math.exp(rng.uniform(math.log(2.5), math.log(8)))
    level, gap = LEVEL[kind]
    gap, noise = (in_noise, 1.0) if kind is Kind.VALUE else (gap, gap / in_noise)
    plan, aim = _declared(world, shape, kind, (level, gap))
    elapsed = np.maximum(0, np.arange(before + since) - before + 1) / since
    means = level - gap * np.array([course(e) for e in elapsed])
    values = _drawn(world, kind, means, (gap, noise), rng)
    first = _first(world)
    kept = rng.random(len(means)) >= world.missing
    observations = tuple(
        _observation(first.shift(i), *values[i]) for i in np.flatnonzero(kept).tolist()
    )
    truth = None if shape == HOLD else _truth(shape, course, elapsed[before:])
    facts = Facts({KEY: observations})
    return Simulated(shape, kind, plan, aim, facts, truth, -gap, noise)


def _first(world: World) -> Period:
    return Period.containing(FIRST_DAY, world.frequency)


def _declared(
    world: World, shape: str, kind: Kind, stretch: tuple[float, float]
) -> tuple[Plan, Aim]:
    level, gap = stretch
    first = _first(world)
    start = first.shift(world.periods(world.baseline))
    deadline = start.shift(world.periods(MONTHS) - 1)
    holds = shape == HOLD
    declared = AimMeasure(
        "m",
        Baseline(first, start.shift(-1)),
        None if holds else level - gap,
        "s_curve" if shape == "s_curve" else "linear",
    )
    intent = Intent.HOLD if holds else Intent.IMPROVE
    aim = Aim("a", "a", intent, (declared,), start, deadline)
    measure = Measure("m", "m", kind, Direction.DECREASE, world.frequency)
    return Plan(ORGANISATION, measures={"m": measure}, aims={"a": aim}), aim


def _drawn(
    world: World,
    kind: Kind,
    means: np.ndarray,
    scale: tuple[float, float],
    rng: np.random.Generator,
) -> list[tuple[float, float | None, float | None]]:
    """Value, numerator and denominator of each period."""
    gap, noise = scale
    many = len(means)
    swing = gap * rng.uniform(0, world.season) if world.season else 0.0
    turn = rng.uniform(0, 2 * math.pi)
    true = means + swing * np.sin(2 * math.pi * np.arange(many) / world.a_year + turn)
    hit = (rng.random(many) < world.outliers) * rng.choice([-1.0, 1.0], many)
    thrown = hit * rng.uniform(4, 6, many) * noise
    rho = rng.uniform(0, world.ar) if world.ar else 0.0
    if kind is Kind.VALUE:
        errors = _autocorrelated(rng.normal(0, noise, many), rho)
        return [(float(v), None, None) for v in true + errors + thrown]
    return _counts(kind, true + thrown, rho, (noise, rng.uniform(*world.dispersion)), rng)


def _autocorrelated(errors: np.ndarray, rho: float) -> np.ndarray:
    """AR(1) errors with the same variance."""
    found = errors.copy()
    for i in range(1, len(errors)):
        found[i] = rho * found[i - 1] + math.sqrt(1 - rho**2) * errors[i]
    return found


def _counts(
    kind: Kind,
    true: np.ndarray,
    rho: float,
    spread: tuple[float, float],
    rng: np.random.Generator,
) -> list[tuple[float, float | None, float | None]]:
    """Counts around means that wander (autocorrelation) or scatter (overdispersion) themselves."""
    noise, dispersion = spread
    level = LEVEL[kind][0]
    variance = level * (1 - level) if kind is Kind.PROPORTION else level
    share = math.sqrt(rho) or 1 - 1 / dispersion
    size = variance / (noise**2 * (1 - share))
    errors = _autocorrelated(rng.normal(0, 1, len(true)), math.sqrt(rho)) * noise
    wander = errors * math.sqrt(share)
    found: list[tuple[float, float | None, float | None]] = []
    for mean in np.clip(true + wander, 1e-4, None):
        n = max(5.0, float(rng.poisson(size)))
        proportion = kind is Kind.PROPORTION
        x = float(rng.binomial(int(n), min(mean, 1.0)) if proportion else rng.poisson(n * mean))
        found.append((x / n, x, n))
    return found


def _observation(
    period: Period, value: float, numerator: float | None, denominator: float | None
) -> Observation:
    known = period.ends_at(Plan(ORGANISATION).zone)
    return Observation(KEY, period, value, known, numerator=numerator, denominator=denominator)


def _truth(shape: str, course: Course, elapsed: np.ndarray) -> int | None:
    """The first period in which the true mean lags the declared path by over a quarter."""
    for number, e in enumerate(elapsed, 1):
        declared = e * e * (3 - 2 * e) if shape == "s_curve" else e
        if declared - course(e) > OFF_IN_TRUTH:
            return number
    return None
