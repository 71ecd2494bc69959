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
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from services.framework.causes import HIGH, LOW, NEAR, Rule
from services.framework.spc.panel import Flags, Floats, Ints
from services.framework.spc.runs import Sides, sides

__all__ = [
    "HIGH",
    "LOW",
    "NEAR",
    "Counts",
    "MarkTies",
    "Marks",
    "Rule",
    "RunsOf",
    "Ties",
    "TwoOfThree",
    "beyond",
    "hugging",
    "outside_limits",
    "runs_of",
    "shift",
    "steps_of",
    "trend",
    "two_of_three",
]

Counts = NDArray[np.int32]
Marks = NDArray[np.uint8]
"""A sum of ``HIGH``, ``LOW`` and ``NEAR`` a point: it belongs to a signal of that side."""

Ties = Literal["skip", "break"]
MarkTies = Literal["inside", "after"]
TwoOfThree = Literal["mdc2024", "ptd", "zone"]


def beyond(values: Floats, lower: Floats, upper: Floats, near: Floats) -> Sides:
    """-1 where a value lies below ``lower``, 1 above ``upper``, else 0.

    A value within ``near`` of a line is on it, and not beyond.
    """
    above = (values > upper + near).astype(np.int8)
    return above - (values < lower - near)


def outside_limits(outside: Sides) -> Marks:
    """Points outside the limits, each for itself."""
    return _marks(outside, held=True)


@dataclass(frozen=True, slots=True)
class RunsOf:
    """Runs of equal signs in an array of series × points; zeros lie in the run before them.

    ``sign`` is that of each point's run (0 before the first), ``length`` that run's number of
    non-zero points; ``opens`` flags its first point, ``inside`` the points up to its last.
    """

    signs: Sides
    sign: Sides
    length: Counts
    opens: Flags
    inside: Flags

    def held(self, ties: MarkTies) -> Flags:
        """The points that belong to a run: with the zeros inside it, or those after it too."""
        return self.sign != 0 if ties == "after" else self.inside


def runs_of(signs: Sides, breaks: Flags | None = None) -> RunsOf:
    """The runs in ``signs``. A zero is stepped over, and where ``breaks`` says so ends the run."""
    useful = signs != 0
    latest = np.maximum.accumulate(np.where(useful, _coded(signs), -1), axis=1)
    before = np.full(latest.shape, -1, dtype=np.int32)
    before[:, 1:] = latest[:, :-1]
    opens = useful & ((before < 0) | (_sign_in(before) != signs))
    if breaks is not None:
        opens |= useful & (_last(breaks) > before >> 2)
    counted = np.cumsum(useful, axis=1, dtype=np.int32)
    first = np.maximum.accumulate(np.where(opens, counted, 1), axis=1)
    last = _until_next(opens, counted)
    inside = (first <= last) & (latest >= 0) & (useful | (counted < last))
    return RunsOf(signs, _sign_in(latest), last - first + 1, opens, inside)


def _coded(signs: Sides) -> Counts:
    """Each point's place and sign in one number that grows from left to right."""
    places: Counts = np.arange(signs.shape[1], dtype=np.int32) << 2
    return places + (signs + np.int8(1))


def _sign_in(coded: Counts) -> Sides:
    """The sign that :func:`_coded` put there; 0 where nothing was (-1)."""
    return np.where(coded < 0, np.int8(0), ((coded & 3) - 1).astype(np.int8))


def _last(flags: Flags) -> Counts:
    """The place of the last flag up to each point; -1 where there is none."""
    places = np.arange(flags.shape[1], dtype=np.int32)
    return np.maximum.accumulate(np.where(flags, places, np.int32(-1)), axis=1)


def _until_next(opens: Flags, counted: Counts) -> Counts:
    """How many useful points there are up to the last of each point's run."""
    ends = np.empty(counted.shape, dtype=np.int32)
    ends[:, -1] = counted[:, -1]
    ends[:, :-1] = np.where(opens[:, 1:], counted[:, 1:] - 1, counted[:, -1:])
    return np.minimum.accumulate(ends[:, ::-1], axis=1)[:, ::-1]


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
    return _marks(runs.sign, runs.held(mark) & (runs.length >= least))


def trend(
    steps: Sides, least: int, breaks: Flags | None = None, mark: MarkTies = "inside"
) -> Marks:
    """At least ``least`` points each higher (or each lower) than the one before, the first counted.

    ``steps`` are those of :func:`steps_of`. A repeated value is stepped over, unless ``breaks``
    says of its point that it ends the trend.
    """
    runs = runs_of(steps, breaks)
    enough = runs.length >= least - 1
    return _marks(runs.sign, runs.held(mark) & enough) | _lead_in(runs, enough, breaks)


def steps_of(values: Floats, tolerance: float) -> Sides:
    """-1, 0 or 1 where a value is lower than the one before, the same, or higher; first 0."""
    steps = np.zeros(values.shape, dtype=np.int8)
    steps[:, 1:] = sides(values[:, 1:], values[:, :-1], tolerance)
    return steps


def _lead_in(runs: RunsOf, enough: Flags, breaks: Flags | None) -> Marks:
    """The point that each trend sets out from, with its repeats where they do not end it."""
    signs = np.where(runs.opens & enough, runs.signs, np.int8(0))
    ahead = _next(np.where(runs.signs != 0, _coded(signs[:, ::-1])[:, ::-1], -1))
    if breaks is not None:
        broken = _next(_last(breaks[:, ::-1])[:, ::-1])
        ahead[broken > ahead >> 2] = -1
    return _marks(_sign_in(ahead), held=True)


def _next(coded: Counts) -> Counts:
    """What stands next after each point, of numbers that grow from right to left."""
    found = np.full(coded.shape, -1, dtype=np.int32)
    found[:, :-1] = np.maximum.accumulate(coded[:, :0:-1], axis=1)[:, ::-1]
    return found


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
        held |= np.where(_covered(found, near.shape) & (near == sign), np.uint8(bit), np.uint8(0))
    return held


_WINDOW = 3


def _padded(signs: Sides) -> Sides:
    return np.concatenate([np.zeros((len(signs), 1), dtype=np.int8), signs], axis=1)


def _windows(flags: Flags) -> NDArray[np.int8]:
    """How many of each point and the two after it are flagged; two columns fewer."""
    counted = flags.astype(np.int8)
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
    return np.where(near & (runs.length >= least), np.uint8(NEAR), np.uint8(0))


def _marks(sign: Sides, held: Flags | Literal[True]) -> Marks:
    marks = (sign > 0).astype(np.uint8) + ((sign < 0).astype(np.uint8) << np.uint8(1))
    return marks if held is True else np.where(held, marks, np.uint8(0))
