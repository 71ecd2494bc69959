"""The time between rare events.

Source: events that come independently at a steady rate are exponential in the time between them
(Nelson 1994, "A control chart for parts-per-million nonconforming items").
"""

from __future__ import annotations

from math import exp


def chance_of_gap(gap: float, apart: float) -> float:
    """The probability of no event for at least ``gap``, where one comes every ``apart`` on average.

    Both are in the same unit of time, ``gap`` 0 or more, ``apart`` above 0; raises ValueError else.
    """
    if not (gap >= 0 and apart > 0):
        raise ValueError(f"a gap of {gap} at one event every {apart} has no chance")
    return exp(-gap / apart)
