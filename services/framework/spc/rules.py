"""The rules that find special causes, over many series at once.

Each rule reads arrays of series × points and answers with marks of the same shape: the points that
it rests on, and on which side. None looks beyond its part: a part's arrays are all it is given,
without the points that are missing or excluded.

Sources: shift, trend and runs of a run chart: Perla, Provost and Murray, BMJ Quality and Safety 20
(2011); a point outside, a shift, a trend, two of three, hugging: Provost and Murray, The Health
Care Data Guide; NHS England, Making Data Count; long run, few crossings: Anhøj and Olesen (2014).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from services.framework.spc.panel import Flags, Floats, Ints
from services.framework.spc.runs import Sides, sides

HIGH, LOW, NEAR = 1, 2, 4
Marks = NDArray[np.uint8]
"""A sum of ``HIGH``, ``LOW`` and ``NEAR`` a point: it belongs to a signal of that side."""

_Cell = TypeVar("_Cell", bound=np.generic)

Ties = Literal["skip", "break"]
MarkTies = Literal["inside", "after"]
TwoOfThree = Literal["mdc2024", "ptd", "zone"]


class Rule(StrEnum):
    """The rules, by the names that answers use."""

    OUTSIDE_LIMITS = "outside_limits"
    TREND = "trend"
    TWO_OF_THREE = "two_of_three"
    SHIFT = "shift"
    HUGGING = "hugging"
    LONG_RUN = "long_run"
    FEW_CROSSINGS = "few_crossings"
    TOO_FEW_RUNS = "too_few_runs"
    TOO_MANY_RUNS = "too_many_runs"

    @property
    def words(self) -> str:
        """The rule in words."""
        return self.value.replace("_", " ")


def beyond(values: Floats, lower: Floats, upper: Floats, tolerance: float) -> Sides:
    """-1 where a value lies below ``lower``, 1 above ``upper``, else 0; on a line is not beyond."""
    above = sides(values, upper, tolerance) > 0
    return above.astype(np.int8) - (sides(values, lower, tolerance) < 0)


def outside_limits(outside: Sides) -> Marks:
    """Points outside the limits, each for itself."""
    return _marks(outside, held=True)


@dataclass(frozen=True, slots=True)
class RunsOf:
    """Runs of equal signs in an array of series × points; zeros lie in the run before them.

    ``number`` counts a series' runs from 0 (-1 before the first); ``length`` is that run's number
    of non-zero points, ``sign`` its sign; ``opens`` flags its first point, and ``following`` is the
    next non-zero point at or after each (the number of points where there is none).
    """

    number: Ints
    length: Ints
    sign: Sides
    opens: Flags
    following: Ints

    def inside(self, ties: MarkTies) -> Flags:
        """The points that belong to a run: with the zeros inside it, or those after it too."""
        begun = self.number >= 0
        return begun if ties == "after" else begun & self._continues()

    def _continues(self) -> Flags:
        points = self.number.shape[1]
        ended = self.following == points
        next_run = np.take_along_axis(self.number, np.where(ended, 0, self.following), axis=1)
        return np.asarray(~ended & (next_run == self.number), dtype=np.bool_)


def runs_of(signs: Sides, breaks: Flags | None = None) -> RunsOf:
    """The runs in ``signs``. A zero is stepped over, and where ``breaks`` says so ends the run."""
    series, points = signs.shape
    useful = signs != 0
    latest = np.maximum.accumulate(np.where(useful, np.arange(points), -1), axis=1)
    before = np.concatenate([np.full((series, 1), -1), latest[:, :-1]], axis=1)
    opens = useful & ((before < 0) | (_taken(signs, before) != signs))
    if breaks is not None:
        broken = np.cumsum(breaks, axis=1)
        opens |= useful & (broken != _taken(broken, before))
    number = np.cumsum(opens, axis=1) - 1
    return RunsOf(number, _lengths(number, useful), _taken(signs, latest), opens, _next(useful))


def _taken(array: NDArray[_Cell], places: Ints) -> NDArray[_Cell]:
    return np.take_along_axis(array, np.maximum(places, 0), axis=1)


def _lengths(number: Ints, useful: Flags) -> Ints:
    """How many useful points each point's run has."""
    series, points = number.shape
    keys = np.arange(series)[:, None] * (points + 1) + number + 1
    counts = np.bincount(keys[useful], minlength=series * (points + 1))
    return np.asarray(counts[keys])


def _next(useful: Flags) -> Ints:
    points = useful.shape[1]
    places = np.where(useful, np.arange(points), points)
    return np.asarray(np.minimum.accumulate(places[:, ::-1], axis=1)[:, ::-1])


def shift(
    side: Sides,
    least: int | Ints,
    breaks: Flags | None = None,
    mark: MarkTies = "inside",
) -> Marks:
    """Runs of at least ``least`` points on one side of the centre line.

    ``side`` is -1, 0 or 1 below, on or above it. A point on the line is stepped over, unless
    ``breaks`` says that it ends the run. ``least`` may be a column, a number a series.
    """
    runs = runs_of(side, breaks)
    return _marks(runs.sign, runs.inside(mark) & (runs.length >= least))


def trend(
    steps: Sides, least: int, breaks: Flags | None = None, mark: MarkTies = "inside"
) -> Marks:
    """At least ``least`` points each higher (or each lower) than the one before, the first counted.

    ``steps`` are those of :func:`steps_of`. A repeated value is stepped over, unless ``breaks``
    says of its point that it ends the trend.
    """
    runs = runs_of(steps, breaks)
    enough = runs.length >= least - 1
    return _marks(runs.sign, runs.inside(mark) & enough) | _lead_in(runs, enough, breaks)


def steps_of(values: Floats, tolerance: float) -> Sides:
    """-1, 0 or 1 where a value is lower than the one before, the same, or higher; first 0."""
    steps = np.zeros(values.shape, dtype=np.int8)
    steps[:, 1:] = sides(values[:, 1:], values[:, :-1], tolerance)
    return steps


def _lead_in(runs: RunsOf, enough: Flags, breaks: Flags | None) -> Marks:
    """The point that each trend sets out from, with its repeats where they do not end it."""
    points = runs.number.shape[1]
    ahead = np.full(runs.number.shape, points)
    ahead[:, :-1] = runs.following[:, 1:]
    last = ahead == points
    ahead[last] = 0
    sets_out = ~last & np.take_along_axis(runs.opens & enough, ahead, axis=1)
    if breaks is not None:
        broken = np.cumsum(breaks, axis=1)
        sets_out &= broken == np.take_along_axis(broken, ahead, axis=1)
    return _marks(np.take_along_axis(runs.sign, ahead, axis=1), sets_out)


def two_of_three(
    side: Sides, warning: Sides, outside: Sides, variant: TwoOfThree = "mdc2024"
) -> Marks:
    """Two of three points in a row near a limit or beyond it; only those near it are marked.

    ``warning`` is -1 or 1 beyond the lines at two σ, ``outside`` beyond the limits. ``mdc2024``:
    beyond two σ (three counts), all three on one side of the centre line. ``ptd``: the same, but a
    point outside the limits does not count. ``zone``: two beyond the same line at two σ, wherever
    the third lies; a part's first two suffice.
    """
    near = np.where(outside != 0, 0, warning) if variant == "ptd" else warning
    if variant == "zone":
        return _two_near(_padded(near), None)[:, 1:]
    return _two_near(near, side)


def _two_near(near: Sides, side: Sides | None) -> Marks:
    held = np.zeros(near.shape, dtype=np.uint8)
    if near.shape[1] < _WINDOW:
        return held
    for sign, bit in ((1, HIGH), (-1, LOW)):
        found = _windows(near == sign) >= _WINDOW - 1
        if side is not None:
            found &= _windows(side == sign) == _WINDOW
        held |= np.where(_covered(found, near.shape) & (near == sign), bit, 0).astype(np.uint8)
    return held


_WINDOW = 3


def _padded(signs: Sides) -> Sides:
    return np.concatenate([np.zeros((len(signs), 1), dtype=np.int8), signs], axis=1)


def _windows(flags: Flags) -> Ints:
    """How many of each point and the two after it are flagged; two columns fewer."""
    counted = flags.astype(np.int64)
    return counted[:, :-2] + counted[:, 1:-1] + counted[:, 2:]


def _covered(found: Flags, shape: tuple[int, ...]) -> Flags:
    """The points in any of the windows found."""
    held = np.zeros(shape, dtype=np.bool_)
    held[:, :-2] |= found
    held[:, 1:-1] |= found
    held[:, 2:] |= found
    return held


def hugging(near: Flags, least: int) -> Marks:
    """At least ``least`` points in a row near the centre line (within one σ), on either side."""
    runs = runs_of(near.astype(np.int8), ~near)
    return np.where(near & (runs.length >= least), NEAR, 0).astype(np.uint8)


def _marks(sign: Sides, held: Flags | Literal[True]) -> Marks:
    marks = np.where(sign > 0, np.uint8(HIGH), np.where(sign < 0, np.uint8(LOW), np.uint8(0)))
    return np.where(held, marks, np.uint8(0))
