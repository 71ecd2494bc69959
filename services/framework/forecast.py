"""The forecast of a measure: its distribution at the deadline, from what is known so far.

A Bayesian mixture. Under each pair of a course (what the aim's work does) and a manner (how the
measure moves by itself; both in :mod:`services.framework.hypotheses`) the values are Gaussian, with
a noise whose scale is itself uncertain (inverse gamma, so that what is predicted is Student's t).
Each pair's weight is its prior times how likely it made the values so far; the forecast is the
weighted mean of what the pairs predict. So a slope is believed only as far as the values bear it
out, the spread grows with the time that is left, and past values at the same time of year count.

Sources: Bayesian linear regression with a conjugate prior (Gelman et al., Bayesian Data Analysis,
chapter 14), Gaussian processes (Rasmussen and Williams 2006, chapter 2), the normal approximation
of Student's t by Wallace (1959), of the normal distribution's integral by Winitzki (2008).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import pi, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.framework.hypotheses import (
    Array,
    covariance,
    holding,
    improving,
    manner_weights,
)

PRIOR_VALUES = 4.0
"""How many values the prior of the noise is worth."""
OUTLYING = 3.0
NEIGHBOURS = 5
AT_END, LATELY, RUNNING = range(3)
"""What is predicted: the value at the end, the mean of the last ones, their running mean."""
_NEGLIGIBLE = 1e-5
_GROUPS = 24
_LEAST_REST = 0.02
_KEPT = 48


class Past(NamedTuple):
    """What is known, in equidistant steps: a value each, or None, the last one known.

    ``values`` are distances from the baseline in units of one value's noise, up is better;
    ``ahead`` is how many steps there are to the deadline. ``shares`` has the declared path's share
    of the way at every step, known or to come; ``bends`` the steps at which a course can bend.
    ``gap`` is the way from baseline to target, in the units of the values; ``year`` steps a year;
    ``memory`` the weight of the newest step in the running mean. ``anchored`` says that no value
    before the start is known, so that the baseline is as declared. ``lately`` is how many of the
    last steps the mean of the last values is over; ``extra`` the variance that single values have
    beyond these steps, in units of a step's, for each predicted quantity.
    """

    values: Sequence[float | None]
    ahead: int
    shares: tuple[float, ...]
    bends: tuple[int, ...]
    gap: float
    year: float
    memory: float
    anchored: bool = False
    holds: bool = False
    lately: int = 3
    extra: tuple[float, float, float] = (0.0, 0.0, 0.0)


class _Frame(NamedTuple):
    """What the moments depend on: not on any value, so that aims of one shape share them."""

    steps: int
    ahead: int
    year: float
    level: float
    memory: float
    lately: int


class _Wandering(NamedTuple):
    """Moments of known and predicted values under each manner, without any course."""

    precision: Array
    log_determinant: Array
    cross: Array
    spread: Array


class _Bent(NamedTuple):
    """What courses add to known and predicted values, ready to be weighed against values."""

    pull: Array
    square: Array
    carry: Array
    shift: Array
    log_prior: Array
    rows: Array


class Mixture(NamedTuple):
    """A prediction: weights, and of each predicted quantity means and spreads, by component.

    ``means`` and ``spreads`` have shape (3, components), ``tie`` is the correlation of the last two
    quantities, ``freedom`` the degrees of freedom.
    """

    weights: Array
    means: Array
    spreads: Array
    tie: Array
    freedom: float

    def at_least(self, quantity: int, limit: float) -> float:
        """The probability that a predicted quantity is at least ``limit``."""
        return float(self.weights @ self._share_above(quantity, limit))

    def stands(self, surely: float, barely: float, running: float) -> float:
        """The probability that the last values' mean stands.

        That is: it is at least ``surely``, or at least ``barely`` while the running mean is at
        least ``running``. How the two go together is taken half way between the two limits.
        """
        high = self._share_above(LATELY, surely)
        between = self._share_above(LATELY, barely) - high
        z = ((surely + barely) / 2 - self.means[LATELY]) / self.spreads[LATELY]
        given = self.means[RUNNING] + self.tie * self.spreads[RUNNING] * z
        rest = self.spreads[RUNNING] * np.sqrt(np.maximum(1 - self.tie**2, _LEAST_REST))
        return float(
            self.weights @ (high + between * below((given - running) / rest, self.freedom))
        )

    def _share_above(self, quantity: int, limit: float) -> Array:
        return below((self.means[quantity] - limit) / self.spreads[quantity], self.freedom)

    def moments(self) -> tuple[float, float]:
        """Mean and variance of the value at the end."""
        means, spreads = self.means[AT_END], self.spreads[AT_END]
        mean = float(self.weights @ means)
        return mean, float(self.weights @ (spreads**2 + (means - mean) ** 2))

    def quantiles(self, levels: Sequence[float]) -> list[float]:
        """Quantiles of the value at the end; components of like mean are taken together."""
        order = np.argsort(self.means[AT_END])
        weights, means = self.weights[order], self.means[AT_END][order]
        variances = self.spreads[AT_END][order] ** 2
        firsts = np.unique(np.linspace(0, len(order), _GROUPS, endpoint=False).astype(int))
        mass = np.add.reduceat(weights, firsts)
        mean = np.add.reduceat(weights * means, firsts) / mass
        second = np.add.reduceat(weights * (variances + means**2), firsts) / mass
        spread = np.sqrt(np.maximum(second - mean**2, 1e-18))
        grid = _grid(mass, mean, spread)
        share = below((grid[:, None] - mean) / spread, self.freedom) @ mass
        return [float(q) for q in np.interp(levels, share, grid)]


def _grid(mass: Array, mean: Array, spread: Array) -> Array:
    centre = mass @ mean
    width = sqrt(mass @ (spread**2 + (mean - centre) ** 2))
    return np.asarray(centre + width * np.linspace(-5, 5, 61))


def below(scaled: Array, freedom: float) -> Array:
    """The probability that Student's t is below each of ``scaled``.

    Right to 2e-3 for 8 degrees of freedom and more (Wallace 1959; Winitzki 2008).
    """
    stretched = freedom * np.log1p(scaled * scaled / freedom)
    half = stretched * (((8 * freedom + 1) / (8 * freedom + 3)) ** 2 / 2)
    inner = half * (4 / pi + 0.147 * half) / (1 + 0.147 * half)
    return np.asarray(0.5 + 0.5 * np.sign(scaled) * np.sqrt(-np.expm1(-inner)))


def predicted(past: Past) -> Mixture:
    """What is to be expected at the deadline, given the past.

    Raises ValueError where there is no known value or nothing left to come.
    """
    known = [i for i, value in enumerate(past.values) if value is not None]
    if not known or past.ahead < 1:
        raise ValueError("a forecast needs a known value and a time to come")
    values = calmed(np.array([value for value in past.values if value is not None]))
    steps = len(past.values)
    bent, wandering = _bent(steps, past, tuple(known) if len(known) < steps else None)
    return _weighed(values, past, wandering, bent)


def calmed(values: Array) -> Array:
    """Values with outliers brought to 3 standard deviations of the median of five neighbours."""
    if len(values) < NEIGHBOURS:
        return values
    windows = np.sort(np.lib.stride_tricks.sliding_window_view(values, NEIGHBOURS), axis=1)
    places = np.clip(np.arange(len(values)) - NEIGHBOURS // 2, 0, len(windows) - 1)
    middle = windows[places, NEIGHBOURS // 2]
    return np.clip(values, middle - OUTLYING, middle + OUTLYING)


def _bent(steps: int, past: Past, known: tuple[int, ...] | None) -> tuple[_Bent, _Wandering]:
    level = 1.0 if past.anchored else 10.0
    frame = _Frame(steps, past.ahead, past.year, level, past.memory, past.lately)
    if known is None:
        return _pulls(frame, past.shares, past.bends, past.holds), _wandering(frame)
    wandering = _without(_wandering(frame), steps, known)
    here = np.array(known)
    return _work_out(wandering, frame, past.shares, past.bends, past.holds, here), wandering


@lru_cache(maxsize=_KEPT)
def _wandering(frame: _Frame) -> _Wandering:
    steps = frame.steps
    whole = covariance(steps + frame.ahead, frame.year, frame.level)
    wanted = _wanted(frame)
    known, future = whole[:, :steps, :steps], whole[:, steps:, steps:]
    precision = np.linalg.inv(known).astype(np.float64)
    cross = whole[:, :steps, steps:] @ wanted.T
    left = wanted @ future @ wanted.T - cross.transpose(0, 2, 1) @ precision @ cross
    determinant: Array = np.linalg.slogdet(known)[1]
    return _Wandering(precision, determinant, cross, left)


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


def _without(wandering: _Wandering, steps: int, known: tuple[int, ...]) -> _Wandering:
    """The moments with the steps left out that are not known: the precision's Schur complement."""
    here = np.array(known)
    gone = np.setdiff1d(np.arange(steps), here)
    full = wandering.precision
    side = full[:, here[:, None], gone]
    corner = full[:, gone[:, None], gone]
    kept = full[:, here[:, None], here] - side @ np.linalg.solve(corner, side.transpose(0, 2, 1))
    determinant = wandering.log_determinant + np.linalg.slogdet(corner)[1]
    cross = wandering.cross[:, here]
    spread = wandering.spread + _regained(wandering, kept, here)
    return _Wandering(kept, determinant, cross, spread)


def _regained(wandering: _Wandering, kept: Array, here: Array) -> Array:
    """The spread that the steps left out no longer take away from the prediction."""
    whole, part = wandering.cross, wandering.cross[:, here]
    before = whole.transpose(0, 2, 1) @ wandering.precision @ whole
    return np.asarray(before - part.transpose(0, 2, 1) @ kept @ part)


@lru_cache(maxsize=_KEPT)
def _pulls(
    frame: _Frame,
    shares: tuple[float, ...],
    bends: tuple[int, ...],
    holds: bool,
) -> _Bent:
    return _work_out(_wandering(frame), frame, shares, bends, holds, np.arange(frame.steps))


def _work_out(
    wandering: _Wandering,
    frame: _Frame,
    shares: tuple[float, ...],
    bends: tuple[int, ...],
    holds: bool,
    known: NDArray[np.intp],
) -> _Bent:
    basis = _basis(shares, bends)
    rows, weights = holding() if holds else improving(tuple(basis[-1].tolist()))
    here = basis[known]
    pull = here.T @ wandering.precision
    square = np.einsum("cb,mbd,cd->mc", rows, pull @ here, rows)
    carry = wandering.cross.transpose(0, 2, 1) @ wandering.precision
    shift = (_wanted(frame) @ basis[frame.steps :] - carry @ here) @ rows.T
    prior = np.log(np.maximum(weights, 1e-300)) + np.log(manner_weights())[:, None]
    return _Bent(pull, square, carry, shift, prior - wandering.log_determinant[:, None] / 2, rows)


def _basis(shares: tuple[float, ...], bends: tuple[int, ...]) -> Array:
    """The path up to each bend and level after it: shape (steps, bends)."""
    steps = np.arange(len(shares))[:, None]
    stops = np.minimum(steps, np.array(bends)[None, :])
    return np.asarray(np.array(shares)[np.maximum(stops, 0)])


def _weighed(values: Array, past: Past, wandering: _Wandering, bent: _Bent) -> Mixture:
    """Each pair of manner and course by how well it explains the values."""
    gap = past.gap
    own = (wandering.precision @ values) @ values
    towards = (bent.pull @ values) @ bent.rows.T
    misfit = PRIOR_VALUES + own[:, None] - 2 * gap * towards + gap * gap * bent.square
    misfit = np.maximum(misfit, 1e-9)
    freedom = PRIOR_VALUES + len(values)
    fit = bent.log_prior - freedom / 2 * np.log(misfit)
    weights = np.exp(fit - fit.max())
    weights /= weights.sum()
    manner, course = np.nonzero(weights > _NEGLIGIBLE)
    chosen = weights[manner, course]
    means = (bent.carry @ values)[:, :, None] + gap * bent.shift
    variances = np.einsum("mii->mi", wandering.spread) + np.array(past.extra)
    deviations = np.sqrt(np.maximum(variances, 1e-12))
    scale = np.sqrt(misfit[manner, course] / freedom)
    tie = wandering.spread[:, LATELY, RUNNING] / deviations[:, LATELY] / deviations[:, RUNNING]
    return Mixture(
        chosen / chosen.sum(),
        means[manner, :, course].T,
        deviations[manner].T * scale,
        tie[manner],
        freedom,
    )
