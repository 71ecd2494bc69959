"""Means, medians and σ of many series at once, each a column; NaN cells are stepped over.

Sources: screening of moving ranges: Nelson, Journal of Quality Technology 14 (1982); ranges of
normalised values: Taylor, "Normalized Individuals (I_N) Chart" (2017).
"""

from __future__ import annotations

from math import nan

import numpy as np

from services.framework.spc.constants import MOVING_S, c4
from services.framework.spc.options import MEDIAN_MR_CONSTANT, MR_CONSTANT, Options
from services.framework.spc.panel import Flags, Floats, Ints

MEDIAN_MR_UPPER = 3.865
"""Upper limit of a moving range in median moving ranges, where screening begins (Wheeler)."""


def mean(array: Floats) -> Floats:
    """The mean of each row, as a column; NaN where a row has nothing."""
    total, count = array.sum(axis=1, keepdims=True), array.shape[1]
    if not count:
        return np.full(total.shape, nan)
    if not np.isnan(total).any():
        return np.asarray(total / count)
    seen = ~np.isnan(array)
    total = np.where(seen, array, 0.0).sum(axis=1, keepdims=True)
    return np.asarray(total / seen.sum(axis=1, keepdims=True))


def median(array: Floats) -> Floats:
    """The median of each row, as a column; NaN where a row has nothing."""
    ordered = np.sort(array, axis=1)  # NaN goes last
    count = np.sum(~np.isnan(array), axis=1, keepdims=True)
    if not ordered.shape[1]:
        return np.full(count.shape, nan)
    low = np.take_along_axis(ordered, np.maximum((count - 1) // 2, 0), axis=1)
    high = np.take_along_axis(ordered, count // 2, axis=1)
    return (low + high) / 2


def ratio(counts: Floats, sizes: Floats) -> Floats:
    """All counts over all sizes of each row, as a column; a pair counts where both are known."""
    whole = ~np.isnan(counts) & ~np.isnan(sizes)
    total = np.where(whole, counts, 0.0).sum(axis=1, keepdims=True)
    return np.asarray(
        total / np.where(whole, sizes, 0.0).sum(axis=1, keepdims=True), dtype=np.float64
    )


def sd(array: Floats) -> Floats:
    """The sample standard deviation of each row, as a column."""
    count = np.sum(~np.isnan(array), axis=1, keepdims=True)
    squares = np.nansum((array - mean(array)) ** 2, axis=1, keepdims=True)
    return np.asarray(np.sqrt(squares / (count - 1)), dtype=np.float64)


def spread_of(
    ranges: Floats, points: Floats, options: Options, upper: float
) -> tuple[Floats, Ints]:
    """σ of single values, from their moving ranges or themselves; ranges that screening drops."""
    if options.spread in {"sd", "sd_c4"}:
        count = np.sum(~np.isnan(points), axis=1, keepdims=True).astype(np.float64)
        unbias = c4(count) if options.spread == "sd_c4" else 1.0
        return sd(points) / unbias, np.zeros(count.shape, dtype=np.int64)
    kept, screened = screen(ranges, options, upper)
    middle = median(kept) if options.spread == "median_mr" else mean(kept)
    sigma = middle * _per_range(options)
    if options.screened_out == "centre":
        sigma = np.where(np.isnan(middle) & (screened > 0), 0.0, sigma)
    return sigma, screened


def _per_range(options: Options) -> float:
    """σ in mean (or median) moving ranges."""
    if options.limit_factor is not None:
        return options.limit_factor / 3
    return 1 / (MEDIAN_MR_CONSTANT if options.spread == "median_mr" else MR_CONSTANT)


def screen(ranges: Floats, options: Options, upper: float) -> tuple[Floats, Ints]:
    """``ranges`` without those that reach their own upper limit; and how many went."""
    if not options.screen:
        return ranges, np.zeros((len(ranges), 1), dtype=np.int64)
    if options.spread == "median_mr":
        gone = ranges >= (options.mr_upper or MEDIAN_MR_UPPER) * median(ranges)
    else:
        gone = ranges >= (options.mr_upper or upper) * mean(ranges)
    return np.where(gone, nan, ranges), gone.sum(axis=1, keepdims=True)


def ranges(points: Floats, base: Flags, options: Options) -> Floats:
    """Moving ranges of the points that limits rest on; see ``Options.bridge_excluded``."""
    if base.all():
        return _steps(points)
    if options.bridge_excluded:
        return _steps(points[:, base])
    return _steps(points)[:, base[1:] & base[:-1]]


def _steps(points: Floats) -> Floats:
    return np.abs(points[:, 1:] - points[:, :-1])


def moving_s(rates: Floats, sizes: Floats) -> Floats:
    """Taylor's moving estimate of σ for a size of one, of each two neighbours."""
    paired = np.sqrt(1 / sizes[:, 1:] + 1 / sizes[:, :-1])
    return MOVING_S * _steps(rates) / paired
