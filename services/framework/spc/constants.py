"""Chart constants of subgroups, exact: printed tables round them to three or four digits.

Source: the distribution of a normal sample's standard deviation, as in Montgomery, Introduction
to Statistical Quality Control, appendix VI; ``MovingS`` as Taylor's normalised individuals chart.
"""

from __future__ import annotations

from math import exp, lgamma, sqrt

import numpy as np

from services.framework.spc.panel import Floats

MOVING_S = sqrt(np.pi / 2)
"""σ over the mean absolute difference of two points divided by √2, that is √2 / d₂(2)."""


def c4(sizes: Floats) -> Floats:
    """The mean of a sample's standard deviation over σ; NaN for samples of fewer than two."""
    kinds, where = np.unique(sizes, return_inverse=True)
    return np.array([_c4(size) for size in kinds.tolist()])[where.reshape(sizes.shape)]


def _c4(size: float) -> float:
    if not size > 1:
        return float("nan")
    return sqrt(2 / (size - 1)) * exp(lgamma(size / 2) - lgamma((size - 1) / 2))


def a3(sizes: Floats) -> Floats:
    """Three σ of a subgroup's mean, in mean standard deviations."""
    return 3 / (c4(sizes) * np.sqrt(sizes))


def b3(sizes: Floats) -> Floats:
    """The lower limit of a subgroup's standard deviation, in mean ones; at least 0."""
    return np.maximum(0, 1 - 3 * s_spread(sizes))


def b4(sizes: Floats) -> Floats:
    """The upper limit of a subgroup's standard deviation, in mean ones."""
    return 1 + 3 * s_spread(sizes)


def s_spread(sizes: Floats) -> Floats:
    """One σ of a subgroup's standard deviation, in mean ones."""
    mean = c4(sizes)
    return np.sqrt(1 - mean**2) / mean
