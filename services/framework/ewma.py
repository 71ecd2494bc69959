"""The running mean by which evidence is gathered: its memory, and what autocorrelation adds to it.

Sources: EWMA, Roberts (1959); the variance of an EWMA of autocorrelated values, Schmid (1997).
"""

from __future__ import annotations

from typing import NamedTuple

LAMBDA = 0.25
"""The weight of the newest value."""


def recalled(rho: float) -> float:
    """By how much the variance of the running mean of values grows with their autocorrelation.

    ``rho``, 0 to less than 1, is that of lag one, which falls off geometrically.
    """
    kept = rho * (1 - LAMBDA)
    return (1 + kept) / (1 - kept)


class Scale(NamedTuple):
    """The noise of one value, and by how much more than independent values a running mean has."""

    sigma: float
    recall: float
