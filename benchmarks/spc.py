"""Milliseconds of one core for 1,000 series of 36 points: charts, all four rule sets, icons.

An XmR chart with limits each (with 2.66 for Making Data Count, 3/1.128 for the rest), the marks of
every rule, runs analysis, variation and assurance. Two floors beside it do far less: limits and
runs alone, in plain Python and in numpy over all series at once. The bound is 100 ms.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import pairwise
from math import log2
from statistics import median
from time import perf_counter, process_time

import numpy as np

from services.framework.spc import Numbers, analyse, panel
from services.framework.spc.answer import Question, answer
from services.framework.spc.findings import judge
from services.framework.spc.icons import icons
from services.framework.spc.options import ChartKind
from services.framework.spc.panel import Floats
from services.framework.spc.rule_sets import RULE_SETS

BOUND_MS = 100.0
SERIES, POINTS = 1_000, 36
TURNS = 15


def main() -> int:
    """Print the figures; 1 where the bound is broken."""
    values = np.random.default_rng(20261).normal(50, 4, (SERIES, POINTS))
    values[::3, 24:] += 6
    gapped = values.copy()
    gapped[::2, 5] = np.nan
    plain = _milliseconds(lambda: everything(values))
    missing = _milliseconds(lambda: everything(gapped))
    rows = values.tolist()
    print(f"{SERIES:,} series of {POINTS} points, milliseconds of one core, median of {TURNS}")
    print(f"  limits, runs, 4 rule sets, icons     {plain:8.1f}   bound {BOUND_MS:.0f}")
    print(f"  the same, half the series with gaps  {missing:8.1f}   bound {BOUND_MS:.0f}")
    print(f"  floor, limits and runs: numpy        {_milliseconds(lambda: floor(values)):8.1f}")
    print(f"  floor, limits and runs: plain Python {_milliseconds(lambda: naive(rows)):8.1f}")
    one = _milliseconds(lambda: answer(Question(rows[0], direction="increase", target=60)))
    print(f"  one series, with words: {one:.2f} ms each")
    return 0 if max(plain, missing) <= BOUND_MS else 1


def _milliseconds(work: Callable[[], object]) -> float:
    work()
    return 1000 * median(_once(work) for _ in range(TURNS))


def _once(work: Callable[[], object]) -> float:
    """Seconds of the processor, or of the clock where threads of numpy would hide some."""
    wall, used = perf_counter(), process_time()
    work()
    return max(process_time() - used, 0.0) or perf_counter() - wall


def everything(values: Floats) -> int:
    """All that a chart of each series shows; the number of icons, so that none goes unmade."""
    numbers = Numbers(values)
    shown = 0
    for rules in RULE_SETS.values():
        made = panel(ChartKind.XMR, numbers, rules.options())
        analyse(made)
        shown += len(icons(made, judge(made, rules), "increase", 60.0))
    return shown


def floor(values: Floats) -> tuple[Floats, Floats]:
    """Limits, longest run and crossings of all series at once, nothing checked."""
    centre = values.mean(axis=1, keepdims=True)
    sigma = np.abs(np.diff(values, axis=1)).mean(axis=1, keepdims=True) / 1.128
    limits = np.concatenate([centre - 3 * sigma, centre + 3 * sigma], axis=1)
    above = values > centre
    changed = np.zeros(above.shape, dtype=bool)
    changed[:, 1:] = above[:, 1:] != above[:, :-1]
    places = np.arange(values.shape[1])
    opened = np.maximum.accumulate(np.where(changed, places, 0), axis=1)
    runs = np.stack([(places - opened + 1).max(axis=1), changed.sum(axis=1)])
    return limits, runs.astype(np.float64)


def naive(rows: list[list[float]]) -> list[tuple[float, float, bool]]:
    """The same in plain Python, a series at a time."""
    return [_naive(row) for row in rows]


def _naive(row: list[float]) -> tuple[float, float, bool]:
    centre = sum(row) / len(row)
    moving = sum(abs(after - before) for before, after in pairwise(row))
    reach = 3 * moving / (len(row) - 1) / 1.128
    longest = crossings = length = 0
    side = row[0] > centre
    for value in row:
        if (value > centre) is side:
            length += 1
        else:
            crossings, length, side = crossings + 1, 1, not side
        longest = max(longest, length)
    return centre - reach, centre + reach, longest > round(log2(len(row))) + 3


if __name__ == "__main__":
    sys.exit(main())
