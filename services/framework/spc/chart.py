"""A control chart of one series: its points, centre line, limits, parts, and what to know of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from services.framework.spc.options import ChartKind
from services.framework.spc.panel import Floats, Panel
from services.framework.spc.runs import RunsResult
from services.framework.spc.subgroups import Label

Line = tuple[float | None, ...]
"""A number a point; ``None`` where there is none."""


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a chart with limits of its own: points ``first`` to ``last``, from 1."""

    first: int
    last: int
    n: int
    """Points that have a value."""
    n_base: int
    """Points that the limits rest on."""
    runs: RunsResult


@dataclass(frozen=True, slots=True)
class Chart:
    """One series on a chart. All lines have a cell a point, ``None`` where there is none.

    ``sigma`` is one σ of the judged value (none on run and T charts, whose limits are not
    symmetrical: ask :meth:`line`); ``part`` is each point's part, from 0; ``excluded`` the points
    left out of the limits; ``notes`` say in words what a reader must know.
    """

    kind: ChartKind
    labels: tuple[Label, ...]
    values: Line
    centre: Line
    lower: Line
    upper: Line
    sigma: Line
    part: tuple[int, ...]
    excluded: tuple[bool, ...]
    parts: tuple[Part, ...]
    notes: tuple[str, ...]
    panel: Panel
    """The same as arrays of one series, which the rules are read from."""

    @property
    def n_useful(self) -> int:
        """Points that are not excluded, missing or on the centre line."""
        return sum(part.runs.n_useful for part in self.parts)

    def line(self, sigmas: float) -> tuple[Line, Line]:
        """The lower and upper line at ``sigmas`` σ, clipped as the limits are."""
        lower, upper = self.panel.line(sigmas)
        return cells(lower[0]), cells(upper[0])


def cells(numbers: Floats) -> Line:
    """One series' ``numbers``, with ``None`` for each that is not finite."""
    if np.isfinite(numbers).all():
        return tuple(numbers.tolist())
    return tuple(one if one - one == 0 else None for one in numbers.tolist())
