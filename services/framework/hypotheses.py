"""What an aim's measure may do by its deadline, and how values wander around that: the prior.

A forecast weighs hypotheses by the values so far. Every number here is a round prior, set from the
field and from what hospital series are like; none was fitted to the simulations that score it.

*Courses* say what the aim's work does, as a multiple of the declared path: it keeps the path, gets
there early or late, goes further, does nothing, goes at a part of the pace, stalls, turns back, or
things get worse. About a third of aims get there, as of change programmes in general.

*Manners* say how the measure moves by itself: steadily around a level, with a memory from period to
period, drifting, or wandering freely; each with and without a yearly pattern. The more a measure
wanders by itself, the less a declared path says about it: it then stays as it is or gets worse, in
the proportion in which aims as a whole do those two.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.framework.past import BENDS

Array = NDArray[np.float64]

LEAST_SHARE = 0.05
EARLY = range(BENDS // 2 - 1, BENDS - 1)
LATE = range(BENDS // 2)

PATH_KEPT, THERE_EARLY, THERE_LATE, FURTHER = 0.20, 0.10, 0.05, 0.05
NOTHING, SLOWER, STALLED, TURNED, WORSE = 0.15, 0.15, 0.15, 0.05, 0.10
KEPT, KEPT_LINE, KEPT_STEP, KEPT_GAINS = 0.50, 0.30, 0.20, 0.20


class Manner(NamedTuple):
    """How a measure moves by itself, in units of the noise of one value.

    ``lasting`` is the share of the noise that lasts, with the correlation ``memory`` from one
    period to the next; ``step`` the standard deviation of a step of the level, ``trend`` of a
    lasting slope a period; ``own`` the share of belief that the measure goes its own way whatever
    the aim declares: see :class:`Family`.
    """

    weight: float
    lasting: float
    memory: float
    step: float
    trend: float
    own: float
    yearly: float = 0.0


class Family(NamedTuple):
    """Courses of one sort, which share its weight alike.

    ``by_itself`` says that a measure which goes its own way may take them too: nobody's work is
    needed for staying as it is, or for getting worse.
    """

    weight: float
    courses: list[Array]
    by_itself: bool = False


_ALL_YEAR = (
    Manner(0.1, lasting=0.0, memory=0.0, step=0.05, trend=0.0, own=0.0),
    Manner(0.1, lasting=0.6, memory=0.6, step=0.1, trend=0.1, own=0.2),
    Manner(0.1, lasting=0.6, memory=0.6, step=0.4, trend=0.1, own=0.8),
    Manner(0.2, lasting=0.6, memory=0.6, step=1.0, trend=0.1, own=1.0),
)
YEARLY = 1.5
MANNERS = (*_ALL_YEAR, *(manner._replace(yearly=YEARLY) for manner in _ALL_YEAR))
"""Steady, remembering, drifting, wandering; the same with a yearly pattern."""


def manner_weights() -> Array:
    """The prior weight of each manner; together 1."""
    return np.array([manner.weight for manner in MANNERS])


def covariance(times: int, year: float, level: float) -> Array:
    """Covariance of equidistant values under each manner, in units of one value's noise.

    Shape (manners, times, times). ``year`` is how many periods a year has (below 2: no yearly
    pattern); ``level`` the standard deviation of where the level stood at first.
    """
    at = np.arange(times, dtype=float)
    apart = np.abs(at[:, None] - at[None, :])
    fewer = np.minimum(at[:, None], at[None, :])
    slope = np.outer(at - at.mean(), at - at.mean())
    yearly = np.exp(-2 * np.sin(np.pi * apart / year) ** 2) if year >= 2 else np.zeros_like(apart)  # noqa: PLR2004
    return np.array(
        [
            (1 - m.lasting) * (apart == 0)
            + m.lasting * m.memory**apart
            + m.step**2 * fewer
            + m.trend**2 * slope
            + m.yearly**2 * yearly
            + level**2
            for m in MANNERS
        ]
    )


@lru_cache(maxsize=64)
def improving(shares: tuple[float, ...]) -> tuple[Array, Array]:
    """The courses of an aim to improve, and their prior weights under each manner.

    ``shares`` are the shares of the way that the declared path has gone at each bend, the last at
    the deadline. Courses have shape (courses, bends): a row holds the multiples of "the path up to
    the bend, level after it". Weights have shape (manners, courses).
    """
    bend = np.eye(BENDS)
    path = bend[-1]
    gone = [max(share, LEAST_SHARE) for share in shares]
    left = [max(1 - share, LEAST_SHARE) for share in shares]
    inner = range(BENDS - 1)
    families = [
        Family(NOTHING, [0 * path], by_itself=True),
        Family(PATH_KEPT, [path]),
        Family(THERE_EARLY, [bend[j] / gone[j] for j in EARLY]),
        Family(THERE_LATE, [(path - bend[j]) / left[j] for j in LATE]),
        Family(FURTHER, [pace * path for pace in (1.5, 2.0, 3.0)]),
        Family(SLOWER, [pace * path for pace in (0.25, 0.5, 0.75)]),
        Family(STALLED, [pace * bend[j] for j in inner for pace in (0.5, 1.0)]),
        Family(TURNED, [2 * bend[j] - path for j in inner]),
        Family(WORSE, [-pace * path for pace in (0.25, 0.5, 1.0)], by_itself=True),
    ]
    return _weighed(families)


@lru_cache(maxsize=2)
def holding(both_ways: bool) -> tuple[Array, Array]:
    """The courses of an aim that keeps a level, as :func:`improving`: half of them just stay.

    What is kept wears off more often than it gets better by itself; where there is harm on either
    side, ``both_ways``, it goes either way alike. The unit is a change that would surely be seen.
    """
    bend = np.eye(BENDS)
    path = bend[-1]
    paces = (0.25, 0.5, 1.0)
    lines = [pace * path for pace in paces]
    steps = [pace * (path - bend[j]) for j in range(BENDS - 1) for pace in paces]
    better = 0.5 if both_ways else KEPT_GAINS
    families = [
        Family(KEPT, [0 * path], by_itself=True),
        Family((1 - better) * KEPT_LINE, [-line for line in lines], by_itself=True),
        Family((1 - better) * KEPT_STEP, [-step for step in steps], by_itself=True),
        Family(better * KEPT_LINE, lines, by_itself=both_ways),
        Family(better * KEPT_STEP, steps, by_itself=both_ways),
    ]
    return _weighed(families)


def _weighed(families: list[Family]) -> tuple[Array, Array]:
    """All courses, and their weights by manner; together 1 under each."""
    rows = np.array([row for family in families for row in family.courses])
    many = [len(family.courses) for family in families]
    plain = np.repeat([family.weight / n for family, n in zip(families, many, strict=True)], many)
    alone = plain * np.repeat([family.by_itself for family in families], many)
    own = np.array([[manner.own] for manner in MANNERS])
    return rows, (1 - own) * plain + own * alone / alone.sum()
