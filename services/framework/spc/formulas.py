"""The centre line and σ of each kind of chart, over many series at once.

Sources: Shewhart charts as Montgomery, Introduction to Statistical Quality Control, and as
Provost and Murray, The Health Care Data Guide, give them; P′ and U′: Laney, Quality Engineering
14 (2002); I′: Taylor, "Normalized Individuals (I_N) Chart" (2017); G: Benneyan, Health Care
Management Science 4 (2001); T: Nelson, Journal of Quality Technology 26 (1994).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, nan

import numpy as np

from services.framework.spc import estimates as of
from services.framework.spc.constants import c4, s_spread
from services.framework.spc.options import MR_UPPER, ChartKind, Options
from services.framework.spc.panel import Flags, Floats, Ints

T_POWER = 3.6
"""Times between rare events, to the power 1/3.6, are about normal."""
MOVING_S_UPPER = 3.2665
"""Upper limit of a moving standard deviation, in mean ones: B₄(2)."""
G_MEDIAN = 0.693
"""Median over mean of times between events, ln 2 as printed."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """One part of all series: what is judged, over what, and the points its limits rest on."""

    judged: Floats
    sizes: Floats
    spreads: Floats
    base: Flags
    options: Options

    def based(self, array: Floats) -> Floats:
        """``array`` at the points that the limits rest on."""
        return array if self.base.all() else array[:, self.base]


@dataclass(frozen=True, slots=True)
class Lines:
    """One part's lines, series × 1 or series × points; see :class:`Panel`."""

    centre: Floats
    middle: Floats
    sigma: Floats
    screened: Ints | int = 0
    dispersion: Floats | float = nan


def _centre(part: Stretch, own: Callable[[Floats], Floats]) -> Floats:
    """The centre line asked for, or ``own`` of the baseline; a column."""
    asked = part.options.centre
    if asked is None:
        return own(part.based(part.judged))
    if isinstance(asked, str):
        return (of.median if asked == "median" else of.mean)(part.based(part.judged))
    return np.full((len(part.judged), 1), judged_scale(float(asked), 1, part.options))


def judged_scale(number: float, power: float, options: Options) -> float:
    """``number``, which is on the scale that is drawn, on the scale that is judged."""
    plain = number / options.multiply
    return plain if power == 1 else max(plain, 0.0) ** (1 / power)


def _given_rate(part: Stretch) -> Floats:
    """The centre line of a chart of rates: all counts over all sizes, unless one is asked for."""
    if part.options.centre is None:
        sizes = part.based(part.sizes)
        return of.ratio(part.based(part.judged) * sizes, sizes)
    return _centre(part, of.mean)


def _run(part: Stretch) -> Lines:
    centre = _centre(part, of.median)
    none = np.full(centre.shape, nan)
    return Lines(centre, none, none)


def _xmr(part: Stretch) -> Lines:
    centre = _centre(part, of.mean)
    ranges = of.ranges(part.judged, part.base, part.options)
    sigma, screened = of.spread_of(ranges, part.based(part.judged), part.options, MR_UPPER)
    return Lines(centre, centre, sigma, screened)


def _mr(part: Stretch) -> Lines:
    centre = _centre(part, of.mean)
    upper = part.options.mr_upper or MR_UPPER
    if part.options.mr_zones == "zero":
        return Lines(centre, np.zeros(centre.shape), centre * upper / 3)
    return Lines(centre, centre, centre * (upper - 1) / 3)


def _t(part: Stretch) -> Lines:
    options = part.options
    found = _xmr(part)
    if isinstance(options.centre, int | float) and options.t_centre == "data":
        given = found.centre ** (1 / T_POWER)
        return Lines(given, given, found.sigma, found.screened)
    return found


def _i_prime(part: Stretch) -> Lines:
    centre = _given_rate(part)
    base = part.base if part.options.sigma_of == "base" else np.ones_like(part.base)
    judged, sizes = part.judged, part.sizes
    if part.options.bridge_excluded:
        ranges = of.moving_s(judged[:, base], sizes[:, base])
    else:
        ranges = of.moving_s(judged, sizes)[:, base[1:] & base[:-1]]
    kept, screened = of.screen(ranges, part.options, MOVING_S_UPPER)
    sigma = of.mean(kept)
    if part.options.screened_out == "centre":
        sigma = np.where(np.isnan(sigma) & (screened > 0), 0.0, sigma)
    return Lines(centre, centre, sigma / np.sqrt(sizes), screened)


def _p(part: Stretch) -> Lines:
    centre = _given_rate(part)
    return Lines(centre, centre, np.sqrt(centre * (1 - centre) / part.sizes))


def _u(part: Stretch) -> Lines:
    centre = _given_rate(part)
    return Lines(centre, centre, np.sqrt(centre / part.sizes))


def _prime(part: Stretch, plain: Lines) -> Lines:
    """``plain`` limits widened (or narrowed) by σz, how far the points vary beyond chance."""
    scores = (part.judged - plain.centre) / plain.sigma
    ranges = of.ranges(scores, part.base, part.options)
    sigma_z, screened = of.spread_of(ranges, part.based(scores), part.options, MR_UPPER)
    sigma = plain.sigma * sigma_z
    if part.options.screened_out == "centre":
        sigma = np.where(plain.sigma == 0, 0.0, sigma)  # none or all: chance leaves no room
    return Lines(plain.centre, plain.middle, sigma, screened, sigma_z)


def _p_prime(part: Stretch) -> Lines:
    return _prime(part, _p(part))


def _u_prime(part: Stretch) -> Lines:
    return _prime(part, _u(part))


def _c(part: Stretch) -> Lines:
    centre = _centre(part, of.mean)
    return Lines(centre, centre, np.sqrt(centre))


def _g(part: Stretch) -> Lines:
    """Limits from the mean of a geometric count; the line drawn is its median."""
    asked = part.options.centre
    is_given = isinstance(asked, int | float)
    mean = _centre(part, of.mean) if is_given else of.mean(part.based(part.judged))
    spare = 1 if part.options.g_counts == "between" else -1
    sigma = np.sqrt(mean * (mean + spare))
    return Lines(mean * G_MEDIAN if is_given else _centre(part, of.median), mean, sigma)


def _x_bar(part: Stretch) -> Lines:
    if part.options.centre is None:
        sizes = part.based(part.sizes)
        centre = of.ratio(part.based(part.judged) * sizes, sizes)
    else:
        centre = _centre(part, of.mean)
    sizes = np.where(part.sizes > 0, part.sizes, nan)
    return Lines(centre, centre, _subgroup_sigma(part) / np.sqrt(sizes))


def _s(part: Stretch) -> Lines:
    centre = _mean_s(part) if part.options.centre is None else _centre(part, of.mean)
    return Lines(centre, centre, centre * s_spread(part.sizes))


def _mean_s(part: Stretch) -> Floats:
    """The mean standard deviation of subgroups of one size, else the pooled one; a column."""
    equal = _one_size(part.sizes)
    if equal.all():
        return of.mean(part.based(part.spreads))
    return np.where(equal, of.mean(part.based(part.spreads)), _pooled(part)[0])


def _one_size(sizes: Floats) -> Flags:
    known = ~np.isnan(sizes)
    least = np.where(known, sizes, inf).min(axis=1, keepdims=True)
    return np.asarray(least == np.where(known, sizes, -inf).max(axis=1, keepdims=True))


def _pooled(part: Stretch) -> tuple[Floats, Floats]:
    """The pooled standard deviation of the baseline's subgroups, and its degrees of freedom."""
    spreads, free = part.based(part.spreads), part.based(part.sizes) - 1
    free = np.where(np.isnan(spreads), 0.0, free)
    total = free.sum(axis=1, keepdims=True)
    squares = np.nansum(free * spreads**2, axis=1, keepdims=True)
    return np.sqrt(squares / total), total


def _subgroup_sigma(part: Stretch) -> Floats:
    """σ of one measurement within its subgroup; see ``Options.subgroup_sigma``."""
    way = part.options.subgroup_sigma
    if way == "unweighted":
        return of.mean(part.based(part.spreads / c4(part.sizes)))
    if way == "pooled":
        pooled, free = _pooled(part)
        return pooled / c4(free + 1)
    return _mean_s(part) / c4(part.sizes)


FORMULAS: dict[ChartKind, Callable[[Stretch], Lines]] = {
    ChartKind.RUN: _run,
    ChartKind.XMR: _xmr,
    ChartKind.MR: _mr,
    ChartKind.I_PRIME: _i_prime,
    ChartKind.P: _p,
    ChartKind.P_PRIME: _p_prime,
    ChartKind.U: _u,
    ChartKind.U_PRIME: _u_prime,
    ChartKind.C: _c,
    ChartKind.G: _g,
    ChartKind.T: _t,
    ChartKind.X_BAR: _x_bar,
    ChartKind.S: _s,
}
