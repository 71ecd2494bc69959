"""What a forecast is asked: the values so far, the way declared, and what is to be predicted."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple

BENDS = 8
"""A course can bend at each eighth of the time between start and deadline."""
AT_END, LATELY, RUNNING = range(3)
"""What is predicted: the value at the end, the mean of the last ones, their running mean."""


class Keeping(Enum):
    """Whether an aim keeps what it has: no (it improves), a level, or a range."""

    NO = "no"
    LEVEL = "level"
    RANGE = "range"


class Past(NamedTuple):
    """What is known, in equidistant steps: a value each, or None, the last one known.

    ``values`` are distances from the baseline in units of one value's noise, up is better;
    ``ahead`` is how many steps there are to the deadline. ``shares`` has the declared path's share
    of the way at every step, known or to come; ``bends`` the steps at which a course can bend.
    ``gap`` is the way from baseline to target, in the units of the values; ``year`` steps a year;
    ``memory`` the weight of the newest step in the running mean. ``anchored`` says that no value
    before the start is known, so that the baseline is as declared; ``keeps`` whether the aim is to
    keep a level or a range. ``lately`` is how many of the last steps the mean of the last values is
    over; ``extra`` the variance that single values have beyond these steps, in units of a step's,
    for each predicted quantity.
    """

    values: Sequence[float | None]
    ahead: int
    shares: tuple[float, ...]
    bends: tuple[int, ...]
    gap: float
    year: float
    memory: float
    anchored: bool = False
    keeps: Keeping = Keeping.NO
    lately: int = 3
    extra: tuple[float, float, float] = (0.0, 0.0, 0.0)
