"""Centre lines and limits of every kind of chart, over many series at once.

Sources: Shewhart charts as Montgomery and as Provost and Murray give them; P′ and U′: Laney,
Quality Engineering 14 (2002); I′: Taylor, normalised individuals chart; G: Benneyan (2001);
T: Nelson's power transform (1994); screening of moving ranges: Nelson (1982).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, nan

import numpy as np

from services.framework.spc.constants import MOVING_S, c4, s_spread
from services.framework.spc.options import (
    MEDIAN_MR_CONSTANT,
    MR_CONSTANT,
    MR_UPPER,
    ChartKind,
    Options,
)
from services.framework.spc.panel import Flags, Floats, Ints, Panel, drawn

T_POWER = 3.6
"""Times between rare events, to the power 1/3.6, are about normal."""
MOVING_S_UPPER = 3.2665
"""Upper limit of a moving standard deviation, in mean ones: B₄(2)."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """What is charted: arrays of series × points, NaN where missing.

    ``values`` are measurements, counts or numerators; ``denominators`` what they are counts of or
    over, or the sizes of subgroups; ``spreads`` the standard deviations of subgroups.
    """

    values: Floats
    denominators: Floats | None = None
    spreads: Floats | None = None


@dataclass(frozen=True, slots=True)
class _Stretch:
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
class _Lines:
    """One part's lines, series × 1 or series × points; see :class:`Panel`."""

    centre: Floats
    middle: Floats
    sigma: Floats
    screened: Ints | int = 0
    dispersion: Floats | float = nan


def panel(kind: ChartKind, numbers: Numbers, options: Options | None = None) -> Panel:
    """Every series of ``numbers`` on a chart of ``kind``, all made with the same ``options``.

    Nothing is checked: see :mod:`services.framework.spc.checks`.
    """
    chosen = options or Options()
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return _panel(ChartKind(kind), numbers, chosen)


def part_bounds(points: int, options: Options) -> tuple[tuple[int, int], ...]:
    """Each part's first point, from 0, and the one after its last."""
    cuts = sorted({first - 1 for first in options.rebase} - {0})
    return tuple(zip([0, *cuts], [*cuts, points], strict=True))


def _panel(kind: ChartKind, numbers: Numbers, options: Options) -> Panel:
    judged, sizes, power = _judged(kind, numbers, options)
    values = numbers.values if kind is ChartKind.T else judged
    bounds = part_bounds(judged.shape[1], options)
    excluded = _excluded(judged.shape[1], options)
    base = _base(bounds, excluded, options)
    spreads = judged if numbers.spreads is None else numbers.spreads
    lines = [
        _FORMULAS[kind](
            _Stretch(judged[:, a:b], sizes[:, a:b], spreads[:, a:b], base[a:b], options)
        )
        for a, b in bounds
    ]
    return _assembled(_Ground(kind, values, power, bounds, excluded, base, options), lines)


@dataclass(frozen=True, slots=True)
class _Ground:
    """All of a panel but its lines."""

    kind: ChartKind
    values: Floats
    power: float
    bounds: tuple[tuple[int, int], ...]
    excluded: Flags
    base: Flags
    options: Options


def _assembled(ground: _Ground, lines: list[_Lines]) -> Panel:
    def spread(name: str) -> Floats:
        parts = [getattr(line, name) for line in lines]
        return _spread(parts, ground.values.shape, ground.bounds)

    centre, middle, sigma = spread("centre"), spread("middle"), spread("sigma")
    floor, ceiling = _clip(ground.kind, ground.options)
    power, scale = ground.power, ground.options.multiply
    return Panel(
        kind=ground.kind,
        values=ground.values * scale,
        centre=drawn(centre, -inf, inf, power, scale),
        lower=drawn(middle - 3 * sigma, floor, ceiling, power, scale),
        upper=drawn(middle + 3 * sigma, floor, ceiling, power, scale),
        middle=middle,
        sigma=sigma,
        bounds=ground.bounds,
        excluded=ground.excluded,
        base=ground.base,
        dispersion=_per_part([line.dispersion for line in lines], len(centre)),
        screened=_per_part([line.screened for line in lines], len(centre)).astype(np.int64),
        runs_tested=_runs_tested(ground.kind, ground.options),
        floor=floor,
        ceiling=ceiling,
        power=power,
        scale=scale,
    )


def _spread(
    parts: list[Floats], shape: tuple[int, ...], bounds: tuple[tuple[int, int], ...]
) -> Floats:
    """Each part's line at each of its points."""
    found = np.empty(shape)
    for part, (start, stop) in zip(parts, bounds, strict=True):
        found[:, start:stop] = part
    return found


def _per_part(parts: list[Floats | Ints | float], series: int) -> Floats:
    found = np.empty((series, len(parts)))
    for place, part in enumerate(parts):
        found[:, place] = np.ravel(part)
    return found


def _clip(kind: ChartKind, options: Options) -> tuple[float, float]:
    """The least and the most that a limit can be, before scaling."""
    floor = -inf if kind in {ChartKind.XMR, ChartKind.I_PRIME, ChartKind.X_BAR} else 0.0
    ceiling = 1.0 if kind in {ChartKind.P, ChartKind.P_PRIME} else inf
    if options.floor is not None:
        floor = max(floor, options.floor / options.multiply)
    if options.ceiling is not None:
        ceiling = min(ceiling, options.ceiling / options.multiply)
    return floor, ceiling


def _runs_tested(kind: ChartKind, options: Options) -> bool:
    return options.ordered and (options.mr_runs or kind is not ChartKind.MR)


def _excluded(points: int, options: Options) -> Flags:
    flags = np.zeros(points, dtype=np.bool_)
    flags[[point - 1 for point in options.exclude]] = True
    return flags


def _base(bounds: tuple[tuple[int, int], ...], excluded: Flags, options: Options) -> Flags:
    """The points that limits rest on: not excluded, and among the first of their part."""
    base = ~excluded
    if options.freeze is not None:
        for start, stop in bounds:
            base[start + options.freeze : stop] = False
    return base


# What is judged --------------------------------------------------------------


def _judged(kind: ChartKind, numbers: Numbers, options: Options) -> tuple[Floats, Floats, float]:
    """The value judged at each point, the size it rests on, and the power that undoes it."""
    values, sizes = numbers.values, numbers.denominators
    if kind is ChartKind.S and numbers.spreads is not None:
        return numbers.spreads, _sizes(values, sizes), 1.0
    if kind is ChartKind.X_BAR:
        return values, _sizes(values, sizes), 1.0
    if kind is ChartKind.T:
        return values ** (1 / T_POWER), _sizes(values, None), T_POWER
    if kind is ChartKind.MR:
        return _moving(values, sizes, options), _sizes(values, sizes), 1.0
    if sizes is None:
        return values, _sizes(values, None), 1.0
    sizes = np.where(sizes > 0, sizes, nan)
    return values / sizes, np.where(np.isnan(values), nan, sizes), 1.0


def _sizes(values: Floats, sizes: Floats | None) -> Floats:
    return np.ones(values.shape) if sizes is None else sizes


def _moving(values: Floats, sizes: Floats | None, options: Options) -> Floats:
    """Each point's range from the point before it in its part; normalised where it has a size."""
    ranges = np.full(values.shape, nan)
    for start, stop in part_bounds(values.shape[1], options):
        if sizes is None:
            found = np.abs(np.diff(values[:, start:stop], axis=1))
        else:
            size = np.where(sizes > 0, sizes, nan)[:, start:stop]
            found = _moving_s(values[:, start:stop] / size, size)
        ranges[:, start + 1 : stop] = found
    return ranges


def _moving_s(rates: Floats, sizes: Floats) -> Floats:
    """Taylor's moving estimate of σ for a size of one, of each two neighbours."""
    paired = np.sqrt(1 / sizes[:, 1:] + 1 / sizes[:, :-1])
    return MOVING_S * np.abs(np.diff(rates, axis=1)) / paired


# Means that step over what is missing -----------------------------------------


def _mean(array: Floats) -> Floats:
    """The mean of each row, as a column; NaN where a row has nothing."""
    seen = ~np.isnan(array)
    if seen.all():
        total, count = array.sum(axis=1, keepdims=True), array.shape[1]
        return total / count if count else np.full(total.shape, nan)
    total = np.where(seen, array, 0.0).sum(axis=1, keepdims=True)
    return np.asarray(total / seen.sum(axis=1, keepdims=True), dtype=np.float64)


def _median(array: Floats) -> Floats:
    """The median of each row, as a column; NaN where a row has nothing."""
    ordered = np.sort(array, axis=1)  # NaN goes last
    count = np.sum(~np.isnan(array), axis=1, keepdims=True)
    if not ordered.shape[1]:
        return np.full(count.shape, nan)
    low = np.take_along_axis(ordered, np.maximum((count - 1) // 2, 0), axis=1)
    high = np.take_along_axis(ordered, count // 2, axis=1)
    return (low + high) / 2


def _ratio(counts: Floats, sizes: Floats) -> Floats:
    """All counts over all sizes of each row, as a column; a pair counts where both are known."""
    whole = ~np.isnan(counts) & ~np.isnan(sizes)
    total = np.where(whole, counts, 0.0).sum(axis=1, keepdims=True)
    return np.asarray(
        total / np.where(whole, sizes, 0.0).sum(axis=1, keepdims=True), dtype=np.float64
    )


def _sd(array: Floats) -> Floats:
    """The sample standard deviation of each row, as a column."""
    count = np.sum(~np.isnan(array), axis=1, keepdims=True)
    squares = np.nansum((array - _mean(array)) ** 2, axis=1, keepdims=True)
    return np.asarray(np.sqrt(squares / (count - 1)), dtype=np.float64)


# σ of individuals --------------------------------------------------------------


def _spread_of(
    ranges: Floats, points: Floats, options: Options, upper: float
) -> tuple[Floats, Ints]:
    """σ of single values, from their moving ranges or themselves; ranges that screening drops."""
    if options.spread in {"sd", "sd_c4"}:
        count = np.sum(~np.isnan(points), axis=1, keepdims=True).astype(np.float64)
        unbias = c4(count) if options.spread == "sd_c4" else 1.0
        return _sd(points) / unbias, np.zeros(count.shape, dtype=np.int64)
    kept, screened = _screen(ranges, options, upper)
    middle = _median(kept) if options.spread == "median_mr" else _mean(kept)
    sigma = middle * _per_range(options)
    if options.screened_out == "centre":
        sigma = np.where(np.isnan(middle) & (screened > 0), 0.0, sigma)
    return sigma, screened


def _per_range(options: Options) -> float:
    """σ in mean (or median) moving ranges."""
    if options.limit_factor is not None:
        return options.limit_factor / 3
    return 1 / (MEDIAN_MR_CONSTANT if options.spread == "median_mr" else MR_CONSTANT)


def _screen(ranges: Floats, options: Options, upper: float) -> tuple[Floats, Ints]:
    """``ranges`` without those that reach their own upper limit; and how many went."""
    if not options.screen:
        return ranges, np.zeros((len(ranges), 1), dtype=np.int64)
    gone = ranges >= (options.mr_upper or upper) * _mean(ranges)
    return np.where(gone, nan, ranges), gone.sum(axis=1, keepdims=True)


def _ranges(points: Floats, base: Flags, options: Options) -> Floats:
    """Moving ranges of the points that limits rest on; see ``Options.bridge_excluded``."""
    if base.all():
        return np.abs(np.diff(points, axis=1))
    if options.bridge_excluded:
        return np.abs(np.diff(points[:, base], axis=1))
    return np.abs(np.diff(points, axis=1))[:, base[1:] & base[:-1]]


# The charts ----------------------------------------------------------------------


def _centre(part: _Stretch, own: Callable[[Floats], Floats]) -> Floats:
    """The centre line asked for, or ``own`` of the baseline; a column."""
    asked = part.options.centre
    if asked is None:
        return own(part.based(part.judged))
    if isinstance(asked, str):
        return (_median if asked == "median" else _mean)(part.based(part.judged))
    return np.full((len(part.judged), 1), float(asked))


def _given_rate(part: _Stretch) -> Floats:
    """The centre line of a chart of rates: all counts over all sizes, unless one is asked for."""
    if part.options.centre is None:
        sizes = part.based(part.sizes)
        return _ratio(part.based(part.judged) * sizes, sizes)
    return _centre(part, _mean)


def _run(part: _Stretch) -> _Lines:
    centre = _centre(part, _median)
    none = np.full(centre.shape, nan)
    return _Lines(centre, none, none)


def _xmr(part: _Stretch) -> _Lines:
    centre = _centre(part, _mean)
    ranges = _ranges(part.judged, part.base, part.options)
    sigma, screened = _spread_of(ranges, part.based(part.judged), part.options, MR_UPPER)
    return _Lines(centre, centre, sigma, screened)


def _mr(part: _Stretch) -> _Lines:
    centre = _centre(part, _mean)
    upper = part.options.mr_upper or MR_UPPER
    if part.options.mr_zones == "zero":
        return _Lines(centre, np.zeros(centre.shape), centre * upper / 3)
    return _Lines(centre, centre, centre * (upper - 1) / 3)


def _t(part: _Stretch) -> _Lines:
    options = part.options
    found = _xmr(part)
    if isinstance(options.centre, int | float) and options.t_centre == "data":
        given = found.centre ** (1 / T_POWER)
        return _Lines(given, given, found.sigma, found.screened)
    return found


def _i_prime(part: _Stretch) -> _Lines:
    centre = _given_rate(part)
    base = part.base if part.options.sigma_of == "base" else np.ones_like(part.base)
    judged, sizes = part.judged, part.sizes
    if part.options.bridge_excluded:
        ranges = _moving_s(judged[:, base], sizes[:, base])
    else:
        ranges = _moving_s(judged, sizes)[:, base[1:] & base[:-1]]
    kept, screened = _screen(ranges, part.options, MOVING_S_UPPER)
    sigma = _mean(kept)
    if part.options.screened_out == "centre":
        sigma = np.where(np.isnan(sigma) & (screened > 0), 0.0, sigma)
    return _Lines(centre, centre, sigma / np.sqrt(sizes), screened)


def _p(part: _Stretch) -> _Lines:
    centre = _given_rate(part)
    return _Lines(centre, centre, np.sqrt(centre * (1 - centre) / part.sizes))


def _u(part: _Stretch) -> _Lines:
    centre = _given_rate(part)
    return _Lines(centre, centre, np.sqrt(centre / part.sizes))


def _prime(part: _Stretch, plain: _Lines) -> _Lines:
    """``plain`` limits widened (or narrowed) by σz, how far the points vary beyond chance."""
    scores = (part.judged - plain.centre) / plain.sigma
    ranges = _ranges(scores, part.base, part.options)
    sigma_z, screened = _spread_of(ranges, part.based(scores), part.options, MR_UPPER)
    return _Lines(plain.centre, plain.middle, plain.sigma * sigma_z, screened, sigma_z)


def _p_prime(part: _Stretch) -> _Lines:
    return _prime(part, _p(part))


def _u_prime(part: _Stretch) -> _Lines:
    return _prime(part, _u(part))


def _c(part: _Stretch) -> _Lines:
    centre = _centre(part, _mean)
    return _Lines(centre, centre, np.sqrt(centre))


def _g(part: _Stretch) -> _Lines:
    """Limits from the mean of a geometric count; the line drawn is its median."""
    asked = part.options.centre
    mean = _mean(part.based(part.judged)) if isinstance(asked, str | None) else _centre(part, _mean)
    spare = 1 if part.options.g_counts == "between" else -1
    sigma = np.sqrt(mean * (mean + spare))
    if isinstance(asked, int | float):
        return _Lines(mean * _GIVEN_G, mean, sigma)
    return _Lines(_centre(part, _median), mean, sigma)


_GIVEN_G = 0.693
"""Median over mean of times between events, ln 2 as qicharts2 rounds it."""


def _x_bar(part: _Stretch) -> _Lines:
    if part.options.centre is None:
        sizes = part.based(part.sizes)
        centre = _ratio(part.based(part.judged) * sizes, sizes)
    else:
        centre = _centre(part, _mean)
    return _Lines(centre, centre, _subgroup_sigma(part) / np.sqrt(part.sizes))


def _s(part: _Stretch) -> _Lines:
    centre = _mean_s(part) if part.options.centre is None else _centre(part, _mean)
    return _Lines(centre, centre, centre * s_spread(part.sizes))


def _mean_s(part: _Stretch) -> Floats:
    """The mean standard deviation of subgroups of one size, else the pooled one; a column."""
    equal = _one_size(part.sizes)
    if equal.all():
        return _mean(part.based(part.spreads))
    return np.where(equal, _mean(part.based(part.spreads)), _pooled(part)[0])


def _one_size(sizes: Floats) -> Flags:
    return np.asarray(
        np.nanmin(sizes, axis=1, keepdims=True) == np.nanmax(sizes, axis=1, keepdims=True)
    )


def _pooled(part: _Stretch) -> tuple[Floats, Floats]:
    """The pooled standard deviation of the baseline's subgroups, and its degrees of freedom."""
    spreads, free = part.based(part.spreads), part.based(part.sizes) - 1
    free = np.where(np.isnan(spreads), 0.0, free)
    total = free.sum(axis=1, keepdims=True)
    squares = np.nansum(free * spreads**2, axis=1, keepdims=True)
    return np.sqrt(squares / total), total


def _subgroup_sigma(part: _Stretch) -> Floats:
    """σ of one measurement within its subgroup; see ``Options.subgroup_sigma``."""
    way = part.options.subgroup_sigma
    if way == "unweighted":
        return _mean(part.based(part.spreads / c4(part.sizes)))
    if way == "pooled":
        pooled, free = _pooled(part)
        return pooled / c4(free + 1)
    return _mean_s(part) / c4(part.sizes)


_FORMULAS: dict[ChartKind, Callable[[_Stretch], _Lines]] = {
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
