"""The forecast of a measure: its distribution at the deadline, from what is known so far.

A Bayesian mixture. Under each pair of a course (what the aim's work does) and a manner (how the
measure moves by itself; both in :mod:`services.framework.hypotheses`) the values are Gaussian, with
a noise whose scale is itself uncertain (inverse gamma, so that what is predicted is Student's t).
Each pair's weight is its prior times how likely it made the values so far; the forecast is the
weighted mean of what the pairs predict. So a slope is believed only as far as the values bear it
out, the spread grows with the time that is left, and past values at the same time of year count.

Sources: Bayesian linear regression with a conjugate prior (Gelman et al., Bayesian Data Analysis,
chapter 14), Gaussian processes (Rasmussen and Williams 2006, chapter 2).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import sqrt
from operator import sub
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.framework.hypotheses import (
    MANNERS,
    Array,
    covariance,
    holding,
    improving,
    manner_weights,
)
from services.framework.past import AT_END, LATELY, RUNNING, Keeping, Past

PRIOR_VALUES = 4.0
"""How many values the prior of the noise is worth."""
OUTLYING = 3.0
NEIGHBOURS = 5
MEDIAN_RANGE = 0.954
"""The median moving range of normal values, in standard deviations."""
_NEGLIGIBLE = 2e-4
_GROUPS = 16
_LEAST_REST = 0.02
_LEAST_NOISE = 0.3
_GENEROUS = 1.25
_LEAST_VARIANCE = 1e-9
_GRID = np.linspace(-4.5, 4.5, 25)
_KEPT = 48


class _Frame(NamedTuple):
    """What the moments depend on: not on any value, so that aims of one shape share them."""

    steps: int
    ahead: int
    year: float
    level: float
    memory: float
    lately: int
    extra: tuple[float, float, float]


class _Wandering(NamedTuple):
    """Moments of known and predicted values under each manner, without any course.

    ``cover`` is the covariance of the predicted quantities before any value is known.
    """

    precision: Array
    log_determinant: Array
    cross: Array
    cover: Array


class _Bent(NamedTuple):
    """What courses add to known and predicted values, ready to be weighed against values.

    ``apply`` holds, manner after manner, the rows that known values are multiplied by: the
    precision, the pull of each bend, and what they carry over to each predicted quantity.
    ``manner`` is each pair's manner.
    """

    apply: Array
    square: Array
    shift: Array
    log_prior: Array
    rows: Array
    manner: NDArray[np.intp]
    deviations: Array
    tie: Array
    rest: Array
    path: Array
    mass: Array


class Mixture(NamedTuple):
    """A prediction: weights, and of each predicted quantity means and spreads, by component.

    ``means`` and ``spreads`` have shape (3, components). ``tie`` is the correlation of the last
    two quantities, ``rest`` the share of the one's spread that the other leaves; ``freedom`` the
    degrees of freedom. ``on_path`` is each quantity if the values to come lie on the declared
    path, ``mass`` if they all are 1.
    """

    weights: Array
    means: Array
    spreads: Array
    tie: Array
    rest: Array
    freedom: float
    on_path: Array
    mass: Array

    def at_least(self, quantity: int, limit: float) -> float:
        """The probability that a predicted quantity is at least ``limit``."""
        return float(self.weights @ self._share_above(quantity, limit))

    def stands(self, surely: float, barely: float, running: float) -> float:
        """The probability that the last values' mean stands.

        That is: it is at least ``surely``, or at least ``barely`` while the running mean is at
        least ``running``. How the two go together is taken half way between the two limits.
        """
        spread, tie = self.spreads[LATELY], self.tie
        scaled = np.empty((3, len(tie)))
        high, low, given = scaled
        np.subtract(self.means[LATELY], surely, out=high)
        high /= spread
        np.divide(surely - barely, spread, out=low)
        low += high
        np.subtract(self.means[RUNNING], running, out=given)
        given /= self.spreads[RUNNING]
        given -= tie * (high + low) / 2
        given /= self.rest
        high, low, given = below(scaled, self.freedom)
        low -= high
        low *= given
        low += high
        return float(self.weights @ low)

    def _share_above(self, quantity: int, limit: float) -> Array:
        return below((self.means[quantity] - limit) / self.spreads[quantity], self.freedom)

    def moments(self) -> tuple[float, float]:
        """Mean and variance of the value at the end."""
        means, spreads = self.means[AT_END], self.spreads[AT_END]
        mean = float(self.weights @ means)
        return mean, float(self.weights @ (spreads**2 + (means - mean) ** 2))

    def quantiles(self, levels: Sequence[float]) -> list[float]:
        """Quantiles of the value at the end; components of like mean are taken together."""
        weights, spreads = self.weights, self.spreads[AT_END]
        centre = float(weights @ self.means[AT_END])
        apart = self.means[AT_END] - centre
        seconds = spreads * spreads
        seconds += apart * apart
        width = sqrt(weights @ seconds)
        scaled = apart * (_GROUPS / 8 / width)
        scaled += _GROUPS / 2
        places = scaled.astype(np.intp)
        np.maximum(places, 0, out=places)
        np.minimum(places, _GROUPS - 1, out=places)
        mass = np.bincount(places, weights, _GROUPS)
        there = mass.nonzero()[0]
        mass = mass[there]
        apart *= weights
        mean = np.bincount(places, apart, _GROUPS)[there] / mass
        seconds *= weights
        second = np.bincount(places, seconds, _GROUPS)[there] / mass
        second -= mean * mean
        spread = np.sqrt(np.maximum(second, _LEAST_VARIANCE, out=second), out=second)
        grid = width * _GRID
        shares = grid[:, None] - mean
        shares /= spread
        found: list[float] = np.interp(
            levels, below(shares, self.freedom) @ mass, grid + centre
        ).tolist()
        return found


def below(scaled: Array, freedom: float) -> Array:
    """The probability that Student's t is below each of ``scaled``; right to 0.002 from 8 degrees.

    By the normal approximation of Abramowitz and Stegun (1964), 26.7.8, and Page (1977) for the
    normal distribution's integral.
    """
    square = scaled * scaled
    square *= 0.5 / freedom
    square += 1
    np.sqrt(square, out=square)
    normal = scaled * (1 - 0.25 / freedom)
    normal /= square
    odds = normal * normal
    odds *= -0.070566
    odds -= 1.5976
    odds *= normal
    np.exp(odds, out=odds)
    odds += 1
    return np.reciprocal(odds, out=odds)


def predicted(past: Past) -> Mixture:
    """What is to be expected at the deadline, given the past.

    Raises ValueError where there is no known value or nothing left to come.
    """
    known = [i for i, value in enumerate(past.values) if value is not None]
    if not known or past.ahead < 1:
        raise ValueError("a forecast needs a known value and a time to come")
    values = np.array([value for value in past.values if value is not None])
    noise = usual(values)
    bent = _bent(len(past.values), past, known)
    return _weighed(calmed(values, noise), noise, past.gap, bent)


def calmed(values: Array, noise: float = 1.0) -> Array:
    """Values with outliers brought to 3 times the noise of the median of five neighbours."""
    if len(values) < NEIGHBOURS:
        return values
    windows, places = _windows(len(values))
    middle: Array = np.sort(values[windows], axis=1)[places, NEIGHBOURS // 2]
    most = OUTLYING * noise
    return np.minimum(np.maximum(values, middle - most), middle + most)


def usual(values: Array) -> float:
    """The noise of one value as outliers leave it, by the median moving range; 0.3 to 1.

    1 is the noise that the verdict uses, whose mean moving range an outlier makes too wide.
    """
    if len(values) < NEIGHBOURS:
        return 1.0
    numbers = values.tolist()
    ranges: list[float] = sorted(map(abs, map(sub, numbers[1:], numbers)))
    middle = ranges[len(ranges) // 2]
    return min(1.0, max(_LEAST_NOISE, _GENEROUS * middle / MEDIAN_RANGE))


@lru_cache(maxsize=2 * _KEPT)
def _windows(many: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The places of each five neighbours, and which five each value belongs to."""
    firsts = np.arange(many - NEIGHBOURS + 1)
    places = np.clip(np.arange(many) - NEIGHBOURS // 2, 0, len(firsts) - 1)
    return firsts[:, None] + np.arange(NEIGHBOURS), places


def _bent(steps: int, past: Past, known: list[int]) -> _Bent:
    level = 1.0 if past.anchored else 10.0
    frame = _Frame(steps, past.ahead, past.year, level, past.memory, past.lately, past.extra)
    if len(known) == steps:
        return _pulls(frame, past.shares, past.bends, past.keeps)
    here = np.array(known)
    wandering = _without(_wandering(frame), steps, here)
    return _work_out(wandering, frame, past.shares, past.bends, past.keeps, here)


@lru_cache(maxsize=_KEPT)
def _wandering(frame: _Frame) -> _Wandering:
    steps, wanted = frame.steps, _wanted(frame)
    whole = covariance(steps + frame.ahead, frame.year, frame.level)
    known = whole[:, :steps, :steps]
    determinant: Array = np.linalg.slogdet(known)[1]
    return _Wandering(
        np.linalg.inv(known).astype(np.float64),
        determinant,
        whole[:, :steps, steps:] @ wanted.T,
        wanted @ whole[:, steps:, steps:] @ wanted.T,
    )


def _wanted(frame: _Frame) -> Array:
    """The three predicted quantities as weights of the values to come: shape (3, ahead).

    What is already known of the last values and of the running mean is the caller's to add.
    """
    weights = np.zeros((3, frame.ahead))
    weights[AT_END, -1] = 1
    weights[LATELY, -frame.lately :] = 1 / frame.lately
    back = np.arange(frame.ahead - 1, -1, -1)
    weights[RUNNING] = frame.memory * (1 - frame.memory) ** back
    return weights


def _without(wandering: _Wandering, steps: int, here: NDArray[np.intp]) -> _Wandering:
    """The moments with the steps left out that are not known: the precision's Schur complement."""
    gone = np.setdiff1d(np.arange(steps), here)
    full = wandering.precision
    side, corner = full[:, here[:, None], gone], full[:, gone[:, None], gone]
    kept = full[:, here[:, None], here] - side @ np.linalg.solve(corner, side.transpose(0, 2, 1))
    determinant = wandering.log_determinant + np.linalg.slogdet(corner)[1]
    return _Wandering(kept, determinant, wandering.cross[:, here], wandering.cover)


@lru_cache(maxsize=_KEPT)
def _pulls(
    frame: _Frame,
    shares: tuple[float, ...],
    bends: tuple[int, ...],
    keeps: Keeping,
) -> _Bent:
    return _work_out(_wandering(frame), frame, shares, bends, keeps, np.arange(frame.steps))


def _work_out(
    wandering: _Wandering,
    frame: _Frame,
    shares: tuple[float, ...],
    bends: tuple[int, ...],
    keeps: Keeping,
    known: NDArray[np.intp],
) -> _Bent:
    basis, wanted = _basis(shares, bends), _wanted(frame)
    here, ahead = basis[known], basis[frame.steps :]
    rows, weights = _courses(keeps, tuple(basis[-1].tolist()))
    pull = here.T @ wandering.precision
    carry = wandering.cross.transpose(0, 2, 1) @ wandering.precision
    left = wandering.cover - carry @ wandering.cross
    variances = np.einsum("mii->mi", left) + np.array(frame.extra)
    deviations = np.sqrt(np.maximum(variances, _LEAST_VARIANCE))
    tie = left[:, LATELY, RUNNING] / deviations[:, LATELY] / deviations[:, RUNNING]
    prior = np.log(np.maximum(weights, 1e-300)) + np.log(manner_weights())[:, None]
    shift = ((wanted @ ahead - carry @ here) @ rows.T).transpose(1, 0, 2)
    return _Bent(
        np.concatenate([wandering.precision, pull, carry], axis=1).reshape(-1, len(known)),
        np.einsum("cb,mbd,cd->mc", rows, pull @ here, rows),
        shift.reshape(3, -1),
        (prior - wandering.log_determinant[:, None] / 2).ravel(),
        np.ascontiguousarray(rows.T),
        np.repeat(np.arange(len(MANNERS)), len(rows)),
        np.ascontiguousarray(deviations.T),
        tie,
        np.sqrt(np.maximum(1 - tie * tie, _LEAST_REST)),
        wanted @ ahead[:, -1],
        wanted.sum(axis=1),
    )


def _courses(keeps: Keeping, at_bends: tuple[float, ...]) -> tuple[Array, Array]:
    if keeps is Keeping.NO:
        return improving(at_bends)
    return holding(both_ways=keeps is Keeping.RANGE)


def _basis(shares: tuple[float, ...], bends: tuple[int, ...]) -> Array:
    """The path up to each bend and level after it: shape (steps, bends)."""
    steps = np.arange(len(shares))[:, None]
    stops = np.minimum(steps, np.array(bends)[None, :])
    return np.asarray(np.array(shares)[np.maximum(stops, 0)])


def _weighed(values: Array, noise: float, gap: float, bent: _Bent) -> Mixture:
    """Each pair of manner and course by how well it explains the values."""
    many = len(values)
    applied = (bent.apply @ values).reshape(len(MANNERS), -1)
    own = applied[:, :many] @ values + PRIOR_VALUES * noise * noise
    misfit = applied[:, many:-3] @ bent.rows
    misfit *= -2 * gap
    misfit += own[:, None]
    misfit += (gap * gap) * bent.square
    misfit = np.maximum(misfit, _LEAST_VARIANCE, out=misfit).ravel()
    freedom = PRIOR_VALUES + many
    fit = np.log(misfit)
    fit *= -freedom / 2
    fit += bent.log_prior
    fit -= np.maximum.reduce(fit)
    weights = np.exp(fit, out=fit)
    pairs = (weights > _NEGLIGIBLE * np.add.reduce(weights)).nonzero()[0]
    chosen, manner = weights[pairs], bent.manner[pairs]
    means = bent.shift.take(pairs, axis=1)
    means *= gap
    means += applied[:, -3:].T.take(manner, axis=1)
    spreads = bent.deviations.take(manner, axis=1)
    spreads *= np.sqrt(misfit[pairs] / freedom)
    return Mixture(
        chosen / np.add.reduce(chosen),
        means,
        spreads,
        bent.tie[manner],
        bent.rest[manner],
        freedom,
        gap * bent.path,
        bent.mass,
    )
