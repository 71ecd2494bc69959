"""The season of a measure: a yearly wave, as far as two years of history or more bear it out.

One harmonic of a year is fitted by least squares, beside a level and a slope, to what was known
before the aim began, and shrunk towards none by how surely it is there: by 1 - 1 / F, where F is
its mean square over that of the noise (as James and Stein shrink). What happens after the start is
the aim's own doing and is never taken for a season.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, pi, sin

from services.framework.periods import Frequency, Period

A_YEAR = {
    Frequency.DAY: 365.25,
    Frequency.WEEK: 365.25 / 7,
    Frequency.MONTH: 12.0,
    Frequency.QUARTER: 4.0,
}
YEARS = 2.0
DAYS_A_YEAR, HALF_A_WEEK = 365.25, 3.5
LEAST = 8
WAVE = (2, 3)
SINGULAR = 1e-9
Row = list[float]


def spans_years(frequency: Frequency, ordinals: Sequence[int]) -> bool:
    """Whether values of these periods, in order, are long and many enough to show a season."""
    year = A_YEAR.get(frequency, 0.0)
    if not year or len(ordinals) < LEAST:
        return False
    return ordinals[-1] - ordinals[0] + 1 >= YEARS * year - 1


def whole_years(first: Period, last: Period) -> bool:
    """Whether a stretch holds each time of year as often as any other, within half a week.

    A level taken from part of a year carries the season of that part.
    """
    years = ((last.end - first.start).days) / DAYS_A_YEAR
    return round(years) >= 1 and abs(years - round(years)) * DAYS_A_YEAR <= HALF_A_WEEK


class Season:
    """What the time of year adds to residuals, in their units."""

    __slots__ = ("_wave", "_year")

    def __init__(
        self, frequency: Frequency, history: Sequence[tuple[int, float]], sigma: float
    ) -> None:
        """``history``: ordinals and residuals before the aim; ``sigma``: the noise of one."""
        self._year = A_YEAR.get(frequency, 0.0)
        self._wave = (0.0, 0.0)
        if sigma > 0 and spans_years(frequency, [ordinal for ordinal, _ in history]):
            self._wave = self._fitted(history, sigma)

    @property
    def seen(self) -> bool:
        """Whether there is a season at all."""
        return self._wave != (0.0, 0.0)

    def effect(self, ordinal: int) -> float:
        """What the season adds to a period."""
        a, b = self._wave
        if not (a or b):
            return 0.0
        angle = 2 * pi * ordinal / self._year
        return a * cos(angle) + b * sin(angle)

    def _fitted(self, history: Sequence[tuple[int, float]], sigma: float) -> tuple[float, float]:
        first = history[0][0]
        rows = [self._row(ordinal, first) for ordinal, _ in history]
        moments = [[sum(r[i] * r[j] for r in rows) for j in range(4)] for i in range(4)]
        right = [sum(r[i] * u for r, (_, u) in zip(rows, history, strict=True)) for i in range(4)]
        found = _wave(moments, right)
        if found is None or found[2] <= sigma**2:
            return 0.0, 0.0
        a, b, mean_square = found
        shrink = 1 - sigma**2 / mean_square
        return shrink * a, shrink * b

    def _row(self, ordinal: int, first: int) -> tuple[float, float, float, float]:
        angle = 2 * pi * ordinal / self._year
        return 1.0, (ordinal - first) / self._year, cos(angle), sin(angle)


def _wave(moments: Sequence[Row], right: Row) -> tuple[float, float, float] | None:
    """The wave's two coefficients, and its mean square (by two degrees of freedom)."""
    units = [[float(i == at) for at in WAVE] for i in range(len(moments))]
    rows = [[*line, right[i], *units[i]] for i, line in enumerate(moments)]
    for i in range(len(rows)):
        if abs(rows[i][i]) < SINGULAR:
            return None
        rows[i] = [value / rows[i][i] for value in rows[i]]
        for j in range(len(rows)):
            if j != i and rows[j][i]:
                factor = rows[j][i]
                rows[j] = [x - factor * y for x, y in zip(rows[j], rows[i], strict=True)]
    (a, vaa, vab), (b, _, vbb) = (rows[at][len(rows) :] for at in WAVE)
    scale = vaa * vbb - vab * vab
    if scale <= 0:
        return None
    return a, b, (a * a * vbb - 2 * a * b * vab + b * b * vaa) / scale / 2
