"""Limits of every kind of chart, over many series of one length at once."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, nan

import numpy as np

from services.framework.spc import estimates
from services.framework.spc.formulas import FORMULAS, T_POWER, Lines, Stretch, judged_scale
from services.framework.spc.options import ChartKind, Options
from services.framework.spc.panel import Bounds, Flags, Floats, Ints, Panel, drawn


@dataclass(frozen=True, slots=True)
class Numbers:
    """What is charted: arrays of series × points, NaN where missing.

    ``values`` are measurements, counts or numerators; ``denominators`` what they are counts of or
    over, or the sizes of subgroups; ``spreads`` the standard deviations of subgroups.
    """

    values: Floats
    denominators: Floats | None = None
    spreads: Floats | None = None


def panel(kind: ChartKind, numbers: Numbers, options: Options | None = None) -> Panel:
    """Every series of ``numbers`` on a chart of ``kind``, all made with the same ``options``.

    Nothing is checked: see :mod:`services.framework.spc.checks`.
    """
    chosen = options or Options()
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return _panel(ChartKind(kind), numbers, chosen)


def part_bounds(points: int, options: Options) -> Bounds:
    """Each part's first point, from 0, and the one after its last."""
    cuts = sorted({first - 1 for first in options.rebase} - {0})
    return tuple(zip([0, *cuts], [*cuts, points], strict=True))


def _panel(kind: ChartKind, numbers: Numbers, options: Options) -> Panel:
    judged, sizes, power = _judged(kind, numbers, options)
    values = numbers.values if kind is ChartKind.T else judged
    bounds = part_bounds(judged.shape[1], options)
    excluded = _excluded(judged.shape[1], options)
    base = _base(bounds, excluded, options)
    spreads = judged if numbers.spreads is None else _spreads(numbers.spreads, sizes)
    lines = [
        FORMULAS[kind](Stretch(judged[:, a:b], sizes[:, a:b], spreads[:, a:b], base[a:b], options))
        for a, b in bounds
    ]
    return _assembled(_Ground(kind, values, power, bounds, excluded, base, options), lines)


@dataclass(frozen=True, slots=True)
class _Ground:
    """All of a panel but its lines."""

    kind: ChartKind
    values: Floats
    power: float
    bounds: Bounds
    excluded: Flags
    base: Flags
    options: Options


def _assembled(ground: _Ground, lines: list[Lines]) -> Panel:
    def spread(name: str) -> Floats:
        parts = [getattr(line, name) for line in lines]
        return _spread(parts, ground.values.shape, ground.bounds)

    centre, middle, sigma = spread("centre"), spread("middle"), spread("sigma")
    floor, ceiling = _clip(ground)
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


def _spread(parts: list[Floats], shape: tuple[int, ...], bounds: Bounds) -> Floats:
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


def _clip(ground: _Ground) -> tuple[float, float]:
    """The least and the most that a limit can be, on the scale that is judged."""
    options = ground.options
    floor = -inf if ground.kind.is_unbounded else 0.0
    ceiling = 1.0 if ground.kind.is_proportion else inf
    if options.floor is not None:
        floor = max(floor, judged_scale(options.floor, ground.power, options))
    if options.ceiling is not None:
        ceiling = min(ceiling, judged_scale(options.ceiling, ground.power, options))
    return floor, ceiling


def _runs_tested(kind: ChartKind, options: Options) -> bool:
    return options.ordered and (options.mr_runs or kind is not ChartKind.MR)


def _excluded(points: int, options: Options) -> Flags:
    flags = np.zeros(points, dtype=np.bool_)
    flags[[point - 1 for point in options.exclude]] = True
    return flags


def _base(bounds: Bounds, excluded: Flags, options: Options) -> Flags:
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
        return _spreads(numbers.spreads, _sizes(values, sizes)), _sizes(values, sizes), 1.0
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


def _spreads(spreads: Floats, sizes: Floats) -> Floats:
    """Standard deviations, of subgroups that can have one."""
    return np.where(sizes > 1, spreads, nan)


def _sizes(values: Floats, sizes: Floats | None) -> Floats:
    return np.ones(values.shape) if sizes is None else sizes


def _moving(values: Floats, sizes: Floats | None, options: Options) -> Floats:
    """Each point's range from the point before it in its part; normalised where it has a size."""
    ranges = np.full(values.shape, nan)
    for start, stop in part_bounds(values.shape[1], options):
        if sizes is None:
            part = values[:, start:stop]
            found = np.abs(part[:, 1:] - part[:, :-1])
        else:
            size = np.where(sizes > 0, sizes, nan)[:, start:stop]
            found = estimates.moving_s(values[:, start:stop] / size, size)
        ranges[:, start + 1 : stop] = found
    return ranges
