"""How much more counts scatter than their distribution says, as what is known of them tells.

Sources: overdispersion of counts, Spiegelhalter (2005) "Handling over-dispersion of performance
indicators"; Laney (2002) "Improved control charts for attributes"; what a moving range tells of a
variance beside the square of a deviation, von Neumann (1941).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log, sqrt
from statistics import median
from typing import NamedTuple

from services.framework.ewma import Scale, recalled

AS_SAID = 2 / 3
MORE = (1.5, 2.0, 3.0, 4.5)
LASTS = 0.9
FAR = 3.0
FARTHEST_RANGE = 6.0
SHOWN_BY_RANGES = 0.7
RANGE_TELLS = 2 / 3
MAD_TO_SIGMA = 1.4826
FEWEST = 3


class _Guess(NamedTuple):
    """A dispersion that counts may have, how likely beforehand, and what it would show."""

    dispersion: float
    prior: float
    range: float
    one: float
    running: float


class Dispersion:
    """The scatter of standardised counts: binomial or Poisson, or wider by what makes months alike.

    ``sigma`` is by how much a count is noisier than its distribution says, 1 at least: the mean
    over the dispersions that it may have (the variance over that of the distribution; 1 with a
    chance of two thirds, else up to 4.5), each as likely as the residuals make it. What disperses
    counts (case mix, staffing, a wave of infections) lasts over months, so a running mean of
    dispersed counts is noisier still, by ``recall``; the extra variance is taken to recall itself
    by 0.9 from one period to the next.

    ``baseline`` are the standardised residuals of the baseline, those that an outlier made left
    out. Residuals since then may carry a drift, so they are read by their moving ranges, of which
    each tells two thirds of what a square does, and shows 0.7 of a dispersion that lasts.
    """

    __slots__ = ("_degrees", "_found", "_last", "_many", "_ranges", "_squares")

    def __init__(self, baseline: Sequence[tuple[int, float]] = ()) -> None:
        self._last = baseline[-1] if baseline else None
        self._degrees, self._squares = _squares([residual for _, residual in baseline])
        self._many = 0
        self._ranges = 0.0
        self._found: Scale | None = None

    @property
    def sigma(self) -> float:
        """The noise of one count over that of its distribution, 1 at least."""
        return self._scale().sigma

    @property
    def recall(self) -> float:
        """By how much a running mean is noisier than one of independent counts, 1 at least."""
        return self._scale().recall

    def add(self, ordinal: int, residual: float) -> None:
        """Take in one residual. A missing period is a gap that no range bridges."""
        if self._last is not None and self._last[0] == ordinal - 1:
            self._many += 1
            self._ranges += min((residual - self._last[1]) ** 2 / 2, FARTHEST_RANGE)
            self._found = None
        self._last = (ordinal, residual)

    def _scale(self) -> Scale:
        if self._found is None:
            likely = [self._log_likelihood(guess) for guess in _GUESSES]
            most = max(likely)
            weights = [exp(each - most) for each in likely]
            weighed = list(zip(weights, _GUESSES, strict=True))
            one = sum(weight * guess.one for weight, guess in weighed) / sum(weights)
            running = sum(weight * guess.running for weight, guess in weighed) / sum(weights)
            self._found = Scale(one, running / one)
        return self._found

    def _log_likelihood(self, guess: _Guess) -> float:
        squares = self._degrees * log(guess.dispersion) + self._squares / guess.dispersion
        ranges = self._many * log(guess.range) + self._ranges / guess.range
        return log(guess.prior) - (squares + RANGE_TELLS * ranges) / 2


def _guess(dispersion: float, prior: float) -> _Guess:
    """What a dispersion would show, and how much noisier it makes a running mean, if it lasts."""
    more = dispersion - 1
    running = sqrt(1 + more * recalled(LASTS))
    return _Guess(dispersion, prior, 1 + SHOWN_BY_RANGES * more, sqrt(dispersion), running)


_GUESSES = (
    _guess(1.0, AS_SAID),
    *(_guess(dispersion, (1 - AS_SAID) / len(MORE)) for dispersion in MORE),
)


def _squares(residuals: Sequence[float]) -> tuple[int, float]:
    """Degrees of freedom and sum of squares about the mean, without what is far from the rest."""
    if len(residuals) < FEWEST:
        return 0, 0.0
    level = sum(residuals) / len(residuals)
    apart = [abs(residual - level) for residual in residuals]
    most = FAR * max(1.0, median(apart) * MAD_TO_SIGMA)
    kept = [each for each in apart if each <= most]
    return len(kept) - 1, sum(each * each for each in kept)
