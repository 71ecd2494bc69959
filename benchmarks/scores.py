"""How good a probability is: Brier score, reliability, calibration error; and what it must beat."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import atan, cos, pi, sin, sqrt
from typing import NamedTuple

import numpy as np

BINS = 10
LEAST_FOR_LINE = 4


class Told(NamedTuple):
    """One probability that was told, and what became of the aim.

    ``month`` counts from the aim's start. ``line`` is the probability from a straight line through
    the values since the start. ``interval_80`` and ``interval_95`` are the forecast's, ``value``
    what came at the deadline.
    """

    month: int
    probability: float
    line: float
    reached: bool
    value: float
    interval_80: tuple[float, float]
    interval_95: tuple[float, float]


class Bin(NamedTuple):
    """One row of a reliability table."""

    low: float
    many: int
    told: float
    came: float


def brier(probabilities: Iterable[float], reached: Iterable[bool]) -> float:
    """The mean squared distance of probabilities from what came (Brier 1950)."""
    pairs = list(zip(probabilities, reached, strict=True))
    return sum((p - came) ** 2 for p, came in pairs) / len(pairs)


def reliability(told: Sequence[Told]) -> list[Bin]:
    """What was told against what came, in ten equal bins; empty bins are left out."""
    bins: dict[int, list[Told]] = {}
    for row in told:
        bins.setdefault(min(int(row.probability * BINS), BINS - 1), []).append(row)
    return [
        Bin(
            at / BINS,
            len(rows),
            sum(row.probability for row in rows) / len(rows),
            sum(row.reached for row in rows) / len(rows),
        )
        for at, rows in sorted(bins.items())
    ]


def calibration_error(told: Sequence[Told]) -> float:
    """The mean distance of what was told from what came, by bin (expected calibration error)."""
    return sum(b.many * abs(b.told - b.came) for b in reliability(told)) / len(told)


class Score(NamedTuple):
    """Brier scores of the forecast and of what it must beat; smaller is better."""

    many: int
    rate: float
    ours: float
    line: float
    yes_or_no: float
    base_rate: float
    error: float
    within_80: float
    within_95: float

    @classmethod
    def of(cls, told: Sequence[Told]) -> Score:
        """The scores of all that was told. ``base_rate`` is that of these aims, in hindsight."""
        reached = [row.reached for row in told]
        rate = sum(reached) / len(reached)
        return cls(
            len(told),
            rate,
            brier([row.probability for row in told], reached),
            brier([row.line for row in told], reached),
            brier([float(row.line >= 0.5) for row in told], reached),
            rate * (1 - rate),
            calibration_error(told),
            _covered([(row.interval_80, row.value) for row in told]),
            _covered([(row.interval_95, row.value) for row in told]),
        )


def _covered(pairs: Sequence[tuple[tuple[float, float], float]]) -> float:
    return sum(low <= value <= high for (low, high), value in pairs) / len(pairs)


def straight_line(
    points: Sequence[tuple[int, float]], deadline: int, target: float, sign: int
) -> float | None:
    """The probability that a least-squares line, with its prediction interval, passes the target.

    ``points`` are (ordinal, value) since the start; None with fewer than 4. ``sign`` is +1 where
    higher is better.
    """
    many = len(points)
    if many < LEAST_FOR_LINE:
        return None
    at, value = np.array(points, dtype=float).T
    middle, spread = at.mean(), float(((at - at.mean()) ** 2).sum())
    slope = float(((at - middle) * value).sum()) / spread
    level = float(value.mean())
    left = float(((value - level - slope * (at - middle)) ** 2).sum())
    error = sqrt(max(left / (many - 2), 1e-18) * (1 + 1 / many + (deadline - middle) ** 2 / spread))
    return student_below(sign * (level + slope * (deadline - middle) - target) / error, many - 2)


def student_below(t: float, freedom: int) -> float:
    """The probability that Student's t is below ``t`` (Abramowitz and Stegun 26.7.3, 26.7.4)."""
    angle = atan(t / sqrt(freedom))
    term = cos(angle) if freedom % 2 else 1.0
    total = term if freedom > 1 else 0.0
    for k in range(3 if freedom % 2 else 2, freedom - 1, 2):
        term *= cos(angle) ** 2 * (k - 1) / k
        total += term
    within = 2 / pi * (angle + sin(angle) * total) if freedom % 2 else sin(angle) * total
    return (1 + within) / 2
