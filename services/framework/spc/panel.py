"""Many series of one length on one kind of chart, as arrays: the heart that single charts share."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf

import numpy as np
from numpy.typing import NDArray

from services.framework.spc.options import ChartKind

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]
Bounds = tuple[tuple[int, int], ...]
"""Each part's first point, from 0, and the one after its last."""


@dataclass(frozen=True, slots=True)
class Panel:
    """Charts of ``series`` × ``points`` with limits; NaN where there is none.

    ``values``, ``centre``, ``lower``, ``upper`` are on the data's scale, times the multiplier.
    ``middle`` ± k ``sigma`` are the lines before clipping to ``floor`` and ``ceiling``, raising
    to ``power`` (3.6 on T charts) and multiplying by ``scale``.
    """

    kind: ChartKind
    values: Floats
    centre: Floats
    lower: Floats
    upper: Floats
    middle: Floats
    sigma: Floats
    bounds: Bounds
    excluded: Flags
    """A flag a point."""
    base: Flags
    """A flag a point: the limits rest on it."""
    dispersion: Floats
    """Series × parts: σz of P′ and U′ charts, how far the limits were widened; else NaN."""
    screened: Ints
    """Series × parts: how many moving ranges screening dropped."""
    runs_tested: bool
    """Whether runs mean anything here."""
    floor: float
    ceiling: float
    power: float
    scale: float

    def line(self, sigmas: float) -> tuple[Floats, Floats]:
        """The lower and upper line at ``sigmas`` σ; series × points each."""
        reach = sigmas * self.sigma
        return self._drawn(self.middle - reach), self._drawn(self.middle + reach)

    def row(self, series: int) -> Panel:
        """The panel of one of its series."""
        if len(self.values) == 1 and series == 0:
            return self
        one = slice(series, series + 1)
        return replace(
            self,
            values=self.values[one],
            centre=self.centre[one],
            lower=self.lower[one],
            upper=self.upper[one],
            middle=self.middle[one],
            sigma=self.sigma[one],
            dispersion=self.dispersion[one],
            screened=self.screened[one],
        )

    @property
    def part(self) -> Ints:
        """Each point's part, from 0."""
        sizes = [stop - start for start, stop in self.bounds]
        return np.repeat(np.arange(len(sizes)), sizes)

    def _drawn(self, line: Floats) -> Floats:
        return drawn(line, self.floor, self.ceiling, self.power, self.scale)


def drawn(line: Floats, floor: float, ceiling: float, power: float, scale: float) -> Floats:
    """``line`` clipped, raised and scaled, in this order."""
    if floor > -inf:
        line = np.maximum(line, floor)
    if ceiling < inf:
        line = np.minimum(line, ceiling)
    if power != 1:
        line = line**power
    return line if scale == 1 else line * scale
