"""How well the chance of reaching an aim is calibrated, on simulated aims whose end is seen.

The plain and the hard worlds of :mod:`benchmarks.worlds`, and aims to hold a level of which half
lose it. Each aim is judged as of every third month; what is told is held against the verdict at the
deadline. Nothing in the forecast was fitted to these worlds.

Run: ``python -m benchmarks.calibration [AIMS_A_SHAPE_AND_KIND] [SEED]``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

import numpy as np

from benchmarks.real_series import REACHED
from benchmarks.scores import Score, Told, reliability, straight_line
from benchmarks.worlds import BAD, GOOD, HARD, HOLD, KEY, PLAIN, Simulated, World, hold, simulate
from services.framework.judgement import Verdict
from services.framework.periods import Period
from services.framework.series import Series, read_series
from services.framework.verdict import judge

EVERY = 3
ERROR_GOAL = 0.05


def verdict_at(aim: Simulated, whole: Series, month: Period) -> Verdict:
    """The verdict as of the end of a period, from the values up to it."""
    known = (point for point in whole.points if point.ordinal <= month.ordinal)
    series = Series.of(whole.measure, KEY, known)
    return judge(aim.plan, aim.aim, lambda _: series, month.ends_at(aim.plan.zone)).verdict


def told(aim: Simulated, every: int) -> Iterator[Told]:
    """What was told as of every so many periods, and what became of it."""
    start, deadline = aim.aim.start, aim.aim.deadline
    assert start is not None
    assert deadline is not None
    whole = read_series(aim.plan, aim.facts, KEY)
    end = verdict_at(aim, whole, deadline)
    last = whole.by_ordinal.get(deadline.ordinal)
    if last is None or last.value is None:
        return
    level = end.target if isinstance(end.target, float) else 0.0
    known = [(p.ordinal, p.value) for p in whole.points if p.value is not None]
    for month in range(every, deadline.ordinal - start.ordinal + 1, every):
        forecast = verdict_at(aim, whole, start.shift(month - 1)).forecast
        so_far = [(at, v) for at, v in known if start.ordinal <= at < start.ordinal + month]
        line = straight_line(so_far, deadline.ordinal, level, -1)
        if forecast is not None and line is not None:
            chance, near, far = forecast.probability, forecast.interval_80, forecast.interval_95
            yield Told(month, chance, line, end.status in REACHED, last.value, near, far)


def told_in(world: World, aims: Iterable[Simulated]) -> list[Told]:
    """All that was told of these aims, as of every third month."""
    return [row for aim in aims for row in told(aim, world.periods(EVERY))]


def groups(aims: int, seed: int) -> Iterator[tuple[str, list[Told]]]:
    """What was told in each world; last of aims to hold a level, of which half lose it."""
    for world in (PLAIN, *HARD):
        rng = np.random.default_rng(seed)
        yield world.name, told_in(world, simulate(world, {**GOOD, **BAD}, aims, rng))
    rng = np.random.default_rng(seed)
    kept = told_in(PLAIN, hold(PLAIN, 4 * aims, rng))
    lost = told_in(PLAIN, simulate(PLAIN, {HOLD: BAD["worsening"]}, 4 * aims, rng))
    yield "hold a level (half lose it)", [*kept, *lost]


def main(aims: int = 20, seed: int = 1) -> int:
    """Print the scores of each world, and the reliability table of all; 1 if a goal is missed."""
    print(
        f"{'world':40}{'told':>6}{'rate':>6}   Brier: {'ours':>6}{'line':>7}{'yes/no':>7}"
        f"{'base':>7}   error   in 80 %  in 95 %"
    )
    everything: list[Told] = []
    held = True
    for name, rows in groups(aims, seed):
        everything += rows
        score = Score.of(rows)
        print(_line(name, score), flush=True)
        held &= _holds(score)
    print(_line("all", Score.of(everything)))
    print("\ntold   came   of")
    for row in reliability(everything):
        print(f"{row.told:5.2f}  {row.came:5.2f}  {row.many}")
    print("every goal is met" if held else "a goal is missed")
    return 0 if held else 1


def _line(name: str, score: Score) -> str:
    return (
        f"{name:40}{score.many:6}{score.rate:6.2f}          {score.ours:6.3f}{score.line:7.3f}"
        f"{score.yes_or_no:7.3f}{score.base_rate:7.3f}   {score.error:5.3f}"
        f"   {score.within_80:6.1%}   {score.within_95:6.1%}"
    )


def _holds(score: Score) -> bool:
    beaten = score.ours < min(score.line, score.yes_or_no, score.base_rate)
    return beaten and score.error <= ERROR_GOAL


if __name__ == "__main__":
    sys.exit(main(*(int(argument) for argument in sys.argv[1:])))
