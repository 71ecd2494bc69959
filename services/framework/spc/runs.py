"""Runs about a centre line: Anhøj's tests, and the exact limits for too few or too many runs.

A value on the line, a missing value and an excluded point neither break nor extend a run: they
are dropped before runs are counted, and what is left is *useful*.

Sources: Anhøj and Olesen, PLoS ONE 9(11): e113825 (2014), as qicharts2 0.8.1 computes it; Swed
and Eisenhart, Annals of Mathematical Statistics 14 (1943).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import comb, log2

import numpy as np
from numpy.typing import NDArray

from services.framework.spc.panel import Flags, Floats, Ints, Panel

TIE = 1e-12
"""Relative difference below which a value lies on a line.

It swallows what arithmetic makes of equal numbers, and nothing that was measured: at 1e-9 a
series that varies by 1 about a thousand million would have no useful point.
"""

Sides = NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class RunsResult:
    """Anhøj's tests of one part. The limits are ``None`` where no point is useful.

    ``longest_first`` and ``longest_last`` are the ends of the (first) longest run, points from 1.
    """

    n_obs: int
    n_useful: int
    longest_run: int | None
    longest_run_max: int | None
    crossings: int | None
    crossings_min: int | None
    signal: bool
    longest_first: int | None = None
    longest_last: int | None = None


@dataclass(frozen=True, slots=True)
class Runs:
    """Anhøj's tests of many series, arrays of series × parts. All is 0 where none is useful.

    ``first`` and ``last`` are the ends of the longest run, point numbers from 0 in the series.
    """

    n_obs: Ints
    n_useful: Ints
    longest: Ints
    longest_max: Ints
    crossings: Ints
    crossings_min: Ints
    signal: Flags
    first: Ints
    last: Ints


def sides(values: Floats, line: Floats, tolerance: float = TIE) -> Sides:
    """-1, 0 or 1 where ``values`` lie below, on or above ``line``; 0 where either is missing."""
    near = tolerance * np.abs(line)
    gap = values - line
    return (gap > near).view(np.int8) - (gap < -near).view(np.int8)


def analyse(panel: Panel, tolerance: float = TIE) -> Runs:
    """Anhøj's runs tests of every series and part of ``panel``, against its centre line."""
    seen = sides(panel.values, panel.centre, tolerance)
    seen[:, panel.excluded] = 0
    tests = [_analyse(seen[:, start:stop]) for start, stop in panel.bounds]
    n_useful, longest, crossings, first, last = np.array(tests).transpose(1, 2, 0)
    starts = np.array([start for start, _ in panel.bounds])
    longest_max, crossings_min = _limits_of(n_useful)
    return Runs(
        n_obs=_observed(panel),
        n_useful=n_useful,
        longest=longest,
        longest_max=longest_max,
        crossings=crossings,
        crossings_min=crossings_min,
        signal=panel.runs_tested & ((longest > longest_max) | (crossings < crossings_min)),
        first=first + starts,
        last=last + starts,
    )


def _observed(panel: Panel) -> Ints:
    left_out = panel.excluded.tolist()
    kept = [stop - start - sum(left_out[start:stop]) for start, stop in panel.bounds]
    return np.array([kept]).repeat(len(panel.values), axis=0)


def _analyse(seen: Sides) -> tuple[Ints, Ints, Ints, Ints, Ints]:
    """Useful points, longest run, crossings, and that run's ends, of each series in ``seen``."""
    useful = seen != 0
    changed = _changed(seen, useful)
    counted = useful.cumsum(axis=1)
    before = np.maximum.accumulate(np.where(changed, counted - 1, 0), axis=1)
    length = counted - before
    last = length.argmax(axis=1)
    rows = np.arange(len(seen))
    opening = useful & (counted == (before[rows, last] + 1)[:, None])
    return (
        counted[:, -1],
        length[rows, last],
        changed.sum(axis=1),
        opening.argmax(axis=1),
        last,
    )


def _changed(seen: Sides, useful: Flags) -> Flags:
    """Where a useful point lies on the other side than the useful point before it."""
    if useful.all():
        held = seen[:, :-1]
    else:
        places = np.where(useful, np.arange(seen.shape[1]), 0)
        latest = np.maximum.accumulate(places, axis=1)
        held = seen[np.arange(len(seen))[:, None], latest[:, :-1]]
    changed = np.zeros(seen.shape, dtype=np.bool_)
    changed[:, 1:] = seen[:, 1:] * held < 0
    return changed


def _limits_of(n_useful: Ints) -> tuple[Ints, Ints]:
    limits = [anhoej_limits(n) if n else (0, 0) for n in n_useful.ravel().tolist()]
    found = np.array(limits).reshape(*n_useful.shape, 2)
    return found[..., 0], found[..., 1]


@cache
def anhoej_limits(n_useful: int) -> tuple[int, int]:
    """The longest run and the fewest crossings that chance explains among ``n_useful`` points.

    ``round(log2 n) + 3``, and the smallest k with P(X ≤ k) ≥ 0.05 for X binomial (n - 1, ½).

    Raises:
        ValueError: there is no useful point.
    """
    if n_useful < 1:
        message = f"runs need at least 1 useful point, not {n_useful}"
        raise ValueError(message)
    tosses = n_useful - 1
    term = below = 1
    crossings = 0
    while 20 * below < 1 << tosses:
        term = term * (tosses - crossings) // (crossings + 1)
        crossings += 1
        below += term
    return round(log2(n_useful)) + 3, crossings


@cache
def runs_limits(above: int, below: int, tail: float = 0.025) -> tuple[int | None, int | None]:
    """Too few runs (at or below) and too many (at or above), each with a chance ≤ ``tail``.

    The exact distribution of the number of runs among ``above`` and ``below`` points in random
    order (Swed and Eisenhart 1943). ``None`` where no number of runs is that unlikely.
    """
    ways = _runs_ways(above, below)
    bound = tail * comb(above + below, above)
    few = _reach(sorted(ways), ways, bound)
    many = _reach(sorted(ways, reverse=True), ways, bound)
    return few, many


def _reach(order: list[int], ways: dict[int, int], bound: float) -> int | None:
    """The last number of runs, going in ``order``, up to which the ways stay within ``bound``."""
    total, reached = 0, None
    for runs in order:
        total += ways[runs]
        if total > bound:
            break
        reached = runs
    return reached


def _runs_ways(above: int, below: int) -> dict[int, int]:
    """Runs → in how many orders of the points there are so many."""
    if not above or not below:
        return {1: 1}
    ways: dict[int, int] = {}
    for pairs in range(1, min(above, below) + 1):
        same = comb(above - 1, pairs - 1), comb(below - 1, pairs - 1)
        more = comb(above - 1, pairs), comb(below - 1, pairs)
        ways[2 * pairs] = 2 * same[0] * same[1]
        ways[2 * pairs + 1] = more[0] * same[1] + same[0] * more[1]
    return {runs: count for runs, count in ways.items() if count}
