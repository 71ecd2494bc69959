"""How well the chance of reaching an aim is calibrated, on simulated aims whose end is seen.

The shapes and kinds of :mod:`benchmarks.detection`, in the plain world and in hard ones: seasonal
(amplitude up to half the gap), autocorrelated (AR(1) up to 0.5), overdispersed counts (variance 2
to 4 times), a tenth of the periods missing, one value in twenty an outlier of 4 to 8 sigma, weekly,
long and short baselines; and aims that only hold a level, half of which lose it. Each aim is judged
as of every third month; what is told is held against the verdict at the deadline. Nothing in the
forecast was fitted to these worlds.

Run: ``python -m benchmarks.calibration [AIMS_A_SHAPE_AND_KIND] [SEED]``.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np

from benchmarks.detection import BAD, GOOD, Shape, _levels
from benchmarks.real_series import REACHED
from benchmarks.scores import Score, Told, reliability, straight_line
from services.framework.facts import SeriesKey
from services.framework.judgement import Verdict
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
from services.framework.series import Point, Series
from services.framework.verdict import judge

KEY = SeriesKey("m")
KINDS = (Kind.VALUE, Kind.PROPORTION, Kind.RATE)
ERROR_GOAL = 0.05
SPEED_GOAL_SECONDS = 20.0
SPEED_EVALUATIONS = 57_600
Rng = np.random.Generator


@dataclass(frozen=True, slots=True)
class World:
    """How values come about: what is hard about them."""

    name: str
    baseline: int = 12
    months: int = 24
    frequency: Frequency = Frequency.MONTH
    season: float = 0.0
    correlation: float = 0.0
    dispersed: bool = False
    missing: float = 0.0
    outliers: float = 0.0
    holds: bool = False


WORLDS = (
    World("plain"),
    World("seasonal", season=0.5),
    World("autocorrelated", correlation=0.5),
    World("overdispersed counts", dispersed=True),
    World("a tenth missing", missing=0.1),
    World("one in 20 an outlier", outliers=0.05),
    World("weekly", baseline=52, months=104, frequency=Frequency.WEEK),
    World("24 months' baseline", baseline=24),
    World("8 months' baseline", baseline=8),
    World("hold a level", holds=True),
)


@dataclass(frozen=True, slots=True)
class Simulated:
    """An aim in a plan, and all its values."""

    plan: Plan
    aim: Aim
    measure: Measure
    points: tuple[Point, ...]


def simulated(rng: Rng, world: World, kind: Kind, shape: str, make: Shape) -> Simulated:
    """One aim of a shape and kind, with its values to the deadline."""
    gap_in_noise = math.exp(rng.uniform(math.log(2.5), math.log(8)))
    baseline, target, size = _levels(kind, gap_in_noise)
    first = Period.containing(date(2020, 1, 6), world.frequency)
    start = first.shift(world.baseline)
    declared = "s_curve" if shape == "s_curve" else "linear"
    measure = Measure("m", "m", kind, Direction.DECREASE, world.frequency)
    stretch = Baseline(first, start.shift(-1))
    part = AimMeasure("m", stretch, baseline if world.holds else target, declared)
    intent = Intent.HOLD if world.holds else Intent.IMPROVE
    aim = Aim("a", "a", intent, (part,), start, start.shift(world.months - 1))
    plan = Plan(Organisation("o", "o", "UTC"), measures={"m": measure}, aims={"a": aim})
    means = _means(rng, world, baseline, target, make(rng))
    return Simulated(plan, aim, measure, tuple(_points(rng, world, kind, first, means, size)))


def _means(
    rng: Rng, world: World, baseline: float, target: float, course: Callable[[float], float]
) -> list[float]:
    """The true mean of each period; an aim to hold keeps its level, or loses it as others gain."""
    turned = -1.0 if world.holds else 1.0
    swing, phase = rng.uniform(0, world.season) * (target - baseline), rng.uniform(0, 1)
    year = 52 if world.frequency is Frequency.WEEK else 12
    means = []
    for i in range(world.baseline + world.months):
        gone = max(0, i - world.baseline + 1) / world.months
        mean = baseline + turned * (target - baseline) * course(gone)
        means.append(mean + swing * math.sin(2 * math.pi * (i / year + phase)))
    return means


def _points(
    rng: Rng, world: World, kind: Kind, first: Period, means: list[float], size: float
) -> Iterator[Point]:
    share = rng.uniform(0.2, 1) * world.correlation
    spread = rng.uniform(2, 4) - 1 if world.dispersed else 0.0
    lasting = 0.0
    for i, mean in enumerate(means):
        lasting = share * lasting + rng.normal(0, math.sqrt(1 - share * share))
        if i < len(means) - 1 and rng.random() < world.missing:
            continue
        wild = rng.choice([-1, 1]) * rng.uniform(4, 8) if rng.random() < world.outliers else 0.0
        yield _point(rng, kind, first.shift(i), mean, size, (lasting + wild, wild, spread))


def _point(
    rng: Rng,
    kind: Kind,
    period: Period,
    mean: float,
    size: float,
    noise: tuple[float, float, float],
) -> Point:
    """A value: its mean and its noise; a count with what makes it wilder than chance."""
    whole, wild, spread = noise
    if kind is Kind.VALUE:
        return Point(period, period.ordinal, mean + whole, judged=True, settled=True)
    mean = max(mean, 1e-4)
    chance = math.sqrt((mean * (1 - mean) if kind is Kind.PROPORTION else mean) / size)
    mean += chance * (wild + rng.normal(0, math.sqrt(spread)))
    mean = min(max(mean, 1e-4), 0.999 if kind is Kind.PROPORTION else math.inf)
    n = max(5.0, float(rng.poisson(size)))
    x = float(rng.binomial(int(n), mean) if kind is Kind.PROPORTION else rng.poisson(n * mean))
    return Point(period, period.ordinal, x / n, x, n, judged=True, settled=True)


def verdict_at(aim: Simulated, month: Period) -> Verdict:
    """The verdict as of the end of a period, from the values up to it."""
    known = (point for point in aim.points if point.ordinal <= month.ordinal)
    series = Series.of(aim.measure, KEY, known)
    return judge(aim.plan, aim.aim, lambda _: series, month.ends_at(aim.plan.zone)).verdict


def told(aim: Simulated, every: int) -> Iterator[Told]:
    """What was told as of every so many periods, and what became of it."""
    start, deadline = aim.aim.start, aim.aim.deadline
    assert start is not None
    assert deadline is not None
    end = verdict_at(aim, deadline)
    target = end.target
    assert isinstance(target, float)
    known = [(p.ordinal, p.value) for p in aim.points if p.value is not None]
    for month in range(every, deadline.ordinal - start.ordinal + 1, every):
        forecast = verdict_at(aim, start.shift(month - 1)).forecast
        so_far = [(at, v) for at, v in known if start.ordinal <= at < start.ordinal + month]
        line = straight_line(so_far, deadline.ordinal, target, -1)
        if forecast is not None and line is not None and end.value is not None:
            chance, near, far = forecast.probability, forecast.interval_80, forecast.interval_95
            yield Told(month, chance, line, end.status in REACHED, end.value, near, far)


def told_in(world: World, aims: int, seed: int) -> list[Told]:
    """All that was told of a world's aims; of those to hold half stay and half lose their level."""
    rng = np.random.default_rng(seed)
    shapes = {**GOOD, **BAD}
    if world.holds:
        shapes = {"flat": BAD["flat"], "lost": BAD["partial"]}
        aims *= 4
    every = 13 if world.frequency is Frequency.WEEK else 3
    return [
        row
        for shape, make in shapes.items()
        for kind in KINDS
        for _ in range(aims)
        for row in told(simulated(rng, world, kind, shape, make), every)
    ]


def main(aims: int = 20, seed: int = 1) -> int:
    """Print the scores of each world, the reliability table of all, and the speed; 1 if short."""
    print(
        f"{'world':22}{'told':>6}{'rate':>6}   Brier: {'ours':>6}{'line':>7}{'yes/no':>7}"
        f"{'base':>7}   error   in 80 %  in 95 %"
    )
    everything: list[Told] = []
    held = True
    for world in WORLDS:
        rows = told_in(world, aims, seed)
        everything += rows
        score = Score.of(rows)
        print(_line(world.name, score), flush=True)
        held &= _holds(score)
    print(_line("all", Score.of(everything)))
    print("\ntold   came   of")
    for row in reliability(everything):
        print(f"{row.told:5.2f}  {row.came:5.2f}  {row.many}")
    return 0 if _is_quick(seed) and held else 1


def _line(name: str, score: Score) -> str:
    return (
        f"{name:22}{score.many:6}{score.rate:6.2f}          {score.ours:6.3f}{score.line:7.3f}"
        f"{score.yes_or_no:7.3f}{score.base_rate:7.3f}   {score.error:5.3f}"
        f"   {score.within_80:6.1%}   {score.within_95:6.1%}"
    )


def _holds(score: Score) -> bool:
    beaten = score.ours < min(score.line, score.yes_or_no, score.base_rate)
    return beaten and score.error <= ERROR_GOAL


def _is_quick(seed: int, aims: int = 8) -> bool:
    """Time status, forecast and probability at each of 24 months, and say what all aims take."""
    rng = np.random.default_rng(seed)
    world = WORLDS[0]
    made = [
        simulated(rng, world, kind, shape, make)
        for shape, make in {**GOOD, **BAD}.items()
        for kind in KINDS
        for _ in range(aims)
    ]
    began = time.process_time()
    for aim in made:
        start = aim.aim.start
        assert start is not None
        for month in range(world.months):
            verdict_at(aim, start.shift(month))
    each = (time.process_time() - began) / len(made) / world.months
    whole = each * SPEED_EVALUATIONS
    print(f"\n{1e6 * each:.0f} µs each; {SPEED_EVALUATIONS:,} take {whole:.1f} s of one core")
    return whole <= SPEED_GOAL_SECONDS


if __name__ == "__main__":
    sys.exit(main(*(int(argument) for argument in sys.argv[1:])))
