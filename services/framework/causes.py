"""The rules by which special causes are found, by name; what finds them is in ``spc``."""

from __future__ import annotations

from enum import StrEnum

HIGH, LOW, NEAR = 1, 2, 4
"""On which side of the centre line a rule marks a point, or near it."""


class Rule(StrEnum):
    """The rules, by the names that answers use."""

    OUTSIDE_LIMITS = "outside_limits"
    TREND = "trend"
    TWO_OF_THREE = "two_of_three"
    SHIFT = "shift"
    HUGGING = "hugging"
    LONG_RUN = "long_run"
    FEW_CROSSINGS = "few_crossings"
    TOO_FEW_RUNS = "too_few_runs"
    TOO_MANY_RUNS = "too_many_runs"

    @property
    def words(self) -> str:
        """The rule in words."""
        return self.value.replace("_", " ")
