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
    """A dispersion that counts may have, how likely beforehand, and what it would show.

    ``log_of`` are the logarithms of the first three.
    """

    dispersion: float
    prior: float
    range: float
    one: float
    running: float
    log_of: tuple[float, float, float]


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
    def scale(self) -> Scale:
        """The noise of one count over that of its distribution, and of a running mean over that.

        Each is 1 at least.
        """
        if self._found is None:
            self._found = self._weighed()
        return self._found

    def add(self, ordinal: int, residual: float) -> None:
        """Take in one residual. A missing period is a gap that no range bridges."""
        if self._last is not None and self._last[0] == ordinal - 1:
            self._many += 1
            self._ranges += min((residual - self._last[1]) ** 2 / 2, FARTHEST_RANGE)
            self._found = None
        self._last = (ordinal, residual)

    def _weighed(self) -> Scale:
        likely = [self._log_likelihood(guess) for guess in _GUESSES]
        most = max(likely)
        weights = [exp(each - most) for each in likely]
        weighed = list(zip(weights, _GUESSES, strict=True))
        one = sum(weight * guess.one for weight, guess in weighed) / sum(weights)
        running = sum(weight * guess.running for weight, guess in weighed) / sum(weights)
        return Scale(one, running / one)

    def _log_likelihood(self, guess: _Guess) -> float:
        dispersion, prior, of_range = guess.log_of
        squares = self._degrees * dispersion + self._squares / guess.dispersion
        ranges = self._many * of_range + self._ranges / guess.range
        return prior - (squares + RANGE_TELLS * ranges) / 2


def _guess(dispersion: float, prior: float) -> _Guess:
    """What a dispersion would show, and how much noisier it makes a running mean, if it lasts."""
    more = dispersion - 1
    running = sqrt(1 + more * recalled(LASTS))
    shown = 1 + SHOWN_BY_RANGES * more
    logs = (log(dispersion), log(prior), log(shown))
    return _Guess(dispersion, prior, shown, sqrt(dispersion), running, logs)


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
